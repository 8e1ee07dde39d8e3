/** Key under which a bound sync operation says how a bridge may execute it without holding the event loop. */
export const boundOperation = Symbol('bound operation');

export interface BoundOperation {
  readonly name: string;
  /** Runs on the connections of the current lane; its waits leave the event loop free. */
  run(...values: unknown[]): Promise<unknown>;
}

/** What `syncToAsync` was given, when it is a sync operation of this runtime. */
export function boundOperationOf(candidate: object): BoundOperation | undefined {
  return (candidate as { readonly [boundOperation]?: BoundOperation })[boundOperation];
}
