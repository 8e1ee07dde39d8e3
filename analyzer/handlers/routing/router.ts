import type { Node } from '@babel/types';
import { type Environment, noEnvironment, type SourceFile } from '../../sources/index.ts';
import type { Middleware } from '../handler.ts';
import type { Operand } from './operands.ts';

/** A place that code runs through: where it stands and for which run of the code around it. */
export interface Spot {
  readonly file: SourceFile;
  /** The verb token or other name that a reader would point at. */
  readonly node: Node;
  readonly environment: Environment;
  /** Offsets along the calls that lead here, outermost first: what comes before what. */
  readonly order: readonly number[];
}

/** An object that routes are registered on, told apart by where and in which run it was made. */
export interface Router {
  /** Whether it listens by itself; another router answers only where it is mounted. */
  readonly root: boolean;
  readonly file: SourceFile;
  readonly node: Node;
  readonly environment: Environment;
  /** What stands before all its paths, set when it was made or later. */
  prefix: string;
  readonly routes: Route[];
  readonly guards: Guard[];
  readonly mounts: Mount[];
}

/** One registration of one or more methods at one path. */
export interface Route {
  readonly spot: Spot;
  readonly methods: readonly string[];
  /** Relative to the router. */
  readonly path: string;
  /** What runs, in order; the last one answers. */
  readonly operands: readonly Operand[];
  readonly condition: string | undefined;
  /** Marks a registration that never answers, such as a proxy into another application. */
  readonly kind?: 'guard' | 'third-party';
}

/** Something that runs before later registrations of the same router: `app.use(fn)`. */
export interface Guard {
  readonly spot: Spot;
  /** `undefined` for all paths. */
  readonly path: string | undefined;
  readonly middlewares: readonly Middleware[];
}

/** One place where a router hangs in another. */
export interface Mount {
  readonly spot: Spot;
  readonly parent: Router;
  readonly path: string;
  readonly middlewares: readonly Middleware[];
  readonly condition: string | undefined;
  /** Counts only when there is no other: what a derived router was derived from. */
  readonly weak?: boolean;
}

/** Every router of one framework in one run. */
export class Routers {
  private readonly byNode = new Map<Node, Map<Environment, Router>>();

  /** The router made at a place, the same object each time. */
  at(place: Pick<Router, 'file' | 'node' | 'environment' | 'root'> & { readonly prefix?: string }): Router {
    let runs = this.byNode.get(place.node);
    if (runs === undefined) {
      runs = new Map();
      this.byNode.set(place.node, runs);
    }
    let router = runs.get(place.environment);
    if (router === undefined) {
      router = { ...place, prefix: place.prefix ?? '', routes: [], guards: [], mounts: [] };
      runs.set(place.environment, router);
    }
    return router;
  }

  get all(): readonly Router[] {
    return [...this.byNode.values()].flatMap((runs) => [...runs.values()]);
  }

  /** The same router as seen by code that does not know which run made it, or by each that does. */
  relatives(router: Router): readonly Router[] {
    const runs = this.byNode.get(router.node);
    if (runs === undefined || runs.size < 2) return [];
    return [...runs.values()].filter(
      (other) =>
        other !== router &&
        (isSubsumed(other.environment, router.environment) ||
          isSubsumed(router.environment, other.environment)),
    );
  }
}

/** Whether one environment says nothing: the code was looked at without knowing which run of it is meant. */
function isSubsumed(general: Environment, special: Environment): boolean {
  return general === noEnvironment && special !== noEnvironment;
}
