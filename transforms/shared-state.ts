import type { Node } from '@babel/types';
import type { Bridge } from '../analyzer/evidence/bridge.ts';
import { ormFlow } from '../analyzer/evidence/orm.ts';
import { chainRoot } from '../analyzer/evidence/orm-paths.ts';
import {
  type Binding,
  contains,
  type Evaluator,
  type FunctionNode,
  isFunction,
  memberName,
  type SourceFile,
  span,
  unwrapped,
  walk,
} from '../analyzer/sources/index.ts';
import type { AsyncBody } from './asyncify.ts';
import { excerpt } from './excerpt.ts';
import { isAwaited, isSamePath, outermost } from './expressions.ts';
import { type FormMatch, leave } from './forms/form.ts';

type Refusal = FormMatch & { readonly kind: 'leave' };

/** The code round a function that becomes async. */
export interface Surroundings {
  readonly evaluator: Evaluator;
  readonly file: SourceFile;
  readonly root: FunctionNode;
  /** The function that waits for it where it stands; `'none'` when nobody does, or nobody knows who. */
  readonly owner: FunctionNode | 'module' | 'none';
}

/** Methods that change what they are called on. */
const changing =
  /^(?:push|unshift|splice|set|add|delete|clear|fill|sort|reverse|pop|shift|copyWithin|append|write)$/;

/**
 * `total += Post.objects.count()`: a sync function reads `total`, queries and writes in one go. Once it waits for the
 * query, what it has read is old when it writes, and whatever other code wrote in between is lost. Only where nobody
 * else can write in between does it stay right.
 */
export function stateRefusal(surroundings: Surroundings, body: AsyncBody): Refusal | undefined {
  const { file, root } = surroundings;
  let refused: Refusal | undefined;
  walk(root.body, (node) => {
    const target = updatedTarget(node, body);
    if (refused === undefined && target !== undefined && !isPrivate(surroundings, body, target))
      refused = leave(
        'MA124',
        `«${excerpt(file.textOf(target))}» would be read before the wait and written after it, when other code may have changed it`,
      );
    return refused === undefined;
  });
  return refused;
}

/** What a node changes by way of its own old value, when it waits between reading and writing. */
function updatedTarget(node: Node, body: AsyncBody): Node | undefined {
  if (node.type === 'AssignmentExpression') {
    const waits = body.steps.some((step) => contains(node.right, step.node));
    return waits && (node.operator !== '=' || readsTarget(node, body)) ? node.left : undefined;
  }
  if (node.type !== 'CallExpression') return undefined;
  const callee = unwrapped(node.callee);
  if (callee.type !== 'MemberExpression' || !changing.test(memberName(callee) ?? '')) return undefined;
  const waits = node.arguments.some((argument) => body.steps.some((step) => contains(argument, step.node)));
  const isStep = body.steps.some((step) => step.node === node);
  return waits &&
    !isStep &&
    node.arguments.some((argument) => readsBefore(argument, callee.object, node, body))
    ? callee.object
    : undefined;
}

/** `total = total + …` and `list[list.length] = …`. */
function readsTarget(assignment: Node & { type: 'AssignmentExpression' }, body: AsyncBody): boolean {
  const target = unwrapped(assignment.left);
  if (readsBefore(assignment.right, target, assignment, body)) return true;
  return (
    target.type === 'MemberExpression' &&
    target.computed &&
    readsBefore(target.property, target.object, assignment, body)
  );
}

/** Whether the path is read in the expression, and the whole waits after that: `q + total` reads when all is there. */
function readsBefore(expression: Node, path: Node, whole: Node, { steps }: AsyncBody): boolean {
  let found = false;
  walk(expression, (node) => {
    if (!found && isSamePath(node, path)) {
      const { end } = span(node);
      found = steps.some((step) => contains(whole, step.node) && span(step.node).start >= end);
    }
    return !found;
  });
  return found;
}

