import type { Node } from '@babel/types';
import {
  isDerivedOperation,
  lazyOperations,
  relatedSteps,
  relationTwin,
  twins,
} from '@migrate-async/runtime/twins';
import type { ApiValue, ClassValue, FunctionNode, InstanceValue, SourceFile } from '../sources/index.ts';

/** A model class, as far as it is known. */
export interface Model {
  readonly name: string | undefined;
  /** The class in the project; absent when its module cannot be read. */
  readonly definition: ClassValue | undefined;
}

/** What an expression stands for in terms of the ORM. `await` and promises are transparent. */
export type OrmValue =
  | { readonly kind: 'model'; readonly model: Model }
  | {
      readonly kind: 'manager' | 'queryset' | 'related';
      readonly model: Model;
      readonly rows: Rows;
      /** The project's own manager or query set class, where it is one. */
      readonly custom?: InstanceValue;
    }
  | { readonly kind: 'instance'; readonly model: Model }
  /** An attribute of an instance whose model cannot be read: a column or a relation, nobody can tell. */
  | { readonly kind: 'attribute'; readonly model: Model; readonly name: string }
  /** An operation read off its receiver and not called yet. */
  | { readonly kind: 'method'; readonly of: OrmValue; readonly name: string }
  | { readonly kind: 'function'; readonly name: keyof typeof twins.functions }
  | { readonly kind: 'transaction' | 'connections' | 'connection' | 'cursor' }
  /** An array, or anything else that is gone through; every element is `of`. */
  | { readonly kind: 'list'; readonly of: OrmValue }
  | { readonly kind: 'map'; readonly of: OrmValue }
  | { readonly kind: 'tuple'; readonly elements: readonly (OrmValue | undefined)[] }
  | { readonly kind: 'closure'; readonly file: SourceFile; readonly node: FunctionNode }
  /** An object whose properties are looked up when they are asked for. */
  | {
      readonly kind: 'shape';
      readonly property: (name: string) => OrmValue | undefined;
      /** It is known by its declared type: whatever it is at run time, that type has to allow what is written. */
      readonly isDeclared?: boolean;
    }
  /** Something from outside the project that is not known to belong to the ORM. */
  | { readonly kind: 'foreign'; readonly value: ApiValue }
  /** Known, and not of the ORM: a number, a string, a `Map`, an array of plain values. */
  | { readonly kind: 'other'; readonly isNothing?: boolean };

/** Whether rows are read as instances of the model or as plain values. */
export type Rows = 'instances' | 'plain';

export const other: OrmValue = { kind: 'other' };

/** `null` and `undefined`: what may stand for a row that is missing. */
export const nothing: OrmValue = { kind: 'other', isNothing: true };

export const unknownModel: Model = { name: undefined, definition: undefined };

export type QuerySource = OrmValue & { readonly kind: 'manager' | 'queryset' | 'related' };

export function isQuerySource(value: OrmValue): value is QuerySource {
  return value.kind === 'manager' || value.kind === 'queryset' || value.kind === 'related';
}

const lazy: ReadonlySet<string> = new Set(lazyOperations);

export function isLazyOperation(name: string): boolean {
  return lazy.has(name);
}

const steps: ReadonlySet<string> = new Set(relatedSteps);

/** What builds a query on the manager of a relation only. */
export function isRelatedStep(name: string): boolean {
  return steps.has(name);
}

/** Operations that write, whatever they are called on. */
const writing: ReadonlySet<string> = new Set([
  'create', 'getOrCreate', 'updateOrCreate', 'bulkCreate', 'bulkUpdate', 'update', 'delete', 'save',
  'add', 'remove', 'clear', 'set', 'createTables', 'dropTables', 'execute', 'executeMany',
]); // biome-ignore format: one glance is enough

/** Whether the operation may change rows; what a transaction does is its body's business. */
export function isWrite(name: string): boolean {
  return writing.has(name) || (name.startsWith('set') && isDerivedOperation(name));
}

type TwinTable = Readonly<Record<string, string>>;

/** The twins of what can be called on a value of this kind. */
export function twinsOf(value: OrmValue): TwinTable {
  switch (value.kind) {
    case 'queryset':
      return twins.queryset;
    case 'manager':
      return managerTwins;
    case 'related':
      return relatedTwins;
    case 'instance':
      return twins.instance;
    case 'attribute':
      // Nobody would bridge a member of a column: what has such a member is a related manager.
      return relatedTwins;
    case 'transaction':
      return twins.transaction;
    case 'connection':
      return twins.connection;
    case 'cursor':
      return twins.cursor;
    default:
      return {};
  }
}

