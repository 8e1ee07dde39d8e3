import type { Node } from '@babel/types';
import type { API, FileInfo, Options, Parser } from 'jscodeshift';
import type { Site } from '../analyzer/analysis.ts';
import { findBridges } from '../analyzer/evidence/bridges.ts';
import { ormFlow } from '../analyzer/evidence/orm.ts';
import { relationRead } from '../analyzer/evidence/orm-relations.ts';
import { isQuerySource } from '../analyzer/evidence/orm-values.ts';
import {
  columnOf,
  type Evaluator,
  isFunction,
  lineOf,
  memberName,
  type SourceFile,
  span,
  unwrapped,
  walk,
} from '../analyzer/sources/index.ts';
import type { Edit } from './edit.ts';
import { babelParser } from './parser.ts';
import type { FileResult } from './result.ts';
import { standalone } from './standalone.ts';
import { verifiedResult } from './verified-result.ts';

const transform = 'select-related';

/** Operations that give a row, or rows, of the query set they are called on. */
const reading = /^a?(?:get|first|last|latest|earliest|at|list)$/;

interface RelationSite {
  readonly node: Node;
  /** Names from the row to the relation: `author__profile`. */
  readonly path: string;
  /** The query set that the row comes from; absent when that cannot be proven. */
  readonly query: Node | undefined;
}

/**
 * Finds relations that are read synchronously in async code, where they would query outside any bridge, with the one
 * query that produced the row.
 */
export function relationSites(file: SourceFile, evaluator: Evaluator): readonly Site[] {
  return sitesIn(file, evaluator).map(({ node, path, query }) => ({
    id: `${file.path}:${span(node).start}`,
    transform,
    file: file.path,
    ...span(node),
    line: lineOf(node),
    column: columnOf(node),
    what: file.textOf(node).replace(/\s+/g, ' '),
    outcome:
      query === undefined
        ? {
            kind: 'leave',
            code: 'MA204',
            reason: `«${path}» is loaded when it is read, and its query is not known`,
          }
        : { kind: 'rewrite', form: transform },
    operations: [],
  }));
}

/** Adds `.selectRelated(…)` to the queries whose rows' relations are read in async code. */
export function selectRelatedIn(file: SourceFile, evaluator: Evaluator): FileResult {
  const byQuery = new Map<Node, Set<string>>();
  const sites: string[] = [];
  for (const { node, path, query } of sitesIn(file, evaluator)) {
    if (query === undefined) continue;
    byQuery.set(query, (byQuery.get(query) ?? new Set()).add(path));
    sites.push(`${file.path}:${span(node).start}`);
  }
  const edits: Edit[] = [...byQuery].map(([query, paths]) => {
    const { end } = span(query);
    const names = [...paths].filter((path) => ![...paths].some((longer) => longer.startsWith(`${path}__`)));
    return { start: end, end, text: `.selectRelated(${names.map((name) => `'${name}'`).join(', ')})` };
  });
  return verifiedResult(file, edits, { sites, names: new Set(['selectRelated']) });
}

function sitesIn(file: SourceFile, evaluator: Evaluator): readonly RelationSite[] {
  const bridged = findBridges(file, evaluator).flatMap(({ closure }) => (closure ? [span(closure)] : []));
  const found: RelationSite[] = [];
  walk(file.ast.program, (node) => {
    const relation = relationRead(evaluator, file, node);
    if (relation === undefined || isInnerLink(file, evaluator, node) || !isInAsyncCode(file, node))
      return true;
    const { start } = span(node);
    if (bridged.some((closure) => closure.start <= start && start < closure.end)) return true;
    const { root, path } = relationPath(file, evaluator, node);
    const query = queryOf(file, evaluator, root);
    if (query !== undefined && isLoaded(file, query, path)) return true;
    found.push({ node, path, query });
    return true;
  });
  return found;
}

/** `post.author` in `post.author.profile` is part of the longer path. */
function isInnerLink(file: SourceFile, evaluator: Evaluator, node: Node): boolean {
  const parent = file.parentOf(node);
  return (
    parent?.type === 'MemberExpression' &&
    parent.object === node &&
    relationRead(evaluator, file, parent) !== undefined
  );
}

