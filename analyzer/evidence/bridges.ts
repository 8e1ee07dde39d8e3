import type { CallExpression, Node, OptionalCallExpression } from '@babel/types';
import {
  type Evaluator,
  isFunction,
  memberName,
  type SourceFile,
  span,
  unwrapped,
  walk,
} from '../sources/index.ts';
import type { Bridge } from './bridge.ts';
import { type WrapperIndex, wrapperIndex } from './bridge-index.ts';
import type { Wrapper } from './bridge-wrappers.ts';
import { ormFlow, ormOperationsIn, receiverKnowledge } from './orm.ts';
import { proveReceiver } from './orm-checked.ts';
import { chainRoot } from './orm-paths.ts';

export interface BridgeOptions {
  /** Names that are wrappers when they are imported, beside `syncToAsync`. */
  readonly wrappers?: readonly string[];
  /** Modules whose default export is a wrapper. */
  readonly defaultWrappers?: readonly string[];
  /** Further operations of query sets, managers and rows with a native twin: `{ published: 'apublished' }`. */
  readonly twins?: Readonly<Record<string, string>>;
}

type Call = CallExpression | OptionalCallExpression;

/**
 * Every bridge of a file, in source order: calls of the wrapper, however it got its name, and of helpers that wrap.
 *
 * A file that holds none of the words the wrapper goes by in this project is not looked at.
 */
export function findBridges(
  file: SourceFile,
  evaluator: Evaluator,
  options: BridgeOptions = {},
): readonly Bridge[] {
  const index = wrapperIndex(evaluator, options);
  let known = index.bridges.get(file);
  if (known === undefined) {
    known = index.concerns(file) ? bridgesIn(file, evaluator, index, options) : [];
    index.bridges.set(file, known);
  }
  return known;
}

function bridgesIn(
  file: SourceFile,
  evaluator: Evaluator,
  index: WrapperIndex,
  options: BridgeOptions,
): readonly Bridge[] {
  ormFlow(evaluator, index.wrappers, options.twins);
  const found: Bridge[] = [];
  walk(file.ast.program, (node) => {
    if (isHandedOn(index, file, node)) found.push(lostAt(file, node));
    if (node.type !== 'CallExpression' && node.type !== 'OptionalCallExpression') return true;
    const wrapper = calledWrapper(index, file, node);
    if (wrapper !== undefined) found.push(bridgeAt(file, evaluator, node, wrapper));
    return true;
  });
  return found.sort((left, right) => span(left.wrap).start - span(right.wrap).start);
}

/** Places from where nobody follows a value: what is wrapped there is not seen. */
const untraced =
  /^(?:NewExpression|ArrayExpression|SpreadElement|AssignmentPattern|ReturnStatement|ArrowFunctionExpression|YieldExpression|JSXExpressionContainer|TaggedTemplateExpression)$/;

/** Whether the wrapper is handed on where its calls cannot be followed: `register(syncToAsync)`. */
function isHandedOn(index: WrapperIndex, file: SourceFile, node: Node): boolean {
  if (node.type !== 'Identifier' && node.type !== 'MemberExpression') return false;
  const name = node.type === 'Identifier' ? node.name : memberName(node);
  if (name === undefined || !index.words.has(name)) return false;
  if (node.type === 'Identifier' && file.scopes.bindingOf(node)?.identifier === node) return false;
  let outer: Node = node;
  let parent = file.parentOf(outer);
  while (parent !== undefined && unwrapped(parent) === node) {
    outer = parent;
    parent = file.parentOf(outer);
  }
  if (parent === undefined || !isLost(file, parent, outer)) return false;
  return index.wrappers.of(file, node)?.helper === undefined && index.wrappers.of(file, node) !== undefined;
}

