import type { Node } from '@babel/types';
import type { ClientCall } from '../catalogue/index.ts';
import { apiPath, memberName, unwrapped, walk as walkTree } from '../sources/index.ts';
import { walkExpression } from './expressions.ts';
import { ormFlow } from './orm.ts';
import { rowsRead } from './orm-access.ts';
import { elementOf } from './orm-values.ts';
import { countedRounds, roundsOver } from './rounds.ts';
import { textOf, walkStatement } from './statements.ts';
import { isNothing, type Loop, nothing, type Step, sequence } from './step.ts';
import { streamedCall } from './streams.ts';
import { evaluated, place, settled, type Walk } from './walk.ts';

/** `for (const x of xs)` and `for await (…)`. */
export function forOfLoop(walk: Walk, statement: Node & { type: 'ForOfStatement' }): Step {
  const body = walkStatement(walk, statement.body);
  const turns = { depth: walk.stack.length + 1, body, places: { count: 0 } };
  const generates = isGenerated(walk, statement.right);
  const source = walkExpression(generates ? { ...walk, turns } : walk, statement.right);
  if (statement.await) {
    const listed = streamedCall(walk, statement.right, 'store');
    if (listed !== undefined && pagesThrough(listed)) return pages(walk, statement, settled(source), body);
    const external = streamedCall(walk, statement.right);
    const passesOn = source.promise !== undefined && writesOn(statement.body);
    if (external !== undefined || passesOn) {
      const waits = external !== undefined && external.category !== 'llm';
      return {
        kind: 'stream',
        to: 'response',
        source: settled(source),
        body: turns.places.count > 0 ? nothing : body,
        waits,
        location: place(walk, statement),
      };
    }
  }
  // The generator's own loops are the loop.
  if (turns.places.count > 0) return settled(source);
  return sequence([
    settled(source),
    rowsRead(walk, statement.right, statement.await ? 'native' : 'sync'),
    endsInFirstRound(statement.body) ? body : loopOf(walk, statement, statement.right, body, 'each'),
  ]);
}

/** Whether a list is what a generator of the project yields. */
function isGenerated(walk: Walk, list: Node): boolean {
  const call = unwrapped(list);
  if (call.type !== 'CallExpression') return false;
  return evaluated(walk, unwrapped(call.callee)).some(
    (value) => value.kind === 'function' && value.node.generator,
  );
}

/** Whether pieces go on as they come: `res.write(piece)`, `controller.enqueue(piece)`, `yield piece`. */
function writesOn(body: Node): boolean {
  let found = false;
  walkTree(body, (node) => {
    if (node.type === 'YieldExpression') found = true;
    if (node.type === 'CallExpression')
      found ||= /^(?:write|writeln|writeSSE|enqueue|send)$/.test(memberName(unwrapped(node.callee)) ?? '');
    return !found;
  });
  return found;
}

/**
 * Whether a loop ordinarily ends in its first round: retries and fallbacks, `for (…) { try { return await load(); }
 * catch { await delay(); } }`. Further rounds are what happens after an error.
 */
function endsInFirstRound(body: Node): boolean {
  if (body.type !== 'BlockStatement') return isEnd(body);
  return body.body.some(
    (statement) =>
      isEnd(statement) ||
      (statement.type === 'TryStatement' && endsInFirstRound(statement.block)) ||
      (statement.type === 'IfStatement' &&
        isSuccess(statement.test) &&
        endsInFirstRound(statement.consequent)),
  );
}

function isEnd({ type }: Node): boolean {
  return type === 'ReturnStatement' || type === 'BreakStatement';
}

/** `response.ok`, `!result.error`: what ordinary answers are. */
function isSuccess(given: Node): boolean {
  const test = unwrapped(given);
  if (test.type === 'UnaryExpression' && test.operator === '!')
    return /^(?:error|err|failed)$/.test(memberName(unwrapped(test.argument)) ?? '');
  return /^(?:ok|success|successful|isSuccess)$/.test(memberName(test) ?? '');
}

/** Lists that an SDK goes through by asking for one page after the other; bodies and models answer once, in pieces. */
function pagesThrough({ category, streaming }: ClientCall): boolean {
  return !streaming && category !== 'llm' && category !== 'http_client' && category !== 'storage';
}

function pages(walk: Walk, statement: Node & { type: 'ForOfStatement' }, source: Step, body: Step): Step {
  const over = textOf(walk, statement.right);
  const location = place(walk, statement);
  const turn = (own: Step): Loop => ({
    kind: 'loop',
    body: own,
    rounds: { kind: 'unbounded' },
    pace: 'each',
    over,
    list: false,
    overQuery: false,
    location,
  });
  return sequence([turn(source), ...(isNothing(body) ? [] : [turn(body)])]);
}

/** `for (;;)` and `for (k in x)`. */
export function forLoop(walk: Walk, statement: Node & { type: 'ForStatement' | 'ForInStatement' }): Step {
  const body = walkStatement(walk, statement.body);
  if (statement.type === 'ForInStatement') {
    return sequence([
      settled(walkExpression(walk, statement.right)),
      loopOf(walk, statement, statement.right, body, 'each'),
    ]);
  }
  const init = statement.init
    ? statement.init.type === 'VariableDeclaration'
      ? walkStatement(walk, statement.init)
      : settled(walkExpression(walk, statement.init))
    : undefined;
  const test = statement.test ? settled(walkExpression(walk, statement.test)) : undefined;
  const turn = sequence([test, body].filter((step) => step !== undefined));
  if (isNothing(turn)) return init ?? turn;
  if (endsInFirstRound(statement.body)) return sequence(init === undefined ? [turn] : [init, turn]);
  const loop: Loop = {
    kind: 'loop',
    body: turn,
    rounds: countedRounds(walk, statement),
    pace: 'each',
    over: statement.test ? textOf(walk, statement.test) : 'for ever',
    list: statement.test?.type === 'BinaryExpression' && /^<=?$/.test(statement.test.operator),
    overQuery: false,
    location: place(walk, statement),
  };
  return sequence(init === undefined ? [loop] : [init, loop]);
}

export function whileLoop(
  walk: Walk,
  statement: Node & { type: 'WhileStatement' | 'DoWhileStatement' },
): Step {
  const test = settled(walkExpression(walk, statement.test));
  const turn = sequence([test, walkStatement(walk, statement.body)]);
  if (isNothing(turn) || endsInFirstRound(statement.body)) return turn;
  return {
    kind: 'loop',
    body: turn,
    rounds: { kind: 'unbounded' },
    pace: 'each',
    over: textOf(walk, statement.test),
    list: false,
    overQuery: false,
    location: place(walk, statement),
  };
}

/** A loop over the elements of `list`; nothing when its body does nothing. */
export function loopOf(walk: Walk, at: Node, list: Node, body: Step, pace: Loop['pace']): Step {
  if (isNothing(body)) return body;
  return {
    kind: 'loop',
    body,
    rounds: roundsOver(walk, list),
    pace,
    over: textOf(walk, list),
    list: true,
    overQuery: isQueryResult(walk, list),
    location: place(walk, at),
  };
}

/** Whether the elements are rows, so that a query in the loop is one query per row. */
function isQueryResult(walk: Walk, list: Node): boolean {
  const of = elementOf(ormFlow(walk.project.evaluator).value(walk.file, list));
  if (of?.kind === 'instance') return true;
  return evaluated(walk, list).some(
    (value) => value.kind === 'api' && /\.(?:findMany|findAll|find|toArray|query)\(\)/.test(apiPath(value)),
  );
}
