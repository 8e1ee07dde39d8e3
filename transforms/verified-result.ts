import type { SourceFile } from '../analyzer/sources/index.ts';
import { applyEdits, type Edit, OverlappingEditsError, orderedEdits } from './edit.ts';
import type { FileResult } from './result.ts';
import { verify } from './verify.ts';

export interface Claims {
  /** Ids of the sites that the edits rewrite. */
  readonly sites: readonly string[];
  /** Names that the edits may make up. */
  readonly names: ReadonlySet<string>;
  /** Keys of comments that stand twice afterwards. */
  readonly copied?: readonly string[];
}

/** Applies edits and verifies what comes out: every transform ends here. */
export function verifiedResult(file: SourceFile, edits: readonly Edit[], claims: Claims): FileResult {
  try {
    const ordered = orderedEdits(edits);
    if (ordered.length === 0) return { schemaVersion: 1, status: 'unchanged' };
    const text = applyEdits(file.text, ordered);
    const result = verify(file.path, file.text, text, ordered, claims.names, claims.copied);
    if (result.status === 'verified')
      return { schemaVersion: 1, status: 'changed', text, edits: ordered, sites: claims.sites };
    return { schemaVersion: 1, status: 'failed', reason: result.reason, message: result.message };
  } catch (error) {
    if (!(error instanceof OverlappingEditsError)) throw error;
    return { schemaVersion: 1, status: 'failed', reason: 'overlapping-edits', message: error.message };
  }
}
