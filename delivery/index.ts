/** How a plan reaches people: read a project, work out the new contents, write them, report. */
export { type Problem, problemsOf } from './check.ts';
export { unifiedDiff } from './diff.ts';
export { type Project, type ProjectOptions, readProject } from './project.ts';
export {
  changedFiles,
  type RewriteOptions,
  type Rewriting,
  rewriteByName,
  rewriteProject,
  writeProject,
} from './rewriting.ts';
export { runReport } from './run.ts';
export { rewriteSource } from './source.ts';
export { dirtyFiles } from './working-tree.ts';
