import type { Node } from '@babel/types';
import type { Evaluator } from './evaluator.ts';
import type { Sources } from './sources.ts';
import { isTestFile } from './test-files.ts';
import { memberName, walk } from './tree.ts';
import type { Place, Value } from './values.ts';

const holders = /^(?:global|globalThis)$/;

const known = new WeakMap<Sources, Map<string, readonly Place[]>>();

/** What the project puts under a name on the global object: `global.basePath = '/shop'`. Empty when it puts nothing. */
export function globalMember(evaluator: Evaluator, name: string): readonly Value[] {
  return writesTo(evaluator.sources, name).flatMap(({ file, node }) => evaluator.evaluate(file, node));
}

/** Whether an access path is the global object itself, by one of its names. */
export function isGlobalObject(path: readonly { readonly kind: string; readonly name?: string }[]): boolean {
  const [only, ...more] = path;
  return more.length === 0 && only?.kind === 'member' && holders.test(only.name ?? '');
}

/** Values that are assigned to the name, wherever in the project. */
function writesTo(sources: Sources, name: string): readonly Place[] {
  const names = known.get(sources) ?? new Map<string, readonly Place[]>();
  known.set(sources, names);
  let found = names.get(name);
  if (found === undefined) {
    found = sources
      .mentioning([`global.${name}`, `globalThis.${name}`])
      .filter((path) => !isTestFile(path))
      .flatMap((path) => writesIn(sources, path, name));
    names.set(name, found);
  }
  return found;
}

function writesIn(sources: Sources, path: string, name: string): readonly Place[] {
  const file = sources.file(path);
  const found: Place[] = [];
  if (file === undefined) return found;
  walk(file.ast.program, (node) => {
    if (node.type === 'AssignmentExpression' && node.operator === '=' && isMember(node.left, name)) {
      const { object } = node.left as Node & { type: 'MemberExpression' };
      if (file.scopes.isGlobal(object)) found.push({ file, node: node.right });
    }
    return true;
  });
  return found;
}

function isMember(node: Node, name: string): boolean {
  if (node.type !== 'MemberExpression' || memberName(node) !== name) return false;
  return node.object.type === 'Identifier' && holders.test(node.object.name);
}