/** Whether nobody but the function itself, and whoever waits for it, can write the target meanwhile. */
function isPrivate(surroundings: Surroundings, body: AsyncBody, target: Node): boolean {
  const { file } = surroundings;
  const root = chainRoot(target);
  const binding = root.type === 'Identifier' ? file.scopes.bindingOf(root) : undefined;
  if (binding === undefined || !isOwn(surroundings, body, binding)) return false;
  return unwrapped(target) === root || isMadeHere(surroundings, binding);
}

function isOwn(surroundings: Surroundings, { functions }: AsyncBody, binding: Binding): boolean {
  const { file, root, owner } = surroundings;
  const { declaration, kind } = binding;
  const home =
    kind === 'parameter' && isFunction(declaration) ? declaration : file.functionAround(declaration);
  const inside = home !== undefined && contains(root, home);
  const isOwners = owner === 'module' ? home === undefined : owner !== 'none' && home === owner;
  if (!inside && !isOwners) return false;
  return binding.assignments.every((by) => {
    const around = file.functionAround(by);
    return around === undefined
      ? owner === 'module'
      : around === owner || functions.includes(around) || isWaitedFor(file, around, owner);
  });
}

/** A function that is called, or bridged and called, on the spot, by code that waits for it. */
function isWaitedFor(file: SourceFile, node: FunctionNode, owner: Surroundings['owner']): boolean {
  let call = file.parentOf(outermost(file, node));
  if (call?.type === 'CallExpression' && unwrapped(call.callee) !== node)
    call = file.parentOf(outermost(file, call));
  if (call?.type !== 'CallExpression' || !isAwaited(file, call)) return false;
  return (file.functionAround(call) ?? 'module') === owner;
}

/** Whether a name holds something that was made where it is declared, so that nobody else has it. */
function isMadeHere({ evaluator, file }: Surroundings, { declaration, identifier }: Binding): boolean {
  if (declaration.type !== 'VariableDeclarator' || declaration.id !== identifier) return false;
  if (!declaration.init) return false;
  const made = unwrapped(declaration.init);
  if (/^(?:ObjectExpression|ArrayExpression|NewExpression)$/.test(made.type)) return true;
  const value = ormFlow(evaluator).value(file, declaration.init);
  return value?.kind === 'instance' || value?.kind === 'list';
}

/** Who waits for a bridge where it stands: by `await`, or by returning its promise. */
export function ownerOf({ file, application }: Pick<Bridge, 'file' | 'application'>): Surroundings['owner'] {
  if (application === undefined) return 'none';
  const outer = outermost(file, application);
  const parent = file.parentOf(outer);
  const isReturned =
    parent?.type === 'ReturnStatement' ||
    (parent?.type === 'ArrowFunctionExpression' && parent.body === outer);
  if (!isAwaited(file, application) && !isReturned) return 'none';
  return file.functionAround(application) ?? 'module';
}

/** What a function declared elsewhere changes: names that other code shares with it, and what they hold. */
export function sharedWrites(file: SourceFile, root: FunctionNode): readonly Binding[] {
  const found: Binding[] = [];
  walk(root.body, (node) => {
    const target = writtenTarget(node);
    const name = target && chainRoot(target);
    const binding = name?.type === 'Identifier' ? file.scopes.bindingOf(name) : undefined;
    if (binding !== undefined && !contains(root, binding.identifier)) found.push(binding);
    return true;
  });
  return found;
}

function writtenTarget(node: Node): Node | undefined {
  if (node.type === 'AssignmentExpression') return node.left;
  if (node.type === 'UpdateExpression') return node.argument;
  if (node.type !== 'CallExpression') return undefined;
  const callee = unwrapped(node.callee);
  return callee.type === 'MemberExpression' && changing.test(memberName(callee) ?? '')
    ? callee.object
    : undefined;
}

/**
 * A wrapped closure starts when its turn comes, after the code round it has gone on; what replaces it starts at once.
 * A variable that is written in between would be read too early.
 */
