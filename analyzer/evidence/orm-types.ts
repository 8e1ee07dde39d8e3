import type { Node, TSEntityName } from '@babel/types';
import { type ClassValue, type Evaluator, keyName, type SourceFile, unwrapped } from '../sources/index.ts';
import { moduleSpecifier, originOf } from './bridge-origins.ts';
import { isModelClass, modelOf } from './orm-models.ts';
import { type Located, type Model, type OrmValue, other, unknownModel } from './orm-values.ts';

const transparent = /^(?:Promise|PromiseLike|Readonly|NonNullable|Awaited|Partial|Required)$/;
const lists = /^(?:Array|ReadonlyArray|Set|ReadonlySet|Iterable|AsyncIterable|Generator|AsyncGenerator)$/;
const maps = /^(?:Map|ReadonlyMap)$/;
const plainTypes = /^TS(?:Number|String|Boolean|Null|Undefined|Void|BigInt|Symbol|Literal|Never)/;

/** How many aliases a declared type is followed through. */
const deepestAlias = 20;

/** What a value of a declared type is, read from the source without a type checker. */
export function valueOfType(
  evaluator: Evaluator,
  file: SourceFile,
  type: Node,
  depth = 0,
): OrmValue | undefined {
  const inner = (node: Node, from = file) => valueOfType(evaluator, from, node, depth + 1);
  if (depth > deepestAlias) return undefined;
  if (plainTypes.test(type.type)) return other;
  switch (type.type) {
    case 'TSParenthesizedType':
    case 'TSTypeOperator':
    case 'TSOptionalType':
      return inner(type.typeAnnotation);
    case 'TSArrayType': {
      const of = inner(type.elementType);
      return of && { kind: 'list', of };
    }
    case 'TSTupleType':
      return {
        kind: 'tuple',
        elements: type.elementTypes.map((element) =>
          inner(element.type === 'TSNamedTupleMember' ? element.elementType : element),
        ),
      };
    case 'TSUnionType': {
      const telling = type.types.map((part) => inner(part)).filter((value) => value?.kind !== 'other');
      return telling.length === 0 ? other : telling.length === 1 ? telling[0] : undefined;
    }
    case 'TSIntersectionType': {
      const parts = type.types.map((part) => inner(part));
      return parts.find((part) => part?.kind === 'instance') ?? parts.find((part) => part !== undefined);
    }
    case 'TSIndexedAccessType':
      return indexedType(inner(type.objectType), type.indexType);
    case 'TSTypeLiteral':
      return shapeOf(evaluator, file, type.members, [], depth);
    case 'TSTypeQuery':
      return type.exprName.type === 'Identifier' ? modelNamed(evaluator, file, type.exprName) : undefined;
    case 'TSTypeReference':
      return referenced(evaluator, file, type, depth);
    default:
      return undefined;
  }
}

/** What `row as Post` is cast to, by the cast that is nearest to the value; `undefined` without one. */
export function castValue(evaluator: Evaluator, file: SourceFile, expression: Node): OrmValue | undefined {
  if (unwrapped(expression) === expression || !('expression' in expression)) return undefined;
  const inner = castValue(evaluator, file, expression.expression as Node);
  const type = 'typeAnnotation' in expression ? (expression.typeAnnotation as Node) : undefined;
  return inner ?? (type && valueOfType(evaluator, file, type));
}

/** `Deps['post']`. */
function indexedType(object: OrmValue | undefined, index: Node): OrmValue | undefined {
  if (index.type !== 'TSLiteralType' || index.literal.type !== 'StringLiteral') return undefined;
  return object?.kind === 'shape' ? object.property(index.literal.value) : undefined;
}

function modelNamed(evaluator: Evaluator, file: SourceFile, name: Node): OrmValue | undefined {
  for (const value of evaluator.evaluate(file, name)) {
    if (value.kind === 'class' && isModelClass(evaluator, value))
      return { kind: 'model', model: modelOf(value) };
  }
  return undefined;
}

