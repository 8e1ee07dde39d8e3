import type { Node } from '@babel/types';
import {
  type Environment,
  type Evaluator,
  listItems,
  type SourceFile,
  unwrapped,
  type Value,
} from '../../sources/index.ts';

/** One thing given to a registration: what is written and what it may be. */
export interface Operand {
  readonly file: SourceFile;
  readonly node: Node;
  readonly environment: Environment;
  readonly values: readonly Value[];
}

/** The arguments of a registration one by one: lists, nested lists and spreads are taken apart. */
export function operandsOf(
  evaluator: Evaluator,
  file: SourceFile,
  nodes: readonly Node[],
  environment: Environment,
): readonly Operand[] {
  return nodes.flatMap((given) => {
    const node = unwrapped(given.type === 'SpreadElement' ? given.argument : given);
    const values = evaluator.evaluate(file, node, environment);
    return flattened(evaluator, { file, node, environment, values }, 0);
  });
}

function flattened(evaluator: Evaluator, operand: Operand, depth: number): readonly Operand[] {
  const lists = operand.values.filter(({ kind }) => kind === 'array' || kind === 'list');
  if (lists.length === 0 || depth > 5) return [operand];
  const items = lists.map((list) => listItems(evaluator, list));
  if (items.includes(undefined)) return [operand];
  // Alternatives that are lists (`production ? [limit] : []`) all count: any of them may run.
  return items.flatMap((own) =>
    (own ?? []).flatMap((item) =>
      flattened(evaluator, { ...item, environment: item.environment ?? operand.environment }, depth + 1),
    ),
  );
}
