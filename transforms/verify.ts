import type { File } from '@babel/types';
import { parseSource } from '../analyzer/sources/index.ts';
import type { Edit } from './edit.ts';
import { commentKey } from './layout.ts';
import { isMark } from './marks.ts';
import type { FailureReason } from './result.ts';

export type Verification =
  | { readonly status: 'verified' }
  | { readonly status: 'refused'; readonly reason: FailureReason; readonly message: string };

interface Token {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly isName: boolean;
}

/**
 * Compares the new text of a file with the old one: it parses, every comment is still there, every token outside the
 * edits is the same and in the same order, and every name the edits made up is a known one.
 * @param names what edits may make up: twins, and the words of the forms
 * @param copied keys of comments that stand twice afterwards, because a function was copied
 */
export function verify(
  path: string,
  before: string,
  after: string,
  edits: readonly Edit[],
  names: ReadonlySet<string>,
  copied: readonly string[] = [],
): Verification {
  const old = parseSource(path, before, { tokens: true });
  const now = parseSource(path, after, { tokens: true });
  if (old.status === 'failed') return refused('parse', old.failure.message);
  if (now.status === 'failed') {
    const { message, line, column } = now.failure;
    return refused('parse', `the result does not parse: ${message} at ${line}:${column}`);
  }
  const twice = declaredTwice(now.ast);
  if (twice !== undefined && declaredTwice(old.ast) === undefined)
    return refused('parse', `«${twice}» would be declared twice`);
  const lost = missingComment(old.ast, now.ast, copied);
  if (lost !== undefined) return refused('lost-comment', `the comment «${lost.trim()}» would be lost`);
  return compareTokens(tokensOf(old.ast, before), tokensOf(now.ast, after), edits, names);
}

function refused(reason: FailureReason, message: string): Verification {
  return { status: 'refused', reason, message };
}

function missingComment(before: File, after: File, copied: readonly string[]): string | undefined {
  const left = new Map<string, number>();
  for (const comment of after.comments ?? []) {
    if (isMark(comment)) continue;
    const key = commentKey(comment);
    left.set(key, (left.get(key) ?? 0) + 1);
  }
  for (const key of [
    ...(before.comments ?? []).filter((comment) => !isMark(comment)).map(commentKey),
    ...copied,
  ]) {
    const count = left.get(key) ?? 0;
    if (count === 0) return key.replace(/^Comment(?:Line|Block)/, '');
    left.set(key, count - 1);
  }
  return [...left].find(([, count]) => count > 0)?.[0];
}

/** An imported name that something else at the top level has too, which the parser lets pass in TypeScript. */
function declaredTwice(ast: File): string | undefined {
  const imported = new Set<string>();
  const declared = new Set<string>();
  for (const statement of ast.program.body) {
    if (statement.type === 'ImportDeclaration' && statement.importKind !== 'type') {
      for (const { local } of statement.specifiers) {
        if (imported.has(local.name)) return local.name;
        imported.add(local.name);
      }
      continue;
    }
    const inner = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (inner?.type === 'FunctionDeclaration' && inner.id) declared.add(inner.id.name);
    if (inner?.type === 'VariableDeclaration')
      for (const { id } of inner.declarations) if (id.type === 'Identifier') declared.add(id.name);
  }
  return [...imported].find((name) => declared.has(name));
}

interface ParserToken {
  readonly type: string | { readonly label: string };
  readonly start: number;
  readonly end: number;
}

function tokensOf(ast: File, text: string): Token[] {
  const tokens = (ast.tokens ?? []) as readonly ParserToken[];
  return tokens
    .filter((token) => typeof token.type === 'object' && token.end > token.start)
    .map(({ type, start, end }) => ({
      start,
      end,
      text: text.slice(start, end),
      isName: typeof type === 'object' && type.label === 'name',
    }));
}

function compareTokens(
  before: readonly Token[],
  after: readonly Token[],
  edits: readonly Edit[],
  names: ReadonlySet<string>,
): Verification {
  const moved = movedEdits(edits);
  const kept = before.filter((token) => !edits.some((edit) => touches(token, edit.start, edit.end)));
  const remaining = after.filter((token) => !moved.some((edit) => touches(token, edit.start, edit.end)));
  if (
    kept.length !== remaining.length ||
    kept.some((token, index) => token.text !== remaining[index]?.text)
  ) {
    const index = kept.findIndex((token, at) => token.text !== remaining[at]?.text);
    return refused('changed-token', `«${kept[index]?.text ?? ''}» is not where it was`);
  }
  const known = new Set(before.map(({ text }) => text));
  const invented = after.find(({ isName, text }) => isName && !known.has(text) && !names.has(text));
  return invented === undefined
    ? { status: 'verified' }
    : refused('unknown-twin', `«${invented.text}» is not the name of a twin`);
}

/** Where the text of each edit stands in the result. */
function movedEdits(edits: readonly Edit[]): { readonly start: number; readonly end: number }[] {
  let shift = 0;
  return edits.map((edit) => {
    const start = edit.start + shift;
    shift += edit.text.length - (edit.end - edit.start);
    return { start, end: start + edit.text.length };
  });
}

/** A token next to an edit may have grown or shrunk by it, so it counts as part of it. */
function touches(token: Token, start: number, end: number): boolean {
  return token.start <= end && start <= token.end;
}
