import type { Evaluator } from '../../sources/index.ts';
import type { Handler, Middleware } from '../handler.ts';
import { bothConditions } from './conditions.ts';
import type { Operand } from './operands.ts';
import { compareSpots } from './order.ts';
import type { Guard, Mount, Route, Router, Routers, Spot } from './router.ts';
import { foreignTarget, locationOf, middlewareOf, targetOf } from './targets.ts';
import { useOf } from './uses.ts';

/** Full paths beyond this for one router tell nobody anything; the rest is left out. */
const mostPlaces = 200;

/** What runs before a handler beyond this is left out: no application has it, generated input may. */
const mostMiddlewares = 300;

/** How a framework puts paths together and tells what answers from what only guards. */
export interface Dialect {
  readonly framework: string;
  join(...parts: readonly string[]): string;
  /** Whether a router that hangs nowhere answers by itself. */
  readonly standsAlone: boolean;
  /** Whether guards run before everything in their router, not only before what is registered after them. */
  readonly unordered?: boolean;
  /** Whether a guard at `guard` runs before what is at `path`; both relative to the same router. */
  covers(guard: string, path: string): boolean;
  /**
   * The kind of a registration, by what answers it.
   * @param repeated whether the router has a later registration of the same method and path
   */
  kindOf(operand: Operand, evaluator: Evaluator, repeated: boolean): Handler['kind'] | undefined;
}

/** Something that has run, or will have for requests of a part of what lies behind. */
interface Passed {
  readonly middleware: Middleware;
  /** The full path that it guards, where that is deeper than the router it stands in front of: `use('/v1/auth', limit)`. */
  readonly within?: string;
}

/** One way into a router: the path before it and what has run by then. */
interface Place {
  readonly path: string;
  readonly passed: readonly Passed[];
  readonly condition: string | undefined;
}

/** Puts routers, mounts and routes together: every route with its full paths and everything that runs before it. */
export class RoutingTree {
  private readonly dialect: Dialect;
  private readonly routers: Routers;
  private readonly evaluator: Evaluator;
  private readonly known = new Map<Router, readonly Place[]>();
  private readonly guards = new Map<Router, readonly Guard[]>();
  /** Where each method and path of a router is registered for the last time. */
  private readonly last = new Map<Router, ReadonlyMap<string, Spot>>();
  /** Whether something is mounted that cannot be followed: a router that hangs nowhere may be it. */
  private readonly mountsUnknown: boolean;

  constructor(dialect: Dialect, routers: Routers, evaluator: Evaluator, mountsUnknown: boolean) {
    this.mountsUnknown = mountsUnknown;
    this.dialect = dialect;
    this.routers = routers;
    this.evaluator = evaluator;
  }

  handlers(): readonly Handler[] {
    const found: Handler[] = [];
    for (const router of this.routers.all) {
      for (const route of router.routes) {
        for (const method of route.methods) found.push(...this.handler(router, route, method));
      }
    }
    return found;
  }

  private handler(router: Router, route: Route, method: string): readonly Handler[] {
    const places = this.placesOf(router, new Set());
    const [first] = places;
    const answering = route.operands.at(-1);
    if (first === undefined || answering === undefined) return [];
    const { dialect, evaluator } = this;
    const repeated = this.isRepeated(router, route, method);
    const kind = route.kind ?? dialect.kindOf(answering, evaluator, repeated) ?? this.kindByTarget(answering);
    return [
      {
        framework: dialect.framework,
        kind,
        method,
        paths: [...new Set(places.map(({ path }) => dialect.join(path, router.prefix, route.path)))].sort(),
        location: locationOf(route.spot.file, route.spot.node),
        target: targetOf(evaluator, answering),
        middlewares: [
          ...passedBy(dialect, first, dialect.join(first.path, router.prefix, route.path)),
          ...this.guardsBefore(router, route.spot, route.path),
          ...route.operands.slice(0, -1).map((operand) => middlewareOf(evaluator, operand)),
        ],
        condition: bothConditions(first.condition, route.condition),
      },
    ];
  }

  /** Whether a later registration of the router answers the same. */
  private isRepeated(router: Router, { spot, path }: Route, method: string): boolean {
    let last = this.last.get(router);
    if (last === undefined) {
      last = lastSpots(router);
      this.last.set(router, last);
    }
    const others = [last.get(`${method} ${path}`), last.get(`ALL ${path}`)];
    return others.some((other) => other !== undefined && compareSpots(spot, other) < 0);
  }

