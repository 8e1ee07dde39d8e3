import type { Site } from '../analyzer/analysis.ts';
import { typeChecker } from '../analyzer/evidence/orm-checked.ts';
import { type Evaluator, lastLineOf, lineOf, type SourceFile, span } from '../analyzer/sources/index.ts';
import { applyEdits, orderedEdits } from './edit.ts';
import { formContext } from './forms/form.ts';
import { rewriteProject, type TransformOptions } from './rewrite.ts';
import { siteOf } from './site.ts';

/** What there is to say about one bridge. */
export interface SiteExplanation {
  readonly site: Site;
  /** The bridge as it stands. */
  readonly before: string;
  /** What would be written in its place; absent when it is left. */
  readonly after: string | undefined;
  /** Other files that would change with it. */
  readonly together: readonly string[];
  /** How each operation is known to be one. */
  /** Why the third proof, by types, could not be tried. */
  readonly typesUnavailable: string | undefined;
  readonly proofs: readonly {
    readonly operation: string;
    readonly proof: 'syntax' | 'flow' | 'type';
    readonly model: string | undefined;
  }[];
}

/**
 * Explains every bridge on a line: by which form it is rewritten or why it is left, how what it is called on was
 * proven, and what would be written.
 * @param line 1-based; a bridge over several lines is found by each of them
 */
export function explainSites(
  file: SourceFile,
  evaluator: Evaluator,
  line: number,
  options: TransformOptions = {},
): readonly SiteExplanation[] {
  const context = formContext(evaluator, options);
  return context.bridgesOf(file).flatMap((bridge) => {
    const whole = bridge.application ?? bridge.wrap;
    if (lineOf(whole) > line || lastLineOf(whole) < line) return [];
    const site = siteOf(bridge, context);
    const { start, end } = span(whole);
    return [
      {
        site,
        before: file.text.slice(start, end),
        ...outcome(file, evaluator, site, options),
        typesUnavailable: typeChecker(evaluator).unavailable,
        proofs: bridge.operations.map(({ name, proof, model }) => ({ operation: name, proof, model })),
      },
    ];
  });
}

function outcome(
  file: SourceFile,
  evaluator: Evaluator,
  site: Site,
  options: TransformOptions,
): Pick<SiteExplanation, 'after' | 'together'> {
  if (site.outcome.kind === 'leave') return { after: undefined, together: [] };
  const { files } = rewriteProject([file], evaluator, new Set([site.id]), options);
  const result = files.get(file.path);
  if (result?.status !== 'changed') return { after: undefined, together: [] };
  // Imports and twins elsewhere in the file are edits too; what is asked for is the site itself.
  const own = result.edits.filter(({ start, end }) => start >= site.start && end <= site.end);
  const moved = own.map((edit) => ({ ...edit, start: edit.start - site.start, end: edit.end - site.start }));
  return {
    after: applyEdits(file.text.slice(site.start, site.end), orderedEdits(moved)),
    together: [...files.keys()].filter((path) => path !== file.path),
  };
}
