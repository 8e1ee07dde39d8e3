import type { Node } from '@babel/types';
import {
  type ClassValue,
  type Evaluator,
  isFunction,
  keyName,
  memberName,
  type Place,
  type SourceFile,
  superclasses,
  unwrapped,
  type Value,
} from '../analyzer/sources/index.ts';
import { conversionsAt, objects } from './conversions.ts';
import { getterReads } from './getter-reads.ts';

/** Code of the project that runs where no call of it is written. */
export interface ImplicitCall extends Place {
  readonly what: 'getter' | 'setter' | 'constructor' | 'iterator' | 'tag' | 'conversion';
}

/** Superclasses that are looked into. */
const deepest = 10;

/** Getters, setters, constructors with their fields, iterators, template tags and `toString` that evaluating the node itself runs. */
export function implicitCalls(evaluator: Evaluator, file: SourceFile, node: Node): readonly ImplicitCall[] {
  return [
    ...evaluation(evaluator, file, node),
    ...getters(evaluator, file, node),
    ...conversions(evaluator, file, node),
  ];
}

function getters(evaluator: Evaluator, file: SourceFile, node: Node): readonly ImplicitCall[] {
  return getterReads(evaluator, file, node).flatMap(({ value, names }) =>
    membersOf(evaluator, value)
      .filter(({ node: member }) => member.kind === 'get' && (names?.includes(keyName(member) ?? '') ?? true))
      .map(({ file: home, node: member }) => ({ what: 'getter' as const, file: home, node: member.body })),
  );
}

/** Methods by which what a node is given turns itself into text or JSON. */
function conversions(evaluator: Evaluator, file: SourceFile, node: Node): readonly ImplicitCall[] {
  return conversionsAt(evaluator, file, node).flatMap(({ values, methods }) =>
    values.flatMap((value) =>
      membersOf(evaluator, value)
        .filter(({ file: home, node: member }) => methods.includes(memberKey(home, member)))
        .map(({ file: home, node: member }) => ({
          what: 'conversion' as const,
          file: home,
          node: member.body,
        })),
    ),
  );
}

/** `toString`, and `Symbol.iterator` for `[Symbol.iterator]`. */
function memberKey(file: SourceFile, member: Member): string {
  return keyName(member) ?? ('computed' in member && member.computed ? file.textOf(member.key) : '');
}

function evaluation(evaluator: Evaluator, file: SourceFile, node: Node): readonly ImplicitCall[] {
  switch (node.type) {
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      return node.object.type === 'Super' ? [] : accessors(evaluator, file, node);
    case 'NewExpression':
      return evaluator
        .evaluate(file, unwrapped(node.callee))
        .flatMap((value) => (value.kind === 'class' ? construction(evaluator, value) : []));
    case 'TaggedTemplateExpression':
      return evaluator
        .evaluate(file, unwrapped(node.tag))
        .flatMap((value) =>
          value.kind === 'function'
            ? [{ what: 'tag', file: value.file, node: value.node.body } as const]
            : [],
        );
    case 'ForOfStatement':
      return iterators(evaluator, file, node.right);
    case 'SpreadElement':
      return iterators(evaluator, file, node.argument);
    default:
      return [];
  }
}

function accessors(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node & { type: 'MemberExpression' | 'OptionalMemberExpression' },
): readonly ImplicitCall[] {
  const name = memberName(node);
  if (name === undefined) return [];
  const parent = file.parentOf(node);
  const isTarget = parent?.type === 'AssignmentExpression' && parent.left === node;
  const isBoth = parent?.type === 'UpdateExpression' || (isTarget && parent.operator !== '=');
  const kinds = isBoth ? (['get', 'set'] as const) : isTarget ? (['set'] as const) : (['get'] as const);
  const isAccessor = (member: Member): boolean =>
    kinds.some((kind) => member.kind === kind) && keyName(member) === name;
  return objects(evaluator, file, unwrapped(node.object)).flatMap((value) =>
    membersOf(evaluator, value)
      .filter(({ node: member }) => isAccessor(member))
      .map(({ file: home, node: member }) => ({
        what: member.kind === 'set' ? ('setter' as const) : ('getter' as const),
        file: home,
        node: member.body,
      })),
  );
}

type Member = Node & { type: 'ClassMethod' | 'ClassPrivateMethod' | 'ObjectMethod' };

/** The methods and accessors that a value has, those of its superclasses too. */
function membersOf(
  evaluator: Evaluator,
  value: Value,
): readonly { readonly file: SourceFile; readonly node: Member }[] {
  switch (value.kind) {
    case 'object':
      return value.node.properties.flatMap((member) =>
        member.type === 'ObjectMethod' ? [{ file: value.file, node: member }] : [],
      );
    case 'instance':
      return classMembers(evaluator, value.of, false);
    case 'class':
      return classMembers(evaluator, value, true);
    default:
      return [];
  }
}

function classMembers(
  evaluator: Evaluator,
  owner: ClassValue,
  isStatic: boolean,
): readonly { readonly file: SourceFile; readonly node: Member }[] {
  return lineage(evaluator, owner).flatMap(({ file, node }) =>
    node.body.body.flatMap((member) =>
      (member.type === 'ClassMethod' || member.type === 'ClassPrivateMethod') &&
      Boolean(member.static) === isStatic
        ? [{ file, node: member }]
        : [],
    ),
  );
}

/** A class and those it extends, as far as they are of the project. */
export function lineage(evaluator: Evaluator, owner: ClassValue, depth = 0): readonly ClassValue[] {
  if (depth > deepest) return [];
  const above = superclasses(evaluator, owner).flatMap((value) =>
    value.kind === 'class' ? lineage(evaluator, value, depth + 1) : [],
  );
  return [owner, ...above];
}

/** Constructors and fields of a class and of those it extends. */
function construction(evaluator: Evaluator, owner: ClassValue): readonly ImplicitCall[] {
  return lineage(evaluator, owner).flatMap(({ file, node }) =>
    node.body.body.flatMap((member): ImplicitCall[] => {
      if (member.type === 'ClassMethod')
        return member.kind === 'constructor' ? [{ what: 'constructor', file, node: member.body }] : [];
      const isField = member.type === 'ClassProperty' || member.type === 'ClassPrivateProperty';
      // A function that is kept in a field does not run yet.
      if (!isField || member.static || !member.value || isFunction(unwrapped(member.value))) return [];
      return [{ what: 'constructor', file, node: member.value }];
    }),
  );
}

function iterators(evaluator: Evaluator, file: SourceFile, source: Node): readonly ImplicitCall[] {
  return evaluator.evaluate(file, unwrapped(source)).flatMap((value) =>
    membersOf(evaluator, value)
      .filter(({ file: home, node }) => memberKey(home, node) === 'Symbol.iterator')
      .map(({ file: home, node }) => ({ what: 'iterator' as const, file: home, node: node.body })),
  );
}
