import type { Node } from '@babel/types';
import type { Evaluator, SourceFile } from '../analyzer/sources/index.ts';
import { excerpt } from './excerpt.ts';
import { implicitCalls } from './implicit-calls.ts';
import { queriesWithin } from './judge-call.ts';

/** Says why a node queries where nothing can be awaited: an accessor, a constructor or an iterator that queries. */
export function hiddenQuery(evaluator: Evaluator, file: SourceFile, node: Node): string | undefined {
  const implicit = implicitCalls(evaluator, file, node).find((call) =>
    queriesWithin(evaluator, call.file, call.node),
  );
  return implicit === undefined
    ? undefined
    : `«${excerpt(file.textOf(node))}» runs a ${implicit.what} that queries, which cannot be awaited`;
}
