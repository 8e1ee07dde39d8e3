import type { Node } from '@babel/types';
import { type ClassValue, type Evaluator, keyName, type SourceFile, unwrapped } from '../sources/index.ts';
import type { Model, OrmValue } from './orm-values.ts';
import { other, unknownModel } from './orm-values.ts';

/** How deep a chain of model base classes may be before it is taken for a cycle. */
const deepestInheritance = 20;

/** Packages with a `model` function of their own that has nothing to do with this ORM. */
const otherModelPackages = /^(?:mongoose|@?typegoose|@angular|mobx-state-tree|dynamoose)/;

/** The call `model('post', { … })` that a class is built on, through its base classes; `undefined` for others. */
export function modelCall(
  evaluator: Evaluator,
  definition: ClassValue,
  depth = 0,
): { readonly file: SourceFile; readonly call: Node & { type: 'CallExpression' } } | undefined {
  const heritage = definition.node.superClass;
  if (!heritage || depth > deepestInheritance) return undefined;
  const base = unwrapped(heritage);
  if (base.type === 'CallExpression' && isModelFunction(evaluator, definition.file, base.callee))
    return { file: definition.file, call: base };
  for (const value of evaluator.evaluate(definition.file, heritage, definition.environment)) {
    if (value.kind !== 'class' || value.node === definition.node) continue;
    const found = modelCall(evaluator, value, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isModelFunction(evaluator: Evaluator, file: SourceFile, callee: Node): boolean {
  return evaluator.evaluate(file, callee).some((value) => {
    const last = value.kind === 'api' ? value.steps.at(-1) : undefined;
    return (
      value.kind === 'api' &&
      value.module !== 'global' &&
      !otherModelPackages.test(value.module) &&
      last?.kind === 'member' &&
      last.name === 'model'
    );
  });
}

export function isModelClass(evaluator: Evaluator, definition: ClassValue): boolean {
  return modelCall(evaluator, definition) !== undefined;
}

export function modelOf(definition: ClassValue): Model {
  return { name: definition.node.id?.name, definition };
}

/** What a field of a model gives when it is read off an instance; `undefined` when there is no such field. */
export function fieldValue(evaluator: Evaluator, definition: ClassValue, name: string): OrmValue | undefined {
  const found = modelCall(evaluator, definition);
  if (found === undefined) return undefined;
  const declared = fieldNamed(evaluator, found.file, found.call.arguments[1], name);
  if (declared === undefined) return undefined;
  const { kind, call } = fieldDeclaration(declared.node);
  switch (kind) {
    case 'foreignKey':
    case 'oneToOne':
      return { kind: 'instance', model: targetOf(evaluator, declared.file, call) };
    case 'manyToMany':
    case 'genericRelation':
      return { kind: 'related', model: targetOf(evaluator, declared.file, call), rows: 'instances' };
    case 'reverse':
      return reverseValue(evaluator, declared.file, call);
    default:
      return other;
  }
}

/** Whether reading the attribute may query: a relation to one object. */
export function isSingleRelation(evaluator: Evaluator, definition: ClassValue, name: string): boolean {
  return fieldValue(evaluator, definition, name)?.kind === 'instance';
}

/** Names of the relations to one object that a model declares itself. */
export function relationsOf(evaluator: Evaluator, definition: ClassValue): readonly string[] {
  const found = modelCall(evaluator, definition);
  const fields = found?.call.arguments[1];
  if (found === undefined || fields === undefined) return [];
  const names = evaluator
    .evaluate(found.file, fields)
    .flatMap((value) => (value.kind === 'object' ? value.node.properties : []))
    .flatMap((property) => (property.type === 'SpreadElement' ? [] : (keyName(property) ?? [])));
  return names.filter((name) => isSingleRelation(evaluator, definition, name));
}

function reverseValue(
  evaluator: Evaluator,
  file: SourceFile,
  call: (Node & { type: 'CallExpression' }) | undefined,
): OrmValue {
  const model = targetOf(evaluator, file, call);
  const via =
    call?.typeParameters?.type === 'TSTypeParameterInstantiation' ? call.typeParameters.params[1] : undefined;
  const name =
    via?.type === 'TSLiteralType' && via.literal.type === 'StringLiteral' ? via.literal.value : undefined;
  const single =
    model.definition !== undefined &&
    name !== undefined &&
    fieldKind(evaluator, model.definition, name) === 'oneToOne';
  return single ? { kind: 'instance', model } : { kind: 'related', model, rows: 'instances' };
}

function fieldKind(evaluator: Evaluator, definition: ClassValue, name: string): string | undefined {
  const found = modelCall(evaluator, definition);
  const declared = found && fieldNamed(evaluator, found.file, found.call.arguments[1], name);
  return declared && fieldDeclaration(declared.node).kind;
}

function fieldNamed(
  evaluator: Evaluator,
  file: SourceFile,
  fields: Node | undefined,
  name: string,
): { readonly file: SourceFile; readonly node: Node } | undefined {
  if (fields === undefined) return undefined;
  for (const value of evaluator.evaluate(file, fields)) {
    if (value.kind !== 'object') continue;
    for (const property of value.node.properties) {
      if (property.type === 'SpreadElement') {
        const spread = fieldNamed(evaluator, value.file, property.argument, name);
        if (spread !== undefined) return spread;
      } else if (property.type === 'ObjectProperty' && keyName(property) === name) {
        return { file: value.file, node: property.value };
      }
    }
  }
  return undefined;
}

/** `foreignKey<A>(() => A, …).null().unique()`: the function at the root of the chain. */
function fieldDeclaration(node: Node): {
  readonly kind: string | undefined;
  readonly call: (Node & { type: 'CallExpression' }) | undefined;
} {
  let inner = unwrapped(node);
  let call: (Node & { type: 'CallExpression' }) | undefined;
  while (inner.type === 'CallExpression' || inner.type === 'MemberExpression') {
    if (inner.type === 'CallExpression') {
      call = inner;
      inner = unwrapped(inner.callee);
    } else if (inner.property.type === 'Identifier' && relationNames.has(inner.property.name)) {
      return { kind: inner.property.name, call };
    } else inner = unwrapped(inner.object);
  }
  return { kind: inner.type === 'Identifier' ? inner.name : undefined, call };
}

const relationNames: ReadonlySet<string> = new Set([
  'foreignKey', 'oneToOne', 'manyToMany', 'reverse', 'genericRelation', 'genericForeignKey',
]); // biome-ignore format: one glance is enough

function targetOf(
  evaluator: Evaluator,
  file: SourceFile,
  call: (Node & { type: 'CallExpression' }) | undefined,
): Model {
  const thunk = call?.arguments[0];
  if (thunk?.type !== 'ArrowFunctionExpression' || thunk.body.type === 'BlockStatement') return unknownModel;
  const values = evaluator.evaluate(file, thunk.body);
  const target = values.find((value) => value.kind === 'class');
  if (target?.kind === 'class') return modelOf(target);
  return { name: thunk.body.type === 'Identifier' ? thunk.body.name : undefined, definition: undefined };
}
