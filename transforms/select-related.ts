import type { Node } from '@babel/types';
import type { API, FileInfo, Options, Parser } from 'jscodeshift';
import type { Site } from '../analyzer/analysis.ts';
import { type BridgeOptions, findBridges } from '../analyzer/evidence/bridges.ts';
import { type Origin, originOfInstance } from '../analyzer/evidence/loaded.ts';
import { ormFlow } from '../analyzer/evidence/orm.ts';
import { relationRead, takenApart, takenRelation } from '../analyzer/evidence/orm-relations.ts';
import { isQuerySource } from '../analyzer/evidence/orm-values.ts';
import { BridgeTable } from '../analyzer/evidence/project.ts';
import {
  columnOf,
  type Evaluator,
  isFunction,
  keyName,
  lineOf,
  memberName,
  noEnvironment,
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
export function relationSites(
  file: SourceFile,
  evaluator: Evaluator,
  options: BridgeOptions = {},
): readonly Site[] {
  return sitesIn(file, evaluator, options).map(({ node, path, query }) => ({
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
  for (const { node, path, query } of sitesIn(file, evaluator, {})) {
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

function sitesIn(file: SourceFile, evaluator: Evaluator, options: BridgeOptions): readonly RelationSite[] {
  const bridged = findBridges(file, evaluator, options).flatMap(({ closure }) =>
    closure ? [span(closure)] : [],
  );
  const bridges = new BridgeTable((each) => findBridges(each, evaluator, options));
  const trail = { project: { evaluator, bridges }, file, environment: noEnvironment };
  const found: RelationSite[] = [];
  walk(file.ast.program, (node) => {
    const read = readAt(file, evaluator, node);
    if (read === undefined || !isInAsyncCode(file, node)) return true;
    const { start } = span(node);
    if (bridged.some((closure) => closure.start <= start && start < closure.end)) return true;
    const { root, path } = read;
    const origin = root && originOfInstance(trail, root);
    if (!origin?.loaded.some((loaded) => loaded === path || loaded.startsWith(`${path}__`)))
      found.push({ node, path, query: queryIn(file, evaluator, origin) });
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

/** The row that a relation is read off, or what holds it, and the names from there to the relation. */
interface Read {
  readonly root: Node | undefined;
  readonly path: string;
}

function readAt(file: SourceFile, evaluator: Evaluator, node: Node): Read | undefined {
  if (takenRelation(evaluator, file, node) !== undefined) return takenPath(file, evaluator, node);
  return relationRead(evaluator, file, node) === undefined || isInnerLink(file, evaluator, node)
    ? undefined
    : relationPath(file, evaluator, node);
}

function relationPath(file: SourceFile, evaluator: Evaluator, node: Node): Read {
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

/** `const { author: { profile } } = post`: the row, and `author__profile`. */
function takenPath(file: SourceFile, evaluator: Evaluator, property: Node): Read {
  const names: string[] = [];
  for (let part: Node | undefined = property; part && inPattern.test(part.type); part = file.parentOf(part))
    if (part.type === 'ObjectProperty' && takenRelation(evaluator, file, part))
      names.unshift(keyName(part) ?? '');
  const pattern = file.parentOf(property);
  const source = pattern && takenApart(ormFlow(evaluator), file, pattern).source;
  if (source === undefined) return { root: undefined, path: names.join('__') };
  // `const { plan } = account.subscription`: the names before the pattern belong to the path.
  const before = relationPath(file, evaluator, unwrapped(source));
  return { root: before.root, path: [before.path, ...names].filter(Boolean).join('__') };
}

const inPattern = /^(?:ObjectProperty|ObjectPattern|ArrayPattern|AssignmentPattern)$/;

/** The query set that a row comes from, where it stands in this file and can be asked to load more. */
function queryIn(file: SourceFile, evaluator: Evaluator, origin: Origin | undefined): Node | undefined {
  const query = origin?.query;
  if (query === undefined || query.file !== file) return undefined;
  const value = ormFlow(evaluator).value(file, query.node);
  const givesRows = value !== undefined && isQuerySource(value) && value.rows === 'instances';
  return givesRows && isPlain(evaluator, file, query.node) ? query.node : undefined;
}

/** Whether a query set is neither combined nor raw: those take no `selectRelated`. */
function isPlain(evaluator: Evaluator, file: SourceFile, query: Node): boolean {
  const node = unwrapped(query);
  if (node.type === 'Identifier') {
    const binding = file.scopes.bindingOf(node);
    if (binding?.declaration.type !== 'VariableDeclarator' || binding.assignments.length > 0) return false;
    return binding.declaration.init != null && isPlain(evaluator, file, binding.declaration.init);
  }
  if (node.type === 'CallExpression') {
    const callee = unwrapped(node.callee);
    if (callee.type !== 'MemberExpression') return false;
    return (
      !/^(?:raw|union|intersection|difference)$/.test(memberName(callee) ?? '') &&
      isPlain(evaluator, file, callee.object)
    );
  }
  const kind = ormFlow(evaluator).value(file, node)?.kind;
  return kind === 'manager' || kind === 'related';
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