const managerTwins: TwinTable = withoutDelete(twins.queryset);
const relatedTwins: TwinTable = { ...managerTwins, ...twins.related };

function withoutDelete({ delete: _queryOnly, ...rest }: TwinTable): TwinTable {
  return rest;
}

/** The twin of the operation `name` of a value; rows have some whose names are made of those of fields and models. */
export function twinOf(value: OrmValue, name: string): string | undefined {
  const table = twinsOf(value);
  if (Object.hasOwn(table, name)) return table[name];
  return value.kind === 'instance' && hasDerived(value.model, name) ? relationTwin(name) : undefined;
}

/** The name that `twin` is the native counterpart of. */
export function syncNameOf(value: OrmValue, twin: string): string | undefined {
  const listed = Object.entries(twinsOf(value)).find(([, native]) => native === twin)?.[0];
  if (listed !== undefined) return listed;
  const name = twin.slice(1);
  return relationTwin(name) === twin && twinOf(value, name) !== undefined ? name : undefined;
}

/** A class that cannot be read may have a `getPurchaseOrder` of its own; of one that can, its own are found first. */
function hasDerived({ definition }: Model, name: string): boolean {
  return definition !== undefined && isDerivedOperation(name);
}

/** What calling an operation of a row gives. */
export function rowResult({ model }: OrmValue & { readonly kind: 'instance' }, name: string): OrmValue {
  if (!hasDerived(model, name)) return other;
  return /^get(?:Next|Previous)/.test(name) ? { kind: 'instance', model } : other;
}

/** What calling the terminal or lazy operation `name` of a query set gives. */
export function queryResult(source: QuerySource, name: string): OrmValue {
  const { model } = source;
  const row: OrmValue = source.rows === 'plain' ? other : { kind: 'instance', model };
  if (name === 'values' || name === 'valuesList' || name === 'dates' || name === 'datetimes')
    return { kind: 'queryset', model, rows: 'plain' };
  if (isLazyOperation(name) || name === 'getQuerySet') return { kind: 'queryset', model, rows: source.rows };
  switch (name) {
    case 'get':
    case 'first':
    case 'last':
    case 'latest':
    case 'earliest':
    case 'at':
      return row;
    case 'create':
      return { kind: 'instance', model };
    case 'getOrCreate':
    case 'updateOrCreate':
      return { kind: 'tuple', elements: [{ kind: 'instance', model }, other] };
    case 'list':
    case 'iterator':
    case 'filter':
      return { kind: 'list', of: row };
    case 'bulkCreate':
      return { kind: 'list', of: { kind: 'instance', model } };
    case 'inBulk':
      return { kind: 'map', of: { kind: 'instance', model } };
    default:
      return other;
  }
}

/** Joins what an expression may be; `undefined` as soon as one of them is unknown or they disagree. */
export function joined(values: readonly (OrmValue | undefined)[]): OrmValue | undefined {
  const [first, ...rest] = values;
  if (first === undefined || rest.some((value) => value === undefined)) return undefined;
  // `null` stands beside anything: a row that may be missing is still a row where it is used.
  const telling = [first, ...rest.filter((value) => value !== undefined)].filter(
    (value) => value.kind !== 'other' || value.isNothing !== true,
  );
  const [one] = telling;
  if (one === undefined) return nothing;
  return telling.every((value) => sameKind(value, one)) ? one : undefined;
}

function sameKind(left: OrmValue, right: OrmValue): boolean {
  if (left.kind !== right.kind) return isQuerySource(left) && isQuerySource(right);
  if ('model' in left && 'model' in right)
    return (
      left.model.definition?.node === right.model.definition?.node && left.model.name === right.model.name
    );
  return true;
}

/** Whether rows can be got out of a value. */
export function holdsRows(value: OrmValue | undefined): boolean {
  switch (value?.kind) {
    case 'instance':
      return true;
    case 'queryset':
    case 'manager':
    case 'related':
      return value.rows === 'instances';
    case 'list':
    case 'map':
      return holdsRows(value.of);
    case 'tuple':
      return value.elements.some(holdsRows);
    default:
      return false;
  }
}

/** A node with the file it stands in. */
export interface Located {
  readonly file: SourceFile;
  readonly node: Node;
}

/** What going through a value gives. */
export function elementOf(value: OrmValue | undefined): OrmValue | undefined {
  if (value === undefined) return undefined;
  if (value.kind === 'list') return value.of;
  if (value.kind === 'tuple') return joined(value.elements);
  if (value.kind === 'map') return { kind: 'tuple', elements: [other, value.of] };
  if (isQuerySource(value)) return value.rows === 'plain' ? other : { kind: 'instance', model: value.model };
  return value.kind === 'other' ? other : undefined;
}
