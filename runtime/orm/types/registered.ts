/** Stands for the column a lookup is asked of. Exists in types only. */
declare const column: unique symbol;

/**
 * Lookups an application registered, with the type of their values; `T` is that of the column. Add to it by
 * `declare module '@migrate-async/runtime/orm' { interface RegisteredLookups<T> { ne: T } }`.
 */
export interface RegisteredLookups<T> {
  readonly [column]?: T;
}
/** Transforms an application registered, with the type of what they give. */
// biome-ignore lint/suspicious/noEmptyInterface: applications fill it
export interface RegisteredTransforms {}
