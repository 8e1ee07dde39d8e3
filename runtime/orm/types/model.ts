import type { AnyCondition, OrderingTerm } from './expressions.ts';
import type { OwnMethods } from './own-queryset.ts';
import type { IsSingle } from './paths.ts';
import type { Deleted, QuerySet, RelatedManager } from './queryset.ts';
import type {
  Any,
  AnyExpression,
  ColumnAttributes,
  FieldMap,
  ForwardAttributes,
  InitialValues,
  KindOf,
  ManyRelation,
  OneToOne,
  PrimaryKey,
  PrimaryKeyName,
  SchemaOf,
  schema,
  UpdateValues,
  WithGenericColumns,
  WithId,
} from './schema.ts';

type ManyName<S> = {
  [K in keyof S & string]: S[K] extends { readonly kind: 'reverse' | 'manyToMany' | 'genericRelation' }
    ? K
    : never;
}[keyof S & string];

type ReverseValue<F> = F extends {
  readonly kind: 'reverse';
  readonly target: infer T;
  readonly via: infer Via;
}
  ? IsSingle<T, Via> extends true
    ? T
    : WithMethods<RelatedManager<T, Via & string>, F>
  : F extends ManyRelation<infer T>
    ? WithMethods<RelatedManager<T>, F>
    : never;
/** A related manager with the methods of the target's query sets, where the relation names their class. */
type WithMethods<M, F> = F extends { readonly queryset: infer Q }
  ? [unknown] extends [Q]
    ? M
    : M & OwnMethods<Q>
  : M;
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
type GenericName<S> = {
  [K in keyof S & string]: S[K] extends { readonly kind: 'genericForeignKey' } ? K : never;
}[keyof S & string];
/** A mapped type over fields costs what the model has of them: not looked for where there is none. */
type Generics<S> =
  'genericForeignKey' extends KindOf<S>
    ? { [K in GenericName<S>]: object | null } & {
        readonly [K in GenericName<S> as `a${K}`]: Promise<object | null>;
      }
    : unknown;
type ReverseName<S> = {
  [K in keyof S & string]: S[K] extends { readonly kind: 'reverse' } ? K : never;
}[keyof S & string];

type DateName<S> = {
  [K in keyof S & string]: S[K] extends {
    readonly kind: 'column';
    readonly nullable: false;
    readonly stored: Date | { readonly storedAs: 'date' };
  }
    ? K
    : never;
}[keyof S & string];
/** `event.getNextByAt({ rank: 1 })`: the row after or before this one by a date that is never null. */
type Neighbours<S> = {
  readonly [K in DateName<S> as `get${'Next' | 'Previous'}By${Capitalize<K>}`]: Neighbour<S>;
} & {
  readonly [K in DateName<S> as `aget${'Next' | 'Previous'}By${Capitalize<K>}`]: <T>(
    this: T,
    where?: object,
  ) => Promise<T>;
};
interface Neighbour<S> {
  <T>(this: T, where?: object): T;
  // What a bridge, or `bind`, sees: the last signature, and no receiver.
  (where?: object): Attributes<S> & Instance<S>;
}

type Labelled = { readonly labelled: true };
/** `post.getStatusDisplay()`: the label of a column with choices, or the value as text where it has none. */
type Displays<S> = [Extract<S[keyof S], Labelled>] extends [never]
  ? unknown
  : {
      readonly [K in keyof S & string as S[K] extends Labelled
        ? `get${Capitalize<K>}Display`
        : never]: () => S[K] extends { readonly nullable: true } ? string | null : string;
    };

/** What an instance of a model with fields `S` looks like. */
export type Attributes<S> = ColumnAttributes<S> &
  ForwardAttributes<S> & { readonly [K in ManyName<S>]: ReverseValue<S[K]> } & {
    readonly [K in ReverseName<S> as `a${K}`]: ReverseTwin<S[K]>;
  } & Generics<S> &
  Neighbours<S> &
  Displays<S>;

/** @typeParam Name - fields of the model, and the attributes that hold keys */
export interface SaveOptions<Name extends string = Any> {
  readonly updateFields?: readonly Name[];
  /** True inserts the model's own row; a list of models that it extends, the rows from there down. */
  readonly forceInsert?: boolean | readonly AnyModel[];
  readonly forceUpdate?: boolean;
  readonly using?: string;
}
/** @typeParam Name - fields and relations of the model, and the attributes that hold keys */
export interface RefreshOptions<Name extends string = Any> {
  readonly fields?: readonly Name[];
  readonly fromQueryset?: QuerySet<Any, Any, Any>;
  readonly using?: string;
}
export interface InstanceOptions {
  readonly using?: string;
  readonly keepParents?: boolean;
}

export interface CleanOptions {
  /** Names of fields that are left out of every check. */
  readonly exclude?: readonly string[];
  readonly validateUnique?: boolean;
  readonly validateConstraints?: boolean;
}

