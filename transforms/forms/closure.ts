import type { Node } from '@babel/types';
import type { Bridge } from '../../analyzer/evidence/bridge.ts';
import { ormFlow } from '../../analyzer/evidence/orm.ts';
import {
  type FunctionNode,
  isFunction,
  type SourceFile,
  span,
  unwrapped,
  walk,
} from '../../analyzer/sources/index.ts';
import { becomingAsync, isTail, stepEdits } from '../async-edits.ts';
import { type AsyncBody, asyncBody } from '../asyncify.ts';
import type { Edit } from '../edit.ts';
import { excerpt } from '../excerpt.ts';
import { isAwaited, isPure, outermost } from '../expressions.ts';
import { lazyQueryIn, onlyBuilt } from '../guards.ts';
import { needsSemicolon } from '../semicolons.ts';
import { lateRefusal, ownerOf, stateRefusal } from '../shared-state.ts';
import { takingOut, unwrapping } from '../unwrap.ts';
import { argumentSubstitution } from './closure-parameters.ts';
import { type Form, type FormContext, type FormMatch, leave, type Rewrite, rewritable } from './form.ts';
import { mergeRewrites } from './method-call.ts';

/** `await W(() => Post.objects.get({ id }))()` to `await Post.objects.aget({ id })`. */
export const closureExpression: Form = {
  name: 'closure-expression',
  match(bridge, context) {
    const body = bodyOf(bridge, context);
    if (body === undefined || body.kind === 'leave') return undefined;
    return inlined(bridge, body) === undefined ? undefined : rewritable;
  },
  rewrite(bridge, context) {
    const body = bodyOf(bridge, context);
    const inline = body?.kind === 'async' ? inlined(bridge, body) : undefined;
    if (body?.kind !== 'async' || inline === undefined) return { edits: [], functions: [] };
    const { file } = bridge;
    return mergeRewrites([
      { edits: [...takingOut(file, bridge, inline.expression), ...inline.substitution], functions: [] },
      stepEdits(file, body, (node) => node === inline.tail),
    ]);
  },
};

/** `W(() => { … })()` to `(async () => { … })()`, and `W((req, res) => { … })` to `async (req, res) => { … }`. */
export const asyncClosure: Form = {
  name: 'async-closure',
  match(bridge, context): FormMatch | undefined {
    const body = bodyOf(bridge, context);
    if (body === undefined) return undefined;
    if (body.kind === 'leave') return body;
    if (body.steps.length === 0) return nothingSeen(bridge, context);
    return rewritable;
  },
  rewrite(bridge, context): Rewrite {
    const body = bodyOf(bridge, context);
    const { closure, file } = bridge;
    if (body?.kind !== 'async' || closure === undefined) return { edits: [], functions: [] };
    const { start, end } = span(closure);
    const parenthesized = bridge.application !== undefined || needsParentheses(file, bridge);
    const edits: Edit[] = [...unwrapping(file, bridge, { start, end })];
    if (parenthesized) {
      const open = needsSemicolon(file, bridge.application ?? bridge.wrap) ? ';(' : '(';
      edits.push({ start, end: start, text: open }, { start: end, end, text: ')' });
    }
    edits.push(...becomingAsync(file, closure));
    return mergeRewrites([
      { edits, functions: [] },
      stepEdits(file, body, (node) => isTail(file, node, closure)),
    ]);
  },
};

/** A closure in which no query can be seen: it may only build one, or read a row whose model nobody can read. */
function nothingSeen({ closure, file }: Bridge, { evaluator }: FormContext): FormMatch {
  let unread: Node | undefined;
  const built = closure && lazyQueryIn(evaluator, file, closure.body);
  if (built !== undefined) return onlyBuilt(file, built);
  if (closure !== undefined) {
    walk(closure.body, (node) => {
      const isRead =
        node.type === 'MemberExpression' && ormFlow(evaluator).value(file, node)?.kind === 'attribute';
      if (isRead) unread ??= node;
      return unread === undefined;
    });
  }
  return unread === undefined
    ? leave('MA101', 'no ORM work can be seen in the wrapped function')
    : leave('MA104', `«${excerpt(file.textOf(unread))}» may be a relation: its model cannot be read`);
}

