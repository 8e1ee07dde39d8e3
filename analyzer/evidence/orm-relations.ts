import type { Node } from '@babel/types';
import {
  type Evaluator,
  isFunction,
  keyName,
  memberName,
  type SourceFile,
  unwrapped,
} from '../sources/index.ts';
import type { OrmOperation } from './bridge.ts';
import { isKnownByType } from './orm-checked.ts';
import { type OrmFlow, ormFlow } from './orm-flow.ts';
import { fieldValue, isSingleRelation, relationsOf } from './orm-models.ts';
import { declarator } from './orm-names.ts';
import { parameter } from './orm-parameters.ts';
import { patternPart } from './orm-patterns.ts';
import { elementOf, type Model, type OrmValue } from './orm-values.ts';
import { loopedOver } from './taken-parts.ts';

/** `post.author`: reading the accessor of a single-object relation loads it. */
export function relationRead(evaluator: Evaluator, file: SourceFile, node: Node): OrmOperation | undefined {
  if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return undefined;
  if (node.object.type === 'Super') return undefined;
  const name = memberName(node);
  if (name === undefined || isWrittenTo(file, node)) return undefined;
  const flow = ormFlow(evaluator);
  const object = flow.value(file, node.object);
  if (object?.kind !== 'instance' || object.model.definition === undefined) return undefined;
  const value = flow.value(file, node);
  if (value?.kind !== 'instance') return undefined;
  if (!isDeclaredRelation(evaluator, object.model, name)) return undefined;
  return {
    file,
    node,
    receiver: node.object,
    name,
    twin: `a${name}`,
    kind: 'relation',
    writes: false,
    model: value.model.name,
    proof: isKnownByType(node.object) ? 'type' : 'flow',
  };
}

/** Whether a member, or a property of a pattern, is a relation of a row by some of the ways that lead there, or by a cast. */
export function isPossibleRelation(evaluator: Evaluator, file: SourceFile, node: Node): boolean {
  if (node.type === 'ObjectProperty') return isPossiblyTaken(evaluator, file, node);
  if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return false;
  const name = memberName(node);
  const flow = ormFlow(evaluator);
  if (name === undefined || flow.value(file, node.object) !== undefined) return false;
  return (
    flow.possibleModels(file, node.object).some((model) => isSingleRelation(evaluator, model, name)) ||
    (isRelationOf(evaluator, flow.believing.value(file, node.object), name) && !isWrittenTo(file, node))
  );
}

/** `const { author } = row as Post`. */
function isPossiblyTaken(evaluator: Evaluator, file: SourceFile, property: Node): boolean {
  const pattern = file.parentOf(property);
  const name =
    property.type === 'ObjectProperty' && pattern?.type === 'ObjectPattern' ? keyName(property) : undefined;
  if (name === undefined || pattern === undefined) return false;
  const flow = ormFlow(evaluator);
  if (takenApart(flow, file, pattern).value !== undefined) return false;
  return isRelationOf(evaluator, takenApart(flow.believing, file, pattern).value, name);
}

function isRelationOf(evaluator: Evaluator, row: OrmValue | undefined, name: string): boolean {
  return row?.kind === 'instance' && isDeclaredRelation(evaluator, row.model, name);
}

/**
 * `post[name]`, where nothing says which attribute that is.
 * @returns the name of a relation that it may be
 */
export function anyRelation(evaluator: Evaluator, file: SourceFile, node: Node): string | undefined {
  if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return undefined;
  if (!node.computed || memberName(node) !== undefined) return undefined;
  const parent = file.parentOf(node);
  if (parent?.type === 'AssignmentExpression' && parent.left === node && parent.operator === '=')
    return undefined;
  const row = ormFlow(evaluator).value(file, node.object);
  if (row?.kind !== 'instance' || row.model.definition === undefined) return undefined;
  return relationsOf(evaluator, row.model.definition)[0];
}

