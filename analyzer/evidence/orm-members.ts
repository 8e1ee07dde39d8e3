import type { Node } from '@babel/types';
import { twins } from '@migrate-async/runtime/twins';
import { type ApiValue, extendApi, isFunction, type SourceFile } from '../sources/index.ts';
import type { OrmFlow } from './orm-flow.ts';
import { fieldValue, isModelClass } from './orm-models.ts';
import { querySetClass } from './orm-overrides.ts';
import {
  isLazyOperation,
  isQuerySource,
  isRelatedStep,
  type Model,
  type OrmValue,
  other,
  type QuerySource,
  queryResult,
  rowResult,
  syncNameOf,
  twinOf,
  twinsOf,
  unknownModel,
} from './orm-values.ts';

type Call = Node & { type: 'CallExpression' | 'OptionalCallExpression' };

/** What reading `name` off a value gives; `undefined` when nobody can tell. */
export function memberValue(flow: OrmFlow, value: OrmValue, name: string): OrmValue | undefined {
  switch (value.kind) {
    case 'model':
      return modelMember(flow, value.model, name);
    case 'foreign':
      return foreignMember(value, name);
    case 'manager':
    case 'queryset':
    case 'related':
      return queryMember(flow, value, name);
    case 'instance':
      return instanceMember(flow, value.model, name);
    case 'attribute':
      return attributeMember(name);
    case 'tuple':
      return /^\d+$/.test(name) ? value.elements[Number(name)] : { kind: 'method', of: value, name };
    case 'list':
      return /^\d+$/.test(name) ? value.of : name === 'length' ? other : { kind: 'method', of: value, name };
    case 'map':
    case 'transaction':
    case 'connection':
    case 'connections':
    case 'cursor':
      return { kind: 'method', of: value, name };
    case 'shape':
      return value.property(name);
    case 'other':
      return other;
    case 'method':
    case 'function':
    case 'closure':
      return undefined;
  }
}

function modelMember(flow: OrmFlow, model: Model, name: string): OrmValue | undefined {
  const { definition } = model;
  const manager: OrmValue = { kind: 'manager', model, rows: 'instances' };
  if (definition === undefined) return name === 'objects' ? manager : undefined;
  const found = flow.foreign(flow.evaluator.member(definition, name));
  if (found?.kind === 'manager') return { ...found, model };
  // The class that declares the manager may be out of reach; the name is the ORM's own.
  return found ?? (name === 'objects' ? manager : undefined);
}

function foreignMember(value: OrmValue & { readonly kind: 'foreign' }, name: string): OrmValue {
  const { value: api } = value;
  const last = api.steps.at(-1);
  if (name === 'objects') {
    const model = { name: last?.kind === 'member' ? last.name : undefined, definition: undefined };
    return { kind: 'manager', model, rows: 'instances' };
  }
  const atRoot = api.steps.every((step) => step.kind === 'member' && step.name === 'default');
  if (api.module !== 'global' && atRoot) {
    const sync = syncFunction(name);
    if (sync !== undefined) return { kind: 'function', name: sync };
    if (name === 'transaction' || name === 'connections') return { kind: name };
  }
  return { kind: 'foreign', value: extendApi(api, { kind: 'member', name }) };
}

type FunctionName = keyof typeof twins.functions;

function syncFunction(name: string): FunctionName | undefined {
  const names = Object.keys(twins.functions) as FunctionName[];
  return names.find((sync) => sync === name || twins.functions[sync] === name);
}

function queryMember(flow: OrmFlow, value: QuerySource, name: string): OrmValue | undefined {
  if (name === 'loaded') return { kind: 'list', of: { kind: 'instance', model: value.model } };
  if (name === 'ordered' || name === 'length') return other;
  if (isLazyOperation(name) || twinsOf(value)[name] !== undefined || syncNameOf(value, name) !== undefined)
    return { kind: 'method', of: value, name };
  const own = value.custom && flow.foreign(flow.evaluator.member(value.custom, name));
  return own ?? { kind: 'method', of: value, name };
}

