import type { Comment, Node } from '@babel/types';
import { type SourceFile, span } from '../analyzer/sources/index.ts';
import type { Edit } from './edit.ts';

/** Offset of the first character at or after `offset` that is neither white space nor part of a comment. */
export function nextSignificant(file: SourceFile, offset: number): number {
  const comments = commentsByStart(file);
  let at = offset;
  for (;;) {
    const comment = comments.get(at);
    if (comment !== undefined) at = comment;
    else if (/\s/.test(file.text[at] ?? '')) at++;
    else return at;
  }
}

const commentEnds = new WeakMap<SourceFile, ReadonlyMap<number, number>>();

function commentsByStart(file: SourceFile): ReadonlyMap<number, number> {
  let known = commentEnds.get(file);
  if (known === undefined) {
    known = new Map((file.ast.comments ?? []).map((comment) => [comment.start ?? -1, comment.end ?? -1]));
    commentEnds.set(file, known);
  }
  return known;
}

/** Offset of the `(` that opens the arguments of a call, from the end of its callee on. */
export function openingParenthesis(file: SourceFile, from: number): number {
  let at = nextSignificant(file, from);
  while (at < file.text.length && file.text[at] !== '(') at = nextSignificant(file, at + 1);
  return at;
}

export function commentsIn(file: SourceFile, start: number, end: number): readonly Comment[] {
  return (file.ast.comments ?? []).filter(
    (comment) => (comment.start ?? -1) >= start && (comment.end ?? -1) <= end,
  );
}

/** What makes two comments the same. */
export function commentKey({ type, value }: Pick<Comment, 'type' | 'value'>): string {
  return `${type}${value}`;
}

export interface RemovalOptions {
  /** Whether what stays comes after the removed text, or before it. */
  readonly kept: 'after' | 'before';
  /** Where the statement is that line comments move above; the start of the text when it is left out. */
  readonly anchor?: number;
}

/**
 * Removes a stretch of text but none of its comments: block comments stay where they are, line comments move to a
 * line of their own above the statement.
 */
export function removal(
  file: SourceFile,
  start: number,
  end: number,
  { kept, anchor = start }: RemovalOptions = { kept: 'after' },
): readonly Edit[] {
  const edits: Edit[] = [];
  let from = start;
  for (const comment of commentsIn(file, start, end)) {
    const at = { start: comment.start ?? 0, end: comment.end ?? 0 };
    if (mustMove(file, comment, kept)) {
      edits.push(lineAbove(file, anchor, file.text.slice(at.start, at.end)));
      continue;
    }
    const spaceBefore = kept === 'before' ? blanksBefore(file.text, at.start, from) : 0;
    edits.push({ start: from, end: at.start - spaceBefore, text: '' });
    if (kept === 'before' && spaceBefore === 0) edits.push({ start: at.start, end: at.start, text: ' ' });
    const spaceAfter = kept === 'after' ? blanksAfter(file.text, at.end, end) : 0;
    if (kept === 'after' && spaceAfter === 0) edits.push({ start: at.end, end: at.end, text: ' ' });
    from = at.end + spaceAfter;
  }
  edits.push({ start: from, end, text: '' });
  return edits;
}

/** A line end after `return` or `throw` would end the statement, so a comment that holds one cannot stay. */
function mustMove(file: SourceFile, comment: Comment, kept: 'after' | 'before'): boolean {
  if (comment.type === 'CommentLine') return true;
  return kept === 'after' && /[\n\r\u2028\u2029]/.test(file.text.slice(comment.start ?? 0, comment.end ?? 0));
}

function blanksBefore(text: string, offset: number, least: number): number {
  let at = offset;
  while (at > least && /[ \t]/.test(text[at - 1] ?? '')) at--;
  return offset - at;
}

function blanksAfter(text: string, offset: number, most: number): number {
  let at = offset;
  while (at < most && /[ \t]/.test(text[at] ?? '')) at++;
  return at - offset;
}

/** Puts a comment on a line of its own above the statement that holds `offset`. */
export function lineAbove(file: SourceFile, offset: number, comment: string): Edit {
  const at = statementStart(file, offset);
  const lineStart = Math.max(file.text.lastIndexOf('\n', at - 1), file.text.lastIndexOf('\r', at - 1)) + 1;
  const indent = /^[\t ]*/.exec(file.text.slice(lineStart, at))?.[0] ?? '';
  return { start: at, end: at, text: comment + lineEnd(file.text) + indent };
}

/** The line end the file uses first. */
export function lineEnd(text: string): string {
  return /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
}

const statementLists = new Set([
  'Program',
  'BlockStatement',
  'StaticBlock',
  'TSModuleBlock',
  'SwitchCase',
  'ClassBody',
]);

/** Start of the innermost statement or class member around `offset` that stands in a list of its kind. */
function statementStart(file: SourceFile, offset: number): number {
  let best = 0;
  const visit = (node: Node): void => {
    for (const child of childrenOf(node)) {
      const { start, end } = span(child);
      if (offset < start || offset >= end) continue;
      if (statementLists.has(node.type) && !(node.type === 'SwitchCase' && node.test === child)) best = start;
      visit(child);
      return;
    }
  };
  visit(file.ast.program);
  return best;
}

function childrenOf(node: Node): Node[] {
  const found: Node[] = [];
  for (const key in node) {
    if (key === 'loc' || key === 'extra' || key === 'comments' || key === 'tokens') continue;
    const value: unknown = node[key as keyof Node];
    for (const item of Array.isArray(value) ? value : [value]) {
      if (
        typeof item === 'object' &&
        item !== null &&
        typeof item.type === 'string' &&
        typeof item.start === 'number'
      )
        found.push(item as Node);
    }
  }
  return found;
}

/** Removes the whole lines of `start` to `end` when nothing else stands on them, else just that stretch. */
export function lineRemoval(
  text: string,
  start: number,
  end: number,
): { readonly start: number; readonly end: number } {
  let from = start;
  while (from > 0 && /[ \t]/.test(text[from - 1] ?? '')) from--;
  const startsLine = from === 0 || /[\n\r\uFEFF]/.test(text[from - 1] ?? '');
  let to = end;
  while (to < text.length && /[ \t]/.test(text[to] ?? '')) to++;
  const endsLine = to === text.length || /[\n\r]/.test(text[to] ?? '');
  if (!startsLine || !endsLine) return { start, end: startsLine || endsLine ? to : end };
  if (to < text.length) return { start: from, end: to + (text.startsWith('\r\n', to) ? 2 : 1) };
  // The last line, without a line end of its own: the one before it goes, so that the file still ends as it did.
  const before = text.startsWith('\r\n', from - 2) ? 2 : from > 0 && text[from - 1] !== '\uFEFF' ? 1 : 0;
  return { start: from - before, end: to };
}
