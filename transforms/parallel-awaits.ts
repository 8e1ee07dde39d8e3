import type { Node } from '@babel/types';
import type { API, FileInfo, Options, Parser } from 'jscodeshift';
import {
  type Evaluator,
  memberName,
  type SourceFile,
  span,
  unwrapped,
  walk,
} from '../analyzer/sources/index.ts';
import type { Edit } from './edit.ts';
import { isPure } from './expressions.ts';
import { commentsIn } from './layout.ts';
import { babelParser } from './parser.ts';
import type { FileResult } from './result.ts';
import { standalone } from './standalone.ts';
import { verifiedResult } from './verified-result.ts';

type Statement = Node & { type: 'VariableDeclaration' };

interface Wait {
  readonly statement: Statement;
  readonly pattern: Node;
  readonly call: Node;
}

/** Clients whose reading methods have no effect on the other side, by module; `''` is calling the module itself. */
const readers: Readonly<Record<string, readonly string[]>> = {
  global: ['fetch'],
  axios: ['get', 'head'],
  got: ['', 'get', 'head'],
  ky: ['get', 'head'],
  'node-fetch': [''],
  undici: ['fetch'],
};

/**
 * Runs reads of other services at the same time that stand one after the other and do not depend on each other:
 *
 *     const user = await fetch(a);            const [user, rates] = await Promise.all([fetch(a), fetch(b)]);
 *     const rates = await fetch(b);
 *
 * Opt-in: when the first fails, the second has been sent already. Only reads are joined, with arguments that cannot
 * throw or change anything; a comment between them, or a declared type, keeps them apart.
 */
export function parallelAwaitsIn(file: SourceFile, evaluator: Evaluator): FileResult {
  const groups: (readonly Wait[])[] = [];
  walk(file.ast.program, (node) => {
    if (node.type !== 'BlockStatement' && node.type !== 'Program') return true;
    groups.push(...groupsIn(file, evaluator, node.body));
    return true;
  });
  const edits = groups.flatMap((group) => joining(file, group));
  const sites = groups.map(([first]) => `${file.path}:${first ? span(first.statement).start : 0}`);
  return verifiedResult(file, edits, { sites, names: new Set(['Promise', 'all']) });
}

function groupsIn(file: SourceFile, evaluator: Evaluator, body: readonly Node[]): (readonly Wait[])[] {
  const groups: Wait[][] = [];
  let current: Wait[] = [];
  for (const statement of body) {
    const wait = waitIn(file, evaluator, statement);
    const last = current.at(-1);
    const joins =
      wait !== undefined &&
      (last === undefined ||
        (isAdjacent(file, last, wait) && !current.some((earlier) => uses(file, wait, earlier))));
    if (joins) {
      current.push(wait);
      continue;
    }
    groups.push(current);
    current = wait === undefined ? [] : [wait];
  }
  groups.push(current);
  return groups.filter(({ length }) => length > 1);
}

function waitIn(file: SourceFile, evaluator: Evaluator, statement: Node): Wait | undefined {
  if (statement.type !== 'VariableDeclaration' || statement.kind !== 'const') return undefined;
  const [declarator, ...more] = statement.declarations;
  if (declarator === undefined || more.length > 0 || declarator.init?.type !== 'AwaitExpression')
    return undefined;
  const { id, init } = declarator;
  if ('typeAnnotation' in id && id.typeAnnotation) return undefined;
  // Defaults in a pattern run between the two waits today.
  if (id.type !== 'Identifier' && /=/.test(file.textOf(id))) return undefined;
  const call = init.argument;
  if (call.type !== 'CallExpression' || !isRead(file, evaluator, call)) return undefined;
  const { start, end } = span(statement);
  return commentsIn(file, start, end).length > 0 ? undefined : { statement, pattern: id, call };
}

function isRead(file: SourceFile, evaluator: Evaluator, call: Node & { type: 'CallExpression' }): boolean {
  // A second argument may make it anything, a POST for one.
  const [first, ...more] = call.arguments;
  if (first === undefined || more.length > 0 || first.type === 'SpreadElement' || !isPure(first))
    return false;
  const values = evaluator.evaluate(file, unwrapped(call.callee));
  const [value] = values;
  if (value?.kind !== 'api' || values.length > 1) return false;
  const path = value.steps
    .map((step) => (step.kind === 'member' ? step.name : '?'))
    .filter((name) => name !== 'default');
  return readers[value.module]?.includes(path.join('.')) === true && memberName(call.callee) !== 'call';
}

function isAdjacent(file: SourceFile, first: Wait, second: Wait): boolean {
  return /^\s*;?\s*$/.test(file.text.slice(span(first.statement).end, span(second.statement).start));
}

function uses(file: SourceFile, later: Wait, earlier: Wait): boolean {
  const { start, end } = span(earlier.pattern);
  let found = false;
  walk(later.call, (node) => {
    const binding = node.type === 'Identifier' ? file.scopes.bindingOf(node) : undefined;
    const declared = binding && span(binding.identifier).start;
    if (declared !== undefined && declared >= start && declared < end) found = true;
    return !found;
  });
  return found;
}

function joining(file: SourceFile, group: readonly Wait[]): readonly Edit[] {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) return [];
  const { start } = span(first.statement);
  const { end } = span(last.statement);
  const patterns = group.map(({ pattern }) => file.textOf(pattern)).join(', ');
  const calls = group.map(({ call }) => file.textOf(call)).join(', ');
  const semicolon = file.text[end - 1] === ';' ? ';' : '';
  return [{ start, end, text: `const [${patterns}] = await Promise.all([${calls}])${semicolon}` }];
}

/** A standard jscodeshift module; see `parallelAwaitsIn`. */
export default function parallelAwaits(file: FileInfo, _api: API, _options: Options): string | undefined {
  const result = standalone(file.path, file.source, parallelAwaitsIn);
  if (result.status === 'failed') throw new Error(`${file.path}: ${result.reason}: ${result.message}`);
  return result.status === 'changed' ? result.text : undefined;
}

export const parser: Parser = babelParser;
