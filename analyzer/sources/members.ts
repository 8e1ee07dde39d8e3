import type { Node, TSEnumDeclaration } from '@babel/types';
import { assignedMembers, everyAssigned } from './assigned-members.ts';
import { classMember, isNothing } from './classes.ts';
import type { Evaluator } from './evaluator.ts';
import { folderMember } from './folder-modules.ts';
import { globalMember, isGlobalObject } from './global-members.ts';
import { listItems } from './lists.ts';
import { linkParent } from './places.ts';
import type { SourceFile } from './source-file.ts';
import { keyName } from './tree.ts';
import { shapeMember } from './types.ts';
import { type ApiValue, extendApi, type FunctionValue, noEnvironment, type Value } from './values.ts';

const none: readonly Value[] = [];

/** Steps of an access path: a thousand chained calls. Generated chains are longer, and each link costs its length. */
const longestPath = 2000;

/** Whether an access path is as long as one may be: what a member of it is, is not known. */
export function isLongest({ steps }: ApiValue): boolean {
  return steps.length >= longestPath;
}

/** What reading `name` of a value gives. */
export function memberValues(evaluator: Evaluator, value: Value, name: string): readonly Value[] {
  switch (value.kind) {
    case 'api':
      if (isLongest(value)) return none;
      if (value.module === 'global' && isGlobalObject(value.steps)) {
        const written = globalMember(evaluator, name);
        if (written.length > 0) return written;
      }
      return folderMember(evaluator, value, name) ?? [extendApi(value, { kind: 'member', name })];
    case 'module':
      return evaluator.exported(value.file, name);
    case 'object':
      return objectMember(evaluator, value, name);
    case 'array':
    case 'list': {
      const items = listItems(evaluator, value);
      if (name === 'length') return items === undefined ? none : [{ kind: 'constant', value: items.length }];
      return items?.[Number(name)]?.values ?? none;
    }
    case 'class': {
      const own = classMember(evaluator, value, name, true, value);
      // `static instance = null` waits for what is assigned later.
      return own.every(isNothing) ? [...own, ...assignedMembers(evaluator, value, name)] : own;
    }
    case 'instance':
      return classMember(evaluator, value.of, name, false, value);
    case 'shape':
      return shapeMember(evaluator, value, name);
    case 'function':
      return assignedMembers(evaluator, value, name);
    case 'constant':
      return none;
  }
}

/** Names that are being looked up, by literal: one that spreads itself, through others or not, ends there. */
const underWay = new WeakMap<Node, Set<string>>();

function objectMember(
  evaluator: Evaluator,
  value: Value & { kind: 'object' },
  name: string,
): readonly Value[] {
  const names = underWay.get(value.node) ?? new Set();
  if (names.has(name)) return none;
  underWay.set(value.node, names.add(name));
  try {
    return ownMember(evaluator, value, name);
  } finally {
    names.delete(name);
  }
}

function ownMember(evaluator: Evaluator, value: Value & { kind: 'object' }, name: string): readonly Value[] {
  const { file, node, environment } = value;
  const assigned = assignedMembers(evaluator, value, name);
  if (assigned.length > 0) return assigned;
  for (const property of [...node.properties].reverse()) {
    if (property.type === 'SpreadElement') {
      const spread = evaluator
        .evaluate(file, property.argument, environment)
        .flatMap((inner) => evaluator.member(inner, name));
      if (spread.length > 0) return spread;
      continue;
    }
    if (keyName(property) !== name) continue;
    if (property.type === 'ObjectProperty') return evaluator.evaluate(file, property.value, environment);
    const method: FunctionValue = { kind: 'function', file, node: property, environment, self: value };
    return property.kind === 'get' ? gottenValues(evaluator, method) : [method];
  }
  return none;
}

/** What a getter returns. */
export function gottenValues(evaluator: Evaluator, getter: FunctionValue): readonly Value[] {
  return evaluator
    .returnExpressions(getter.node)
    .flatMap((node) => evaluator.evaluate(getter.file, node, getter.environment));
}

/** `handlers[name]` with an unknown name: any of the listed members. */
export function anyMember(evaluator: Evaluator, value: Value): readonly Value[] {
  if (value.kind === 'array' || value.kind === 'list')
    return (listItems(evaluator, value) ?? []).flatMap(({ values }) => values);
  if (value.kind !== 'object') return none;
  const written = value.node.properties.flatMap((property) => {
    if (property.type === 'SpreadElement') return none;
    const node = property.type === 'ObjectMethod' ? property : property.value;
    return evaluator.evaluate(value.file, node, value.environment);
  });
  return [...written, ...everyAssigned(evaluator, value)];
}

const enumObjects = new WeakMap<TSEnumDeclaration, Value & { kind: 'object' }>();

/** An enumeration read as the object it compiles to. */
export function enumObject(file: SourceFile, node: TSEnumDeclaration): Value {
  const known = enumObjects.get(node);
  if (known !== undefined) return known;
  let next = 0;
  const properties = (node.body?.members ?? node.members ?? []).map((member) => {
    const { initializer } = member;
    if (initializer?.type === 'NumericLiteral') next = initializer.value;
    const value = initializer ?? { type: 'NumericLiteral', value: next };
    next++;
    return { type: 'ObjectProperty', computed: false, key: member.id, value };
  });
  const object = { type: 'ObjectExpression', properties, start: node.start, end: node.end };
  // The parser makes no such node; what reads values needs only the fields given here.
  const value = { kind: 'object', file, node: object as Node, environment: noEnvironment } as Value & {
    kind: 'object';
  };
  linkParent(value.node, node);
  enumObjects.set(node, value);
  return value;
}
