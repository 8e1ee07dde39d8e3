import type { SiteMatcher } from '../analyzer/evidence/bridge.ts';
import type { Evaluator } from '../analyzer/sources/index.ts';
import { formContext } from './forms/form.ts';
import type { TransformOptions } from './rewrite.ts';
import { siteOf } from './site.ts';

export { type Code, codes, hints } from './codes.ts';
export type { Edit } from './edit.ts';
export { explainSites, type SiteExplanation } from './explain.ts';
export { type FileTransform, fileTransforms } from './file-transforms.ts';
export { type Hint, hintsOf, mockHints } from './hints.ts';
export { type Mark, marksOf } from './marks.ts';
export { type TransformInfo, transforms } from './registry.ts';
export type { FailureReason, FileResult } from './result.ts';
export {
  type ProjectResult,
  rewriteFile,
  rewriteProject,
  type TransformOptions,
  type Unit,
} from './rewrite.ts';
export { rewriteText } from './standalone.ts';
export { type Suppression, suppressionsOf, unusedSuppressions } from './suppressions.ts';

/** Words without which a file holds no bridge, unless it imports one under another name. */
export const bridgeWords: readonly string[] = ['syncToAsync'];

/** Decides for each bridge what becomes of it; what the analyzer is given. */
export function siteMatcher(evaluator: Evaluator, options: TransformOptions = {}): SiteMatcher {
  const context = formContext(evaluator, options);
  return (bridge) => siteOf(bridge, context);
}
