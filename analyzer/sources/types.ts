import type { Node, TSEntityName } from '@babel/types';
import type { Evaluator } from './evaluator.ts';
import type { SourceFile } from './source-file.ts';
import { keyName } from './tree.ts';
import { extendApi, type ShapeValue, type Value } from './values.ts';

const none: readonly Value[] = [];

/** The value a type annotation promises: an instance of the class or foreign type it names. */
export function annotatedValues(evaluator: Evaluator, file: SourceFile, pattern: Node): readonly Value[] {
  if (!('typeAnnotation' in pattern) || pattern.typeAnnotation?.type !== 'TSTypeAnnotation') return none;
  return typeValues(evaluator, file, pattern.typeAnnotation.typeAnnotation);
}

/** What a value of the type `node` is: an instance of the project class or of the foreign type it names. */
export function typeValues(evaluator: Evaluator, file: SourceFile, node: Node): readonly Value[] {
  if (node.type === 'TSUnionType' || node.type === 'TSIntersectionType')
    return node.types.flatMap((part) => typeValues(evaluator, file, part));
  if (node.type === 'TSTypeLiteral') return [{ kind: 'shape', file, node }];
  if (node.type === 'TSParenthesizedType') return typeValues(evaluator, file, node.typeAnnotation);
  if (node.type !== 'TSTypeReference') return none;
  const wrapper = node.typeName.type === 'Identifier' ? node.typeName.name : '';
  const argument = node.typeParameters?.params[0];
  if (argument && /^(?:Promise|Readonly|NonNullable|Awaited|Partial|Required)$/.test(wrapper))
    return typeValues(evaluator, file, argument);
  return entity(evaluator, file, node.typeName).flatMap((value): readonly Value[] => {
    if (value.kind === 'class') return [{ kind: 'instance', of: value }];
    if (value.kind === 'api' && value.module !== 'global') return [extendApi(value, { kind: 'instance' })];
    return value.kind === 'instance' || value.kind === 'shape' ? [value] : none;
  });
}

function entity(evaluator: Evaluator, file: SourceFile, name: TSEntityName): readonly Value[] {
  if (name.type === 'Identifier') {
    const declaration = file.scopes.bindingOf(name)?.declaration;
    // An alias is the type it names: `type Server = FastifyInstance<…>`.
    if (declaration?.type === 'TSTypeAliasDeclaration')
      return typeValues(evaluator, file, declaration.typeAnnotation);
    return evaluator.evaluate(file, name);
  }
  if (name.type !== 'TSQualifiedName') return none;
  return entity(evaluator, file, name.left).flatMap((value) => evaluator.member(value, name.right.name));
}

/** What the members of an interface or object type promise; those it extends are values of their own. */
export function shapeMember(
  evaluator: Evaluator,
  { file, node }: ShapeValue,
  name: string,
): readonly Value[] {
  const members = node.type === 'TSTypeLiteral' ? node.members : node.body.body;
  return members.flatMap((member): readonly Value[] => {
    if (member.type !== 'TSPropertySignature' || keyName(member) !== name) return none;
    return annotatedValues(evaluator, file, member);
  });
}