function isLost(file: SourceFile, parent: Node, node: Node): boolean {
  switch (parent.type) {
    case 'ObjectProperty':
      return parent.value === node && isGivenAway(file, parent);
    case 'AssignmentExpression':
      return parent.right === node && isOutside(file, parent.left);
    case 'CallExpression':
    case 'OptionalCallExpression':
      return parent.callee !== node;
    case 'MemberExpression':
      return parent.object === node && /^(?:bind|call|apply)$/.test(memberName(parent) ?? '');
    case 'ArrowFunctionExpression':
      return parent.body === node;
    case 'AssignmentPattern':
      return parent.right === node;
    default:
      return untraced.test(parent.type);
  }
}

/** Whether an object literal that holds the wrapper is an argument: `createService({ run: syncToAsync })`. */
function isGivenAway(file: SourceFile, property: Node): boolean {
  let inner = file.parentOf(property);
  let parent = inner && file.parentOf(inner);
  while (parent?.type === 'ObjectProperty') {
    inner = file.parentOf(parent);
    parent = inner && file.parentOf(inner);
  }
  return (parent?.type === 'CallExpression' || parent?.type === 'NewExpression') && parent.callee !== inner;
}

/** Whether what is assigned to belongs to code that nobody sees: `globalThis.run`, `app.locals.run`. */
function isOutside(file: SourceFile, target: Node): boolean {
  const root = target.type === 'MemberExpression' ? chainRoot(target) : undefined;
  if (root?.type !== 'Identifier') return false;
  const binding = file.scopes.bindingOf(root);
  return binding === undefined ? !/^(?:module|exports)$/.test(root.name) : binding.kind === 'parameter';
}

function lostAt(file: SourceFile, wrap: Node): Bridge {
  const reason = `«${file.textOf(wrap)}» is handed on, and what it wraps there cannot be followed`;
  return {
    file,
    wrap,
    argument: undefined,
    options: undefined,
    application: undefined,
    doubt: { code: 'MA120', reason },
    closure: undefined,
    target: undefined,
    operations: [],
  };
}

function calledWrapper(index: WrapperIndex, file: SourceFile, call: Call): Wrapper | undefined {
  const callee = unwrapped(call.callee);
  const member = memberName(callee);
  if (member !== undefined && member !== 'default' && !index.words.has(member)) return undefined;
  return index.wrappers.of(file, callee);
}

function bridgeAt(file: SourceFile, evaluator: Evaluator, wrap: Call, wrapper: Wrapper): Bridge {
  const [argument, second] = wrap.arguments;
  const handed = argument && unwrapped(argument);
  const closure = handed && isFunction(handed) ? handed : undefined;
  const base = {
    file,
    wrap,
    argument,
    options: wrapper.helper === undefined ? second : wrapper.helper.options,
    application: applicationOf(file, wrap),
    doubt: wrapper.doubt,
    closure,
  };
  if (handed === undefined) return { ...base, target: undefined, operations: [] };
  if (closure !== undefined)
    return { ...base, target: undefined, operations: ormOperationsIn(evaluator, file, closure.body) };
  proveReceiver(ormFlow(evaluator), file, handed, wrap);
  const known = receiverKnowledge(evaluator, file, handed);
  if (known.kind === 'operation') return { ...base, target: undefined, operations: [known.operation] };
  if (known.kind !== 'function') return { ...base, target: undefined, operations: [] };
  return {
    ...base,
    target: { kind: 'function', file: known.file, node: known.node, environment: new Map() },
    operations: ormOperationsIn(evaluator, known.file, known.node.body),
  };
}

/** The call of what the wrapper gave, where it stands right there: casts and `!` in between change no value. */
function applicationOf(file: SourceFile, wrap: Node): Call | undefined {
  let inner = wrap;
  for (let outer = file.parentOf(inner); outer !== undefined; outer = file.parentOf(outer)) {
    if (outer.type === 'CallExpression' || outer.type === 'OptionalCallExpression')
      return outer.callee === inner ? outer : undefined;
    if (unwrapped(outer) !== unwrapped(wrap)) return undefined;
    inner = outer;
  }
  return undefined;
}
