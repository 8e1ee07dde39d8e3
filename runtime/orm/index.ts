import type { AggregateOptions, AnyCondition, Condition, Expression } from './types/expressions.ts';
import type {
  Fields,
  ForeignKeyFunction,
  ManyToManyFunction,
  OneToOneFunction,
  ReverseFunction,
  SetOnDelete,
} from './types/fields.ts';
import type { AnyModel, InstanceOf, ModelFunction } from './types/model.ts';
import type {
  Manager as ManagerType,
  PrefetchLookup,
  Queryable,
  QuerySet as QuerySetType,
} from './types/queryset.ts';

export type QuerySet<T, R = T, A = object> = QuerySetType<T, R, A>;
export declare const model: ModelFunction;
export declare const fields: Fields;
export declare const foreignKey: ForeignKeyFunction;
export declare const oneToOne: OneToOneFunction;
export declare const manyToMany: ManyToManyFunction;
export declare const reverse: ReverseFunction;
export declare function set(value: unknown): SetOnDelete;
export interface Manager<T> extends ManagerType<T> {}
export declare const Manager: { new <C extends AnyModel>(model: C): Manager<InstanceOf<C>> };

export declare function F<const P extends string>(path: P): Expression<unknown, P, 'field'>;
export declare function Q<const W extends object>(where?: W): Condition<W>;
export declare function Value<T>(value: T): Expression<T, never, 'value'>;
export declare function Count<const P extends string>(
  path: P,
  options?: AggregateOptions,
): Expression<number, P, 'count'>;
export declare function Sum<const P extends string>(
  path: P,
  options?: AggregateOptions,
): Expression<unknown, P, 'sum'>;
export declare function Max<const P extends string>(
  path: P,
  options?: AggregateOptions,
): Expression<unknown, P, 'max'>;
export declare function Min<const P extends string>(
  path: P,
  options?: AggregateOptions,
): Expression<unknown, P, 'min'>;
export declare function Avg<const P extends string>(
  path: P,
  options?: AggregateOptions,
): Expression<unknown, P, 'avg'>;
export declare function Prefetch(
  lookup: string,
  options?: { readonly queryset?: object; readonly toAttr?: string },
): PrefetchLookup;

type Findable<T> = { readonly objects: Queryable<T> } | Queryable<T>;
export declare function getObjectOr404<T>(from: Findable<T>, ...where: (AnyCondition | object)[]): T;
export declare function agetObjectOr404<T>(
  from: Findable<T>,
  ...where: (AnyCondition | object)[]
): Promise<T>;
export declare function getListOr404<T>(from: Findable<T>, ...where: (AnyCondition | object)[]): T[];
export declare function agetListOr404<T>(
  from: Findable<T>,
  ...where: (AnyCondition | object)[]
): Promise<T[]>;
export declare function prefetchRelatedObjects(
  instances: readonly object[],
  ...lookups: (string | PrefetchLookup)[]
): void;
export declare function aprefetchRelatedObjects(
  instances: readonly object[],
  ...lookups: (string | PrefetchLookup)[]
): Promise<void>;

interface TableOptions {
  readonly using?: string;
}
export declare function createTables(models: readonly AnyModel[], options?: TableOptions): void;
export declare function acreateTables(models: readonly AnyModel[], options?: TableOptions): Promise<void>;
export declare function dropTables(models: readonly AnyModel[], options?: TableOptions): void;
export declare function adropTables(models: readonly AnyModel[], options?: TableOptions): Promise<void>;

export interface AtomicOptions {
  readonly using?: string;
  readonly durable?: boolean;
  readonly savepoint?: boolean;
}
export declare const transaction: {
  atomic<T>(work: () => T): T;
  atomic<T>(options: AtomicOptions, work: () => T): T;
  aatomic<T>(work: () => Promise<T>): Promise<T>;
  aatomic<T>(options: AtomicOptions, work: () => Promise<T>): Promise<T>;
  onCommit(hook: () => unknown, options?: { readonly using?: string; readonly robust?: boolean }): void;
  aonCommit(
    hook: () => unknown,
    options?: { readonly using?: string; readonly robust?: boolean },
  ): Promise<void>;
  setRollback(rollback: boolean, using?: string): void;
  getRollback(using?: string): boolean;
};

export interface PoolOptions {
  readonly min?: number;
  readonly max?: number;
  /** Milliseconds to wait for a connection before PoolTimeout. */
  readonly timeout?: number;
  readonly maxIdle?: number;
  readonly maxLifetime?: number;
  readonly check?: boolean;
}
export interface DatabaseSettings {
  readonly engine: 'postgresql' | 'sqlite' | 'mysql';
  readonly url: string;
  readonly native?: boolean;
  readonly pool?: PoolOptions;
  readonly statementTimeout?: number;
  readonly ssl?: unknown;
}
export declare function configureDatabases(databases: Readonly<Record<string, DatabaseSettings>>): void;
export interface DatabaseWrapper {
  readonly alias: string;
  readonly features: { readonly nativeAsync: boolean };
  close(): void;
  aclose(): Promise<void>;
}
export declare const connections: {
  get(alias?: string): DatabaseWrapper;
  closeAll(): void;
  acloseAll(): Promise<void>;
};

export declare class DatabaseError extends Error {
  readonly code: string | undefined;
  readonly constraint: string | undefined;
  readonly detail: string | undefined;
  readonly sql: string | undefined;
}
export declare class IntegrityError extends DatabaseError {}
export declare class OperationalError extends DatabaseError {}
export declare class ProgrammingError extends DatabaseError {}
export declare class DataError extends DatabaseError {}
export declare class InternalError extends DatabaseError {}
export declare class NotSupportedError extends DatabaseError {}
export declare class InterfaceError extends Error {}
export declare class PoolTimeout extends OperationalError {}
export declare class TransactionManagementError extends ProgrammingError {}
export declare class ObjectDoesNotExist extends Error {}
export declare class MultipleObjectsReturned extends Error {}
export declare class FieldError extends Error {}
export declare class FieldDoesNotExist extends Error {}
export declare class ValueError extends Error {}
export declare class ValidationError extends Error {}
export declare class Http404 extends Error {
  readonly status: 404;
}
export declare class SynchronousOnlyOperation extends Error {}
