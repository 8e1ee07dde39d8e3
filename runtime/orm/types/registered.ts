/**
 * Lookups an application registered, with the type of their values; `T` is that of the column. Add to it by
 * `declare module '@migrate-async/runtime/orm' { interface RegisteredLookups<T> { ne: T } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications fill it
// biome-ignore lint/correctness/noUnusedVariables: declarations that are merged have the same parameters
export interface RegisteredLookups<T> {}
/** Transforms an application registered, with the type of what they give. */
// biome-ignore lint/suspicious/noEmptyInterface: applications fill it
export interface RegisteredTransforms {}
