/** Which files there are, what they say, and what their names and expressions stand for. */

export { functionAround, whetherRun } from './branches.ts';
export { isRequire } from './called-values.ts';
export { type Call, type Calls, callsOf } from './calls.ts';
export { superclasses } from './classes.ts';
export { contextsOf, type Within } from './contexts.ts';
export { parsedExtensions } from './dialects.ts';
export { type CallSite, Evaluator } from './evaluator.ts';
export { exportedItems } from './exported-values.ts';
export { type ExportTable, exportsOf } from './exports.ts';
export {
  type FileList,
  listAround,
  listFiles,
  type SkippedFile,
  type SkipReason,
  toPosix,
} from './file-list.ts';
export { contains, Frame } from './frames.ts';
export { listItems, mapItems } from './lists.ts';
export { isLongest } from './members.ts';
export { type ParseFailure, type ParseResult, parseSource } from './parse.ts';
export { columnOf, lastLineOf, lineOf } from './places.ts';
export { readIfFile, textIfFile } from './read-file.ts';
export { git } from './repository.ts';
export type { Binding, BindingKind, Scopes } from './scopes.ts';
export { SourceFile } from './source-file.ts';
export { Sources } from './sources.ts';
export { isTestFile } from './test-files.ts';
export * from './tree.ts';
export * from './values.ts';