  private kindByTarget(operand: Operand): Handler['kind'] {
    return foreignTarget(this.evaluator, operand) === undefined ? 'route' : 'third-party';
  }

  /** Every way into a router from where requests come in. */
  placesOf(router: Router, above: ReadonlySet<Router>): readonly Place[] {
    const known = this.known.get(router);
    if (known !== undefined) return known;
    if (above.has(router)) return [];
    const inside = new Set([...above, router]);
    const mounts = this.mountsOf(router);
    const mounted = mounts.flatMap((mount) => this.placesThrough(mount, inside));
    const own = mounts.length === 0 ? this.unmounted(router) : [];
    const found = [...own, ...mounted].slice(0, mostPlaces);
    if (above.size === 0) this.known.set(router, found);
    return found;
  }

  /** Ways into a router that is mounted nowhere: none when nothing can reach it. */
  private unmounted(router: Router): readonly Place[] {
    const place: Place = { path: '', passed: [], condition: undefined };
    if (router.root || this.dialect.standsAlone) return [place];
    const use = useOf(this.evaluator, router);
    if (use === 'none') return [];
    if (use === 'unknown') return [place];
    return this.mountsUnknown ? [{ ...place, path: '«mount»' }] : use === 'exported' ? [] : [place];
  }

  private mountsOf(router: Router): readonly Mount[] {
    const related = this.routers.relatives(router).flatMap(({ mounts }) => mounts);
    const all = [...router.mounts, ...related];
    const strong = all.filter(({ weak }) => weak !== true);
    return strong.length > 0 ? strong : all;
  }

  private placesThrough(mount: Mount, inside: ReadonlySet<Router>): readonly Place[] {
    const { parent } = mount;
    return this.placesOf(parent, inside).map((place) => ({
      path: this.dialect.join(place.path, parent.prefix, mount.path),
      passed: [
        ...place.passed,
        ...this.guardsOnTheWay(parent, mount, this.dialect.join(place.path, parent.prefix)),
        ...mount.middlewares.map((middleware) => ({ middleware })),
      ],
      condition: bothConditions(place.condition, mount.condition),
    }));
  }

  /** Guards that run before a mounted router, or before a part of it. @param before the path to `router` */
  private guardsOnTheWay(router: Router, mount: Mount, before: string): readonly Passed[] {
    const { dialect } = this;
    const found: Passed[] = [];
    for (const { spot, path, middlewares } of this.sortedGuards(router)) {
      const isBefore = dialect.unordered === true || compareSpots(spot, mount.spot) < 0;
      if (!isBefore || found.length >= mostMiddlewares) break;
      if (path === undefined || dialect.covers(path, mount.path))
        found.push(...middlewares.map((middleware) => ({ middleware })));
      else if (dialect.covers(mount.path, path))
        found.push(...middlewares.map((middleware) => ({ middleware, within: dialect.join(before, path) })));
    }
    return found;
  }

  private guardsBefore(router: Router, spot: Spot, path: string): readonly Middleware[] {
    const found: Middleware[] = [];
    for (const guard of this.sortedGuards(router)) {
      const isBefore = this.dialect.unordered === true || compareSpots(guard.spot, spot) < 0;
      if (!isBefore || found.length >= mostMiddlewares) break;
      if (guard.path === undefined || this.dialect.covers(guard.path, path)) found.push(...guard.middlewares);
    }
    return found;
  }

  private sortedGuards(router: Router): readonly Guard[] {
    let sorted = this.guards.get(router);
    if (sorted === undefined) {
      sorted = [...router.guards].sort((left, right) => compareSpots(left.spot, right.spot));
      this.guards.set(router, sorted);
    }
    return sorted;
  }
}

/** What has run for requests of one path by the time they come to a place. */
function passedBy(dialect: Dialect, { passed }: Place, path: string): readonly Middleware[] {
  return passed
    .filter(({ within }) => within === undefined || dialect.covers(within, path))
    .map(({ middleware }) => middleware);
}

function lastSpots(router: Router): ReadonlyMap<string, Spot> {
  const last = new Map<string, Spot>();
  for (const { spot, methods, path } of router.routes) {
    for (const method of methods) {
      const known = last.get(`${method} ${path}`);
      if (known === undefined || compareSpots(known, spot) < 0) last.set(`${method} ${path}`, spot);
    }
  }
  return last;
}
