import type { ImportDeclaration, Node } from '@babel/types';
import { type SourceFile, span } from '../analyzer/sources/index.ts';
import type { Edit } from './edit.ts';
import { commentsIn, lineRemoval, nextSignificant, removal } from './layout.ts';

export type Range = { readonly start: number; readonly end: number };

/** Removes specifiers from an import, or all of it when none is left. */
export function importRemoval(
  file: SourceFile,
  statement: ImportDeclaration,
  parts: readonly Node[],
): readonly Edit[] {
  const left = statement.specifiers.filter((specifier) => !parts.includes(specifier));
  if (left.length === 0) return statementRemoval(file, statement);
  const named = statement.specifiers.filter(({ type }) => type === 'ImportSpecifier');
  const namedParts = parts.filter(({ type }) => type === 'ImportSpecifier');
  const edits: Edit[] = [];
  const [first, second] = statement.specifiers;
  const keepsNamed = named.length > namedParts.length;
  if (named.length > 0 && !keepsNamed && first) {
    // `import orm, { syncToAsync } from`: the braces go with their last name.
    const brace = file.text.indexOf('}', span(named.at(-1) ?? first).end);
    edits.push(...removal(file, span(first).end, brace + 1, { kept: 'before' }));
    return edits;
  }
  if (keepsNamed) edits.push(...listRemoval(file, named, namedParts));
  if (first && second && first.type === 'ImportDefaultSpecifier' && parts.includes(first)) {
    const rest =
      second.type === 'ImportSpecifier' ? file.text.indexOf('{', span(first).end) : span(second).start;
    edits.push(...removal(file, span(first).start, rest, { kept: 'after' }));
  } else if (first && second?.type === 'ImportNamespaceSpecifier' && parts.includes(second)) {
    edits.push(...removal(file, span(first).end, span(second).end, { kept: 'before' }));
  }
  return edits;
}

/** Removes items of a comma-separated list with their commas; the line of one that stands alone goes with it. */
export function listRemoval(file: SourceFile, all: readonly Node[], parts: readonly Node[]): readonly Edit[] {
  const edits: Edit[] = [];
  const lastKept = all.findLastIndex((item) => !parts.includes(item));
  all.forEach((item, index) => {
    if (!parts.includes(item)) return;
    const { start, end } = span(item);
    const comma = nextSignificant(file, end);
    const followed = file.text[comma] === ',' ? comma + 1 : end;
    const ownComments = commentsIn(file, start, followed);
    if (ownComments.length > 0) edits.push(...removal(file, start, followed, { kept: 'before' }));
    else edits.push({ ...itemRange(file, start, followed, all[index + 1]), text: '' });
    // The comma of the last item that stays would trail where none did.
    if (index === lastKept + 1 && file.text[nextSignificant(file, span(all.at(-1) ?? item).end)] !== ',') {
      const kept = all[lastKept];
      if (kept === undefined) return;
      const own = nextSignificant(file, span(kept).end);
      const toItem = commentsIn(file, own, start).length === 0 && !/[\r\n]/.test(file.text.slice(own, start));
      edits.push({ start: own, end: toItem ? start : own + 1, text: '' });
    }
  });
  return edits;
}

function itemRange(file: SourceFile, start: number, end: number, next: Node | undefined): Range {
  const line = lineRemoval(file.text, start, end);
  if (/[\r\n]/.test(file.text.slice(line.start, start) + file.text.slice(end, line.end))) return line;
  if (next === undefined) {
    const blanks = /[ \t]*$/.exec(file.text.slice(0, start))?.[0].length ?? 0;
    return { start: file.text[end - 1] === ',' ? start - blanks : start, end };
  }
  const comments = commentsIn(file, end, span(next).start);
  const stop = comments[0]?.start ?? span(next).start;
  return /[\r\n]/.test(file.text.slice(end, stop)) ? { start, end } : { start, end: stop };
}

/** Removes a statement with its line; comments inside it or after it on the line stay. */
export function statementRemoval(file: SourceFile, statement: Node): readonly Edit[] {
  const { start, end } = span(statement);
  const inside = commentsIn(file, start, end);
  if (inside.length === 0) return [{ ...lineRemoval(file.text, start, end), text: '' }];
  const edits: Edit[] = [];
  let from = start;
  for (const comment of inside) {
    const at = { start: comment.start ?? 0, end: comment.end ?? 0 };
    edits.push({ start: from, end: at.start, text: '' });
    from = at.end;
    const isLast = comment === inside.at(-1);
    if (comment.type === 'CommentLine' && !(isLast && /^[^\S\r\n]*[\r\n]/.test(file.text.slice(end))))
      edits.push({ start: from, end: from, text: '\n' });
    else if (!isLast) edits.push({ start: from, end: from, text: ' ' });
  }
  edits.push({ start: from, end, text: '' });
  return edits;
}
