import type { Node } from '@babel/types';
import { type CallPlace, type Evaluator, keyName, noEnvironment, type Value } from '../../sources/index.ts';
import type { Operand } from './operands.ts';

/** The arguments of the call or `new` at a place. */
export function argumentsOf(place: CallPlace | undefined): readonly Node[] {
  return place !== undefined && 'arguments' in place.node ? place.node.arguments : [];
}

/** Objects that spread objects that spread objects beyond this spread themselves. */
const deepestSpread = 20;

/** One property of an options object: where its value is written and what it may be. */
export function option(
  evaluator: Evaluator,
  values: readonly Value[],
  name: string,
  depth = 0,
): Operand | undefined {
  for (const value of values) {
    if (value.kind !== 'object') continue;
    for (const property of [...value.node.properties].reverse()) {
      if (property.type === 'SpreadElement') {
        const spread = evaluator.evaluate(value.file, property.argument, value.environment);
        const inner = depth < deepestSpread ? option(evaluator, spread, name, depth + 1) : undefined;
        if (inner !== undefined) return inner;
      } else if (keyName(property) === name) {
        const node = property.type === 'ObjectMethod' ? property : property.value;
        const { file, environment } = value;
        return { file, node, environment, values: evaluator.member(value, name) };
      }
    }
  }
  return undefined;
}

/** The values of an argument of the call at a place. */
export function argumentValues(
  evaluator: Evaluator,
  place: CallPlace | undefined,
  index: number,
): readonly Value[] {
  const node = argumentsOf(place)[index];
  if (place === undefined || node === undefined) return [];
  return evaluator.evaluate(place.file, node, place.environment ?? noEnvironment);
}
