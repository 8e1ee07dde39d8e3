import type { Node } from '@babel/types';
import type { Bridge } from '../../analyzer/evidence/bridge.ts';
import { isWrite } from '../../analyzer/evidence/orm-values.ts';
import { memberName, span, unwrapped, walk } from '../../analyzer/sources/index.ts';
import { asyncBody } from '../asyncify.ts';
import { outermost } from '../expressions.ts';
import { operationsOf } from '../judge-call.ts';
import { removal } from '../layout.ts';
import { type Form, type FormContext, rewritable } from './form.ts';
import { referencedOperation } from './method-call.ts';

interface Loop {
  readonly statement: Node & { type: 'ForOfStatement' };
  /** The whole of `await W(…)()`. */
  readonly awaited: Node;
  readonly query: Node;
}

/**
 * `for (const post of await W(() => posts.list())())` to `for await (const post of posts)`.
 *
 * Not where the body writes rows of the same model: whoever reads it should see that the list was taken before.
 */
export const listLoop: Form = {
  name: 'list-loop',
  match(bridge, context) {
    const loop = loopOver(bridge, context);
    return loop === undefined || writesItsModel(bridge, loop, context) ? undefined : rewritable;
  },
  rewrite(bridge, context) {
    const loop = loopOver(bridge, context);
    if (loop === undefined) return { edits: [], functions: [] };
    const { file } = bridge;
    const keyword = span(loop.statement).start + 'for'.length;
    const query = span(loop.query);
    const awaited = span(loop.awaited);
    return {
      edits: [
        { start: keyword, end: keyword, text: ' await' },
        ...removal(file, awaited.start, query.start, { kept: 'after' }),
        ...removal(file, query.end, awaited.end, { kept: 'before' }),
      ],
      functions: [],
    };
  },
};

function loopOver(bridge: Bridge, context: FormContext): Loop | undefined {
  const { application, file } = bridge;
  if (application === undefined || application.arguments.length > 0) return undefined;
  const outer = outermost(file, application);
  const awaited = file.parentOf(outer);
  if (outer !== application || awaited?.type !== 'AwaitExpression') return undefined;
  const statement = file.parentOf(awaited);
  if (statement?.type !== 'ForOfStatement' || statement.right !== awaited || statement.await)
    return undefined;
  const query = listedQuery(bridge, context);
  return query === undefined ? undefined : { statement, awaited, query };
}

/** The query set whose list crosses: `() => posts.list()`, `() => [...posts]`, or `posts.list` itself. */
function listedQuery(bridge: Bridge, { evaluator }: FormContext): Node | undefined {
  const { closure, file } = bridge;
  const reference = referencedOperation(bridge);
  if (reference !== undefined) return reference.name === 'list' ? reference.receiver : undefined;
  if (closure?.type !== 'ArrowFunctionExpression' || closure.params.length > 0) return undefined;
  const body = asyncBody(evaluator, file, closure);
  if (body.kind === 'leave' || body.steps.length !== 1) return undefined;
  const [step] = body.steps;
  if (step?.node !== closure.body) return undefined;
  if (step.kind === 'consumption')
    return step.consumption.kind === 'whole' && isChain(step.consumption.query)
      ? step.consumption.query
      : undefined;
  if (step.kind !== 'call' || step.operation.name !== 'list') return undefined;
  const callee = unwrapped(step.node.callee);
  return memberName(callee) === 'list' ? step.operation.receiver : undefined;
}

function isChain(node: Node): boolean {
  return /^(?:Identifier|MemberExpression|CallExpression)$/.test(node.type);
}

/** `await post.asave()`: what it is called on hardly matters to a reader of the loop. */
function writesNatively(body: Node): boolean {
  let found = false;
  walk(body, (node) => {
    const name = node.type === 'CallExpression' ? memberName(unwrapped(node.callee)) : undefined;
    found ||= name?.startsWith('a') === true && isWrite(name.slice(1)) && !isWrite(name);
    return !found;
  });
  return found;
}

function writesItsModel(bridge: Bridge, { statement }: Loop, { evaluator, bridgesOf }: FormContext): boolean {
  const { file } = bridge;
  const model = bridge.operations[0]?.model;
  const body = span(statement.body);
  const inside = bridgesOf(file).filter(
    ({ wrap }) => span(wrap).start >= body.start && span(wrap).end <= body.end,
  );
  if (writesNatively(statement.body)) return true;
  const operations = [
    ...operationsOf(evaluator, file, statement.body),
    ...inside.flatMap((sibling) => sibling.operations),
  ];
  return operations.some(
    (operation) =>
      operation.writes && (operation.model === undefined || model === undefined || operation.model === model),
  );
}
