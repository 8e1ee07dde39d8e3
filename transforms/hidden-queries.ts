import type { Node } from '@babel/types';
import { ormFlow } from '../analyzer/evidence/orm.ts';
import { isSingleRelation } from '../analyzer/evidence/orm-models.ts';
import { elementOf, type OrmValue } from '../analyzer/evidence/orm-values.ts';
import {
  type ClassValue,
  type Evaluator,
  keyName,
  memberName,
  type SourceFile,
  unwrapped,
} from '../analyzer/sources/index.ts';
import { excerpt } from './excerpt.ts';
import { doesOrmWork } from './judge-call.ts';

/**
 * Says why a node queries where nothing can be awaited: a getter that queries, or a relation that a pattern takes out
 * of a row.
 */
export function hiddenQuery(evaluator: Evaluator, file: SourceFile, node: Node): string | undefined {
  switch (node.type) {
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      return queryingGetter(evaluator, file, node);
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

function queryingGetter(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node & { type: 'MemberExpression' | 'OptionalMemberExpression' },
): string | undefined {
  const name = memberName(node);
  if (name === undefined || node.object.type === 'Super') return undefined;
  const object = ormFlow(evaluator).value(file, node.object);
  if (object?.kind !== 'instance' || object.model.definition === undefined) return undefined;
  const getter = getterNamed(object.model.definition, name);
  if (getter === undefined || !doesOrmWork(evaluator, object.model.definition.file, getter)) return undefined;
  return `the getter «${excerpt(file.textOf(node))}» queries, and a getter cannot be awaited`;
}

function getterNamed(definition: ClassValue, name: string) {
  const members = definition.node.body.body;
  return members.find(
    (member): member is typeof member & { type: 'ClassMethod' } =>
      member.type === 'ClassMethod' && member.kind === 'get' && keyName(member) === name,
  );
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