function referenced(
  evaluator: Evaluator,
  file: SourceFile,
  type: Node & { type: 'TSTypeReference' },
  depth: number,
): OrmValue | undefined {
  const name = type.typeName.type === 'Identifier' ? type.typeName.name : '';
  const parameters = type.typeParameters?.params ?? [];
  const [first] = parameters;
  const last = parameters.at(-1);
  const declared = type.typeName.type === 'Identifier' && file.scopes.bindingOf(type.typeName);
  if (!declared && first) {
    if (transparent.test(name)) return valueOfType(evaluator, file, first, depth + 1);
    if (name === 'InstanceType') return instanceOfQuery(evaluator, file, first);
    const of = valueOfType(evaluator, file, lists.test(name) ? first : (last ?? first), depth + 1);
    if (lists.test(name)) return of && { kind: 'list', of };
    if (maps.test(name)) return of && { kind: 'map', of };
  }
  if (
    first &&
    /^(?:QuerySet|Manager|RelatedManager)$/.test(importedTypeName(evaluator, file, type.typeName))
  ) {
    const row = valueOfType(evaluator, file, first, depth + 1);
    const model: Model = row?.kind === 'instance' ? row.model : unknownModel;
    const kind = name.endsWith('RelatedManager')
      ? 'related'
      : name.endsWith('Manager')
        ? 'manager'
        : 'queryset';
    return { kind, model, rows: parameters.length > 1 ? 'plain' : 'instances' };
  }
  return declaredType(evaluator, file, type.typeName, depth);
}

function instanceOfQuery(evaluator: Evaluator, file: SourceFile, type: Node): OrmValue | undefined {
  const model = valueOfType(evaluator, file, type);
  return model?.kind === 'model' ? { kind: 'instance', model: model.model } : undefined;
}

function importedTypeName(evaluator: Evaluator, file: SourceFile, name: TSEntityName): string {
  if (name.type === 'TSQualifiedName') return name.right.name;
  if (name.type !== 'Identifier') return '';
  const declaration = file.scopes.bindingOf(name)?.declaration;
  if (declaration?.type !== 'ImportSpecifier') return '';
  const { imported } = declaration;
  const source = file.parentOf(declaration);
  if (source?.type !== 'ImportDeclaration') return '';
  const origin = originOf(
    evaluator,
    file,
    source.source.value,
    imported.type === 'Identifier' ? imported.name : imported.value,
  );
  return origin?.kind === 'foreign' ? origin.name : '';
}

/** A class, interface or alias of the project, or a type that is imported from where nobody can look. */
function declaredType(
  evaluator: Evaluator,
  file: SourceFile,
  name: TSEntityName,
  depth: number,
): OrmValue | undefined {
  const found = declarationOf(evaluator, file, name);
  if (found === undefined) return undefined;
  if (found.kind === 'foreign') return found.model ? { kind: 'instance', model: found.model } : undefined;
  const { file: home, node } = found;
  switch (node.type) {
    case 'ClassDeclaration':
    case 'ClassExpression':
      return instanceOfClass(evaluator, { kind: 'class', file: home, node, environment: new Map() });
    case 'TSInterfaceDeclaration':
      return shapeOf(evaluator, home, node.body.body, node.extends ?? [], depth);
    case 'TSTypeAliasDeclaration':
      return valueOfType(evaluator, home, node.typeAnnotation, depth + 1);
    case 'TSTypeParameter':
      return node.constraint ? valueOfType(evaluator, home, node.constraint, depth + 1) : undefined;
    case 'TSEnumDeclaration':
      return other;
    default:
      return undefined;
  }
}

export function instanceOfClass(evaluator: Evaluator, definition: ClassValue): OrmValue | undefined {
  return isModelClass(evaluator, definition) ? { kind: 'instance', model: modelOf(definition) } : undefined;
}

