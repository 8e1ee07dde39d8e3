import { twins } from '@migrate-async/runtime/twins';
import type { Bridge } from '../analyzer/evidence/bridge.ts';
import { type BridgeOptions, findBridges } from '../analyzer/evidence/bridges.ts';
import { type Binding, type Evaluator, type SourceFile, span, walk } from '../analyzer/sources/index.ts';
import { applyEdits, type Edit, OverlappingEditsError, orderedEdits } from './edit.ts';
import type { FormContext } from './forms/form.ts';
import { cleanup, functionEdits } from './imports.ts';
import type { FileResult } from './result.ts';
import { decide, siteId } from './site.ts';
import { verify } from './verify.ts';

export type TransformOptions = BridgeOptions;

/**
 * Rewrites the planned sites of one file.
 * @param planned ids of the sites to rewrite; all that can be proven when it is left out
 * @returns the new text with its edits; `failed` when it did not pass verification, and then nothing is to be written
 */
export function rewriteFile(
  file: SourceFile,
  evaluator: Evaluator,
  planned?: ReadonlySet<string>,
  options: TransformOptions = {},
): FileResult {
  const siblings = findBridges(file, evaluator, options);
  const context: FormContext = { evaluator, siblings };
  const sites: string[] = [];
  const edits: Edit[] = [];
  const functions = [];
  const rewritten: Bridge[] = [];
  for (const bridge of siblings) {
    const id = siteId(bridge);
    if (planned !== undefined && !planned.has(id)) continue;
    const decision = decide(bridge, context);
    if (decision.kind !== 'rewrite') continue;
    const rewrite = decision.form.rewrite(bridge, context);
    edits.push(...rewrite.edits);
    functions.push(...rewrite.functions);
    sites.push(id);
    rewritten.push(bridge);
  }
  if (rewritten.length === 0) return { schemaVersion: 1, status: 'unchanged' };
  edits.push(...functionEdits(file, functions));
  edits.push(...cleanup(file, touchedNames(file, rewritten, edits), edits));
  return verified(file, edits, sites, new Set([...madeUpNames, ...twinsIn(rewritten)]));
}

/** Every name that stands in text an edit removes. */
function touchedNames(
  file: SourceFile,
  bridges: readonly Bridge[],
  edits: readonly Edit[],
): ReadonlySet<Binding> {
  const found = new Set<Binding>();
  for (const { wrap } of bridges) {
    walk(wrap, (node) => {
      const binding = node.type === 'Identifier' ? file.scopes.bindingOf(node) : undefined;
      const { start, end } = span(node);
      if (binding && edits.some((edit) => edit.start <= start && end <= edit.end && edit.end > edit.start))
        found.add(binding);
      return true;
    });
  }
  return found;
}

function verified(
  file: SourceFile,
  edits: readonly Edit[],
  sites: readonly string[],
  names: ReadonlySet<string>,
): FileResult {
  try {
    const ordered = orderedEdits(edits);
    const text = applyEdits(file.text, ordered);
    const result = verify(file.path, file.text, text, ordered, names);
    if (result.status === 'verified')
      return { schemaVersion: 1, status: 'changed', text, edits: ordered, sites };
    return { schemaVersion: 1, status: 'failed', reason: result.reason, message: result.message };
  } catch (error) {
    if (!(error instanceof OverlappingEditsError)) throw error;
    return { schemaVersion: 1, status: 'failed', reason: 'overlapping-edits', message: error.message };
  }
}

/** Names the forms may write that need not stand in the file: the twins, and `bind`. */
const madeUpNames: ReadonlySet<string> = new Set([
  ...Object.values(twins).flatMap((table) => Object.values(table)),
  'async',
  'await',
  'bind',
  'Promise',
]);

function twinsIn(bridges: readonly Bridge[]): readonly string[] {
  return bridges.flatMap(({ operations }) => operations.flatMap(({ twin }) => twin ?? []));
}
