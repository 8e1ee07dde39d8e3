import type { Node } from '@babel/types';
import { isFunction, type SourceFile, span, walk } from '../analyzer/sources/index.ts';
import type { Combination } from './combinations.ts';

type Call = Combination['call'];

/** A promise that is kept under a name before it is waited for: `const saved = W(post.save)(); …; await saved;`. */
interface Pending {
  readonly call: Call;
  /** What runs between these offsets runs beside it. */
  readonly start: number;
  readonly end: number;
}

const known = new WeakMap<Node, readonly Pending[]>();

/**
 * The promises of the same function that are under way where a node stands, its own among them. Each is a group of its
 * own: whatever starts meanwhile goes in by one entry, as it need not run beside itself.
 */
export function overlapsAround(file: SourceFile, node: Node): readonly Combination[] {
  const home = file.functionAround(node) ?? file.ast.program;
  let pending = known.get(home);
  if (pending === undefined) {
    pending = pendingIn(file, home);
    known.set(home, pending);
  }
  const { start } = span(node);
  return pending.flatMap(({ call, ...whole }): Combination[] => {
    const own = span(call);
    if (own.start <= start && start < own.end) return [{ file, call, entry: call, repeated: false }];
    return whole.start <= start && start < whole.end ? [{ file, call, entry: home, repeated: false }] : [];
  });
}

function pendingIn(file: SourceFile, home: Node): readonly Pending[] {
  const found: Pending[] = [];
  walk(home, (node) => {
    if (node !== home && isFunction(node)) return false;
    if (node.type !== 'VariableDeclarator' || node.id.type !== 'Identifier') return true;
    if (node.init?.type !== 'CallExpression') return true;
    const waits = (file.scopes.bindingOf(node.id)?.references ?? []).flatMap(
      (use) => waitFor(file, use) ?? [],
    );
    const { end } = span(node);
    const until = Math.min(...waits.map((wait) => span(wait).start).filter((at) => at >= end));
    if (Number.isFinite(until)) found.push({ call: node.init, start: end, end: until });
    return true;
  });
  return found;
}

/** The statement or `await` that waits for what a name holds. */
function waitFor(file: SourceFile, use: Node): Node | undefined {
  for (
    let outer = file.parentOf(use);
    outer !== undefined && !isFunction(outer);
    outer = file.parentOf(outer)
  )
    if (outer.type === 'AwaitExpression' || outer.type === 'ReturnStatement') return outer;
  return undefined;
}