type TypeDeclaration =
  | ({ readonly kind: 'local' } & Located)
  | { readonly kind: 'foreign'; readonly model: Model | undefined };

function declarationOf(
  evaluator: Evaluator,
  file: SourceFile,
  name: TSEntityName,
): TypeDeclaration | undefined {
  if (name.type === 'TSQualifiedName' && name.left.type === 'Identifier') {
    const specifier = moduleSpecifier(file, name.left);
    return specifier === undefined
      ? undefined
      : imported(evaluator, file, specifier, name.right.name, undefined);
  }
  if (name.type !== 'Identifier') return undefined;
  const binding = file.scopes.bindingOf(name);
  if (binding === undefined) return undefined;
  const { declaration } = binding;
  if (declaration.type !== 'ImportSpecifier' && declaration.type !== 'ImportDefaultSpecifier')
    return { kind: 'local', file, node: declaration };
  const statement = file.parentOf(declaration);
  if (statement?.type !== 'ImportDeclaration') return undefined;
  const own = declaration.type === 'ImportDefaultSpecifier' ? 'default' : nameOf(declaration.imported);
  return imported(evaluator, file, statement.source.value, own, name);
}

function imported(
  evaluator: Evaluator,
  file: SourceFile,
  specifier: string,
  name: string,
  local: Node | undefined,
): TypeDeclaration {
  const origin = originOf(evaluator, file, specifier, name);
  if (origin?.kind === 'local') {
    const declaration =
      origin.node.type === 'Identifier'
        ? origin.file.scopes.bindingOf(origin.node)?.declaration
        : origin.node;
    if (declaration?.type === 'ImportSpecifier' && origin.node.type === 'Identifier')
      return declarationOf(evaluator, origin.file, origin.node) ?? { kind: 'foreign', model: undefined };
    if (declaration !== undefined) return { kind: 'local', file: origin.file, node: declaration };
  }
  const known = origin?.kind === 'foreign' && looksLikeModel(file, origin.module, local);
  return { kind: 'foreign', model: known ? { name, definition: undefined } : undefined };
}

/** Modules called after models: `./models`, `../post.model`, `@acme/blog-models`; not packages of others, `prosemirror-model`. */
export const modelModules = /(?:^|[/.]|[/.][\w.-]*-)models?(?:[/.]|$)/;

export function isModelModule(module: string): boolean {
  return modelModules.test(module);
}

/** A type nobody can look at is a model when its module is called so, or when its rows are asked for in this file. */
export function looksLikeModel(file: SourceFile, module: string, local: Node | undefined): boolean {
  if (isModelModule(module)) return true;
  const references = local ? (file.scopes.bindingOf(local)?.references ?? []) : [];
  return references.some((reference) => {
    const parent = file.parentOf(reference);
    return (
      parent?.type === 'MemberExpression' &&
      parent.object === reference &&
      parent.property.type === 'Identifier' &&
      parent.property.name === 'objects'
    );
  });
}

function shapeOf(
  evaluator: Evaluator,
  file: SourceFile,
  members: readonly Node[],
  parents: readonly Node[],
  depth: number,
): OrmValue {
  return {
    kind: 'shape',
    isDeclared: true,
    property: (name) => {
      for (const member of members) {
        if (member.type !== 'TSPropertySignature' || keyName(member) !== name) continue;
        const type = member.typeAnnotation?.typeAnnotation;
        return type && valueOfType(evaluator, file, type, depth + 1);
      }
      for (const parent of parents) {
        if (parent.type !== 'TSExpressionWithTypeArguments') continue;
        const above = declaredType(evaluator, file, parent.expression as TSEntityName, depth + 1);
        const found = above?.kind === 'shape' ? above.property(name) : undefined;
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

function nameOf(name: Node): string {
  return name.type === 'Identifier' ? name.name : name.type === 'StringLiteral' ? name.value : '';
}
