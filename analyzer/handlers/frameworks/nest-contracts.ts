import type { Node } from '@babel/types';
import { type Evaluator, type Value, walk } from '../../sources/index.ts';
import type { Handler } from '../handler.ts';
import type { Method } from '../routing/class-methods.ts';
import type { Applied } from '../routing/decorators.ts';
import { argumentValues } from '../routing/options.ts';
import { locationOf, referenceName, targetOf } from '../routing/targets.ts';
import { contractOf, implementedBy, routeOf } from './ts-rest-contracts.ts';

/** A route that a contract of ts-rest gives a controller. */
export interface ContractRoute extends Pick<Handler, 'method' | 'paths' | 'location' | 'target'> {}

/**
 * What `@TsRestHandler(contract)` registers: the route of the contract, or each of its routes, answered by the
 * functions that the method gives to `tsRestHandler(contract, …)`.
 * @returns `undefined` for any other decorator
 */
export function contractRoutes(
  evaluator: Evaluator,
  decorator: Applied,
  method: Method,
): readonly ContractRoute[] | undefined {
  if (decorator.name !== 'TsRestHandler' || !decorator.module.startsWith('@ts-rest/nest')) return undefined;
  const contracts = (decorator.arguments[0] ?? []).flatMap((value) => contractOf(evaluator, value));
  const answers = answersOf(evaluator, method);
  return contracts.flatMap((contract): readonly ContractRoute[] => {
    const route = routeOf(evaluator, contract);
    if (route === undefined) {
      return answers
        .flatMap(({ values }) => values)
        .flatMap((value) => implementedBy(evaluator, contract, value, () => []))
        .map(({ answer, ...own }) => ({ ...own, target: targetOf(evaluator, answer) }));
    }
    const location = locationOf(method.owner.file, decorator.node);
    const [answer] = answers;
    return [{ ...route, location, target: answer && targetOf(evaluator, answer) }];
  });
}

/** The second arguments of the `tsRestHandler(contract, …)` calls in a method. */
function answersOf(evaluator: Evaluator, { value, owner }: Method) {
  const found: {
    file: typeof owner.file;
    node: Node;
    environment: typeof value.environment;
    values: readonly Value[];
  }[] = [];
  walk(value.node.body, (node) => {
    if (node.type !== 'CallExpression' || referenceName(node.callee) !== 'tsRestHandler') return true;
    const [, answer] = node.arguments;
    const { file, environment } = value;
    if (answer !== undefined)
      found.push({
        file,
        node: answer,
        environment,
        values: argumentValues(evaluator, { file, node, environment }, 1),
      });
    return false;
  });
  return found;
}
