import { twins } from '@migrate-async/runtime/twins';
import MagicString from 'magic-string';
import ts from 'typescript';

/** Sync operations by the name of their native twin. */
const syncNames: ReadonlyMap<string, string> = new Map(
  Object.values(twins).flatMap((family) => Object.entries(family).map(([sync, native]) => [native, sync])),
);

/**
 * The program a reader would write on the sync path: every native operation becomes its twin, nothing is awaited that
 * answers at once, and functions that wait for nothing any more are no longer async.
 *
 * @param source a native program
 */
export function syncForm(source: string): string {
  const file = ts.createSourceFile('program.ts', source, ts.ScriptTarget.Latest, true);
  const text = new MagicString(source);
  /** Functions that still wait for something. */
  const waiting = new Set<ts.Node>();
  const visit = (node: ts.Node): void => {
    if (ts.isAwaitExpression(node)) {
      if (answersAtOnce(node.expression)) text.remove(node.getStart(), node.expression.getStart());
      else waiting.add(functionAround(node));
      if (ts.isPropertyAccessExpression(node.expression)) rename(text, node.expression.name, 'relation');
    }
    if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) {
      text.remove(node.awaitModifier.getStart(), node.awaitModifier.getEnd() + 1);
    }
    if (ts.isPropertyAccessExpression(node)) rename(text, node.name, 'operation');
    if (ts.isIdentifier(node) && !ts.isPropertyAccessExpression(node.parent)) rename(text, node, 'operation');
    ts.forEachChild(node, visit);
  };
  visit(file);
  const makeSync = (node: ts.Node): void => {
    const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
    const marked = modifiers.find(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword);
    if (marked !== undefined && !waiting.has(node)) text.remove(marked.getStart(), marked.getEnd() + 1);
    ts.forEachChild(node, makeSync);
  };
  makeSync(file);
  return text.toString();
}

/** True for a call of a twin, and for a relation that is read. */
function answersAtOnce(awaited: ts.Expression): boolean {
  if (ts.isPropertyAccessExpression(awaited)) return true;
  if (!ts.isCallExpression(awaited)) return false;
  const { expression: called } = awaited;
  const name = ts.isPropertyAccessExpression(called) ? called.name : called;
  return syncNames.has(name.getText());
}

function functionAround(node: ts.Node): ts.Node {
  let around = node.parent;
  while (!ts.isFunctionLike(around) && !ts.isSourceFile(around)) around = around.parent;
  return around;
}

/** `book.apublisher` is the twin of `book.publisher`; the twins of operations are listed. */
function rename(text: MagicString, name: ts.MemberName, as: 'operation' | 'relation'): void {
  const sync = as === 'operation' ? syncNames.get(name.text) : name.text.replace(/^a/, '');
  if (sync !== undefined) text.overwrite(name.getStart(), name.getEnd(), sync);
}
