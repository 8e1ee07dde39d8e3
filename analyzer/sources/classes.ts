import type { ClassMethod, Node } from '@babel/types';
import type { CallSite, Evaluator } from './evaluator.ts';
import { selfAt } from './frames.ts';
import { gottenValues } from './members.ts';
import { bindArguments } from './parameters.ts';
import type { SourceFile } from './source-file.ts';
import { type FunctionNode, keyName, memberName, walk } from './tree.ts';
import { annotatedValues } from './types.ts';
import {
  type ClassNode,
  type ClassValue,
  type Environment,
  extendApi,
  type FunctionValue,
  type InstanceValue,
  noEnvironment,
  type Value,
} from './values.ts';

const none: readonly Value[] = [];

/** Reads a member of a class or of an instance of it; inherited members too. */
export function classMember(
  evaluator: Evaluator,
  owner: ClassValue,
  name: string,
  isStatic: boolean,
  self: Value,
): readonly Value[] {
  const environment = instanceFrame(evaluator, owner, self);
  for (const member of owner.node.body.body) {
    if (!('static' in member) || Boolean(member.static) !== isStatic) continue;
    if (!('key' in member) || memberKey(member) !== name) continue;
    if (member.type === 'ClassMethod' || member.type === 'ClassPrivateMethod') {
      if (member.kind === 'set') continue;
      const method: FunctionValue = { kind: 'function', file: owner.file, node: member, environment, self };
      return member.kind === 'get' ? gottenValues(evaluator, method) : [method];
    }
    if (!('value' in member)) continue;
    const initial = member.value ? evaluator.evaluate(owner.file, member.value, environment) : none;
    // `app = undefined` holds a place for what a method assigns.
    if (!initial.every(isNothing)) return initial;
    const assigned = isStatic ? none : assignedField(evaluator, owner, name, self);
    if (assigned.length > 0) return assigned;
    return initial.length > 0 ? initial : annotatedValues(evaluator, owner.file, member);
  }
  const assigned = isStatic ? none : assignedField(evaluator, owner, name, self);
  return assigned.length > 0 ? assigned : inheritedMember(evaluator, owner, name, isStatic, self);
}

/** `null` and `undefined`. */
export function isNothing(value: Value): boolean {
  return value.kind === 'constant' && value.value === null;
}

function memberKey(member: { readonly key: Node; readonly computed?: boolean | null }): string | undefined {
  return keyName({ key: member.key, computed: member.computed === true });
}

function inheritedMember(
  evaluator: Evaluator,
  owner: ClassValue,
  name: string,
  isStatic: boolean,
  self: Value,
): readonly Value[] {
  return superclasses(evaluator, owner).flatMap((value) => {
    if (value.kind === 'class') return classMember(evaluator, value, name, isStatic, self);
    if (value.kind !== 'api') return none;
    return [extendApi(isStatic ? value : extendApi(value, { kind: 'instance' }), { kind: 'member', name })];
  });
}

export function superclasses(evaluator: Evaluator, owner: ClassValue): readonly Value[] {
  const { superClass } = owner.node;
  return superClass ? evaluator.evaluate(owner.file, superClass, owner.environment) : none;
}

/** `this.name = …` in any method, and `constructor(private name: Type)`. */
function assignedField(evaluator: Evaluator, owner: ClassValue, name: string, self: Value): readonly Value[] {
  const found: Value[] = [];
  for (const { node, member } of fieldWrites(owner.node, name)) {
    const environment =
      member.kind === 'constructor'
        ? constructorFrame(evaluator, owner, member, self)
        : instanceFrame(evaluator, owner, self);
    found.push(...evaluator.evaluate(owner.file, node, environment));
  }
  return found;
}

interface FieldWrite {
  readonly node: Node;
  readonly member: ClassMethod;
}

const writes = new WeakMap<ClassNode, ReadonlyMap<string, readonly FieldWrite[]>>();

function fieldWrites(owner: ClassNode, name: string): readonly FieldWrite[] {
  let known = writes.get(owner);
  if (known === undefined) {
    known = readFieldWrites(owner);
    writes.set(owner, known);
  }
  return known.get(name) ?? [];
}

function readFieldWrites(owner: ClassNode): ReadonlyMap<string, readonly FieldWrite[]> {
  const found = new Map<string, FieldWrite[]>();
  const add = (name: string | undefined, node: Node, member: ClassMethod) => {
    if (name !== undefined) found.set(name, [...(found.get(name) ?? []), { node, member }]);
  };
  for (const member of owner.body.body) {
    if (member.type !== 'ClassMethod') continue;
    for (const parameter of member.params) {
      if (parameter.type !== 'TSParameterProperty') continue;
      const { parameter: own } = parameter;
      const inner = own.type === 'AssignmentPattern' ? own.left : own;
      if (inner.type === 'Identifier') add(inner.name, inner, member);
    }
    walk(member.body, (node) => {
      if (node.type === 'FunctionExpression' || node.type === 'FunctionDeclaration') return false;
      if (node.type !== 'AssignmentExpression' || node.left.type !== 'MemberExpression') return true;
      if (node.left.object.type === 'ThisExpression') add(memberName(node.left), node.right, member);
      return true;
    });
  }
  return found;
}

