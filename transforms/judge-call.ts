import type { Node } from '@babel/types';
import { twins } from '@migrate-async/runtime/twins';
import type { OrmOperation } from '../analyzer/evidence/bridge.ts';
import { ormFlow, ormOperation, ormOperationsIn, receiverKnowledge } from '../analyzer/evidence/orm.ts';
import { chainRoot } from '../analyzer/evidence/orm-paths.ts';
import { isPossibleRelation } from '../analyzer/evidence/orm-relations.ts';
import {
  type Evaluator,
  type FunctionNode,
  isFunction,
  memberName,
  type SourceFile,
  unwrapped,
  walk,
} from '../analyzer/sources/index.ts';
import { excerpt } from './excerpt.ts';
import { type FormMatch, leave } from './forms/form.ts';
import { handedQuery } from './handed-queries.ts';
import { implicitCalls } from './implicit-calls.ts';
import { isTwinFree } from './imports.ts';
import { namedRelation } from './named-relations.ts';
import { consumptionAt } from './query-consumption.ts';

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
  // A bridge inside the function gives a promise already.
  const { wrappers } = ormFlow(evaluator);
  if (wrappers.of(file, callee.type === 'CallExpression' ? callee.callee : callee)) return harmless;
  const text = excerpt(file.textOf(callee));
  if (isEvaluation(file, callee)) return leave('MA108', `only run time knows what «${text}» runs`);
  const handed = handedOperation(evaluator, file, call);
  if (handed !== undefined)
    return leave(
      'MA112',
      `«${excerpt(file.textOf(handed))}» is handed to «${text}», which may call it where nothing can be awaited`,
    );
  const known = receiverKnowledge(evaluator, file, callee);
  const query = handedQuery(evaluator, file, call, known);
  if (query !== undefined)
    return leave(
      'MA112',
      `«${excerpt(file.textOf(query))}» is handed to «${text}», which may load its rows where nothing can be awaited`,
    );
  switch (known.kind) {
    case 'operation': {
      const { operation } = known;
      if (operation.kind === 'lazy') return harmless;
      if (operation.node.type === 'Identifier' && operation.kind !== 'function')
        return leave('MA109', `«${text}» was taken off its receiver`);
      return clash(file, operation) ?? { kind: 'operation', operation };
    }
    case 'custom':
      return leave('MA103', `«${known.name}» is the project’s own and has no twin`);
    case 'function':
      if (doesOrmWork(evaluator, known.file, known.node))
        return { kind: 'function', file: known.file, node: known.node };
      return unreadWithin(evaluator, known.file, known.node, text) ?? harmless;
    case 'other': {
      const relation = namedRelation(evaluator, file, call);
      if (relation !== undefined)
        return leave('MA112', `«${text}» may read «${relation}» off a row that it is handed`);
      if (isUnread(evaluator, file, callee)) return leave('MA104', `the module of «${text}» cannot be read`);
      return isMadeOfQueries(evaluator, file, callee)
        ? leave('MA104', `«${text}» was made from a function that queries by code that is not of the project`)
        : harmless;
    }
    case 'unknown':
      return unknownCall(file, callee, text);
  }
}

const unread = new WeakMap<FunctionNode, (FormMatch & { readonly kind: 'leave' }) | undefined>();

/** A call in a function that is not seen to query, or in those it calls, of which nobody knows whether it does. */
function unreadWithin(
  evaluator: Evaluator,
  file: SourceFile,
  node: FunctionNode,
  name: string,
): (FormMatch & { readonly kind: 'leave' }) | undefined {
  // An async function gives its promise back, whatever becomes of it.
  if (node.async || unread.has(node)) return unread.get(node);
  // A function that calls itself adds nothing by doing so.
  unread.set(node, undefined);
  let found: (FormMatch & { readonly kind: 'leave' }) | undefined;
  walk(node.body, (call) => {
    if (found === undefined && isPossibleRelation(evaluator, file, call))
      found = leave('MA104', `«${name}» reads «${excerpt(file.textOf(call))}», which may be a relation`);
    if (found !== undefined || (call.type !== 'CallExpression' && call.type !== 'OptionalCallExpression'))
      return found === undefined;
    const judgement = judgeCall(evaluator, file, call);
    if (judgement.kind === 'leave') found = leave(judgement.code, `«${name}» runs it: ${judgement.reason}`);
    return found === undefined;
  });
  unread.set(node, found);
  return found;
}

/** `eval(code)` and `new Function(code)()` may query, nobody can tell. */
function isEvaluation(file: SourceFile, callee: Node): boolean {
  const declaration = callee.type === 'Identifier' ? file.scopes.bindingOf(callee)?.declaration : undefined;
  const kept =
    declaration?.type === 'VariableDeclarator' && declaration.init ? unwrapped(declaration.init) : callee;
  const made =
    kept.type === 'NewExpression' || kept.type === 'CallExpression' ? unwrapped(kept.callee) : kept;
  return made.type === 'Identifier' && /^(?:eval|Function)$/.test(made.name) && file.scopes.isGlobal(made);
}

