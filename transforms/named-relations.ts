import type { Node } from '@babel/types';
import { ormFlow } from '../analyzer/evidence/orm.ts';
import { isSingleRelation, relationsOf } from '../analyzer/evidence/orm-models.ts';
import { isQuerySource, type Model, type OrmValue } from '../analyzer/evidence/orm-values.ts';
import { type Evaluator, memberName, type SourceFile, unwrapped } from '../analyzer/sources/index.ts';

type Call = Node & { type: 'CallExpression' | 'OptionalCallExpression' };

/**
 * `get(post, 'author.name')` and `Reflect.get(post, 'author')`: a relation that is read by a name which code of a
 * package, or of the language, is handed together with the row.
 * @returns the name of the relation, or of one that it may be
 */
export function namedRelation(evaluator: Evaluator, file: SourceFile, call: Call): string | undefined {
  const models = call.arguments.flatMap((argument) => {
    const model =
      argument.type === 'SpreadElement' ? undefined : modelOf(ormFlow(evaluator).value(file, argument));
    return model?.definition ?? [];
  });
  if (models.length === 0) return undefined;
  const named = call.arguments
    .flatMap(texts)
    .map((text) => /^[^.[]*/.exec(text)?.[0] ?? '')
    .find((name) => models.some((model) => isSingleRelation(evaluator, model, name)));
  if (named !== undefined || !isReflected(file, call)) return named;
  const [, key] = call.arguments;
  const isKnown = key !== undefined && texts(key).length > 0;
  return isKnown ? undefined : models.flatMap((model) => relationsOf(evaluator, model))[0];
}

function modelOf(value: OrmValue | undefined): Model | undefined {
  if (value === undefined) return undefined;
  if (value.kind === 'instance') return value.model;
  if (value.kind === 'list') return modelOf(value.of);
  if (value.kind === 'tuple') return modelOf(value.elements[0]);
  return isQuerySource(value) && value.rows === 'instances' ? value.model : undefined;
}

function texts(argument: Node): readonly string[] {
  const node = unwrapped(argument);
  if (node.type === 'StringLiteral') return [node.value];
  if (node.type !== 'ArrayExpression') return [];
  return node.elements.flatMap((element) => (element ? texts(element) : []));
}

/** `Reflect.get(row, key)`. */
function isReflected(file: SourceFile, call: Call): boolean {
  const callee = unwrapped(call.callee);
  if (callee.type !== 'MemberExpression' || memberName(callee) !== 'get') return false;
  const { object } = callee;
  return object.type === 'Identifier' && object.name === 'Reflect' && file.scopes.isGlobal(object);
}
