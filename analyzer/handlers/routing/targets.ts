import type { Node } from '@babel/types';
import type { Location } from '../../analysis.ts';
import {
  type ApiValue,
  apiPath,
  columnOf,
  type Evaluator,
  type FunctionNode,
  type FunctionValue,
  isFunction,
  keyName,
  lineOf,
  memberName,
  type SourceFile,
  unwrapped,
  type Value,
} from '../../sources/index.ts';
import type { Around, HandlerTarget, Middleware } from '../handler.ts';
import { givenToNamed } from './named-wrappers.ts';
import type { Operand } from './operands.ts';
import { wrappedIn, wrapsUnknown } from './wrappers.ts';

/** Wrappers inside wrappers beyond this are left as they are. */
const mostWrappers = 8;

export function locationOf(file: SourceFile, node: Node): Location {
  return { file: file.path, line: lineOf(node), column: columnOf(node) };
}

/** Where a function is: its name for a method, whose decorators may start lines above, else its start. */
export function functionLocation({ file, node }: Pick<FunctionValue, 'file' | 'node'>): Location {
  return locationOf(file, 'key' in node ? node.key : node);
}

/** The code behind an operand, with the wrappers around it taken off. */
export function targetOf(evaluator: Evaluator, operand: Operand): HandlerTarget {
  const taken: TakenOff = { wrappers: [], around: [] };
  const found = unwrap(evaluator, operand, taken, 0);
  const { wrappers, around } = taken;
  if (found.function !== undefined) {
    const value = found.function;
    const reference = wrappers.length === 0 ? referenceName(operand.node) : undefined;
    const name = functionName(value) ?? reference ?? 'anonymous';
    return { name, location: functionLocation(value), value, wrappers, ...(around.length > 0 && { around }) };
  }
  const { api } = found;
  const location = locationOf(found.operand.file, found.operand.node);
  const name = api === undefined ? (referenceName(found.operand.node) ?? 'unknown') : apiPath(api);
  return { name, location, value: undefined, wrappers };
}

/** The access path when what answers comes from outside the project. */
export function foreignTarget(evaluator: Evaluator, operand: Operand): string | undefined {
  const found = unwrap(evaluator, operand, { wrappers: [], around: [] }, 0);
  return found.function === undefined && found.api !== undefined ? apiPath(found.api) : undefined;
}

export function middlewareOf(evaluator: Evaluator, operand: Operand): Middleware {
  const found = unwrap(evaluator, operand, { wrappers: [], around: [] }, 0);
  const own = operand.values.find((value) => value.kind === 'function');
  const value = found.function ?? own;
  const reference = referenceName(operand.node);
  if (value !== undefined) {
    return {
      name: reference ?? functionName(value) ?? 'anonymous',
      location: functionLocation(value),
      api: undefined,
      value,
    };
  }
  const api = found.api === undefined ? undefined : apiPath(found.api);
  const location = locationOf(operand.file, operand.node);
  return { name: reference ?? api ?? 'unknown', location, api, value: undefined };
}

/** What was found around a function. */
interface TakenOff {
  readonly wrappers: string[];
  readonly around: Around[];
}

interface Unwrapped {
  readonly function: FunctionValue | undefined;
  readonly api: ApiValue | undefined;
  readonly operand: Operand;
}

function unwrap(evaluator: Evaluator, operand: Operand, taken: TakenOff, depth: number): Unwrapped {
  const named = depth < mostWrappers ? givenToNamed(evaluator, operand) : undefined;
  if (named !== undefined) {
    const { wrapper, made } = named;
    taken.wrappers.push(wrapper.wrapper);
    if (made !== undefined && wrapper.middleware !== false)
      taken.around.push({ name: wrapper.wrapper, value: made });
    return unwrap(evaluator, named.operand, taken, depth + 1);
  }
  const functions = operand.values.filter((own): own is FunctionValue => own.kind === 'function');
  // A wrapper that may be called in several ways (`scope, handler` and `handler`) is told by the one that fits.
  const value = functions.find((own) => !wrapsUnknown(own)) ?? functions[0];
  if (value !== undefined) return unwrapFunction(evaluator, operand, value, taken, depth);
  const api = operand.values.find((own): own is ApiValue => own.kind === 'api' && !isSettingLike(own));
  const inner = depth < mostWrappers ? wrappedArgument(evaluator, operand, api) : undefined;
  if (inner !== undefined) {
    taken.wrappers.push(inner.wrapper);
    return unwrap(evaluator, inner.operand, taken, depth + 1);
  }
  return { function: undefined, api, operand };
}

