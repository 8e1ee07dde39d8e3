import type { Node } from '@babel/types';
import type { CallSite, Evaluator } from './evaluator.ts';
import { contains, type Frame } from './frames.ts';
import { listItems, mapItems } from './lists.ts';
import { declaredIdentifiers, destructured } from './patterns.ts';
import type { Binding } from './scopes.ts';
import type { SourceFile } from './source-file.ts';
import { type FunctionNode, memberName, unwrapped } from './tree.ts';
import { annotatedValues } from './types.ts';
import {
  type ClassNode,
  type Environment,
  type FunctionValue,
  type ListItem,
  noEnvironment,
  type Value,
} from './values.ts';

export { listItems };

const none: readonly Value[] = [];

/** The frame of `callee` for one call: its parameters bound to the arguments. */
export function environmentOf(
  evaluator: Evaluator,
  callee: FunctionValue,
  site: CallSite,
  environment: Environment,
): Environment {
  const { file, node } = callee;
  return evaluator.frames.enter(
    { file, owner: node },
    callee.environment,
    { file: site.file, node: site.call, environment },
    callee.self,
    (frame) => bindArguments(evaluator, frame, node, site, environment),
  );
}

/** Binds the parameters of `node` to the arguments of a call. */
export function bindArguments(
  evaluator: Evaluator,
  frame: Frame,
  node: FunctionNode,
  site: CallSite,
  environment: Environment,
): void {
  bindParameters(evaluator, frame, node, (index, rest) =>
    argument(evaluator, site, environment, index, rest),
  );
}

/** The frame of a callback for one element of the list it is called with. */
export function elementFrame(
  evaluator: Evaluator,
  callback: Pick<FunctionValue, 'file' | 'node'>,
  outer: Environment,
  item: ListItem,
): Environment {
  return evaluator.frames.enter(
    { file: callback.file, owner: callback.node },
    outer,
    { file: item.file, node: item.node, environment: item.environment ?? outer },
    undefined,
    (frame) =>
      bindParameters(evaluator, frame, callback.node, (index) =>
        index === 0 ? item.values : index === 1 ? item.further : undefined,
      ),
  );
}

/**
 * Binds every name the parameters declare.
 * @param given values of the argument at an index, or of the rest from it; `undefined` when there is none
 */
function bindParameters(
  evaluator: Evaluator,
  frame: Frame,
  node: FunctionNode,
  given: (index: number, rest: boolean) => readonly Value[] | undefined,
): void {
  node.params.forEach((parameter, index) => {
    const pattern = parameter.type === 'TSParameterProperty' ? parameter.parameter : parameter;
    const rest = pattern.type === 'RestElement';
    const values = given(index, rest) ?? none;
    bindPattern(evaluator, frame, pattern, values);
  });
}

/** Binds every name a pattern declares to its part of `values`. */
export function bindPattern(
  evaluator: Evaluator,
  frame: Frame,
  pattern: Node,
  values: readonly Value[],
): void {
  const { file } = frame;
  const taken = pattern.type === 'RestElement' ? pattern.argument : pattern;
  for (const identifier of declaredIdentifiers(pattern)) {
    const binding = file.scopes.bindingOf(identifier);
    if (binding === undefined) continue;
    const found = destructured(evaluator, file, taken, binding, values, frame);
    frame.set(binding, found.length > 0 ? found : declaredType(evaluator, file, pattern, binding));
  }
}

/** What the annotation of a parameter promises of a name in it: `{ openai }: Services` too. */
function declaredType(
  evaluator: Evaluator,
  file: SourceFile,
  pattern: Node,
  binding: Binding,
): readonly Value[] {
  const typed = pattern.type === 'AssignmentPattern' ? pattern.left : pattern;
  const values = annotatedValues(evaluator, file, typed);
  return values.length === 0 ? none : destructured(evaluator, file, typed, binding, values, noEnvironment);
}

/** The values of the argument at `index`, or of all from there as one list. */
function argument(
  evaluator: Evaluator,
  site: CallSite,
  environment: Environment,
  index: number,
  rest: boolean,
): readonly Value[] | undefined {
  const { file } = site;
  const before = site.call.arguments.slice(0, index + 1);
  if (rest) return [{ kind: 'list', items: restItems(evaluator, site, environment, index) }];
  if (before.some(({ type }) => type === 'SpreadElement')) {
    return restItems(evaluator, site, environment, 0)[index]?.values;
  }
  const own = site.call.arguments[index];
  return own === undefined ? undefined : evaluator.evaluate(file, own, environment);
}

