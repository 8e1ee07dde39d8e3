import { createHash } from 'node:crypto';
import type { Comment } from '@babel/types';
import type { Evaluator, SourceFile } from '../analyzer/sources/index.ts';
import type { Edit } from './edit.ts';
import { formContext } from './forms/form.ts';
import { commentKey, lineAbove, lineRemoval } from './layout.ts';
import type { TransformOptions } from './rewrite.ts';
import { siteOf } from './site.ts';
import { suppressionOf } from './suppressions.ts';

/** A comment that `--mark` put above a site that was left behind. */
export interface Mark {
  readonly code: string;
  /** Stays the same when lines move. */
  readonly id: string;
  readonly reason: string;
  /** 1-based line of the comment. */
  readonly line: number;
}

const pattern = /^ migrate-async (MA\d{3}) ([0-9a-f]{8}): (.*)$/;

/** The marks that stand in a file: what `check` fails on. */
export function marksOf(file: SourceFile): readonly Mark[] {
  return (file.ast.comments ?? []).flatMap((comment) => {
    const mark = markIn(comment);
    return mark === undefined ? [] : [mark];
  });
}

export function isMark(comment: Comment): boolean {
  return markIn(comment) !== undefined;
}

function markIn(comment: Comment): Mark | undefined {
  const match = comment.type === 'CommentLine' ? pattern.exec(comment.value) : null;
  if (match === null) return undefined;
  const [, code = '', id = '', reason = ''] = match;
  return { code, id, reason, line: comment.loc?.start.line ?? 0 };
}

/**
 * Edits that put one line above each site that is left behind, and take away the marks of sites that no longer are.
 * Suppressed sites get none: their reason is written there already.
 */
export function markEdits(
  file: SourceFile,
  evaluator: Evaluator,
  options: TransformOptions = {},
): readonly Edit[] {
  const context = formContext(evaluator, options);
  const wanted = new Map<string, Edit>();
  const seen = new Map<string, number>();
  for (const bridge of context.bridgesOf(file)) {
    const site = siteOf(bridge, context);
    const count = seen.get(site.what) ?? 0;
    seen.set(site.what, count + 1);
    if (site.outcome.kind === 'rewrite' || suppressionOf(bridge) !== undefined) continue;
    const id = createHash('sha1').update(`${file.path}\0${site.what}\0${count}`).digest('hex').slice(0, 8);
    const text = `// migrate-async ${site.outcome.code} ${id}: ${oneLine(site.outcome.reason)}`;
    wanted.set(commentKey({ type: 'CommentLine', value: text.slice(2) }), lineAbove(file, site.start, text));
  }
  const edits: Edit[] = [];
  for (const comment of file.ast.comments ?? []) {
    if (!isMark(comment) || wanted.delete(commentKey(comment))) continue;
    edits.push({ ...lineRemoval(file.text, comment.start ?? 0, comment.end ?? 0), text: '' });
  }
  return [...edits, ...wanted.values()];
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
