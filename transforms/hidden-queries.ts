import type { Node } from '@babel/types';
import { ormFlow } from '../analyzer/evidence/orm.ts';
import { isSingleRelation } from '../analyzer/evidence/orm-models.ts';
import { elementOf, type OrmValue } from '../analyzer/evidence/orm-values.ts';
import { type Evaluator, keyName, type SourceFile, unwrapped } from '../analyzer/sources/index.ts';
import { excerpt } from './excerpt.ts';
import { implicitCalls } from './implicit-calls.ts';
import { queriesWithin } from './judge-call.ts';

/**
 * Says why a node queries where nothing can be awaited: an accessor, a constructor or an iterator that queries, or a
 * relation that a pattern takes out of a row.
 */
export function hiddenQuery(evaluator: Evaluator, file: SourceFile, node: Node): string | undefined {
  const implicit = implicitCalls(evaluator, file, node).find((call) =>
    queriesWithin(evaluator, call.file, call.node),
  );
  if (implicit !== undefined)
    return `«${excerpt(file.textOf(node))}» runs a ${implicit.what} that queries, which cannot be awaited`;
  const taken = takenRelation(evaluator, file, node);
  return taken === undefined || !taken.isQueried
    ? undefined
    : `«${taken.name}» is a relation that is taken out of a row by a pattern, where it cannot be awaited`;
}

/** A relation that a pattern takes out of a row, where the query does not load it or is not to be seen. */
export interface TakenRelation {
  readonly name: string;
  /** Whether the query stands right there; rows from elsewhere are taken to be loaded with what is taken out of them. */
  readonly isQueried: boolean;
}

/** @returns the relation that a declaration or the head of a loop takes out of a row by its name, if it does */
export function takenRelation(evaluator: Evaluator, file: SourceFile, node: Node): TakenRelation | undefined {
  const flow = ormFlow(evaluator);
  switch (node.type) {
    case 'VariableDeclarator':
      return node.init
        ? takenApart(evaluator, file, node.id, node.init, flow.value(file, node.init))
        : undefined;
    case 'ForOfStatement': {
      const pattern = node.left.type === 'VariableDeclaration' ? node.left.declarations[0]?.id : undefined;
      return (
        pattern && takenApart(evaluator, file, pattern, node.right, elementOf(flow.value(file, node.right)))
      );
    }
    default:
      return undefined;
  }
}

function takenApart(
  evaluator: Evaluator,
  file: SourceFile,
  pattern: Node,
  source: Node,
  value: OrmValue | undefined,
): TakenRelation | undefined {
  if (pattern.type !== 'ObjectPattern' || value?.kind !== 'instance') return undefined;
  const { definition } = value.model;
  const query = file.textOf(unwrapped(source));
  if (definition === undefined) return undefined;
  for (const property of pattern.properties) {
    const name = property.type === 'ObjectProperty' ? keyName(property) : undefined;
    if (name === undefined || !isSingleRelation(evaluator, definition, name)) continue;
    if (!new RegExp(`selectRelated\\([^)]*['"]${name}\\b`).test(query))
      return { name, isQueried: /\.objects\b/.test(query) };
  }
  return undefined;
}
