import { type ApiValue, type CallPlace, type Evaluator, keyName, type Value } from '../../sources/index.ts';
import type { Handler } from '../handler.ts';
import type { Operand } from '../routing/operands.ts';
import { argumentsOf, argumentValues, option } from '../routing/options.ts';
import { joinPaths, optionTexts } from '../routing/paths.ts';
import { locationOf } from '../routing/targets.ts';

/** How deep contracts may be nested before they are taken for a cycle. */
const deepest = 10;

/** A contract or a part of one, with what stands before its paths. */
export interface Contract {
  readonly value: Value;
  readonly prefix: string;
}

/** What `contract.posts` stands for when `contract` is `c.router({ posts: … }, { pathPrefix })`. */
export function contractOf(evaluator: Evaluator, value: Value, depth = 0): readonly Contract[] {
  if (value.kind === 'object') return [{ value, prefix: '' }];
  if (value.kind !== 'api' || !value.module.startsWith('@ts-rest/core') || depth > deepest) return [];
  const index = value.steps.findIndex((step, at) => step.kind === 'call' && isRouterStep(value, at));
  const step = value.steps[index];
  const made = step?.kind === 'call' ? step.at : undefined;
  if (made === undefined) return [];
  let found = declared(evaluator, made, depth);
  for (const next of value.steps.slice(index + 1))
    found = next.kind === 'member' ? found.flatMap((one) => part(evaluator, one, next.name, depth + 1)) : [];
  return found;
}

function isRouterStep({ steps }: ApiValue, index: number): boolean {
  const before = steps[index - 1];
  return before?.kind === 'member' && before.name === 'router';
}

function declared(evaluator: Evaluator, made: CallPlace, depth: number): readonly Contract[] {
  const [prefix = ''] = optionTexts(evaluator, argumentValues(evaluator, made, 1), 'pathPrefix') ?? [];
  return argumentValues(evaluator, made, 0)
    .flatMap((value) => contractOf(evaluator, value, depth + 1))
    .map((own) => ({ ...own, prefix: prefix + own.prefix }));
}

function part(
  evaluator: Evaluator,
  { value, prefix }: Contract,
  name: string,
  depth: number,
): readonly Contract[] {
  return evaluator
    .member(value, name)
    .flatMap((own) => contractOf(evaluator, own, depth))
    .map((own) => ({ ...own, prefix: prefix + own.prefix }));
}

/** One route of a contract and the function that answers it. */
export interface Implemented extends Pick<Handler, 'method' | 'paths' | 'location'> {
  readonly answer: Operand;
}

/** Method and full paths of a contract that is one route; `undefined` when it holds several. */
export function routeOf(
  evaluator: Evaluator,
  { value, prefix }: Contract,
): Pick<Handler, 'method' | 'paths'> | undefined {
  const [method] = optionTexts(evaluator, [value], 'method') ?? [];
  const paths = optionTexts(evaluator, [value], 'path');
  if (method === undefined || paths === undefined) return undefined;
  return { method: method.toUpperCase(), paths: paths.map((path) => joinPaths(prefix, path)).sort() };
}

/**
 * The functions under the names of a contract.
 * @param inner reads what another `router(contract, …)` call made, whose routes are this contract's
 */
export function implementedBy(
  evaluator: Evaluator,
  contract: Contract,
  implementation: Value,
  inner: (made: CallPlace) => readonly Value[],
  depth = 0,
): readonly Implemented[] {
  if (depth > deepest) return [];
  const below = (own: Contract, value: Value) => implementedBy(evaluator, own, value, inner, depth + 1);
  if (implementation.kind === 'api') {
    const last = implementation.steps.at(-1);
    const made = last?.kind === 'call' && argumentsOf(last.at).length > 1 ? last.at : undefined;
    return made === undefined ? [] : inner(made).flatMap((value) => below(contract, value));
  }
  if (implementation.kind !== 'object') return [];
  return implementation.node.properties.flatMap((property): readonly Implemented[] => {
    if (property.type === 'SpreadElement') {
      return evaluator
        .evaluate(implementation.file, property.argument, implementation.environment)
        .flatMap((value) => below(contract, value));
    }
    const name = keyName(property);
    const answer = name === undefined ? undefined : option(evaluator, [implementation], name);
    if (name === undefined || answer === undefined) return [];
    return part(evaluator, contract, name, 0).flatMap((own) => {
      const route = routeOf(evaluator, own);
      if (route === undefined) return answer.values.flatMap((value) => below(own, value));
      return [{ ...route, answer, location: locationOf(implementation.file, property.key) }];
    });
  });
}
