/** True for what has to be waited for. */
export function isThenable(given: unknown): given is PromiseLike<unknown> {
  return typeof (given as { then?: unknown } | null | undefined)?.then === 'function';
}

/** Lets what becomes of a promise pass: it is refused, and nobody will wait for it. */
export function abandon(promise: PromiseLike<unknown>): void {
  promise.then(undefined, () => undefined);
}
