import {
  type Call,
  callsOf,
  constantText,
  type Evaluator,
  isFunction,
  type SourceFile,
  type Sources,
  unwrapped,
  type Value,
} from '../../sources/index.ts';
import { option } from '../routing/options.ts';
import { isUnknown, pathTexts } from '../routing/paths.ts';

/**
 * What `configService.get('app.prefix')` gives where the source says it: the default in the call, what
 * `registerAs('app', () => ({ prefix }))` returns, or what a factory given to `ConfigModule` returns.
 */
export function configuredText(
  sources: Sources,
  evaluator: Evaluator,
  file: SourceFile,
  read: Call,
): string | undefined {
  const [key, standard] = read.arguments;
  if (standard && standard.type !== 'ObjectExpression') {
    const [text] = pathTexts(evaluator, file, standard, new Map());
    if (text !== undefined && !isUnknown(text)) return text;
  }
  const name = key && constantText(evaluator.evaluate(file, key));
  if (name === undefined) return undefined;
  const [space = '', ...rest] = name.split('.');
  for (const { namespace, values } of configurations(sources, evaluator)) {
    const parts = namespace === undefined ? [space, ...rest] : namespace === space ? rest : undefined;
    const text = parts && textAt(evaluator, values, parts);
    if (text !== undefined) return text;
  }
  return undefined;
}

interface Configuration {
  readonly namespace: string | undefined;
  readonly values: readonly Value[];
}

function* configurations(sources: Sources, evaluator: Evaluator): Generator<Configuration> {
  for (const path of sources.mentioning(['registerAs', 'ConfigModule'])) {
    const file = sources.file(path);
    if (file === undefined) continue;
    for (const binding of file.scopes.topLevel.values()) {
      if (binding.name !== 'registerAs') continue;
      for (const reference of binding.references) {
        const call = file.parentOf(reference);
        if (call?.type !== 'CallExpression' || call.callee !== reference) continue;
        const [name, factory] = call.arguments;
        const namespace = name && constantText(evaluator.evaluate(file, name));
        if (factory) yield { namespace, values: returned(evaluator, file, factory) };
      }
    }
    for (const call of callsOf(file).byMember.get('forRoot') ?? []) {
      const options = call.arguments[0] ? evaluator.evaluate(file, call.arguments[0]) : [];
      for (const list of option(evaluator, options, 'load')?.values ?? [])
        for (const { values } of evaluator.elements(list) ?? []) {
          yield { namespace: undefined, values: values.flatMap((value) => resultOf(evaluator, value)) };
        }
    }
  }
}

function returned(
  evaluator: Evaluator,
  file: SourceFile,
  factory: Call['arguments'][number],
): readonly Value[] {
  const bare = unwrapped(factory);
  if (!isFunction(bare)) return evaluator.evaluate(file, bare).flatMap((value) => resultOf(evaluator, value));
  return evaluator.returnExpressions(bare).flatMap((node) => evaluator.evaluate(file, node));
}

function resultOf(evaluator: Evaluator, value: Value): readonly Value[] {
  if (value.kind !== 'function') return [];
  return evaluator
    .returnExpressions(value.node)
    .flatMap((node) => evaluator.evaluate(value.file, node, value.environment));
}

function textAt(
  evaluator: Evaluator,
  values: readonly Value[],
  parts: readonly string[],
): string | undefined {
  const [first, ...rest] = parts;
  if (first === undefined) return undefined;
  const found = option(evaluator, values, first);
  if (found === undefined) return undefined;
  if (rest.length > 0) return textAt(evaluator, found.values, rest);
  const [text] = pathTexts(evaluator, found.file, found.node, found.environment);
  return text === undefined || isUnknown(text) ? undefined : text;
}