/** What every model instance can do. */
export interface Instance<S> extends InstanceMethods<S> {
  /** The primary key, whatever its name. */
  pk: PrimaryKey<S>;
}
/** What `updateFields` may name: all that is written but the key. */
type SavedName<S> = Exclude<keyof UpdateValues<S> & string, PrimaryKeyName<S>>;
interface InstanceMethods<S> {
  save(options?: SaveOptions<SavedName<S>>): void;
  asave(options?: SaveOptions<SavedName<S>>): Promise<void>;
  delete(options?: InstanceOptions): Deleted;
  adelete(options?: InstanceOptions): Promise<Deleted>;
  refreshFromDb(options?: RefreshOptions<(keyof (S & UpdateValues<S>) & string) | 'pk'>): void;
  arefreshFromDb(options?: RefreshOptions<(keyof (S & UpdateValues<S>) & string) | 'pk'>): Promise<void>;
  /** Same model and same primary key. */
  equals(other: unknown): boolean;
  /** Runs the fields' validators; throws ValidationError naming every field that failed. */
  cleanFields(options?: Pick<CleanOptions, 'exclude'>): void;
  /**
   * Does nothing; override it for checks that concern several fields, and throw ValidationError. One that queries is async,
   * and `afullClean` waits for it.
   */
  clean(): void;
  /** Runs `cleanFields`, `clean`, and looks for duplicates and violated constraints. `save` does not call it. */
  fullClean(options?: CleanOptions): void;
  afullClean(options?: CleanOptions): Promise<void>;
  validateUnique(options?: Pick<CleanOptions, 'exclude'>): void;
  avalidateUnique(options?: Pick<CleanOptions, 'exclude'>): Promise<void>;
  validateConstraints(options?: Pick<CleanOptions, 'exclude'>): void;
  avalidateConstraints(options?: Pick<CleanOptions, 'exclude'>): Promise<void>;
  readonly [schema]: S;
}

/** Where a model class carries its name. Exists in types only. */
export declare const modelName: unique symbol;

export interface ErrorClass {
  new (message?: string): Error;
  readonly prototype: Error;
}

/** What `model()` returns: the base class of a model. */
export interface ModelClass<S, N extends string = string> extends ModelStatics<N> {
  new (values?: InitialValues<S>): Attributes<S> & Instance<S>;
}
export interface ModelStatics<N> {
  readonly [modelName]: N;
  /** Thrown by `get` when no row matches; subclass of `ObjectDoesNotExist`. */
  readonly DoesNotExist: ErrorClass;
  /** Thrown by `get` when more than one row matches. */
  readonly MultipleObjectsReturned: ErrorClass;
  readonly table: string;
}

/** A field, `-` in front of it for the other direction; or an expression, with a direction or without. */
export type IndexTerm = string | AnyExpression | OrderingTerm;
/** When a constraint is tested: at the end of the transaction, or after each statement unless SET CONSTRAINTS says so. */
export type Deferrable = 'deferred' | 'immediate';

