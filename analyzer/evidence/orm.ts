import type { Node } from '@babel/types';
import { twins } from '@migrate-async/runtime/twins';
import {
  type Evaluator,
  type FunctionNode,
  memberName,
  type SourceFile,
  unwrapped,
  walk,
} from '../sources/index.ts';
import type { OrmOperation } from './bridge.ts';
import { isKnownByType, proveByTypes } from './orm-checked.ts';
import { type OrmFlow, ormFlow } from './orm-flow.ts';
import { isOverridden, overriddenRowOperation } from './orm-overrides.ts';
import { relationRead, takenRelation } from './orm-relations.ts';
import {
  isLazyOperation,
  isQuerySource,
  isRelatedStep,
  isWrite,
  type Model,
  type OrmValue,
  twinOf,
} from './orm-values.ts';

export { ormFlow } from './orm-flow.ts';

/** What is known of the thing an operation is called on. */
export type ReceiverKnowledge =
  | { readonly kind: 'operation'; readonly operation: OrmOperation }
  /** A member of a query set or manager that this ORM does not define. */
  | { readonly kind: 'custom'; readonly name: string }
  /** A function of the project, to be looked into. */
  | { readonly kind: 'function'; readonly file: SourceFile; readonly node: FunctionNode }
  /** Known, and not of the ORM. */
  | { readonly kind: 'other' }
  | { readonly kind: 'unknown' };

/**
 * The ORM operation that a member expression or identifier names.
 * @returns `undefined` when it is none, or when nothing proves that it is one
 */
export function ormOperation(evaluator: Evaluator, file: SourceFile, node: Node): OrmOperation | undefined {
  const known = receiverKnowledge(evaluator, file, node);
  return known.kind === 'operation' ? known.operation : undefined;
}

/** What a function value handed to a bridge is, and on what proof. */
export function receiverKnowledge(
  evaluator: Evaluator,
  file: SourceFile,
  expression: Node,
): ReceiverKnowledge {
  const flow = ormFlow(evaluator);
  const node = unwrapped(expression);
  if (node.type === 'CallExpression' && memberName(unwrapped(node.callee)) === 'bind') {
    const callee = unwrapped(node.callee);
    if (callee.type === 'MemberExpression') return receiverKnowledge(evaluator, file, callee.object);
  }
  const value = flow.value(file, node);
  if (value === undefined) return { kind: 'unknown' };
  switch (value.kind) {
    case 'method':
      // What a call gives has no name of its own to change.
      if (!isNamed(node) || isTakenOff(flow, file, node, value.name)) return { kind: 'unknown' };
      if (isOverridden(flow, file, node, value.of, value.name)) return { kind: 'custom', name: value.name };
      return methodKnowledge(file, node, value.of, value.name, flow.twins);
    case 'function':
      return {
        kind: 'operation',
        operation: {
          file,
          node,
          receiver: undefined,
          name: value.name,
          twin: twins.functions[value.name],
          kind: 'function',
          writes: isWrite(value.name),
          model: undefined,
          proof: 'syntax',
        },
      };
    case 'closure': {
      const row = overriddenRowOperation(flow, file, node);
      if (row === undefined) return { kind: 'function', file: value.file, node: value.node };
      return row.hasTwin
        ? methodKnowledge(file, node, row.of, row.name, flow.twins)
        : { kind: 'custom', name: row.name };
    }
    case 'shape':
      return { kind: 'unknown' };
    default:
      return { kind: 'other' };
  }
}

/** `{ count: Post.objects.count }`: what reads the operation there is not what it is called on. */
function isTakenOff(flow: OrmFlow, file: SourceFile, node: Node, name: string): boolean {
  if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return false;
  return memberName(node) !== name || flow.value(file, node.object)?.kind === 'shape';
}

function isNamed(node: Node): boolean {
  return /^(?:Identifier|MemberExpression|OptionalMemberExpression)$/.test(node.type);
}

