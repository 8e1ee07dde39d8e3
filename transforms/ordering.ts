import type { Node } from '@babel/types';
import type { Bridge, OrmOperation } from '../analyzer/evidence/bridge.ts';
import { contains, type Evaluator, isFunction, keyName, unwrapped } from '../analyzer/sources/index.ts';
import { combinationsAround } from './combinations.ts';
import { excerpt } from './excerpt.ts';
import { type FormContext, type FormMatch, leave } from './forms/form.ts';
import { operationsOf } from './judge-call.ts';
import { sharedWrites } from './shared-state.ts';

type Refusal = FormMatch & { readonly kind: 'leave' };

interface Member {
  readonly bridge: Bridge;
  /** Whether it may run more than once in the same group: inside a callback of `map`. */
  readonly repeated: boolean;
  /** By what it goes into the group. */
  readonly entry: Node;
  /** What crosses, by way of other functions too. */
  readonly operations: readonly OrmOperation[];
}

function allOperations(
  evaluator: Evaluator,
  { file, closure, target, operations, application }: Bridge,
): readonly OrmOperation[] {
  // `W(transaction.atomic)(() => …)`: what the block does.
  if (closure === undefined && operations.some(({ kind }) => kind === 'transaction'))
    return [
      ...operations,
      ...(application?.arguments ?? [])
        .map((argument) => unwrapped(argument))
        .filter(isFunction)
        .flatMap((block) => operationsOf(evaluator, file, block.body)),
    ];
  if (closure !== undefined) return operationsOf(evaluator, file, closure.body);
  return target === undefined ? operations : operationsOf(evaluator, target.file, target.node.body);
}

/**
 * Thread-sensitive bridges that are started together ran one after the other, on one connection. Their twins run at
 * the same time, so where one of them writes what another touches, the order they had would be lost.
 */
export function orderRefusal(bridge: Bridge, { evaluator, bridgesOf }: FormContext): Refusal | undefined {
  for (const combination of combinationsAround(evaluator, bridge)) {
    const files = new Set([bridge.file, combination.file]);
    const members = [...files].flatMap(bridgesOf).flatMap((sibling) => {
      const found = combinationsAround(evaluator, sibling).find(({ call }) => call === combination.call);
      if (!found) return [];
      const { repeated, entry } = found;
      return [{ bridge: sibling, repeated, entry, operations: allOperations(evaluator, sibling) }];
    });
    const own = members.find((member) => member.bridge.wrap === bridge.wrap);
    const rival = own && rivalOf(own, members);
    if (rival === undefined) continue;
    const combinator = excerpt(combination.file.textOf(combination.call.callee));
    return isUnordered(bridge)
      ? leave('MA117', `in \`${combinator}\` it ran in no certain order beside ${rival}, and still would`)
      : leave('MA118', `in \`${combinator}\` it ran in order with ${rival}, and the twins would not`);
  }
  return undefined;
}

function rivalOf(own: Member, members: readonly Member[]): string | undefined {
  if (own.repeated && (writes(own) || sharesState(own))) return 'itself';
  for (const member of members) {
    if (member === own || (member.entry === own.entry && !own.repeated)) continue;
    const both = writes(own) && writes(member);
    const mixed = (writes(own) || writes(member)) && shareModel(own, member);
    if (both || mixed || changesWhatIsUsed(own, member) || changesWhatIsUsed(member, own))
      return `«${describe(member.bridge)}»`;
  }
  return undefined;
}

/** A closure that runs several times over and changes what is declared outside of what is repeated. */
function sharesState({ bridge: { file, closure, wrap } }: Member): boolean {
  const around = file.functionAround(wrap);
  return (
    closure !== undefined &&
    sharedWrites(file, closure).some(
      ({ identifier }) => around === undefined || !contains(around, identifier),
    )
  );
}

/** Whether one closure changes a variable, or what it holds, that the other one uses. */
function changesWhatIsUsed({ bridge: left }: Member, { bridge: right }: Member): boolean {
  const { closure } = right;
  if (left.closure === undefined || closure === undefined) return false;
  return sharedWrites(left.file, left.closure).some(({ references }) =>
    references.some((reference) => contains(closure, reference)),
  );
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
