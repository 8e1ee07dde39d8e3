export interface SyncToAsyncOptions {
  /** Run on the context's one thread, in order (the default), or on any thread. */
  readonly threadSensitive?: boolean;
}
export declare function syncToAsync<Arguments extends readonly unknown[], Result>(
  operation: (...values: Arguments) => Result,
  options?: SyncToAsyncOptions,
): (...values: Arguments) => Promise<Result>;
export declare function threadSensitiveContext<T>(work: () => Promise<T>): Promise<T>;
export declare function asyncContext<T>(work: () => Promise<T>): Promise<T>;
export declare function asyncContext<T>(
  options: { readonly signal?: AbortSignal },
  work: () => Promise<T>,
): Promise<T>;
/** Express and Connect middleware: one async context and one thread-sensitive context per request. */
export declare function ormMiddleware(): (
  request: unknown,
  response: unknown,
  next: (error?: unknown) => void,
) => void;