/** The nearest function that is not a callback handed on in place decides whether code runs in an async context. */
function isInAsyncCode(file: SourceFile, node: Node): boolean {
  for (let around = file.functionAround(node); around !== undefined; around = file.functionAround(around)) {
    if (around.async) return true;
    const parent = file.parentOf(around);
    const isCallback = parent?.type === 'CallExpression' && isFunction(around) && parent.callee !== around;
    if (!isCallback) return false;
  }
  return false;
}

function relationPath(
  file: SourceFile,
  evaluator: Evaluator,
  node: Node,
): { readonly root: Node; readonly path: string } {
  const names: string[] = [];
  let inner: Node = node;
  while (
    (inner.type === 'MemberExpression' || inner.type === 'OptionalMemberExpression') &&
    relationRead(evaluator, file, inner) !== undefined
  ) {
    names.unshift(memberName(inner) ?? '');
    inner = unwrapped(inner.object);
  }
  return { root: inner, path: names.join('__') };
}

/** The query set that a row comes from: by a name that is set once, or by a loop over its list. */
function queryOf(file: SourceFile, evaluator: Evaluator, row: Node): Node | undefined {
  if (row.type !== 'Identifier')
    return row.type === 'AwaitExpression' ? readQuery(file, evaluator, row) : undefined;
  const binding = file.scopes.bindingOf(row);
  if (binding === undefined || binding.assignments.length > 0) return undefined;
  const { declaration } = binding;
  if (declaration.type === 'VariableDeclarator' && declaration.id === binding.identifier) {
    if (declaration.init) return readQuery(file, evaluator, declaration.init);
    const loop = file.parentOf(file.parentOf(declaration) ?? declaration);
    if (loop?.type !== 'ForOfStatement') return undefined;
    const source = unwrapped(loop.right);
    return isQuery(file, evaluator, source) ? source : readQuery(file, evaluator, source);
  }
  return undefined;
}

/** `await query.aget(…)`, or the same through a bridge: the query. */
function readQuery(file: SourceFile, evaluator: Evaluator, expression: Node): Node | undefined {
  const node = unwrapped(expression);
  if (node.type === 'Identifier') return queryOf(file, evaluator, node);
  if (node.type === 'AwaitExpression') return readQuery(file, evaluator, node.argument);
  if (node.type !== 'CallExpression') return undefined;
  const callee = unwrapped(node.callee);
  if (callee.type === 'CallExpression') {
    const bridge = findBridges(file, evaluator).find(({ wrap }) => wrap === callee);
    const handed = bridge?.argument && unwrapped(bridge.argument);
    return handed && memberQuery(file, evaluator, handed);
  }
  return memberQuery(file, evaluator, callee);
}

function memberQuery(file: SourceFile, evaluator: Evaluator, member: Node): Node | undefined {
  if (member.type !== 'MemberExpression' || !reading.test(memberName(member) ?? '')) return undefined;
  return isQuery(file, evaluator, member.object) ? member.object : undefined;
}

function isQuery(file: SourceFile, evaluator: Evaluator, node: Node): boolean {
  const value = ormFlow(evaluator).value(file, node);
  return value !== undefined && isQuerySource(value) && value.rows === 'instances';
}

function isLoaded(file: SourceFile, query: Node, path: string): boolean {
  const text = file.textOf(query);
  return new RegExp(`selectRelated\\([^)]*['"]${path}(?:__\\w+)?['"]`).test(text);
}

/**
 * Adds `.selectRelated('author')` to the query that produced `post` where async code reads `post.author`.
 * A standard jscodeshift module.
 */
export default function selectRelated(file: FileInfo, _api: API, _options: Options): string | undefined {
  const result = standalone(file.path, file.source, selectRelatedIn);
  if (result.status === 'failed') throw new Error(`${file.path}: ${result.reason}: ${result.message}`);
  return result.status === 'changed' ? result.text : undefined;
}

export const parser: Parser = babelParser;
