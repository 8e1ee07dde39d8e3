import type { Node } from '@babel/types';
import { type Evaluator, memberName, type SourceFile, unwrapped } from '../analyzer/sources/index.ts';
import { lineage } from './implicit-calls.ts';
import type { Target } from './twin-homes.ts';

/**
 * Whether the type that is declared for a receiver knows whatever is written beside the target: a class does that holds
 * it or inherits it, an interface does not. A receiver without a declared type is what it is made as.
 */
export function isTypedFor(evaluator: Evaluator, file: SourceFile, receiver: Node, target: Target): boolean {
  const annotation = annotationOf(file, unwrapped(receiver));
  if (annotation === undefined) return true;
  const owner = target.file.classAround(target.node);
  const values = evaluator.typeValue(file, annotation);
  return (
    owner !== undefined &&
    values.length > 0 &&
    values.every(
      (value) => value.kind === 'instance' && lineage(evaluator, value.of).some(({ node }) => node === owner),
    )
  );
}

/** The type written for a variable, a parameter or a field that `this` holds. */
function annotationOf(file: SourceFile, node: Node): Node | undefined {
  if (node.type === 'Identifier') return typeOf(file.scopes.bindingOf(node)?.identifier);
  const name = memberName(node);
  const isOwn = node.type === 'MemberExpression' && node.object.type === 'ThisExpression';
  if (!isOwn || name === undefined) return undefined;
  for (const member of file.classAround(node)?.body.body ?? []) {
    if (member.type === 'ClassMethod' && member.kind === 'constructor') {
      for (const parameter of member.params) {
        if (parameter.type !== 'TSParameterProperty') continue;
        const own =
          parameter.parameter.type === 'AssignmentPattern' ? parameter.parameter.left : parameter.parameter;
        if (own.type === 'Identifier' && own.name === name) return typeOf(own);
      }
    }
    const isField = member.type === 'ClassProperty' || member.type === 'ClassPrivateProperty';
    if (isField && fieldName(member.key) === name) return typeOf(member);
  }
  return undefined;
}

function fieldName(key: Node): string | undefined {
  if (key.type === 'PrivateName') return `#${key.id.name}`;
  return key.type === 'Identifier' ? key.name : undefined;
}

function typeOf(node: Node | undefined): Node | undefined {
  const annotation = node && 'typeAnnotation' in node ? node.typeAnnotation : undefined;
  return annotation?.type === 'TSTypeAnnotation' ? annotation.typeAnnotation : undefined;
}
