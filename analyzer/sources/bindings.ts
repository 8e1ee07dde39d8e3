import type { Node } from '@babel/types';
import { appendedTexts, isAppendedTo } from './appended-texts.ts';
import type { Evaluator } from './evaluator.ts';
import { importedValues, moduleValues } from './exported-values.ts';
import { loopItems } from './lists.ts';
import { enumObject } from './members.ts';
import { parameterValues } from './parameters.ts';
import { destructured } from './patterns.ts';
import type { Binding } from './scopes.ts';
import type { SourceFile } from './source-file.ts';
import { isFunction } from './tree.ts';
import { annotatedValues, typeValues } from './types.ts';
import type { Environment, Value } from './values.ts';

const none: readonly Value[] = [];

/** What a name stands for: what the frame binds it to, else its declaration and everything written to it. */
export function identifierValues(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node & { type: 'Identifier' },
  environment: Environment,
): readonly Value[] {
  const binding = file.scopes.bindingOf(node);
  if (binding === undefined) return globalValues(file, node.name);
  const bound = environment.get(binding);
  if (bound !== undefined) return bound;
  const declared = declaredValues(evaluator, file, binding, environment);
  if (isAppendedTo(binding)) {
    const texts = appendedTexts(evaluator, file, binding, node, declared, environment);
    if (texts !== undefined) return texts;
  }
  const written = binding.assignments.flatMap((by) =>
    writtenValues(evaluator, file, binding, by, environment),
  );
  return written.length === 0 ? declared : [...declared, ...written];
}

function globalValues(file: SourceFile, name: string): readonly Value[] {
  if (name === 'undefined') return [{ kind: 'constant', value: null }];
  if (name === 'exports') return [{ kind: 'module', file }];
  return [{ kind: 'api', module: 'global', steps: [{ kind: 'member', name }] }];
}

function writtenValues(
  evaluator: Evaluator,
  file: SourceFile,
  binding: Binding,
  by: Node,
  environment: Environment,
): readonly Value[] {
  if (by.type === 'VariableDeclarator' && by.init) return evaluator.evaluate(file, by.init, environment);
  if (by.type !== 'AssignmentExpression') return none;
  // The part that is put behind a text is not what the name holds.
  if (by.operator === '+=') return none;
  if (by.left.type === 'Identifier') return evaluator.evaluate(file, by.right, environment);
  const identifier = [...writtenIdentifiers(by.left)].find(({ name }) => name === binding.name);
  if (identifier === undefined) return none;
  const values = evaluator.evaluate(file, by.right, environment);
  return destructured(evaluator, file, by.left, { ...binding, identifier }, values, environment);
}

function* writtenIdentifiers(pattern: Node): Generator<Node & { type: 'Identifier' }> {
  if (pattern.type === 'Identifier') yield pattern;
  else if (pattern.type === 'AssignmentPattern') yield* writtenIdentifiers(pattern.left);
  else if (pattern.type === 'ObjectPattern') {
    for (const property of pattern.properties)
      yield* writtenIdentifiers(property.type === 'RestElement' ? property.argument : property.value);
  } else if (pattern.type === 'ArrayPattern') {
    for (const element of pattern.elements) if (element) yield* writtenIdentifiers(element);
  }
}

function declaredValues(
  evaluator: Evaluator,
  file: SourceFile,
  binding: Binding,
  environment: Environment,
): readonly Value[] {
  const { declaration } = binding;
  switch (declaration.type) {
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
      return imported(evaluator, file, declaration);
    case 'TSImportEqualsDeclaration':
      return declaration.moduleReference.type === 'TSExternalModuleReference'
        ? moduleValues(evaluator, file, declaration.moduleReference.expression.value)
        : none;
    case 'VariableDeclarator':
      return declaratorValues(evaluator, file, declaration, binding, environment);
    case 'ClassDeclaration':
    case 'ClassExpression':
      return [{ kind: 'class', file, node: declaration, environment }];
    case 'TSEnumDeclaration':
      return [enumObject(file, declaration)];
    case 'TSTypeAliasDeclaration':
      return typeValues(evaluator, file, declaration.typeAnnotation);
    case 'TSInterfaceDeclaration': {
      const extended = (declaration.extends ?? []).flatMap(({ expression }) =>
        typeValues(evaluator, file, { type: 'TSTypeReference', typeName: expression } as Node),
      );
      return [{ kind: 'shape', file, node: declaration }, ...extended];
    }
  }
  if (binding.kind === 'parameter' && isFunction(declaration))
    return parameterValues(evaluator, file, declaration, binding);
  return isFunction(declaration) ? [{ kind: 'function', file, node: declaration, environment }] : none;
}

function imported(evaluator: Evaluator, file: SourceFile, specifier: Node): readonly Value[] {
  const declaration = file.parentOf(specifier);
  if (declaration?.type !== 'ImportDeclaration') return none;
  const source = declaration.source.value;
  if (specifier.type === 'ImportNamespaceSpecifier') return moduleValues(evaluator, file, source);
  if (specifier.type === 'ImportDefaultSpecifier') return importedValues(evaluator, file, source, 'default');
  if (specifier.type !== 'ImportSpecifier') return none;
  const { imported: name } = specifier;
  return importedValues(evaluator, file, source, name.type === 'Identifier' ? name.name : name.value);
}

function declaratorValues(
  evaluator: Evaluator,
  file: SourceFile,
  declarator: Node & { type: 'VariableDeclarator' },
  binding: Binding,
  environment: Environment,
): readonly Value[] {
  const values = declarator.init
    ? evaluator.evaluate(file, declarator.init, environment)
    : loopValues(evaluator, file, declarator, environment);
  const found = destructured(evaluator, file, declarator.id, binding, values, environment);
  return found.length > 0 || declarator.id !== binding.identifier
    ? found
    : annotatedValues(evaluator, file, declarator.id);
}

/** `for (const route of routes)`: each element the source lists. */
function loopValues(
  evaluator: Evaluator,
  file: SourceFile,
  declarator: Node,
  environment: Environment,
): readonly Value[] {
  const declaration = file.parentOf(declarator);
  const loop = declaration && file.parentOf(declaration);
  if ((loop?.type !== 'ForOfStatement' && loop?.type !== 'ForInStatement') || loop.left !== declaration)
    return none;
  return (loopItems(evaluator, file, loop, environment) ?? []).flatMap(({ values }) => values);
}