/** An operation that a call is given to call, or that is called by way of `call` and `apply`. */
function handedOperation(evaluator: Evaluator, file: SourceFile, call: Call): Node | undefined {
  const callee = unwrapped(call.callee);
  const isCalled = callee.type === 'MemberExpression' && /^(?:call|apply)$/.test(memberName(callee) ?? '');
  const handed = [...(isCalled ? [callee.object] : []), ...call.arguments].map((node) => unwrapped(node));
  return handed.find((node) => {
    if (node.type !== 'MemberExpression' && node.type !== 'Identifier') return false;
    const operation = ormOperation(evaluator, file, node);
    return operation?.twin !== undefined && operation.kind !== 'lazy';
  });
}

/** An imported operation whose twin could not be named where it is. */
export function clash(
  file: SourceFile,
  { node, twin }: OrmOperation,
): (FormMatch & { readonly kind: 'leave' }) | undefined {
  if (node.type !== 'Identifier' || twin === undefined || isTwinFree(file, node, twin)) return undefined;
  return leave('MA122', `«${twin}» means something else where it would be called`);
}

/** `const load = memoize(() => Post.objects.get(…))`, where `memoize` is of a package. */
function isMadeOfQueries(evaluator: Evaluator, file: SourceFile, callee: Node): boolean {
  const root = chainRoot(callee);
  const declaration = root.type === 'Identifier' ? file.scopes.bindingOf(root)?.declaration : undefined;
  const made =
    declaration?.type === 'VariableDeclarator' && declaration.init ? unwrapped(declaration.init) : root;
  if (made.type !== 'CallExpression') return false;
  return made.arguments.some((argument) => {
    const handed = unwrapped(argument);
    if (isFunction(handed)) return doesOrmWork(evaluator, file, handed);
    if (handed.type !== 'Identifier') return false;
    const known = receiverKnowledge(evaluator, file, handed);
    return known.kind === 'function' && doesOrmWork(evaluator, known.file, known.node);
  });
}

/** Whether a function comes from a file of the project that is not there to be looked into. */
function isUnread(evaluator: Evaluator, file: SourceFile, callee: Node): boolean {
  return evaluator
    .evaluate(file, callee)
    .some((value) => value.kind === 'api' && /^\.{0,2}\//.test(value.module));
}

function unknownCall(file: SourceFile, callee: Node, text: string): CallJudgement {
  const unknown = leave('MA104', `nothing proves what «${text}» is called on`);
  if (callee.type === 'Identifier') {
    // Declared to exist outside the project, or handed in by a framework to go on.
    const isAmbient = file.scopes.bindingOf(callee)?.declaration.type === 'TSDeclareFunction';
    return isAmbient || /^(?:next|done|resolve|reject|cb|callback)$/.test(callee.name) ? harmless : unknown;
  }
  if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return harmless;
  const name = memberName(callee);
  if (name === undefined) return leave('MA108', `only run time knows what «${text}» calls`);
  if (isPlainReceiver(file, callee.object)) return harmless;
  return builtIn.has(name) && !operationNames.has(name) ? harmless : unknown;
}

/** Methods of the language's own objects, which do not query whatever they are called on. */
const builtIn: ReadonlySet<string> = new Set(
  [
    String,
    Array,
    Number,
    Boolean,
    Date,
    RegExp,
    Map,
    Set,
    Promise,
    Function,
    Object,
    Error,
    Buffer,
    URL,
    Symbol,
    BigInt,
  ].flatMap((builtInClass) => Object.getOwnPropertyNames(builtInClass.prototype)),
);

/** `req.get('x')`, `res.json(x)`, `log.info(x)`: what every web framework hands in is not of the ORM. */
function isPlainReceiver(file: SourceFile, node: Node): boolean {
  const root = chainRoot(node);
  if (
    root.type === 'Identifier' &&
    /^(?:req|request|res|response|ctx|context|reply|console|logger|log)$/.test(root.name)
  )
    return true;
  // A call that was judged harmless itself gives something harmless.
  const inner = unwrapped(node);
  return (
    inner.type === 'MemberExpression' &&
    /^(?:headers|params|query|body|searchParams|log|logger)$/.test(file.textOf(inner.property))
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
  return !node.async && queriesWithin(evaluator, file, node.body);
}

const within = new WeakMap<Node, boolean>();

/** Whether running a piece of code queries, itself or by way of what it calls. */
export function queriesWithin(evaluator: Evaluator, file: SourceFile, root: Node): boolean {
  const known = within.get(root);
  if (known !== undefined) return known;
  // Code that leads back to itself adds nothing by doing so.
  within.set(root, false);
  const result = ormOperationsIn(evaluator, file, root).length > 0 || callsQueries(evaluator, file, root);
  within.set(root, result);
  return result;
}

function callsQueries(evaluator: Evaluator, file: SourceFile, root: Node): boolean {
  let found = false;
  walk(root, (node) => {
    if (node.type === 'CallExpression' && node.callee.type !== 'Import') {
      const known = receiverKnowledge(evaluator, file, unwrapped(node.callee));
      found ||= known.kind === 'function' && doesOrmWork(evaluator, known.file, known.node);
    }
    found ||= consumptionAt(evaluator, file, node) !== undefined;
    found ||= implicitCalls(evaluator, file, node).some((call) =>
      queriesWithin(evaluator, call.file, call.node),
    );
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
