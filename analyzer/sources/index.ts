/** Which files there are, what they say, and what their names and expressions stand for. */
export { type CallSite, Evaluator, specifiersOf } from './evaluator.ts';
export { type ExportTable, exportsOf } from './exports.ts';
export {
  type FileList,
  isWithin,
  listFiles,
  PathError,
  type SkippedFile,
  type SkipReason,
  toPosix,
} from './file-list.ts';
export { extensionOf, type ParseFailure, type ParseResult, parsedExtensions, parseSource } from './parse.ts';
export type { Binding, BindingKind, Scopes } from './scopes.ts';
export { SourceFile } from './source-file.ts';
export { Sources } from './sources.ts';
export * from './tree.ts';
export * from './values.ts';