function methodKnowledge(
  file: SourceFile,
  node: Node,
  of: OrmValue,
  name: string,
  further: Readonly<Record<string, string>>,
): ReceiverKnowledge {
  const receiver =
    node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression' ? node.object : undefined;
  const twin = twinOf(of, name) ?? (isLazyOperation(name) ? undefined : further[name]);
  const model: Model | undefined = 'model' in of ? of.model : undefined;
  const operation = (kind: OrmOperation['kind']): ReceiverKnowledge => ({
    kind: 'operation',
    operation: {
      file,
      node,
      receiver,
      name,
      twin,
      kind,
      writes: isWrite(name),
      model: model?.name,
      proof: isKnownByType(receiver) ? 'type' : isSpelledOut(node) ? 'syntax' : 'flow',
    },
  });
  if (isQuerySource(of)) {
    if (twin !== undefined)
      return operation(of.kind === 'related' && !(name in twins.queryset) ? 'related' : 'queryset');
    const isStep = isLazyOperation(name) || (of.kind === 'related' && isRelatedStep(name));
    return isStep ? operation('lazy') : { kind: 'custom', name };
  }
  if (twin === undefined) return { kind: 'other' };
  if (of.kind === 'instance') return operation('instance');
  return of.kind === 'transaction' || of.kind === 'connection' || of.kind === 'cursor'
    ? operation('transaction')
    : { kind: 'other' };
}

/** Whether the whole chain stands there: `Post.objects.filter(q).get`. */
function isSpelledOut(node: Node): boolean {
  for (let link = unwrapped(node); ; ) {
    if (link.type === 'CallExpression' || link.type === 'OptionalCallExpression')
      link = unwrapped(link.callee);
    else if (link.type === 'MemberExpression' || link.type === 'OptionalMemberExpression') {
      if (memberName(link) === 'objects') return true;
      link = unwrapped(link.object);
    } else return false;
  }
}

/**
 * Every ORM operation that runs when the function or expression does, in source order: calls, relations that are
 * loaded when they are read, query sets that are gone through.
 */
export function ormOperationsIn(evaluator: Evaluator, file: SourceFile, root: Node): readonly OrmOperation[] {
  const found: OrmOperation[] = [];
  proveByTypes(ormFlow(evaluator), file, root);
  walk(root, (node) => {
    const operation = operationAt(evaluator, file, node);
    if (operation !== undefined && operation.kind !== 'lazy') found.push(operation);
    return true;
  });
  return found.sort((left, right) => (left.node.end ?? 0) - (right.node.end ?? 0));
}

function operationAt(evaluator: Evaluator, file: SourceFile, node: Node): OrmOperation | undefined {
  const parent = file.parentOf(node);
  switch (node.type) {
    case 'CallExpression':
    case 'OptionalCallExpression':
      return node.callee.type === 'Import' ? undefined : ormOperation(evaluator, file, node.callee);
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      return relationRead(evaluator, file, node);
    case 'ObjectProperty':
      return takenRelation(evaluator, file, node);
    case 'ForOfStatement':
      return iteration(evaluator, file, node.right);
    case 'YieldExpression':
      return node.delegate && node.argument ? iteration(evaluator, file, node.argument) : undefined;
    case 'SpreadElement':
      return parent?.type === 'ObjectExpression' ? undefined : iteration(evaluator, file, node.argument);
    default:
      return undefined;
  }
}

function iteration(evaluator: Evaluator, file: SourceFile, node: Node): OrmOperation | undefined {
  const value = ormFlow(evaluator).value(file, node);
  if (value === undefined || !isQuerySource(value)) return undefined;
  return {
    file,
    node,
    receiver: node,
    name: 'list',
    twin: 'alist',
    kind: 'queryset',
    writes: false,
    model: value.model.name,
    proof: isSpelledOut(node) ? 'syntax' : 'flow',
  };
}