/** `const { author } = post`: a relation that a pattern takes out of a row, unless its query is seen to load it. */
export function takenRelation(evaluator: Evaluator, file: SourceFile, node: Node): OrmOperation | undefined {
  const pattern = file.parentOf(node);
  const name =
    node.type === 'ObjectProperty' && pattern?.type === 'ObjectPattern' ? keyName(node) : undefined;
  if (name === undefined || pattern === undefined) return undefined;
  const { value, source } = takenApart(ormFlow(evaluator), file, pattern);
  if (value?.kind !== 'instance' || !isDeclaredRelation(evaluator, value.model, name)) return undefined;
  const isLoaded = source && new RegExp(`selectRelated\\([^)]*['"]${name}\\b`).test(file.textOf(source));
  if (isLoaded) return undefined;
  const related = value.model.definition && fieldValue(evaluator, value.model.definition, name);
  return {
    file,
    node,
    receiver: undefined,
    name,
    twin: `a${name}`,
    kind: 'relation',
    writes: false,
    model: related?.kind === 'instance' ? related.model.name : undefined,
    proof: 'flow',
  };
}

/** What is taken apart. */
export interface TakenApart {
  /** The expression behind it; for a parameter, the call that the function is handed to. */
  readonly source: Node | undefined;
  readonly value: OrmValue | undefined;
}

/** What an object pattern is given to take apart, wherever it stands: in a declaration, a loop, a parameter. */
export function takenApart(flow: OrmFlow, file: SourceFile, pattern: Node): TakenApart {
  let root = pattern;
  let parent = file.parentOf(root);
  while (parent !== undefined && isPatternPart(parent, root)) {
    root = parent;
    parent = file.parentOf(root);
  }
  if (parent === undefined) return { source: undefined, value: undefined };
  if (parent.type === 'VariableDeclarator')
    return {
      source: parent.init ?? loopedOver(file, parent),
      value: declarator(flow, file, parent, pattern),
    };
  if (isFunction(parent))
    return { source: file.parentOf(parent), value: parameter(flow, file, parent, pattern) };
  if (parent.type !== 'AssignmentExpression' && parent.type !== 'ForOfStatement')
    return { source: undefined, value: undefined };
  const whole = flow.value(file, parent.right);
  const value = parent.type === 'ForOfStatement' ? elementOf(whole) : whole;
  return { source: parent.right, value: patternPart(flow, file, root, pattern, value) };
}

function isPatternPart(outer: Node, inner: Node): boolean {
  switch (outer.type) {
    case 'ObjectPattern':
    case 'ArrayPattern':
    case 'RestElement':
    case 'TSParameterProperty':
      return true;
    case 'ObjectProperty':
      return outer.value === inner;
    case 'AssignmentPattern':
      return outer.left === inner;
    default:
      return false;
  }
}

/** Whether a member is set or deleted where it stands, and not read: as a target of assignments and patterns. */
function isWrittenTo(file: SourceFile, node: Node): boolean {
  let inner = node;
  let parent = file.parentOf(inner);
  while (parent !== undefined && unwrapped(parent) === unwrapped(node)) {
    inner = parent;
    parent = file.parentOf(inner);
  }
  switch (parent?.type) {
    case 'AssignmentExpression':
      // `post.author ??= writer` reads it first.
      return parent.left === inner && parent.operator === '=';
    case 'AssignmentPattern':
    case 'ForOfStatement':
    case 'ForInStatement':
      return parent.left === inner;
    case 'ArrayPattern':
    case 'RestElement':
      return true;
    case 'ObjectProperty':
      return parent.value === inner && file.parentOf(parent)?.type === 'ObjectPattern';
    case 'UnaryExpression':
      return parent.operator === 'delete';
    default:
      return false;
  }
}

function isDeclaredRelation(evaluator: Evaluator, model: Model, name: string): boolean {
  return model.definition !== undefined && isSingleRelation(evaluator, model.definition, name);
}