function instanceMember(flow: OrmFlow, model: Model, name: string): OrmValue | undefined {
  const value: OrmValue = { kind: 'instance', model };
  const { definition } = model;
  if (definition !== undefined) {
    const own = flow.evaluator.member({ kind: 'instance', of: definition }, name);
    const found = own.filter((each) => each.kind !== 'api');
    if (found.length > 0) return flow.foreign(found);
    const field = fieldValue(flow.evaluator, definition, name);
    if (field !== undefined) return field.kind === 'related' ? ofDefaultManager(flow, field) : field;
    const awaited = name.startsWith('a') ? fieldValue(flow.evaluator, definition, name.slice(1)) : undefined;
    if (awaited?.kind === 'instance') return awaited;
  }
  const sync = twinOf(value, name) === undefined ? syncNameOf(value, name) : name;
  // What a package's base class has beside the operations of every row, nobody can tell.
  const isOperation =
    sync !== undefined &&
    (sync in twins.instance || definition === undefined || isModelClass(flow.evaluator, definition));
  if (isOperation) return { kind: 'method', of: value, name };
  if (definition !== undefined) return other;
  return { kind: 'attribute', model, name };
}

/** A related manager is of the class of its model's default manager. */
function ofDefaultManager(flow: OrmFlow, related: QuerySource): OrmValue {
  const manager = modelMember(flow, related.model, 'objects');
  const custom = manager?.kind === 'manager' ? manager.custom : undefined;
  return custom === undefined ? related : { ...related, custom };
}

function attributeMember(name: string): OrmValue {
  const instance: OrmValue = { kind: 'instance', model: unknownModel };
  const related: OrmValue = { kind: 'related', model: unknownModel, rows: 'instances' };
  if (name === 'save' || name === 'refreshFromDb') return { kind: 'method', of: instance, name };
  if (twinsOf(related)[name] !== undefined || isLazyOperation(name))
    return { kind: 'method', of: related, name };
  return { kind: 'attribute', model: unknownModel, name };
}

/** What calling a value gives; `undefined` when nobody can tell. */
export function returnedValue(
  flow: OrmFlow,
  value: OrmValue,
  call?: Call,
  file?: SourceFile,
): OrmValue | undefined {
  switch (value.kind) {
    case 'method':
      return methodResult(flow, value.of, value.name, call, file);
    case 'function':
      return functionResult(flow, value.name, call, file);
    case 'closure':
      return flow.result(value.file, value.node);
    case 'foreign':
      return isOutOfContainer(value.value)
        ? undefined
        : { kind: 'foreign', value: extendApi(value.value, { kind: 'call' }) };
    case 'other':
      return other;
    default:
      return undefined;
  }
}

/** `kept.get(id)`, where `kept` is a `Map`: what was put into it is not to be seen. */
function isOutOfContainer({ module, steps }: ApiValue): boolean {
  const [container, made, method] = steps;
  return (
    module === 'global' &&
    container?.kind === 'member' &&
    /^(?:Map|Set|WeakMap|WeakRef|Array|Proxy)$/.test(container.name) &&
    (made?.kind === 'new' || made?.kind === 'instance' || made?.kind === 'call') &&
    method?.kind === 'member' &&
    !/^(?:has|delete|clear|forEach|set|add|push)$/.test(method.name)
  );
}

function methodResult(
  flow: OrmFlow,
  of: OrmValue,
  name: string,
  call: Call | undefined,
  file: SourceFile | undefined,
): OrmValue | undefined {
  if (isQuerySource(of)) {
    if (of.kind === 'related' && isRelatedStep(name)) return chosenManager(flow, of, call, file);
    const sync = name === 'afilter' ? 'list' : (syncNameOf(of, name) ?? name);
    const known = isLazyOperation(sync) || twinsOf(of)[sync] !== undefined || sync === 'getQuerySet';
    return known ? ofClass(flow, of, queryResult(of, sync)) : undefined;
  }
  switch (of.kind) {
    case 'list':
      return listResult(of, name);
    case 'tuple':
      return undefined;
    case 'map':
      return mapResult(of, name);
    case 'connections':
      return name === 'get' ? { kind: 'connection' } : other;
    case 'connection':
      return name === 'cursor' || name === 'acursor' ? { kind: 'cursor' } : other;
    case 'instance':
      return rowResult(of, syncNameOf(of, name) ?? name);
    case 'transaction':
      return name === 'atomic' || name === 'aatomic' ? blockResult(flow, call, file) : other;
    default:
      return other;
  }
}