function bodyOf(
  bridge: Bridge,
  { evaluator }: FormContext,
): AsyncBody | (FormMatch & { kind: 'leave' }) | undefined {
  const { closure, file } = bridge;
  if (closure === undefined) return undefined;
  if (closure.async) return leave('MA123', 'the wrapped function is async already');
  if (closure.generator) return leave('MA112', 'a generator cannot be made async here');
  const body = asyncBody(evaluator, file, closure);
  if (body.kind === 'leave') return body;
  const surroundings = { evaluator, file, root: closure, owner: ownerOf(bridge) };
  return lateRefusal(bridge) ?? stateRefusal(surroundings, body) ?? body;
}

interface Inlined {
  readonly expression: Node;
  /** The step whose promise stands for the bridge's. */
  readonly tail: Node;
  readonly substitution: readonly Edit[];
}

/** The one expression a closure returns, when it can stand where the bridge stands. */
function inlined(bridge: Bridge, body: AsyncBody): Inlined | undefined {
  const { closure, application, file } = bridge;
  if (closure === undefined || application === undefined) return undefined;
  const returned = onlyExpression(closure);
  const expression = returned && unwrapped(returned);
  if (returned === undefined || expression === undefined || returned !== expression) return undefined;
  const tail = body.steps.find((step) => step.node === expression);
  if (tail === undefined || (tail.kind === 'consumption' && tail.consumption.kind !== 'whole'))
    return undefined;
  const awaited = isAwaited(file, application);
  const own = body.steps.filter((step) => step !== tail && isDirect(file, step.node, closure));
  if (!awaited && (own.length > 0 || !settlesAlike(file, application, expression))) return undefined;
  const substitution = argumentSubstitution(bridge, expression);
  return substitution === undefined ? undefined : { expression, tail: expression, substitution };
}

/** Whether the step stands in the closure itself and not in a transaction block inside it. */
function isDirect(file: SourceFile, node: Node, closure: FunctionNode): boolean {
  return file.functionAround(node) === closure;
}

/**
 * Whether a bridge that nobody awaits on the spot would settle alike: what is evaluated before the operation starts
 * must not be able to throw, since the wrapper would have turned that into a rejection.
 */
function settlesAlike(file: SourceFile, application: Node, expression: Node): boolean {
  if (isSafe(expression)) return true;
  const outer = outermost(file, application);
  const parent = file.parentOf(outer);
  const around = file.functionAround(outer);
  if (around?.async !== true || around.generator) return false;
  if (parent?.type === 'ArrowFunctionExpression') return parent.body === outer;
  return parent?.type === 'ReturnStatement' && !isInTry(file, parent, around);
}

function isInTry(file: SourceFile, node: Node, around: Node): boolean {
  for (let above = file.parentOf(node); above !== undefined && above !== around; above = file.parentOf(above))
    if (above.type === 'TryStatement') return true;
  return false;
}

/** A chain of calls on a path with pure arguments. */
function isSafe(expression: Node): boolean {
  const node = unwrapped(expression);
  if (node.type === 'CallExpression')
    return (
      node.arguments.every(
        (argument) =>
          argument.type !== 'SpreadElement' && (isFunction(unwrapped(argument)) || isPure(argument)),
      ) && isSafe(node.callee)
    );
  if (node.type === 'MemberExpression') return isSafe(node.object);
  return isPure(node);
}

/** The expression of `() => e` and of `() => { return e; }`. */
function onlyExpression(closure: FunctionNode): Node | undefined {
  if (closure.type !== 'ArrowFunctionExpression' && closure.type !== 'FunctionExpression') return undefined;
  if (closure.body.type !== 'BlockStatement') return closure.body;
  const [only, ...more] = closure.body.body;
  if (more.length > 0 || closure.body.directives.length > 0) return undefined;
  return only?.type === 'ReturnStatement' ? (only.argument ?? undefined) : undefined;
}

/** Whether a function expression could not stand bare where the wrapper's call stands. */
function needsParentheses(file: SourceFile, { wrap }: Bridge): boolean {
  if (wrap.extra?.parenthesized === true) return false;
  const parent = file.parentOf(wrap);
  switch (parent?.type) {
    case 'VariableDeclarator':
    case 'AssignmentExpression':
    case 'AssignmentPattern':
    case 'ObjectProperty':
    case 'ClassProperty':
    case 'ClassPrivateProperty':
    case 'ArrayExpression':
    case 'SpreadElement':
    case 'ArrowFunctionExpression':
    case 'ReturnStatement':
    case 'ThrowStatement':
    case 'ExportDefaultDeclaration':
    case 'JSXExpressionContainer':
      return false;
    case 'ConditionalExpression':
      return parent.test === wrap;
    case 'CallExpression':
    case 'OptionalCallExpression':
    case 'NewExpression':
      return parent.callee === wrap;
    default:
      return true;
  }
}
