import type { DynamicRegistration, Location } from '../analysis.ts';
import type { Evaluator, FunctionValue, Sources } from '../sources/index.ts';

/** A registered request handler, with the code behind it. */
export interface Handler {
  readonly framework: string;
  readonly kind: 'route' | 'guard' | 'third-party' | 'procedure' | 'action';
  /** Upper case; `ALL` for any. */
  readonly method: string;
  /** Full path through every mount chain, sorted; an unknown segment reads `«expression»`. */
  readonly paths: readonly string[];
  readonly location: Location;
  readonly target: HandlerTarget | undefined;
  /** In the order they run. */
  readonly middlewares: readonly Middleware[];
  /** Text of the condition around the registration, where there is one. */
  readonly condition: string | undefined;
}

export interface HandlerTarget {
  readonly name: string;
  readonly location: Location;
  /** The function that answers; absent for a value from outside the project. */
  readonly value: FunctionValue | undefined;
  /** Bridges around the function itself: `router.get('/', syncToAsync(handler))`. */
  readonly wrappers: readonly string[];
  /** The functions of the project that stand in front of it, outermost first: what `withAuth(handler)` made. */
  readonly around?: readonly Around[];
}

export interface Around {
  /** Name of what made it. */
  readonly name: string;
  readonly value: FunctionValue;
}

export interface Middleware {
  readonly name: string;
  readonly location: Location | undefined;
  /** Access path of a middleware from outside the project, such as `helmet()`. */
  readonly api: string | undefined;
  readonly value: FunctionValue | undefined;
}

export interface Discovery {
  readonly handlers: readonly Handler[];
  readonly dynamic: readonly DynamicRegistration[];
}

/** One web framework: how it registers handlers. */
export interface Framework {
  readonly name: string;
  /** Specifiers of the packages it comes in. */
  readonly packages: RegExp;
  discover(sources: Sources, evaluator: Evaluator): Discovery;
}
