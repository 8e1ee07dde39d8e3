import type { Comment } from '@babel/types';
import type { Bridge } from '../analyzer/evidence/bridge.ts';
import { lineOf, type SourceFile } from '../analyzer/sources/index.ts';

/** `// migrate-async-ignore MA118: the audit row must come first`. */
export interface Suppression {
  readonly code: string;
  readonly reason: string;
  /** 1-based line of the comment. */
  readonly line: number;
  /** 1-based line it speaks of. */
  readonly target: number;
}

const pattern = /^\W*migrate-async-ignore\s+(MA\d{3})\s*:\s*(\S[\s\S]*?)\s*$/;

/** The suppression comments of a file; each speaks of its own line, or of the next one with code when it stands alone. */
export function suppressionsOf(file: SourceFile): readonly Suppression[] {
  return (file.ast.comments ?? []).flatMap((comment) => {
    const match = pattern.exec(comment.value);
    if (match === null) return [];
    const [, code = '', reason = ''] = match;
    return [{ code, reason, line: comment.loc?.start.line ?? 0, target: targetLine(file, comment) }];
  });
}

/** The suppression that speaks of a bridge: on its first line, on the line of its wrapper, or above either. */
export function suppressionOf(bridge: Bridge): Suppression | undefined {
  const lines = [lineOf(bridge.application ?? bridge.wrap), lineOf(bridge.wrap), statementLine(bridge)];
  return suppressionsOf(bridge.file).find(({ target }) => lines.includes(target));
}

function statementLine({ file, wrap }: Bridge): number {
  let node = wrap as Parameters<SourceFile['parentOf']>[0];
  for (let above = file.parentOf(node); above !== undefined; above = file.parentOf(above)) {
    if (above.type === 'BlockStatement' || above.type === 'Program' || above.type === 'ClassBody') break;
    node = above;
  }
  return lineOf(node);
}

function targetLine(file: SourceFile, comment: Comment): number {
  const start = comment.start ?? 0;
  const lineStart =
    Math.max(file.text.lastIndexOf('\n', start - 1), file.text.lastIndexOf('\r', start - 1)) + 1;
  const own = comment.loc?.start.line ?? 0;
  if (/\S/.test(file.text.slice(lineStart, start).replace(/^\uFEFF/, ''))) return own;
  let end = comment.end ?? 0;
  let line = comment.loc?.end.line ?? own;
  for (const next of file.ast.comments ?? []) {
    if ((next.start ?? 0) < end || /\S/.test(file.text.slice(end, next.start ?? 0))) continue;
    end = next.end ?? end;
    line = next.loc?.end.line ?? line;
  }
  return line + 1 + blankLinesAfter(file.text, end);
}

function blankLinesAfter(text: string, offset: number): number {
  const gap = /^[^\S\r\n]*(?:\r\n|\n|\r)((?:[^\S\r\n]*(?:\r\n|\n|\r))*)/.exec(text.slice(offset))?.[1] ?? '';
  return gap.split(/\r\n|\n|\r/).length - 1;
}

/** Suppressions that speak of no bridge, or of one that would be rewritten or left for another reason anyway. */
export function unusedSuppressions(file: SourceFile, bridges: readonly Bridge[]): readonly Suppression[] {
  const used = new Set(bridges.map((bridge) => suppressionOf(bridge)?.line));
  return suppressionsOf(file).filter(({ line }) => !used.has(line));
}