/** The names of a class body for one instance; what an instance was made from tells two of them apart. */
export function instanceFrame(evaluator: Evaluator, owner: ClassValue, self: Value): Environment {
  if (self.kind !== 'instance' || self.created === undefined) return owner.environment;
  const { file, node, environment = noEnvironment } = self.created;
  return evaluator.frames.enter(
    { file: owner.file, owner: owner.node },
    owner.environment,
    { file, node, environment },
    self,
    () => {},
  );
}

/** The names of a constructor while it makes `self`. */
export function constructorFrame(
  evaluator: Evaluator,
  owner: ClassValue,
  node: FunctionNode,
  self: Value,
): Environment {
  const outer = instanceFrame(evaluator, owner, self);
  if (self.kind !== 'instance' || self.created === undefined) return outer;
  const { created } = self;
  return evaluator.frames.enter(
    { file: owner.file, owner: node },
    outer,
    { file: created.file, node: created.node, environment: created.environment ?? noEnvironment },
    self,
    (frame) => {
      const given = construction(evaluator, owner, self);
      if (given !== undefined) bindArguments(evaluator, frame, node, given.site, given.environment);
    },
  );
}

interface Construction {
  readonly site: CallSite;
  readonly environment: Environment;
}

/** The call whose arguments the constructor of `owner` gets: the `new`, or a `super(…)` on the way up from it. */
function construction(
  evaluator: Evaluator,
  owner: ClassValue,
  self: InstanceValue,
): Construction | undefined {
  const { created } = self;
  if (created?.node.type !== 'NewExpression') return undefined;
  let given: Construction = {
    site: { file: created.file, call: created.node },
    environment: created.environment ?? noEnvironment,
  };
  let current = self.of;
  for (let steps = 0; current.node !== owner.node; steps++) {
    const own = constructorOf(current.node);
    if (own !== undefined) {
      const call = superCall(own);
      if (call === undefined) return undefined;
      given = {
        site: { file: current.file, call },
        environment: constructorFrame(evaluator, current, own, self),
      };
    }
    const above = superclasses(evaluator, current).find((value) => value.kind === 'class');
    if (above === undefined || steps > 10) return undefined;
    current = above;
  }
  return given;
}

export function constructorOf(node: ClassNode): ClassMethod | undefined {
  return node.body.body.find(
    (member): member is ClassMethod => member.type === 'ClassMethod' && member.kind === 'constructor',
  );
}

function superCall(node: ClassMethod): CallSite['call'] | undefined {
  let found: CallSite['call'] | undefined;
  walk(node.body, (inner) => {
    if (inner.type === 'CallExpression' && inner.callee.type === 'Super') found = inner;
    return found === undefined;
  });
  return found;
}

/** `super.name` at `node`. */
export function superMember(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node,
  environment: Environment,
): readonly Value[] {
  const name = memberName(node);
  const around = file.classAround(node);
  if (name === undefined || !around?.superClass) return none;
  const self = selfAt(environment, file, node);
  return evaluator
    .evaluate(file, around.superClass, environment)
    .flatMap((value) =>
      value.kind === 'class'
        ? classMember(evaluator, value, name, false, self ?? value)
        : evaluator.member(value, name),
    );
}

/** What `this` means at `node`: what the frame says, else the object literal or an instance of the class around it. */
export function thisValues(file: SourceFile, node: Node, environment: Environment): readonly Value[] {
  const self = selfAt(environment, file, node);
  if (self !== undefined) return [self];
  for (let above = file.parentOf(node); above !== undefined; above = file.parentOf(above)) {
    if (
      above.type === 'ClassMethod' ||
      above.type === 'ClassPrivateMethod' ||
      above.type === 'ClassProperty' ||
      above.type === 'ClassPrivateProperty'
    ) {
      const around = file.classAround(above);
      if (around === undefined) return none;
      const owner: ClassValue = { kind: 'class', file, node: around, environment: noEnvironment };
      return above.static ? [owner] : [{ kind: 'instance', of: owner }];
    }
    if (above.type === 'StaticBlock') {
      const around = file.classAround(above);
      return around ? [{ kind: 'class', file, node: around, environment: noEnvironment }] : none;
    }
    if (above.type === 'ObjectMethod') return objectAround(file, above);
    if (above.type === 'FunctionExpression' || above.type === 'FunctionDeclaration') {
      const property = file.parentOf(above);
      return property?.type === 'ObjectProperty' ? objectAround(file, property) : none;
    }
  }
  return none;
}

function objectAround(file: SourceFile, property: Node): readonly Value[] {
  const object = file.parentOf(property);
  return object?.type === 'ObjectExpression'
    ? [{ kind: 'object', file, node: object, environment: noEnvironment }]
    : none;
}
