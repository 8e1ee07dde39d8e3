import type { Node } from '@babel/types';
import type { ClientCall } from '../catalogue/index.ts';
import { apiPath, constantText, memberName, unwrapped, type Value } from '../sources/index.ts';
import { walkExpression } from './expressions.ts';
import { ormFlow } from './orm.ts';
import { rowsRead } from './orm-access.ts';
import { elementOf } from './orm-values.ts';
import { textOf, walkStatement } from './statements.ts';
import { isNothing, type Loop, type Rounds, type Step, sequence } from './step.ts';
import { streamedCall } from './streams.ts';
import { evaluated, place, settled, type Walk } from './walk.ts';

/** `for (const x of xs)` and `for await (…)`. */
export function forOfLoop(walk: Walk, statement: Node & { type: 'ForOfStatement' }): Step {
  const source = walkExpression(walk, statement.right);
  const body = walkStatement(walk, statement.body);
  if (statement.await) {
    const listed = streamedCall(walk, statement.right, 'store');
    if (listed !== undefined && pagesThrough(listed)) return pages(walk, statement, settled(source), body);
    const external = streamedCall(walk, statement.right);
    const generator = source.promise !== undefined;
    if (external !== undefined || generator) {
      const waits = external !== undefined && external.category !== 'llm';
      return {
        kind: 'stream',
        to: 'response',
        source: settled(source),
        body,
        waits,
        location: place(walk, statement),
      };
    }
  }
  return sequence([
    settled(source),
    rowsRead(walk, statement.right),
    endsInFirstRound(statement.body) ? body : loopOf(walk, statement, statement.right, body, 'each'),
  ]);
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

/** How many elements a list has, as far as the source says. */
export function roundsOver(walk: Walk, given: Node): Rounds {
  const list = unwrapped(given);
  const values = evaluated(walk, list);
  const [only] = values;
  const elements =
    values.length === 1 && only?.kind === 'array' && !isFilled(only)
      ? walk.project.evaluator.elements(only)
      : undefined;
  if (elements !== undefined && (elements.length > 0 || isHandedEmpty(only))) {
    return { kind: 'known', count: elements.length };
  }
  const limit = limitOf(walk, list);
  return limit === undefined ? { kind: 'unbounded' } : { kind: 'bounded', most: limit };
}

/** A literal under a name that something is pushed onto: how long it is when it is gone through, nobody can tell. */
function isFilled({ file, node }: Value & { readonly kind: 'array' }): boolean {
  const parent = file.parentOf(node);
  const holder = parent?.type === 'TSAsExpression' ? file.parentOf(parent) : parent;
  if (holder?.type !== 'VariableDeclarator') return false;
  const references = file.scopes.bindingOf(holder.id)?.references ?? [];
  return references.some((reference) => {
    const member = file.parentOf(reference);
    return member !== undefined && /^(?:push|unshift|splice)$/.test(memberName(member) ?? '');
  });
}

/** `serialize(cart, [])`. An empty literal that has a name is one that gets filled. */
function isHandedEmpty(value: Value | undefined): boolean {
  if (value?.kind !== 'array' || value.node.elements.length > 0) return false;
  const parent = value.file.parentOf(value.node);
  return parent?.type === 'CallExpression';
}

/** `.slice(0, 20)`, `.limit(20)`, `.take(20)` and `{ take: 20 }` anywhere on the chain or behind the name. */
function limitOf(walk: Walk, given: Node, depth = 0): number | undefined {
  const node = unwrapped(given);
  if (depth > 8) return undefined;
  if (node.type === 'AwaitExpression') return limitOf(walk, node.argument, depth + 1);
  if (node.type === 'Identifier') {
    const declaration = walk.file.scopes.bindingOf(node)?.declaration;
    const init =
      declaration?.type === 'VariableDeclarator' && declaration.id.type === 'Identifier'
        ? declaration.init
        : null;
    return init ? limitOf(walk, init, depth + 1) : undefined;
  }
  if (node.type === 'ArrowFunctionExpression') return limitOf(walk, node.body, depth + 1);
  if (node.type === 'MemberExpression') return limitOf(walk, node.object, depth + 1);
  if (node.type !== 'CallExpression') return undefined;
  const callee = unwrapped(node.callee);
  const own = limitOfCall(walk, memberName(callee), node.arguments);
  if (own !== undefined) return own;
  const inside =
    callee.type === 'MemberExpression'
      ? limitOf(walk, callee.object, depth + 1)
      : limitOf(walk, callee, depth + 1);
  if (inside !== undefined) return inside;
  const [handed] = node.arguments;
  return handed?.type === 'ArrowFunctionExpression' ? limitOf(walk, handed, depth + 1) : undefined;
}

function limitOfCall(walk: Walk, name: string | undefined, given: readonly Node[]): number | undefined {
  const number = (node: Node | undefined) => {
    const text = node && constantText(evaluated(walk, node));
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  if (name === 'limit' || name === 'take' || name === 'first') return number(given[0]);
  if (name === 'slice') {
    const start = number(given[0]);
    const end = number(given[1]);
    return start === undefined || end === undefined ? undefined : Math.max(0, end - start);
  }
  for (const argument of given) {
    if (argument.type !== 'ObjectExpression') continue;
    for (const property of argument.properties) {
      if (property.type !== 'ObjectProperty' || property.key.type !== 'Identifier') continue;
      if (/^(?:take|limit|first|pageSize|per_page|perPage)$/.test(property.key.name)) {
        const found = number(property.value);
        if (found !== undefined) return found;
      }
    }
  }
  return undefined;
}

/** `for (let i = 0; i < 5; i++)`: five. */
function countedRounds(walk: Walk, statement: Node & { type: 'ForStatement' }): Rounds {
  const { test } = statement;
  if (test?.type !== 'BinaryExpression' || !/^<=?$/.test(test.operator)) return { kind: 'unbounded' };
  const right = unwrapped(test.right);
  if (memberName(right) === 'length' && right.type === 'MemberExpression')
    return roundsOver(walk, right.object);
  const limit = constantText(evaluated(walk, right));
  if (limit === undefined || !/^\d+$/.test(limit)) return { kind: 'unbounded' };
  return { kind: 'known', count: Number(limit) + (test.operator === '<=' ? 1 : 0) };
}

/** Whether the elements are rows, so that a query in the loop is one query per row. */
function isQueryResult(walk: Walk, list: Node): boolean {
  const of = elementOf(ormFlow(walk.project.evaluator).value(walk.file, list));
  if (of?.kind === 'instance') return true;
  return evaluated(walk, list).some(
    (value) => value.kind === 'api' && /\.(?:findMany|findAll|find|toArray|query)\(\)/.test(apiPath(value)),
  );
}