function unwrapFunction(
  evaluator: Evaluator,
  operand: Operand,
  value: FunctionValue,
  taken: TakenOff,
  depth: number,
): Unwrapped {
  const wrapped = depth < mostWrappers ? wrappedIn(evaluator, value) : undefined;
  if (wrapped === undefined) return { function: value, api: undefined, operand };
  if (wrapped.wrapper !== undefined) {
    taken.wrappers.push(wrapped.wrapper);
    taken.around.push({ name: wrapped.wrapper, value });
  }
  const inner: Operand = { ...operand, values: wrapped.values };
  return unwrap(evaluator, inner, taken, depth + 1);
}

/** `process.env.X` and the like: never something that answers. */
function isSettingLike({ module, steps }: ApiValue): boolean {
  return module === 'global' && steps[0]?.kind === 'member' && steps[0].name === 'process';
}

/** A call from outside the project, or of something unknown, that is given a function: it wraps that function. */
function wrappedArgument(
  evaluator: Evaluator,
  operand: Operand,
  api: ApiValue | undefined,
): { readonly operand: Operand; readonly wrapper: string } | undefined {
  const made = api?.steps.at(-1);
  const at = made?.kind === 'call' ? made.at : undefined;
  const node = at?.node ?? (operand.values.length === 0 ? unwrapped(operand.node) : undefined);
  if (node?.type !== 'CallExpression' && node?.type !== 'OptionalCallExpression') return undefined;
  const file = at?.file ?? operand.file;
  const environment = at?.environment ?? operand.environment;
  const given = node.arguments.flatMap((argument) => {
    const values = evaluator.evaluate(file, argument, environment);
    const wraps = values.some((value) => value.kind === 'function') || isFunction(unwrapped(argument));
    const nested =
      values.some((value) => value.kind === 'api') && unwrapped(argument).type === 'CallExpression';
    return wraps || nested
      ? [{ operand: { file, node: unwrapped(argument), environment, values }, wraps }]
      : [];
  });
  const functions = given.filter(({ wraps }) => wraps);
  // Options may hold callbacks too; the function that answers is given last.
  const chosen =
    functions.at(-1) ?? (given.length === 1 && node.arguments.length === 1 ? given[0] : undefined);
  if (chosen === undefined) return undefined;
  if (
    functions.length === 0 &&
    wrappedArgument(evaluator, chosen.operand, apiOf(chosen.operand.values)) === undefined
  )
    return undefined;
  const wrapper = api === undefined ? file.textOf(node.callee) : apiPath(api).replace(/\(\)$/, '');
  return { operand: chosen.operand, wrapper };
}

function apiOf(values: readonly Value[]): ApiValue | undefined {
  return values.find((value) => value.kind === 'api');
}

/** The name a function is declared or kept under. */
export function functionName({ file, node }: Pick<FunctionValue, 'file' | 'node'>): string | undefined {
  if ('key' in node)
    return keyName({ key: node.key, computed: 'computed' in node && node.computed === true });
  if ('id' in node && node.id) return node.id.name;
  return keptName(file, node);
}

function keptName(file: SourceFile, node: FunctionNode): string | undefined {
  for (
    let inner: Node = node, above = file.parentOf(inner);
    above !== undefined;
    above = file.parentOf(inner)
  ) {
    if (above.type === 'VariableDeclarator')
      return above.id.type === 'Identifier' ? above.id.name : undefined;
    if (above.type === 'AssignmentExpression') {
      return above.left.type === 'Identifier' ? above.left.name : memberName(above.left);
    }
    if (above.type === 'ObjectProperty' || above.type === 'ClassProperty') {
      return keyName({ key: above.key, computed: above.computed });
    }
    const passes =
      unwrapped(above) !== above || above.type === 'CallExpression' || above.type === 'AwaitExpression';
    if (!passes || (above.type === 'CallExpression' && (above.callee === inner || isMethod(above))))
      return undefined;
    inner = above;
  }
  return undefined;
}

/** `router.get(…)` is not a wrapper whose result is the function under another name. */
function isMethod(call: Node & { type: 'CallExpression' }): boolean {
  const name = memberName(unwrapped(call.callee)) ?? '';
  return /^(?:get|post|put|delete|patch|options|head|all|use|on|route|openapi|then|forEach|map)$/.test(name);
}

/** The last part of how something is referred to: `login` of `controller.login`, `limit` of `limit(10)`. */
export function referenceName(given: Node): string | undefined {
  const node = unwrapped(given);
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'CallExpression' || node.type === 'OptionalCallExpression') {
    const callee = unwrapped(node.callee);
    if (memberName(callee) === 'bind' && callee.type === 'MemberExpression')
      return referenceName(callee.object);
    return callee.type === 'Identifier' || memberName(callee) !== undefined
      ? referenceName(callee)
      : undefined;
  }
  return memberName(node);
}
