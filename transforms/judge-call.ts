import type { Node } from '@babel/types';
import { twins } from '@migrate-async/runtime/twins';
import type { OrmOperation } from '../analyzer/evidence/bridge.ts';
import { ormOperationsIn, receiverKnowledge } from '../analyzer/evidence/orm.ts';
import {
  type Evaluator,
  type FunctionNode,
  memberName,
  type SourceFile,
  unwrapped,
  walk,
} from '../analyzer/sources/index.ts';
import { type FormMatch, leave } from './forms/form.ts';

type Call = Node & { type: 'CallExpression' | 'OptionalCallExpression' };

/** What a call inside a function means for making that function async. */
export type CallJudgement =
  | { readonly kind: 'operation'; readonly operation: OrmOperation }
  /** A function of the project that queries. */
  | { readonly kind: 'function'; readonly file: SourceFile; readonly node: FunctionNode }
  /** Nothing to wait for. */
  | { readonly kind: 'harmless' }
  | (FormMatch & { readonly kind: 'leave' });

const harmless: CallJudgement = { kind: 'harmless' };

/** Names of operations with a twin, by which a call on an unknown receiver may be one. */
const operationNames: ReadonlySet<string> = new Set(
  [twins.queryset, twins.instance, twins.related, twins.transaction].flatMap((table) => Object.keys(table)),
);

/** Says whether a call is an ORM operation, is harmless, or is a reason to leave the function as it is. */
export function judgeCall(evaluator: Evaluator, file: SourceFile, call: Call): CallJudgement {
  if (call.callee.type === 'Import' || call.callee.type === 'Super') return harmless;
  const callee = unwrapped(call.callee);
  const text = file.textOf(callee).replace(/\s+/g, ' ').slice(0, 60);
  const known = receiverKnowledge(evaluator, file, callee);
  switch (known.kind) {
    case 'operation': {
      const { operation } = known;
      if (operation.kind === 'lazy') return harmless;
      if (operation.node.type === 'Identifier' && operation.kind !== 'function')
        return leave('MA109', `«${text}» was taken off its receiver`);
      return { kind: 'operation', operation };
    }
    case 'custom':
      return leave('MA103', `«${known.name}» is not an operation of the ORM and has no twin`);
    case 'function':
      return doesOrmWork(evaluator, known.file, known.node)
        ? { kind: 'function', file: known.file, node: known.node }
        : harmless;
    case 'other':
      return harmless;
    case 'unknown':
      return unknownCall(file, callee, text);
  }
}

function unknownCall(file: SourceFile, callee: Node, text: string): CallJudgement {
  if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return harmless;
  const name = memberName(callee);
  if (name === undefined) return leave('MA108', `only run time knows what «${text}» calls`);
  if (!operationNames.has(name) || isPlainReceiver(file, callee.object)) return harmless;
  return leave('MA104', `nothing proves what «${text}» is called on`);
}

/** `req.get('x')`: what every web framework hands in is not of the ORM. */
function isPlainReceiver(_file: SourceFile, node: Node): boolean {
  const inner = unwrapped(node);
  if (inner.type === 'Identifier')
    return /^(?:req|request|res|response|ctx|reply|console|logger|log)$/.test(inner.name);
  return (
    inner.type === 'MemberExpression' &&
    /^(?:headers|params|query|body|searchParams)$/.test(memberName(inner) ?? '')
  );
}

const working = new WeakMap<FunctionNode, boolean>();

/** Whether a project function queries, itself or by way of what it calls. */
export function doesOrmWork(evaluator: Evaluator, file: SourceFile, node: FunctionNode): boolean {
  const known = working.get(node);
  if (known !== undefined) return known;
  // A function that calls itself adds nothing by doing so.
  working.set(node, false);
  const result = queries(evaluator, file, node);
  working.set(node, result);
  return result;
}

function queries(evaluator: Evaluator, file: SourceFile, node: FunctionNode): boolean {
  if (node.async) return false;
  if (ormOperationsIn(evaluator, file, node.body).length > 0) return true;
  let found = false;
  walk(node.body, (call) => {
    if (call.type !== 'CallExpression' || call.callee.type === 'Import') return true;
    const known = receiverKnowledge(evaluator, file, unwrapped(call.callee));
    found ||=
      known.kind === 'function' && known.node !== node && doesOrmWork(evaluator, known.file, known.node);
    return !found;
  });
  return found;
}

/** What runs when a function does, its own queries and those of the project functions it calls. */
export function operationsOf(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node,
  seen: Set<Node> = new Set(),
): readonly OrmOperation[] {
  if (seen.has(node)) return [];
  seen.add(node);
  const found = [...ormOperationsIn(evaluator, file, node)];
  walk(node, (call) => {
    if (call.type !== 'CallExpression' || call.callee.type === 'Import') return true;
    const known = receiverKnowledge(evaluator, file, unwrapped(call.callee));
    if (known.kind === 'function') found.push(...operationsOf(evaluator, known.file, known.node.body, seen));
    return true;
  });
  return found;
}
