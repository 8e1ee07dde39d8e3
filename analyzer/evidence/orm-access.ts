import type { Node } from '@babel/types';
import { twins } from '@migrate-async/runtime/twins';
import {
  type Call as CallNode,
  isFunction,
  memberName,
  type SourceFile,
  unwrapped,
} from '../sources/index.ts';
import type { OrmOperation } from './bridge.ts';
import { callbackOf, runCallback } from './callbacks.ts';
import { originOfInstance } from './loaded.ts';
import { ormFlow } from './orm.ts';
import { isQuerySource, isWrite, type OrmValue, syncNameOf, twinOf } from './orm-values.ts';
import { locationOf } from './project.ts';
import { textOf } from './statements.ts';
import { nothing, type OrmAccess, type Step } from './step.ts';
import { doesNothing, place, promised, settled, type Walk, type Walked, waited } from './walk.ts';

/** A call of the ORM: `Post.objects.get(q)`, `post.asave()`, `transaction.atomic(() => …)`. */
export function ormCall(walk: Walk, node: CallNode): Walked | undefined {
  if (node.type === 'NewExpression') return undefined;
  const value = ormFlow(walk.project.evaluator).value(walk.file, node.callee);
  if (value === undefined) return undefined;
  if (value.kind === 'function') return functionCall(walk, node, value.name);
  if (value.kind !== 'method') return undefined;
  return methodCall(walk, node, value.of, value.name);
}

function functionCall(walk: Walk, node: CallNode, name: keyof typeof twins.functions): Walked {
  const callee = unwrapped(node.callee);
  const written = callee.type === 'Identifier' ? importedName(walk.file, callee) : textOf(walk, callee);
  const native = written.endsWith(twins.functions[name]);
  return access(walk, node, { name, native, model: undefined, transaction: undefined });
}

/** The name an import goes by where it is exported: a local alias does not hide a twin. */
function importedName(file: SourceFile, identifier: Node & { type: 'Identifier' }): string {
  const declaration = file.scopes.bindingOf(identifier)?.declaration;
  if (declaration?.type !== 'ImportSpecifier') return identifier.name;
  return declaration.imported.type === 'Identifier' ? declaration.imported.name : declaration.imported.value;
}

function methodCall(walk: Walk, node: CallNode, of: OrmValue, name: string): Walked | undefined {
  const sync = twinOf(of, name) === undefined ? syncNameOf(of, name) : name;
  // Lazy builders, and custom methods of the project's own managers, are not operations themselves.
  if (sync === undefined) return undefined;
  const native = sync !== name;
  if (of.kind === 'transaction' && sync === 'atomic') {
    return access(walk, node, { name: sync, native, model: undefined, transaction: block(walk, node) });
  }
  if (of.kind === 'transaction' && /^(?:onCommit|setRollback|getRollback)$/.test(sync)) return doesNothing;
  if (!isQuerySource(of) && of.kind !== 'instance' && of.kind !== 'cursor' && of.kind !== 'attribute') {
    return of.kind === 'transaction'
      ? access(walk, node, { name: sync, native, model: undefined, transaction: undefined })
      : undefined;
  }
  const model = 'model' in of ? of.model.name : undefined;
  return access(walk, node, { name: sync, native, model, transaction: undefined });
}

/** What the callback of a transaction does. */
function block(walk: Walk, node: CallNode): Step {
  const given = node.arguments.find((argument) => isFunction(unwrapped(argument))) ?? node.arguments.at(-1);
  const callback = callbackOf(walk, given);
  return callback === undefined || given === undefined
    ? nothing
    : settled(runCallback(walk, callback, node, given));
}

interface Operation {
  readonly name: string;
  readonly native: boolean;
  readonly model: string | undefined;
  readonly transaction: Step | undefined;
}

function access(walk: Walk, node: CallNode, { name, native, model, transaction }: Operation): Walked {
  const step: OrmAccess = {
    kind: 'orm',
    what: shortened(walk.file.textOf(node.callee)),
    model,
    path: native ? 'native' : 'sync',
    writes: isWrite(name),
    transaction,
    location: place(walk, node),
  };
  return native ? promised(nothing, step) : waited(step);
}

/** Going through a query set reads its rows, unless they came with the instance it belongs to. */
export function rowsRead(walk: Walk, given: Node, path: OrmAccess['path'] = 'sync'): Step {
  const node = unwrapped(given);
  const value = ormFlow(walk.project.evaluator).value(walk.file, node);
  if (value === undefined || !isQuerySource(value) || isPrefetched(walk, node)) return nothing;
  return {
    kind: 'orm',
    what: `${shortened(walk.file.textOf(node))}.${path === 'sync' ? 'list' : 'alist'}`,
    model: value.model.name,
    path,
    writes: false,
    transaction: undefined,
    location: place(walk, node),
  };
}

/** `entry.postings.all()`, where the query of `entry` prefetched its postings. */
function isPrefetched(walk: Walk, node: Node): boolean {
  const manager =
    node.type === 'CallExpression' && unwrapped(node.callee).type === 'MemberExpression'
      ? unwrapped(node.callee)
      : undefined;
  const related =
    manager?.type === 'MemberExpression' && memberName(manager) === 'all' ? unwrapped(manager.object) : node;
  if (related.type !== 'MemberExpression') return false;
  const name = memberName(related);
  const origin = name === undefined ? undefined : originOfInstance(walk, related.object);
  return origin?.loaded.some((path) => path === name) ?? false;
}

/** An operation that a bridge names without calling it: `syncToAsync(Post.objects.get)`. */
export function referencedOperation(operation: OrmOperation): OrmAccess {
  const { file, node } = operation;
  return {
    kind: 'orm',
    what: shortened(file.textOf(node)),
    model: operation.model,
    path: 'sync',
    writes: operation.writes,
    transaction: undefined,
    location: locationOf(file, node),
  };
}

/** Arguments left out: `Post.objects.filter({ a }).first` reads `Post.objects.filter(…).first`. */
export function shortened(text: string): string {
  let depth = 0;
  let short = '';
  for (const character of text.replace(/\s*\n\s*/g, '').replace(/\s+/g, ' ')) {
    if (character === ')' && --depth === 0 && short.endsWith('(')) short += '…';
    if (depth === 0) short += character;
    if (character === '(') depth++;
  }
  return short.replace(/ ?(\?)?\. ?/g, '$1.');
}
