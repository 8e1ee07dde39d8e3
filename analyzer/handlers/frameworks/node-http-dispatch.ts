import type { Node } from '@babel/types';
import {
  constantText,
  type FunctionValue,
  isFunction,
  keyName,
  mapItems,
  memberName,
  unwrapped,
  type Value,
  walk,
} from '../../sources/index.ts';
import {
  anything,
  type Dispatcher,
  type Match,
  matchOf,
  narrowed,
  partMatch,
  readsFrom,
} from './node-http-conditions.ts';

/** One branch of a dispatcher: what the request must be, where that is asked, what runs then. */
export interface Branch {
  readonly match: Match;
  readonly token: Node;
  readonly body: Node;
}

/** The branches of a dispatcher that name a path, the innermost ones. */
export function branchesOf(dispatcher: Dispatcher, listener: FunctionValue): readonly Branch[] {
  return [...branchesIn(dispatcher, listener.node.body, anything, 0), ...tableEntries(dispatcher, listener)];
}

function branchesIn(dispatcher: Dispatcher, node: Node, outer: Match, depth: number): readonly Branch[] {
  if (depth > 60) return [];
  const inside = (part: Node | null | undefined, match = outer) =>
    part ? branchesIn(dispatcher, part, match, depth + 1) : [];
  switch (node.type) {
    case 'BlockStatement':
      return node.body.flatMap((statement) => inside(statement));
    case 'IfStatement': {
      const found: Branch[] = [];
      let rest: Node | null | undefined = node;
      // A dispatcher may be one chain of hundreds of `else if`.
      for (; rest?.type === 'IfStatement'; rest = rest.alternate)
        found.push(...branchesAt(dispatcher, rest.test, rest.consequent, outer, depth));
      return [...found, ...inside(rest)];
    }
    case 'SwitchStatement':
      return switchBranches(dispatcher, node, outer, depth);
    case 'TryStatement':
      return inside(node.block);
    case 'ReturnStatement':
      return inside(node.argument);
    case 'ExpressionStatement':
      return inside(node.expression);
    case 'ConditionalExpression': {
      const own = branchesAt(dispatcher, node.test, node.consequent, outer, depth);
      return [...own, ...inside(node.alternate)];
    }
    case 'LogicalExpression':
      return node.operator === '&&' ? branchesAt(dispatcher, node.left, node.right, outer, depth) : [];
    default:
      return [];
  }
}

function branchesAt(
  dispatcher: Dispatcher,
  test: Node,
  body: Node,
  outer: Match,
  depth: number,
): readonly Branch[] {
  const match = matchOf(dispatcher, test);
  const narrow = match === undefined ? outer : narrowed(outer, match);
  const inner = branchesIn(dispatcher, body, narrow, depth + 1);
  if (inner.length > 0 || match === undefined || narrow.paths === undefined) return inner;
  return [{ match: narrow, token: test, body }];
}

/** `switch (pathname)`, `switch (method)`, and `switch (true)`; a case without a body shares the next one's. */
function switchBranches(
  dispatcher: Dispatcher,
  node: Node & { type: 'SwitchStatement' },
  outer: Match,
  depth: number,
): readonly Branch[] {
  const part = readsFrom(dispatcher, node.discriminant);
  const { evaluator, file, environment } = dispatcher;
  const found: Branch[] = [];
  let shared: { readonly token: Node; readonly match: Match }[] = [];
  for (const own of node.cases) {
    const { test } = own;
    if (test) {
      const text = part === undefined ? undefined : constantText(evaluator.evaluate(file, test, environment));
      const match =
        part !== undefined && text !== undefined ? partMatch(part, text) : matchOf(dispatcher, test);
      if (match !== undefined) shared.push({ token: test, match: narrowed(outer, match) });
    }
    if (own.consequent.length === 0) continue;
    for (const { token, match } of shared) {
      const inner = own.consequent.flatMap((statement) =>
        branchesIn(dispatcher, statement, match, depth + 1),
      );
      if (inner.length > 0) found.push(...inner);
      else if (match.paths !== undefined) found.push({ match, token, body: { ...own, test: null } as Node });
    }
    shared = [];
  }
  return found;
}

/**
 * `routes[path]`, `routes[`${method} ${path}`]` and `routes.get(path)`: a table by path or by both, or of tables by the
 * other of the two.
 */
function tableEntries(dispatcher: Dispatcher, listener: FunctionValue): readonly Branch[] {
  const { evaluator, file, environment } = dispatcher;
  const found: Branch[] = [];
  walk(listener.node.body, (node) => {
    if (isFunction(node)) return true;
    const table = lookedUpIn(dispatcher, node);
    // Of a table of tables, the outer look-up says what both name.
    if (table === undefined || lookedUpIn(dispatcher, unwrapped(table)) !== undefined) return true;
    for (const value of evaluator.evaluate(file, table, environment)) {
      found.push(...mapEntries(dispatcher, value));
      if (value.kind !== 'object' || value.file !== file) continue;
      for (const property of value.node.properties) {
        if (property.type === 'SpreadElement') continue;
        found.push(...tableEntry(property));
      }
    }
    return true;
  });
  return found;
}

/** What a member or a `get` with a part of the request as its name is read from. */
function lookedUpIn(dispatcher: Dispatcher, node: Node): Node | undefined {
  if (node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression')
    return node.computed && readsFrom(dispatcher, node.property) !== undefined ? node.object : undefined;
  if (node.type !== 'CallExpression' && node.type !== 'OptionalCallExpression') return undefined;
  const callee = unwrapped(node.callee);
  const [key] = node.arguments;
  if (callee.type !== 'MemberExpression' || memberName(callee) !== 'get' || key === undefined)
    return undefined;
  return readsFrom(dispatcher, key) === undefined ? undefined : callee.object;
}

/** The entries of a `Map` that is spelled out in the same file. */
function mapEntries({ evaluator, file }: Dispatcher, value: Value): readonly Branch[] {
  return (mapItems(evaluator, 'entries', value) ?? []).flatMap((item): readonly Branch[] => {
    const pair = unwrapped(item.node);
    if (item.file !== file || pair.type !== 'ArrayExpression') return [];
    const [token, body] = pair.elements;
    const key = token == null ? undefined : constantText(evaluator.evaluate(file, token, item.environment));
    const match = key === undefined ? undefined : partMatch('url', key);
    return token != null && body != null && match !== undefined
      ? [{ match, token, body: unwrapped(body) }]
      : [];
  });
}

function tableEntry(property: Node & { type: 'ObjectProperty' | 'ObjectMethod' }): readonly Branch[] {
  const key = keyName(property);
  const body = property.type === 'ObjectMethod' ? property : unwrapped(property.value);
  const match = key === undefined ? undefined : tableMatch(key);
  if (match === undefined) return [];
  if (body.type !== 'ObjectExpression')
    return match.paths === undefined ? [] : [{ match, token: property.key, body }];
  return body.properties.flatMap((inner): readonly Branch[] => {
    const name = inner.type === 'SpreadElement' ? undefined : keyName(inner);
    const other = name === undefined ? undefined : tableMatch(name);
    if (inner.type === 'SpreadElement' || other === undefined) return [];
    const both = narrowed(match, other);
    const own = inner.type === 'ObjectMethod' ? inner : inner.value;
    return both.paths === undefined ? [] : [{ match: both, token: inner.key, body: own }];
  });
}

function tableMatch(key: string): Match | undefined {
  return partMatch(/^[A-Za-z]+$/.test(key) ? 'method' : 'url', key);
}
