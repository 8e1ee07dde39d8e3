import type { AnyCondition, OrderingTerm } from './expressions.ts';
import type { Deleted, QuerySet, RelatedManager } from './queryset.ts';
import type {
  Any,
  ColumnAttributes,
  FieldMap,
  ForwardAttributes,
  InitialValues,
  ManyRelation,
  PrimaryKey,
  SchemaOf,
  schema,
  WithId,
} from './schema.ts';

type ManyName<S> = {
  [K in keyof S & string]: S[K] extends { readonly kind: 'reverse' | 'manyToMany' | 'genericRelation' }
    ? K
    : never;
}[keyof S & string];

/** True when `Via` of `T` is a one-to-one, whose reverse side is one instance. */
type IsSingle<T, Via> = Via extends keyof SchemaOf<T>
  ? SchemaOf<T>[Via] extends { readonly kind: 'oneToOne' }
    ? true
    : false
  : false;
type ReverseValue<F> = F extends {
  readonly kind: 'reverse';
  readonly target: infer T;
  readonly via: infer Via;
}
  ? IsSingle<T, Via> extends true
    ? T
    : RelatedManager<T, Via & string>
  : F extends ManyRelation<infer T>
    ? RelatedManager<T>
    : never;
/** The native twin of a reverse one-to-one; a manager has none. */
type ReverseTwin<F> = F extends {
  readonly kind: 'reverse';
  readonly target: infer T;
  readonly via: infer Via;
}
  ? IsSingle<T, Via> extends true
    ? Promise<T>
    : never
  : never;
type ReverseName<S> = {
  [K in keyof S & string]: S[K] extends { readonly kind: 'reverse' } ? K : never;
}[keyof S & string];

/** What an instance of a model with fields `S` looks like. */
export type Attributes<S> = ColumnAttributes<S> &
  ForwardAttributes<S> & { readonly [K in ManyName<S>]: ReverseValue<S[K]> } & {
    readonly [K in ReverseName<S> as `a${K}`]: ReverseTwin<S[K]>;
  };

export interface SaveOptions {
  readonly updateFields?: readonly string[];
  readonly forceInsert?: boolean;
  readonly forceUpdate?: boolean;
  readonly using?: string;
}
export interface RefreshOptions {
  readonly fields?: readonly string[];
  readonly fromQueryset?: QuerySet<Any, Any, Any>;
  readonly using?: string;
}
export interface InstanceOptions {
  readonly using?: string;
  readonly keepParents?: boolean;
}

/** What every model instance can do. */
export interface Instance<S> {
  /** The primary key, whatever its name. */
  pk: PrimaryKey<S>;
  save(options?: SaveOptions): void;
  asave(options?: SaveOptions): Promise<void>;
  delete(options?: InstanceOptions): Deleted;
  adelete(options?: InstanceOptions): Promise<Deleted>;
  refreshFromDb(options?: RefreshOptions): void;
  arefreshFromDb(options?: RefreshOptions): Promise<void>;
  /** Same model and same primary key. */
  equals(other: unknown): boolean;
  /** Runs the fields' validators; throws ValidationError naming every field that failed. */
  cleanFields(): void;
  readonly [schema]: S;
}

export interface ErrorClass {
  new (message?: string): Error;
  readonly prototype: Error;
}

/** What `model()` returns: the base class of a model. */
export interface ModelClass<S> {
  new (values?: InitialValues<S>): Attributes<S> & Instance<S>;
  /** Thrown by `get` when no row matches; subclass of `ObjectDoesNotExist`. */
  readonly DoesNotExist: ErrorClass;
  /** Thrown by `get` when more than one row matches. */
  readonly MultipleObjectsReturned: ErrorClass;
  readonly table: string;
}

export interface IndexOptions {
  readonly fields: readonly string[];
  readonly name?: string;
  readonly where?: AnyCondition;
  readonly using?: string;
}
export interface UniqueOptions {
  readonly unique: readonly string[];
  readonly name?: string;
  readonly where?: AnyCondition;
}
export interface CheckOptions {
  readonly check: AnyCondition;
  readonly name?: string;
}
/** What Django keeps in `Meta`. */
export interface ModelOptions {
  readonly table?: string;
  readonly ordering?: readonly (string | OrderingTerm)[];
  readonly getLatestBy?: string | readonly string[];
  /** `{ unique: ['a', 'b'], name? }` or `{ check: Q({ … }), name? }`. */
  readonly constraints?: readonly (UniqueOptions | CheckOptions)[];
  readonly indexes?: readonly (IndexOptions | readonly string[])[];
  readonly abstract?: boolean;
  readonly managed?: boolean;
}

/** `class Author extends model('author', { … }, { ordering: ['name'] }) {}` */
export type ModelFunction = <const N extends string, S extends FieldMap>(
  name: N,
  fields: S,
  options?: ModelOptions,
) => ModelClass<WithId<S>>;

export type InstanceOf<C> = C extends abstract new (...values: Any) => infer T ? T : never;
/** Any model class, as a function parameter. */
export interface AnyModel {
  new (values?: Any): object;
  readonly table: string;
}
