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
  switch (node.type) {
    case 'VariableDeclarator':
      return node.init
        ? takenApart(evaluator, file, node.id, node.init, ormFlow(evaluator).value(file, node.init))
        : undefined;
    case 'ForOfStatement': {
      const pattern = node.left.type === 'VariableDeclaration' ? node.left.declarations[0]?.id : undefined;
      const element = elementOf(ormFlow(evaluator).value(file, node.right));
      return pattern && takenApart(evaluator, file, pattern, node.right, element);
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
): string | undefined {
  if (pattern.type !== 'ObjectPattern' || value?.kind !== 'instance') return undefined;
  const { definition } = value.model;
  const query = file.textOf(unwrapped(source));
  if (definition === undefined) return undefined;
  for (const property of pattern.properties) {
    const name = property.type === 'ObjectProperty' ? keyName(property) : undefined;
    if (name === undefined || !isSingleRelation(evaluator, definition, name)) continue;
    if (!new RegExp(`selectRelated\\([^)]*['"]${name}\\b`).test(query))
      return `«${name}» is a relation that is taken out of a row by a pattern, where it cannot be awaited`;
  }
  return undefined;
}