function restItems(
  evaluator: Evaluator,
  site: CallSite,
  environment: Environment,
  from: number,
): readonly ListItem[] {
  const { file } = site;
  return site.call.arguments.slice(from).flatMap((node): readonly ListItem[] => {
    if (node.type !== 'SpreadElement')
      return [{ file, node, environment, values: evaluator.evaluate(file, node, environment) }];
    const spread = evaluator.evaluate(file, node.argument, environment);
    return spread.flatMap((value) => listItems(evaluator, value) ?? []);
  });
}

/** What a parameter receives when it is not known which call is meant: the arguments of all, else its declared type. */
export function parameterValues(
  evaluator: Evaluator,
  file: SourceFile,
  node: FunctionNode,
  binding: Binding,
): readonly Value[] {
  const index = node.params.findIndex((parameter) => contains(parameter, binding.identifier));
  const parameter = node.params[index];
  if (parameter === undefined) return none;
  const pattern = parameter.type === 'TSParameterProperty' ? parameter.parameter : parameter;
  const rest = pattern.type === 'RestElement';
  const received = receivedValues(evaluator, file, node, index, rest);
  const taken = rest ? pattern.argument : pattern;
  const found = destructured(evaluator, file, taken, binding, received, noEnvironment);
  return found.length > 0 ? found : declaredType(evaluator, file, pattern, binding);
}

function receivedValues(
  evaluator: Evaluator,
  file: SourceFile,
  node: FunctionNode,
  index: number,
  rest: boolean,
): readonly Value[] {
  const looped = index < 2 ? iteratedItems(evaluator, file, node, noEnvironment) : undefined;
  if (looped !== undefined)
    return looped.flatMap((item) => (index === 0 ? item.values : (item.further ?? none)));
  const callee = constructedClass(file, node) ?? node;
  const given = evaluator
    .callSites(file, callee)
    .flatMap((site) => argument(evaluator, site, noEnvironment, index, rest) ?? none);
  return given.length > 0 || index !== 1 ? given : registeredOptions(evaluator, file, node);
}

/** What a plugin is registered with: `app.register(plugin, options)` calls `plugin(instance, options)`. */
function registeredOptions(evaluator: Evaluator, file: SourceFile, node: FunctionNode): readonly Value[] {
  return evaluator.referencesTo(file, node).flatMap((place) => {
    const call = place.file.parentOf(place.node);
    if (call?.type !== 'CallExpression' || call.arguments[0] !== place.node) return none;
    const [, options] = call.arguments;
    if (options === undefined || memberName(unwrapped(call.callee)) !== 'register') return none;
    return evaluator.evaluate(place.file, options, noEnvironment);
  });
}

const iterating = /^(?:forEach|map|flatMap|filter|some|every|find)$/;

/** `routes.forEach((route) => …)`: what a callback is called with, one by one; `undefined` for any other function. */
export function iteratedItems(
  evaluator: Evaluator,
  file: SourceFile,
  node: FunctionNode,
  environment: Environment,
): readonly ListItem[] | undefined {
  const call = file.parentOf(node);
  if (call?.type !== 'CallExpression' || call.arguments[0] !== node) return undefined;
  const callee = unwrapped(call.callee);
  if (callee.type !== 'MemberExpression') return undefined;
  const name = memberName(callee) ?? '';
  const values = () => evaluator.evaluate(file, callee.object, environment);
  // `import('./x').then((module) => …)` runs once, with what the promise gives.
  if (name === 'then') return [{ file, node: callee.object, environment, values: values() }];
  const elements = () => values().flatMap((list) => listItems(evaluator, list) ?? []);
  const [, initial] = call.arguments;
  if (/^reduce(?:Right)?$/.test(name) && initial !== undefined) {
    // Whatever the turns give is taken for what the first one was given: an application that is passed on.
    const first = evaluator.evaluate(file, initial, environment);
    return elements().map((item) => ({ ...item, values: first, further: item.values }));
  }
  if (!iterating.test(name)) return undefined;
  const pairs =
    name === 'forEach' ? values().flatMap((list) => mapItems(evaluator, 'values', list) ?? []) : [];
  return pairs.length > 0 ? pairs : elements();
}

/** The class a constructor belongs to: calls of the one are `new` of the other. */
export function constructedClass(file: SourceFile, node: FunctionNode): ClassNode | undefined {
  return node.type === 'ClassMethod' && node.kind === 'constructor' ? file.classAround(node) : undefined;
}