export interface IndexOptions {
  readonly fields: readonly IndexTerm[];
  readonly name?: string;
  /** Rows that are in the index; all when absent. */
  readonly where?: AnyCondition | AnyExpression;
  /** Kind of index, such as `gin`, `gist`, `brin` or `hash`. */
  readonly using?: string;
  /** Fields that are kept in the index beside its terms. */
  readonly include?: readonly string[];
  /** Operator class of each term; '' for the usual one. */
  readonly opclasses?: readonly string[];
  /** Storage parameters, such as `fillfactor` or `fastupdate`. */
  readonly with?: Readonly<Record<string, number | boolean | string>>;
  readonly tablespace?: string;
}
/** What a violated constraint is called by `validateConstraints`. */
interface ViolationOptions {
  readonly name?: string;
  /** Message of its ValidationError; `%(name)s` stands for the constraint. */
  readonly violationErrorMessage?: string;
  /** Code of its ValidationError, when it has a message of its own or is no plain uniqueness. */
  readonly violationErrorCode?: string;
}
export interface UniqueOptions extends ViolationOptions {
  readonly unique: readonly IndexTerm[];
  /** Rows among which values are unique; all when absent. */
  readonly where?: AnyCondition | AnyExpression;
  readonly include?: readonly string[];
  readonly opclasses?: readonly string[];
  /** False makes two nulls the same value. */
  readonly nullsDistinct?: boolean;
  readonly deferrable?: Deferrable;
}
export interface CheckOptions extends ViolationOptions {
  readonly check: AnyCondition | AnyExpression;
}
/** `{ exclude: [['room', '='], ['during', '&&']] }`: no two rows for which every operator says yes. */
export interface ExclusionOptions extends ViolationOptions {
  /** Terms, each with its operator and, where it is not the usual one, its operator class. */
  readonly exclude: readonly (
    | readonly [term: IndexTerm, operator: string]
    | readonly [term: IndexTerm, operator: string, opclass: string]
  )[];
  /** Kind of index behind the constraint; `gist` when absent. */
  readonly using?: string;
  readonly where?: AnyCondition | AnyExpression;
  readonly include?: readonly string[];
  readonly deferrable?: Deferrable;
}
export type ConstraintOptions = UniqueOptions | CheckOptions | ExclusionOptions;
/** What Django keeps in `Meta`, for a model of its own. */
export interface OwnOptions {
  /** Name of the table; the model's name in snake case when absent. */
  readonly table?: string;
  /** Order of rows where a query asks for none: names, `-` in front to turn one, or terms. */
  readonly ordering?: readonly (string | OrderingTerm | AnyExpression)[];
  /** What `latest` and `earliest` go by when they are given no name. */
  readonly getLatestBy?: string | readonly string[];
  /** `{ unique: ['a', 'b'] }`, `{ check: Q({ … }) }` or `{ exclude: [['a', '&&']] }`. */
  readonly constraints?: readonly ConstraintOptions[];
  /** `['a', 'b']` or `{ fields: ['a'], where: Q({ … }), using: 'gin' }`. */
  readonly indexes?: readonly (IndexOptions | readonly string[])[];
  /** `abstract: true` makes a model without a table: others extend it and take over its fields. */
  readonly abstract?: false;
  /** False for a table that `createTables` and `dropTables` leave alone. */
  readonly managed?: boolean;
  /** Name of the other side of every relation that names none itself; `%(class)s` stands for the model. */
  readonly defaultRelatedName?: string;
  /** Manager that related managers are of and prefetches start from; the first one declared when absent. */
  readonly defaultManagerName?: string;
  /** Manager whose rows a foreign key leads to, and `refreshFromDb` and deletes look among; all rows when absent. */
  readonly baseManagerName?: string;
  /**
   * Foreign key whose rows keep an order of their own, in the column `_order`: `question.getAnswerOrder()`,
   * `question.setAnswerOrder(keys)`, `answer.getNextInOrder()`, `answer.getPreviousInOrder()` and their twins.
   */
  readonly orderWithRespectTo?: string;
  /** True looks for the row before it is updated, for tables whose triggers hide that they were. */
  readonly selectOnSave?: boolean;
  /** Comment on the table in the database. */
  readonly dbTableComment?: string;
}
/** What Django keeps in `Meta`. */
export interface ModelOptions extends Omit<OwnOptions, 'abstract'> {
  /** Makes a model without a table: others extend it and take over its fields. */
  readonly abstract?: boolean;
  /**
   * Model to inherit from: methods, managers and fields. The fields of an abstract one are copied; those of another
   * stay in its table, and both rows are written and read together.
   */
  readonly extends?: AnyModel;
  /** Shows the rows of the extended model under another class, with other methods, managers and ordering. */
  readonly proxy?: boolean;
}

/** `class Author extends model('author', { … }, { ordering: ['name'] }) {}` */
export interface ModelFunction {
  <const N extends string, S extends FieldMap>(
    name: N,
    fields: S,
    options?: OwnOptions,
  ): ModelClass<WithId<WithGenericColumns<S>>, N>;
  <S extends FieldMap>(
    name: string,
    fields: S,
    options: ModelOptions & { readonly abstract: true; readonly extends?: undefined },
  ): AbstractClass<WithGenericColumns<S>>;
  <S extends FieldMap, P extends AnyModel>(
    name: string,
    fields: S,
    options: ModelOptions & { readonly abstract: true; readonly extends: P },
  ): ExtendedAbstractClass<WithGenericColumns<S>, P>;
  <const N extends string, S extends FieldMap, P extends AnyModel>(
    name: N,
    fields: S,
    options: ModelOptions & { readonly extends: P },
  ): ExtendedClass<WithGenericColumns<S>, N, P>;
}

/** What `model()` returns for an abstract model: its key is that of whoever extends it. */
export interface AbstractClass<S> extends ModelStatics<never> {
  new (values?: InitialValues<S>): Attributes<S> & InstanceMethods<S>;
}
export interface ExtendedAbstractClass<S, P> extends ModelStatics<never> {
  new (
    values?: InitialValues<S>,
  ): InstanceOf<P> & Attributes<S> & InstanceMethods<Omit<SchemaOf<InstanceOf<P>>, keyof S> & S>;
}
/** What `model()` returns for a model that extends `P`. */
export interface ExtendedClass<S, N extends string, P> extends ModelStatics<N> {
  new (
    values?: InitialValues<ExtendedSchema<S, P>>,
  ): InstanceOf<P> & Attributes<AddedFields<S, P>> & Instance<ExtendedSchema<S, P>>;
}
type ParentName<P> = P extends { readonly [modelName]: infer N } ? N : never;
/** A model with an abstract parent has an `id` of its own, one with another parent a one-to-one to it. */
type AddedFields<S, P> = [ParentName<P>] extends [never]
  ? WithId<Omit<SchemaOf<InstanceOf<P>>, keyof S> & S>
  : S & { readonly [K in `${ParentName<P> & string}Ptr`]: OneToOne<InstanceOf<P>, false, true> };
type ExtendedSchema<S, P> = Omit<SchemaOf<InstanceOf<P>>, keyof S> & AddedFields<S, P>;

export type InstanceOf<C> = C extends abstract new (...values: Any) => infer T ? T : never;
/** Any model class, as a function parameter. */
export type AnyModel = (abstract new (values?: Any) => object) & { readonly table: string };