/** `blog.posts.manager(Post.live)`: the same rows, by way of another manager. */
function chosenManager(
  flow: OrmFlow,
  of: QuerySource,
  call: Call | undefined,
  file: SourceFile | undefined,
): OrmValue | undefined {
  const given = call?.arguments[0];
  if (given === undefined || file === undefined) return undefined;
  const manager =
    given.type === 'StringLiteral' ? modelMember(flow, of.model, given.value) : flow.value(file, given);
  if (manager?.kind !== 'manager') return undefined;
  const related: OrmValue = { kind: 'related', model: of.model, rows: 'instances' };
  return manager.custom === undefined ? related : { ...related, custom: manager.custom };
}

/** What a method of an array gives, where that follows from its elements. */
function listResult(list: OrmValue & { readonly kind: 'list' }, name: string): OrmValue | undefined {
  if (/^(?:filter|slice|sort|toSorted|reverse|toReversed|splice|values|copyWithin)$/.test(name)) return list;
  if (/^(?:find|findLast|at|pop|shift)$/.test(name)) return list.of;
  if (name === 'entries') return { kind: 'list', of: { kind: 'tuple', elements: [other, list.of] } };
  return /^(?:indexOf|lastIndexOf|findIndex|findLastIndex|includes|join|keys|push|unshift|some|every|forEach)$/.test(
    name,
  )
    ? other
    : undefined;
}

function mapResult(map: OrmValue & { readonly kind: 'map' }, name: string): OrmValue | undefined {
  switch (name) {
    case 'get':
      return map.of;
    case 'values':
      return { kind: 'list', of: map.of };
    case 'entries':
      return { kind: 'list', of: { kind: 'tuple', elements: [other, map.of] } };
    case 'keys':
      return { kind: 'list', of: other };
    case 'set':
      return map;
    default:
      return /^(?:has|delete|clear|forEach)$/.test(name) ? other : undefined;
  }
}

/** A query set made from another is of the same class, which may define operations of its own. */
function ofClass(flow: OrmFlow, source: QuerySource, result: OrmValue): OrmValue {
  const custom = result.kind === 'queryset' ? querySetClass(flow, source) : undefined;
  return result.kind === 'queryset' && custom !== undefined ? { ...result, custom } : result;
}

/** `transaction.atomic(() => …)` gives what its block returns. */
function blockResult(
  flow: OrmFlow,
  call: Call | undefined,
  file: SourceFile | undefined,
): OrmValue | undefined {
  const block = call?.arguments.at(-1);
  if (block === undefined || file === undefined) return undefined;
  if (isFunction(block)) return flow.result(file, block);
  const value = flow.value(file, block);
  return value?.kind === 'closure' ? flow.result(value.file, value.node) : undefined;
}

function functionResult(
  flow: OrmFlow,
  name: FunctionName,
  call: Call | undefined,
  file: SourceFile | undefined,
): OrmValue | undefined {
  if (name !== 'getObjectOr404' && name !== 'getListOr404') return other;
  const from = call?.arguments[0];
  const source = from && file ? flow.value(file, from) : undefined;
  const model =
    source?.kind === 'model' || (source && isQuerySource(source)) ? source.model : namedModel(from);
  const instance: OrmValue = { kind: 'instance', model };
  return name === 'getObjectOr404' ? instance : { kind: 'list', of: instance };
}

function namedModel(node: Node | undefined): Model {
  return node?.type === 'Identifier' ? { name: node.name, definition: undefined } : unknownModel;
}