export function lateRefusal(bridge: Bridge): Refusal | undefined {
  const { file, closure, application, argument } = bridge;
  if (application === undefined || ownerOf({ file, application }) !== 'none') return undefined;
  let refused: Refusal | undefined;
  const look = (node: Node): boolean => {
    const binding = node.type === 'Identifier' ? file.scopes.bindingOf(node) : undefined;
    if (refused === undefined && binding !== undefined && isWrittenLater(bridge, binding))
      refused = leave(
        'MA124',
        `«${binding.name}» is written after the call and before the wrapped function runs, which starts at once without the wrapper`,
      );
    return refused === undefined;
  };
  if (closure !== undefined) walk(closure.body, look);
  else if (argument !== undefined) walk(argument, look);
  // What is handed over is looked into when the wrapped function runs.
  for (const given of application.arguments) walk(given, look);
  return refused;
}

function isWrittenLater({ file, closure, wrap }: Bridge, binding: Binding): boolean {
  const isInside = (node: Node) => closure !== undefined && contains(closure, node);
  if (isInside(binding.identifier)) return false;
  // What a reference or an argument is gets fixed when it is evaluated; only what it holds may still change.
  const whole = closure === undefined ? [] : binding.assignments;
  const parts = binding.references.flatMap((reference) => memberWrite(file, reference) ?? []);
  const waited = waitAround(file, wrap);
  return [...whole, ...parts].some((by) => {
    if (isInside(by) || (waited !== undefined && !contains(waited, by))) return false;
    return runsAfter(file, by, wrap, binding);
  });
}

/** The `await` that the bridge is done with: `await Promise.all([W(…)()])`. */
function waitAround(file: SourceFile, wrap: Node): Node | undefined {
  for (let outer = file.parentOf(wrap); outer !== undefined; outer = file.parentOf(outer)) {
    if (isFunction(outer)) return undefined;
    if (outer.type === 'AwaitExpression') return outer;
    // The first of many may be another one.
    if (outer.type === 'CallExpression' && /^(?:race|any)$/.test(memberName(unwrapped(outer.callee)) ?? ''))
      return undefined;
  }
  return undefined;
}

/** `post.title = …` and `ids.push(…)`: what changes a part of what a name stands for. */
function memberWrite(file: SourceFile, reference: Node): Node | undefined {
  let inner: Node = reference;
  for (let outer = file.parentOf(inner); outer !== undefined; inner = outer, outer = file.parentOf(outer)) {
    const target = writtenTarget(outer);
    if (target !== undefined && target !== reference && contains(target, inner)) return outer;
    if (target === reference && outer.type === 'CallExpression') return outer;
    const isPath = /^(?:Member|OptionalMember|TSNonNull|TSAs|Parenthesized)Expression$/.test(outer.type);
    const isCalled = outer.type === 'CallExpression' && outer.callee === inner;
    if (!isPath && !isCalled) return undefined;
  }
  return undefined;
}

/** Whether a write in the same function may run after the bridge was called. */
function runsAfter(file: SourceFile, by: Node, wrap: Node, { declaration }: Binding): boolean {
  if (file.functionAround(by) !== file.functionAround(wrap)) return false;
  if (span(by).start >= span(wrap).end) return !isLoopVariable(file, declaration);
  for (let outer = file.parentOf(by); outer !== undefined; outer = file.parentOf(outer)) {
    const isLoop = /^(?:For|While|DoWhile)/.test(outer.type);
    // What is declared inside the loop is another one in each round, unless it is a `var`.
    if (isLoop && contains(outer, wrap)) return !contains(outer, declaration) || isVar(file, declaration);
  }
  return false;
}

/** `for (let i = 0; …; i++)` has a variable of its own in each round. */
function isLoopVariable(file: SourceFile, declaration: Node): boolean {
  const list = file.parentOf(declaration);
  return list !== undefined && !isVar(file, declaration) && /^For/.test(file.parentOf(list)?.type ?? '');
}

function isVar(file: SourceFile, declaration: Node): boolean {
  const list = file.parentOf(declaration);
  return list?.type === 'VariableDeclaration' && list.kind === 'var';
}
