import type { Node } from '@babel/types';
import { ormFlow, type ReceiverKnowledge } from '../analyzer/evidence/orm.ts';
import { chainRoot } from '../analyzer/evidence/orm-paths.ts';
import { holdsRows } from '../analyzer/evidence/orm-values.ts';
import {
  type Evaluator,
  type FunctionNode,
  memberName,
  type SourceFile,
  unwrapped,
} from '../analyzer/sources/index.ts';
import { consumptionAt, possibleQuery } from './query-consumption.ts';

type Call = Node & { type: 'CallExpression' | 'OptionalCallExpression' };

/**
 * A query set that is handed to code which may go through it, and so would load its rows where nothing waits: of a
 * package, or of the project where it does more with it than call its methods. What renders a template is not to be
 * handed rows either, since templates follow their relations.
 */
export function handedQuery(
  evaluator: Evaluator,
  file: SourceFile,
  call: Call,
  known: ReceiverKnowledge,
): Node | undefined {
  const callee = unwrapped(call.callee);
  // What a method is bound to is what it is called on.
  if (/^(?:bind|call|apply)$/.test(memberName(callee) ?? '')) return undefined;
  switch (known.kind) {
    case 'operation':
    case 'custom':
      return undefined;
    case 'function':
      return call.arguments.find((argument, index) => {
        const isQuery = possibleQuery(evaluator, file, argument) !== undefined;
        return isQuery && !isOnlyCalledOn(evaluator, known.file, known.node, index);
      });
    case 'other':
    case 'unknown':
      // `Prefetch('tags', { queryset })` and its kin make part of a query.
      if (callee.type === 'Identifier' && /^[A-Z]/.test(callee.name)) return undefined;
      if (isRendering(callee))
        return call.arguments.find((argument) => holds(evaluator, file, argument, true));
      return keepsOnly(evaluator, file, callee)
        ? undefined
        : call.arguments.find((argument) => holds(evaluator, file, argument, false));
  }
}

/** A query set that an object is made with, which is not one of the language's collections or of the ORM. */
export function keptQuery(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node & { type: 'NewExpression' },
): Node | undefined {
  const { callee } = node;
  if (callee.type === 'Identifier' && /^(?:Map|Set|WeakSet|Prefetch|Subquery|Exists|Q|F)$/.test(callee.name))
    return undefined;
  return node.arguments.find((argument) => holds(evaluator, file, argument, false));
}

/** `res.render('post', { post })`. */
function isRendering(callee: Node): boolean {
  return /^render/.test(memberName(callee) ?? (callee.type === 'Identifier' ? callee.name : ''));
}

/** Whether a callee only prints or keeps what it is given, or is seen to go through it elsewhere. */
function keepsOnly(evaluator: Evaluator, file: SourceFile, callee: Node): boolean {
  const root = chainRoot(callee);
  if (root.type === 'Identifier' && file.scopes.isGlobal(root))
    return /^(?:console|JSON|Boolean|String|Object|Promise|Array|Map|Set|WeakSet|Iterator|Error)$/.test(
      root.name,
    );
  if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return false;
  const receiver = ormFlow(evaluator).value(file, callee.object);
  const isCollection = receiver?.kind === 'list' || receiver?.kind === 'tuple' || receiver?.kind === 'map';
  return (
    isCollection || /^(?:push|unshift|set|add|info|debug|log|warn|error)$/.test(memberName(callee) ?? '')
  );
}

/** Whether an argument is a query set, or an object literal that holds one; rows count where `withRows` is said. */
function holds(evaluator: Evaluator, file: SourceFile, argument: Node, withRows: boolean): boolean {
  const node = argument.type === 'SpreadElement' ? undefined : unwrapped(argument);
  if (node === undefined) return false;
  if (node.type === 'ObjectExpression')
    return node.properties.some(
      (property) => property.type === 'ObjectProperty' && holds(evaluator, file, property.value, withRows),
    );
  if (withRows && holdsRows(ormFlow(evaluator).value(file, node))) return true;
  return possibleQuery(evaluator, file, node) !== undefined;
}

/** Whether a function does nothing with a parameter but call its methods, or go through it where that is seen. */
function isOnlyCalledOn(evaluator: Evaluator, file: SourceFile, node: FunctionNode, index: number): boolean {
  const parameter = node.params[index];
  if (parameter?.type !== 'Identifier') return parameter === undefined;
  const references = file.scopes.bindingOf(parameter)?.references ?? [];
  return references.every((reference) => {
    const parent = file.parentOf(reference);
    if (parent === undefined) return false;
    if (parent.type === 'MemberExpression' || parent.type === 'OptionalMemberExpression')
      return parent.object === reference;
    if (parent.type === 'ReturnStatement') return true;
    return consumptionAt(evaluator, file, parent)?.query === reference;
  });
}
