import type { Node } from '@babel/types';
import type { Bridge, OrmOperation } from '../analyzer/evidence/bridge.ts';
import {
  type Evaluator,
  isFunction,
  keyName,
  memberName,
  type SourceFile,
  unwrapped,
} from '../analyzer/sources/index.ts';
import { excerpt } from './excerpt.ts';
import { outermost } from './expressions.ts';
import { type FormContext, type FormMatch, leave } from './forms/form.ts';
import { operationsOf } from './judge-call.ts';

type Refusal = FormMatch & { readonly kind: 'leave' };

interface Member {
  readonly bridge: Bridge;
  /** Whether it may run more than once in the same group: inside a callback of `map`. */
  readonly repeated: boolean;
  /** What crosses, by way of other functions too. */
  readonly operations: readonly OrmOperation[];
}

function allOperations(
  evaluator: Evaluator,
  { file, closure, target, operations }: Bridge,
): readonly OrmOperation[] {
  if (closure !== undefined) return operationsOf(evaluator, file, closure.body);
  return target === undefined ? operations : operationsOf(evaluator, target.file, target.node.body);
}

/**
 * Thread-sensitive bridges that are started together ran one after the other, on one connection. Their twins run at
 * the same time, so where one of them writes what another touches, the order they had would be lost.
 */
export function orderRefusal(bridge: Bridge, { evaluator, siblings }: FormContext): Refusal | undefined {
  for (const combination of combinationsAround(bridge)) {
    const members = siblings.flatMap((sibling) => {
      const found = combinationsAround(sibling).find(({ call }) => call === combination.call);
      if (!found) return [];
      return [{ bridge: sibling, repeated: found.repeated, operations: allOperations(evaluator, sibling) }];
    });
    const own = members.find((member) => member.bridge.wrap === bridge.wrap);
    const rival = own && rivalOf(own, members);
    if (rival === undefined) continue;
    const combinator = bridge.file.textOf(combination.call.callee);
    return isUnordered(bridge)
      ? leave('MA117', `in \`${combinator}\` it ran in no certain order beside ${rival}, and still would`)
      : leave('MA118', `in \`${combinator}\` it ran in order with ${rival}, and the twins would not`);
  }
  return undefined;
}

function rivalOf(own: Member, members: readonly Member[]): string | undefined {
  if (own.repeated && writes(own)) return 'itself';
  for (const member of members) {
    if (member === own) continue;
    const both = writes(own) && writes(member);
    const mixed = (writes(own) || writes(member)) && shareModel(own, member);
    if (both || mixed) return `«${describe(member.bridge)}»`;
  }
  return undefined;
}

function describe(bridge: Bridge): string {
  return excerpt(bridge.file.textOf(bridge.argument ?? bridge.wrap));
}

function writes({ operations }: Member): boolean {
  return operations.some((operation) => operation.writes);
}

function shareModel(left: Member, right: Member): boolean {
  return left.operations.some((one) => right.operations.some((other) => sameModel(one, other)));
}

/** Two models that are not known may be the same; opening a transaction touches none. */
function sameModel(left: OrmOperation, right: OrmOperation): boolean {
  if ([left, right].some(({ kind, writes }) => kind === 'transaction' && !writes)) return false;
  return left.model === undefined || right.model === undefined || left.model === right.model;
}

function isUnordered({ options }: Bridge): boolean {
  const node = options && unwrapped(options);
  if (node?.type !== 'ObjectExpression') return false;
  return node.properties.some(
    (property) =>
      property.type === 'ObjectProperty' &&
      keyName(property) === 'threadSensitive' &&
      !(property.value.type === 'BooleanLiteral' && property.value.value),
  );
}

interface Combination {
  readonly call: Node & { type: 'CallExpression' };
  readonly repeated: boolean;
}

/** The `Promise.all` and the like that the bridge's promise goes into, right there or by way of a name. */
function combinationsAround(bridge: Bridge): readonly Combination[] {
  const { file } = bridge;
  const start = outermost(file, bridge.application ?? bridge.wrap);
  return [start, ...keptUnder(file, start)].flatMap((node) => above(file, node));
}

/** Uses of the name a promise is kept under. */
function keptUnder(file: SourceFile, node: Node): readonly Node[] {
  const parent = file.parentOf(node);
  if (parent?.type !== 'VariableDeclarator' || parent.init !== node || parent.id.type !== 'Identifier')
    return [];
  return file.scopes.bindingOf(parent.id)?.references ?? [];
}

function above(file: SourceFile, node: Node): readonly Combination[] {
  const found: Combination[] = [];
  let repeated = false;
  let inner = node;
  for (let outer = file.parentOf(inner); outer !== undefined; outer = file.parentOf(inner)) {
    if (
      outer.type === 'CallExpression' &&
      isCombinator(file, outer.callee) &&
      outer.arguments.includes(inner as never)
    )
      found.push({ call: outer, repeated });
    if (outer.type === 'CallExpression' && isFunction(inner) && outer.arguments.includes(inner as never))
      repeated ||= /^(?:map|flatMap|from)$/.test(memberName(unwrapped(outer.callee)) ?? '');
    else if (isFunction(inner) && !isCalled(file, inner)) return found;
    // Statements end an expression, but a function in one may itself be handed on.
    inner = outer;
  }
  return found;
}

function isCalled(file: SourceFile, node: Node): boolean {
  const parent = file.parentOf(outermost(file, node));
  return parent?.type === 'CallExpression' && unwrapped(parent.callee) === node;
}

function isCombinator(file: SourceFile, callee: Node): boolean {
  const node = unwrapped(callee);
  if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier') return false;
  if (node.object.name !== 'Promise' || !file.scopes.isGlobal(node.object)) return false;
  return /^(?:all|allSettled|race|any)$/.test(memberName(node) ?? '');
}
