import type { Node } from '@babel/types';
import type { Evaluator } from './evaluator.ts';
import type { Binding } from './scopes.ts';
import type { SourceFile } from './source-file.ts';
import { isFunction, memberName, unwrapped } from './tree.ts';
import type { ClassValue, FunctionValue, Value } from './values.ts';

type Holder = ClassValue | FunctionValue | (Value & { kind: 'object' });

/** What `name.member = …` gives a value that a name was declared for, after its declaration. */
export function assignedMembers(evaluator: Evaluator, value: Holder, name: string): readonly Value[] {
  const binding = bindingFor(value.file, value.node);
  if (binding === undefined) return [];
  const assigned = writesOf(value.file, binding).get(name) ?? [];
  const own = assigned.flatMap((node) => evaluator.evaluate(value.file, node, value.environment));
  if (own.length > 0) return own;
  return mergedValues(evaluator, value).flatMap((merged) => evaluator.member(merged, name));
}

/** What `Object.assign(name, …)` puts into a value that a name was declared for, after its declaration. */
export function mergedValues(evaluator: Evaluator, value: Holder): readonly Value[] {
  const binding = bindingFor(value.file, value.node);
  const nodes = binding === undefined ? [] : mergedInto(value.file, binding);
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

/** The name a literal, function or class is kept under. */
function bindingFor(file: SourceFile, node: Node): Binding | undefined {
  if ('id' in node && node.id && typeof node.id === 'object' && node.id.type === 'Identifier') {
    const own = file.scopes.bindingOf(node.id);
    if (own !== undefined && node.type !== 'FunctionExpression') return own;
  }
  // `const controller = (module.exports = {})` keeps the object under the name too.
  for (let inner = node, outer = file.parentOf(inner); outer !== undefined; ) {
    if (outer.type === 'VariableDeclarator')
      return outer.id.type === 'Identifier' ? file.scopes.bindingOf(outer.id) : undefined;
    const passes = outer.type === 'AssignmentExpression' ? outer.right === inner : unwrapped(outer) !== outer;
    if (!passes) return undefined;
    inner = outer;
    outer = file.parentOf(inner);
  }
  return undefined;
}

const writes = new WeakMap<Binding, ReadonlyMap<string, readonly Node[]>>();

function writesOf(file: SourceFile, binding: Binding): ReadonlyMap<string, readonly Node[]> {
  const known = writes.get(binding);
  if (known !== undefined) return known;
  const found = new Map<string, Node[]>();
  for (const reference of binding.references) {
    const member = file.parentOf(reference);
    const name = member && memberName(member);
    const assignment = member && file.parentOf(member);
    if (name === undefined || assignment?.type !== 'AssignmentExpression') continue;
    if (assignment.left === member) found.set(name, [...(found.get(name) ?? []), assignment.right]);
  }
  writes.set(binding, found);
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
