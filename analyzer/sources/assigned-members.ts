import type { Node } from '@babel/types';
import type { Evaluator } from './evaluator.ts';
import type { Binding } from './scopes.ts';
import type { SourceFile } from './source-file.ts';
import { isFunction, memberName, unwrapped } from './tree.ts';
import type { ClassValue, FunctionValue, Value } from './values.ts';

type Holder = ClassValue | FunctionValue | (Value & { kind: 'object' });

/** Where a literal, function or class is kept: under a name, or under members of one (`pages.flags = {}`). */
interface Keeping {
  readonly binding: Binding;
  readonly members: readonly string[];
}

/** What `name.member = …` gives a value that a name was declared for, after its declaration. */
export function assignedMembers(evaluator: Evaluator, value: Holder, name: string): readonly Value[] {
  const keeping = keepingOf(value.file, value.node);
  if (keeping === undefined) return [];
  const assigned = writesOf(value.file, keeping).get(name) ?? [];
  const own = assigned.flatMap((node) => evaluator.evaluate(value.file, node, value.environment));
  if (own.length > 0) return own;
  return mergedValues(evaluator, value).flatMap((merged) => evaluator.member(merged, name));
}

/** Everything that is assigned to some member of it after its declaration. */
export function everyAssigned(evaluator: Evaluator, value: Holder): readonly Value[] {
  const keeping = keepingOf(value.file, value.node);
  const nodes = keeping === undefined ? [] : [...writesOf(value.file, keeping).values()].flat();
  return nodes.flatMap((node) => evaluator.evaluate(value.file, node, value.environment));
}

/** What `Object.assign(name, …)` puts into a value that a name was declared for, after its declaration. */
export function mergedValues(evaluator: Evaluator, value: Holder): readonly Value[] {
  const keeping = keepingOf(value.file, value.node);
  const nodes =
    keeping === undefined || keeping.members.length > 0 ? [] : mergedInto(value.file, keeping.binding);
  return nodes.flatMap((node) => evaluator.evaluate(value.file, node, value.environment));
}

const merged = new WeakMap<Binding, readonly Node[]>();

function mergedInto(file: SourceFile, binding: Binding): readonly Node[] {
  let found = merged.get(binding);
  if (found === undefined) {
    found = binding.references.flatMap((reference): readonly Node[] => {
      const call = file.parentOf(reference);
      if (call?.type !== 'CallExpression' || call.arguments[0] !== reference) return [];
      const { callee } = call;
      const isAssign = callee.type === 'MemberExpression' && memberName(callee) === 'assign';
      const isGlobal = isAssign && callee.object.type === 'Identifier' && callee.object.name === 'Object';
      return isGlobal ? call.arguments.slice(1) : [];
    });
    merged.set(binding, found);
  }
  return found;
}

function keepingOf(file: SourceFile, node: Node): Keeping | undefined {
  if ('id' in node && node.id && typeof node.id === 'object' && node.id.type === 'Identifier') {
    const own = file.scopes.bindingOf(node.id);
    if (own !== undefined && node.type !== 'FunctionExpression') return { binding: own, members: [] };
  }
  // `const controller = (module.exports = {})` keeps the object under the name too.
  for (let inner = node, outer = file.parentOf(inner); outer !== undefined; ) {
    if (outer.type === 'VariableDeclarator') return keptUnder(file, outer.id);
    if (outer.type === 'AssignmentExpression' && file.parentOf(outer)?.type === 'ExpressionStatement')
      return outer.right === inner ? keptUnder(file, outer.left) : undefined;
    const passes = outer.type === 'AssignmentExpression' ? outer.right === inner : unwrapped(outer) !== outer;
    if (!passes) return undefined;
    inner = outer;
    outer = file.parentOf(inner);
  }
  return undefined;
}

function keptUnder(file: SourceFile, target: Node): Keeping | undefined {
  const members: string[] = [];
  let node = target;
  for (let name = memberName(node); name !== undefined && 'object' in node; name = memberName(node)) {
    members.unshift(name);
    node = node.object as Node;
  }
  const binding = node.type === 'Identifier' ? file.scopes.bindingOf(node) : undefined;
  return binding && { binding, members };
}

type Writes = ReadonlyMap<string, readonly Node[]>;

const writes = new WeakMap<Binding, Map<string, Writes>>();

function writesOf(file: SourceFile, keeping: Keeping): Writes {
  const { binding, members } = keeping;
  const known = writes.get(binding) ?? new Map<string, Writes>();
  writes.set(binding, known);
  const key = members.join('.');
  const found = known.get(key) ?? readWrites(file, keeping);
  known.set(key, found);
  return found;
}

function readWrites(file: SourceFile, { binding, members }: Keeping): Writes {
  const found = new Map<string, Node[]>();
  for (const reference of binding.references) {
    let held: Node | undefined = reference;
    for (const member of members) {
      const above: Node | undefined = held && file.parentOf(held);
      held = above !== undefined && memberName(above) === member ? above : undefined;
    }
    const member = held && file.parentOf(held);
    const name = member && memberName(member);
    const assignment = member && file.parentOf(member);
    if (name === undefined || assignment?.type !== 'AssignmentExpression') continue;
    if (assignment.left === member) found.set(name, [...(found.get(name) ?? []), assignment.right]);
  }
  return found;
}

/** The key a function is kept under in a class or object, or assigned to as a member: `x.key = function () {}`. */
export function memberKeyOf(file: SourceFile, node: Node): string | undefined {
  if (!isFunction(node)) return undefined;
  if (node.type === 'ClassMethod' || node.type === 'ObjectMethod') {
    return node.computed || node.key.type !== 'Identifier' ? undefined : node.key.name;
  }
  if (node.type === 'ClassPrivateMethod') return `#${node.key.id.name}`;
  const parent = file.parentOf(node);
  if (parent?.type === 'ObjectProperty' || parent?.type === 'ClassProperty') {
    return !parent.computed && parent.key.type === 'Identifier' ? parent.key.name : undefined;
  }
  return parent?.type === 'AssignmentExpression' ? memberName(parent.left) : undefined;
}
