import type { Node } from '@babel/types';
import {
  type CallPlace,
  callsOf,
  type Evaluator,
  isTestFile,
  noEnvironment,
  type Sources,
} from '../../sources/index.ts';
import type { Discovery, Framework, Handler } from '../handler.ts';
import { operandsOf } from '../routing/operands.ts';
import { argumentValues, option } from '../routing/options.ts';
import { functionLocation, middlewareOf, referenceName, targetOf } from '../routing/targets.ts';
import { contractOf, type Implemented, implementedBy } from './ts-rest-contracts.ts';

/** ts-rest: functions under the names of a contract, which says their methods and paths. */
export const tsRest: Framework = {
  name: 'ts-rest',
  packages: /^@ts-rest\/(?!core|react|open-api|nest)/,
  discover(sources, evaluator) {
    if (evaluator.references.graph.usersOf(this.packages).size === 0) return { handlers: [], dynamic: [] };
    return discoverContracts(sources, evaluator);
  },
};

/** Calls that put a contract and its functions together. */
const implementing = /^(?:router|createNextRoute|createRouter)$/;

function discoverContracts(sources: Sources, evaluator: Evaluator): Discovery {
  /** What is mounted under the contract of another call has the paths that one gives it. */
  const mounted = new Set<Node>();
  const inner = (made: CallPlace) => {
    mounted.add(made.node);
    return argumentValues(evaluator, made, 1);
  };
  const found = implementingCalls(sources, evaluator).map((place) => {
    const contracts = argumentValues(evaluator, place, 0).flatMap((value) => contractOf(evaluator, value));
    const entries = argumentValues(evaluator, place, 1).flatMap((implementation) =>
      contracts.flatMap((contract) => implementedBy(evaluator, contract, implementation, inner)),
    );
    return { place, entries };
  });
  const own = found.filter(({ place }) => !mounted.has(place.node));
  return {
    handlers: own.flatMap(({ entries }) => entries.map((entry) => route(evaluator, entry))),
    dynamic: [],
  };
}

function implementingCalls(sources: Sources, evaluator: Evaluator): readonly CallPlace[] {
  return sources.mentioning(['outer(', 'createNextRoute(']).flatMap((path) => {
    const file = isTestFile(path) ? undefined : sources.file(path);
    if (file === undefined) return [];
    const calls = callsOf(file).all.filter(
      (call) =>
        implementing.test(referenceName(call.callee) ?? '') &&
        evaluator
          .evaluate(file, call.callee)
          .some((value) => value.kind === 'api' && tsRest.packages.test(value.module)),
    );
    return calls.map((node) => ({ file, node }));
  });
}

/** `async ({ params }) => …`, or `{ middleware: […], handler }`. */
function route(evaluator: Evaluator, { method, paths, location, answer }: Implemented): Handler {
  const answering = option(evaluator, answer.values, 'handler') ?? answer;
  const before = option(evaluator, answer.values, 'middleware');
  const target = targetOf(evaluator, answering);
  return {
    framework: 'ts-rest',
    kind: 'route',
    method,
    paths,
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
