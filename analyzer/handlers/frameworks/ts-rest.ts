import {
  type ApiValue,
  type CallPlace,
  callsOf,
  type Evaluator,
  isTestFile,
  keyName,
  noEnvironment,
  type Sources,
  type Value,
} from '../../sources/index.ts';
import type { Discovery, Framework, Handler } from '../handler.ts';
import { type Operand, operandsOf } from '../routing/operands.ts';
import { argumentValues, option } from '../routing/options.ts';
import { joinPaths, optionTexts } from '../routing/paths.ts';
import { functionLocation, locationOf, middlewareOf, referenceName, targetOf } from '../routing/targets.ts';

/** ts-rest: functions under the names of a contract, which says their methods and paths. */
export const tsRest: Framework = {
  name: 'ts-rest',
  packages: /^@ts-rest\/(?!core|react|open-api)/,
  discover(sources, evaluator) {
    if (evaluator.references.graph.usersOf(this.packages).size === 0) return { handlers: [], dynamic: [] };
    return discoverContracts(sources, evaluator);
  },
};

/** Calls that put a contract and its functions together. */
const implementing = /^(?:router|createNextRoute|createRouter)$/;

/** How deep contracts may be nested before they are taken for a cycle. */
const deepest = 10;

function discoverContracts(sources: Sources, evaluator: Evaluator): Discovery {
  const handlers: Handler[] = [];
  for (const path of sources.mentioning(['outer(', 'createNextRoute('])) {
    const file = isTestFile(path) ? undefined : sources.file(path);
    for (const call of file ? callsOf(file).all : []) {
      if (file === undefined || !implementing.test(referenceName(call.callee) ?? '')) continue;
      const isServer = evaluator
        .evaluate(file, call.callee)
        .some((value) => value.kind === 'api' && tsRest.packages.test(value.module));
      if (!isServer) continue;
      const place = { file, node: call };
      const contracts = argumentValues(evaluator, place, 0).flatMap((value) =>
        contractOf(evaluator, value, 0),
      );
      for (const implementation of argumentValues(evaluator, place, 1))
        for (const contract of contracts)
          handlers.push(...implemented(evaluator, contract, implementation, 0));
    }
  }
  return { handlers, dynamic: [] };
}

/** A contract or a part of one, with what stands before its paths. */
interface Contract {
  readonly value: Value;
  readonly prefix: string;
}

/** What `contract.posts` stands for when `contract` is `c.router({ posts: … }, { pathPrefix })`. */
function contractOf(evaluator: Evaluator, value: Value, depth: number): readonly Contract[] {
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

function implemented(
  evaluator: Evaluator,
  contract: Contract,
  implementation: Value,
  depth: number,
): readonly Handler[] {
  // What another `router(…)` call made is read where that call stands.
  if (implementation.kind !== 'object' || depth > deepest) return [];
  return implementation.node.properties.flatMap((property): readonly Handler[] => {
    if (property.type === 'SpreadElement') {
      return evaluator
        .evaluate(implementation.file, property.argument, implementation.environment)
        .flatMap((value) => implemented(evaluator, contract, value, depth + 1));
    }
    const name = keyName(property);
    const operand = name === undefined ? undefined : option(evaluator, [implementation], name);
    if (name === undefined || operand === undefined) return [];
    return part(evaluator, contract, name, 0).flatMap((own) => {
      const [method] = optionTexts(evaluator, [own.value], 'method') ?? [];
      const paths = optionTexts(evaluator, [own.value], 'path');
      if (method === undefined || paths === undefined)
        return operand.values.flatMap((value) => implemented(evaluator, own, value, depth + 1));
      const location = locationOf(implementation.file, property.key);
      return [
        route(
          evaluator,
          operand,
          { method, paths: paths.map((path) => joinPaths(own.prefix, path)) },
          location,
        ),
      ];
    });
  });
}

/** `async ({ params }) => …`, or `{ middleware: […], handler }`. */
function route(
  evaluator: Evaluator,
  given: Operand,
  { method, paths }: Pick<Handler, 'method' | 'paths'>,
  location: Handler['location'],
): Handler {
  const answering = option(evaluator, given.values, 'handler') ?? given;
  const before = option(evaluator, given.values, 'middleware');
  const target = targetOf(evaluator, answering);
  return {
    framework: 'ts-rest',
    kind: 'route',
    method: method.toUpperCase(),
    paths: [...paths].sort(),
    location,
    target: target.value ? { ...target, location: functionLocation(target.value) } : target,
    middlewares: before
      ? operandsOf(evaluator, before.file, [before.node], before.environment ?? noEnvironment).map(
          (operand) => middlewareOf(evaluator, operand),
        )
      : [],
    condition: undefined,
  };
}
