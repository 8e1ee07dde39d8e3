import type { Node } from '@babel/types';
import {
  type Binding,
  type Evaluator,
  type FunctionValue,
  memberName,
  type SourceFile,
  unwrapped,
  walk,
} from '../../sources/index.ts';
import { nextCalls } from './next-calls.ts';
import type { Operand } from './operands.ts';

/** Members of a response or context that give the client something to use. */
const answering =
  /^(?:send|json|jsonp|end|render|sendFile|sendfile|download|text|html|body|newResponse|stream)$/;

/** What tells a client that it may not, or that there is nothing: a guard's way of ending. */
const refusal =
  /status(?:Code)?\s*(?:=|\()\s*(?:[45]\d\d|[\w.]*(?:unauthori[sz]ed|forbidden|not_?found|bad_?request|too_?many))|,\s*[45]\d\d\s*\)/i;

/**
 * The kind of a registration whose last function may go on to what is registered later.
 * @param next index of the parameter that goes on
 * @param repeated whether the same method and path are registered again: then the function stands before that one
 */
export function kindByNext(
  evaluator: Evaluator,
  operand: Operand,
  next: number,
  repeated: boolean,
): 'guard' | undefined {
  const value = operand.values.find((own) => own.kind === 'function');
  if (value === undefined || nextCalls(value, next) !== 'always') return undefined;
  return repeated || !answersInBranch(evaluator, value, next) ? 'guard' : undefined;
}

/** Whether a function that otherwise goes on answers in some branch, with more than a refusal. */
function answersInBranch(evaluator: Evaluator, value: FunctionValue, next: number): boolean {
  const { file, node } = value;
  const own = node.params.map((parameter) =>
    parameter.type === 'Identifier' ? file.scopes.bindingOf(parameter) : undefined,
  );
  const given = own.slice(0, next);
  const isGiven = (inner: Node, among = given) =>
    inner.type === 'Identifier' && among.includes(file.scopes.bindingOf(inner)) && inner.name !== '';
  let found = false;
  walk(node.body, (inner) => {
    if (found) return false;
    const isAnswer =
      (inner.type === 'CallExpression' &&
        (isAnsweringCall(inner, isGiven) || handsOver(evaluator, value, inner, own, next))) ||
      (inner.type === 'AssignmentExpression' &&
        memberName(inner.left) === 'body' &&
        isGiven(rootOf(inner.left)));
    if (!isAnswer) return true;
    const branch = branchAround(file, inner, node.body);
    found = branch !== undefined && !refuses(file, branch);
    return !found;
  });
  return found;
}

/** `response.status(200).json(…)`, `context.json(…)`. */
function isAnsweringCall(call: Node & { type: 'CallExpression' }, isGiven: (node: Node) => boolean): boolean {
  return answering.test(memberName(unwrapped(call.callee)) ?? '') && isGiven(rootOf(call.callee));
}

/**
 * Whether a call leaves the answer to what it calls: it is given the request and the response and no way to go on, or
 * `next` too and does not always use it.
 */
function handsOver(
  evaluator: Evaluator,
  { file, environment }: FunctionValue,
  call: Node & { type: 'CallExpression' },
  own: readonly (Binding | undefined)[],
  next: number,
): boolean {
  const passed = call.arguments.map((argument) =>
    argument.type === 'Identifier' ? file.scopes.bindingOf(argument) : undefined,
  );
  const isPassed = (binding: Binding | undefined) => binding !== undefined && passed.includes(binding);
  if (!own.slice(0, next).every(isPassed)) return false;
  if (!isPassed(own[next])) return next > 1;
  const at = passed.indexOf(own[next]);
  return evaluator
    .evaluate(file, call.callee, environment)
    .some((callee) => callee.kind === 'function' && nextCalls(callee, at) !== 'always');
}

function rootOf(expression: Node): Node {
  let node = unwrapped(expression);
  while (node.type === 'MemberExpression' || node.type === 'CallExpression')
    node = unwrapped(node.type === 'MemberExpression' ? node.object : node.callee);
  return node;
}

/** The statements that run with a place only under some condition; `undefined` on the plain path. */
function branchAround(file: SourceFile, place: Node, body: Node): readonly Node[] | undefined {
  for (
    let inner = place, above = file.parentOf(inner);
    above && inner !== body;
    inner = above, above = file.parentOf(inner)
  ) {
    if (above.type === 'IfStatement') return inner.type === 'BlockStatement' ? inner.body : [inner];
    if (above.type === 'SwitchCase') return above.consequent.flatMap(statementsOf);
  }
  return undefined;
}

function statementsOf(statement: Node): readonly Node[] {
  return statement.type === 'BlockStatement' ? statement.body : [statement];
}

/** What stands deeper has conditions of its own. */
function refuses(file: SourceFile, statements: readonly Node[]): boolean {
  return statements.some(
    (statement) =>
      (statement.type === 'ExpressionStatement' || statement.type === 'ReturnStatement') &&
      refusal.test(file.textOf(statement)),
  );
}
