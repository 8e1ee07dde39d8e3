/** The one place where `any` is spelt: an unconstrained type argument inside the typing core. */
// biome-ignore lint/suspicious/noExplicitAny: variance positions of the typing core accept every type argument
export type Any = any;

/** Where an instance type carries the fields it was declared with. Exists in types only. */
export declare const schema: unique symbol;

/** A column whose JavaScript type does not tell its lookups apart: a date is a string, and so is a decimal. */
export interface Stored<Kind extends string, Value> {
  readonly storedAs: Kind;
  readonly value: Value;
}
export type Json<T> = Stored<'json', T>;
export type DateOnly = Stored<'date', string>;
export type TimeOnly = Stored<'time', string>;
export type Decimal = Stored<'decimal', string>;

/** What is read from a column of storage type `T`. */
export type Plain<T> = T extends Stored<string, infer V> ? V : T;
/** What may be written to a column of storage type `T`. */
export type Accepted<T> =
  T extends Stored<infer Kind, infer V>
    ? Kind extends 'date'
      ? string | Date
      : Kind extends 'decimal'
        ? string | number
        : V
    : T extends bigint
      ? bigint | number
      : T extends readonly (infer Item)[]
        ? readonly Accepted<Item>[]
        : T;

/** Values with their labels: pairs, or an object. */
type Labels<V> = Iterable<readonly [value: V | null, label: string]> | Readonly<Record<string, string>>;
/** The same, or groups of them by name. */
type LabelGroups<V> =
  | Iterable<readonly [value: V | null, label: string] | readonly [group: string, choices: Labels<V>]>
  | Readonly<Record<string, string | Labels<V>>>;
export type Choices<V> = LabelGroups<V> | (() => LabelGroups<V>);

/** A column under construction: `fields.char(100).null()`. `T` is its storage type. */
export interface Column<
  T,
  Null extends boolean = false,
  Optional extends boolean = false,
  Primary extends boolean = false,
  Labelled extends boolean = false,
> {
  readonly kind: 'column';
  readonly stored: T;
  readonly nullable: Null;
  readonly optional: Optional;
  readonly primary: Primary;
  readonly labelled: Labelled;
  /** Allows SQL NULL; an omitted value is null. */
  null(): Column<T, true, true, Primary, Labelled>;
  /** Value, or function called for each new instance, used when none is given. */
  default(value: Accepted<T> | (() => Accepted<T>)): Column<T, Null, true, Primary, Labelled>;
  /** Default computed by the database: a value or an expression such as `Now()`. */
  dbDefault(value: Accepted<T> | AnyExpression): Column<T, Null, true, Primary, Labelled>;
  /** No two rows have the same value; any number may have null. */
  unique(): Column<T, Null, Optional, Primary, Labelled>;
  /** An index on the column. */
  index(): Column<T, Null, Optional, Primary, Labelled>;
  /** The key of the model, in place of `id`. */
  primaryKey(): Column<T, Null, Optional, true, Labelled>;
  /** Name of the column in the table, when it is not the snake_case of the attribute. */
  column(name: string): Column<T, Null, Optional, Primary, Labelled>;
  /** Comment on the column in the database. */
  dbComment(text: string): Column<T, Null, Optional, Primary, Labelled>;
  /** Rules that texts are compared and ordered by: `'de-x-icu'`, `'C'`; for columns of text. */
  dbCollation(name: string): Column<T, Null, Optional, Primary, Labelled>;
  /** Type of the column, where it is none of those the fields have: `'point'`, `'citext'`, the name of an enumeration. */
  databaseType(name: string): Column<T, Null, Optional, Primary, Labelled>;
  /** Adds a check that `fullClean()` runs; it throws ValidationError when the value is not acceptable. */
  // biome-ignore lint/suspicious/noConfusingVoidType: `void` alone would let verdicts and promises pass
  validate(check: (value: Plain<T>) => void | undefined): Column<T, Null, Optional, Primary, Labelled>;
  /** Lets `fullClean()` accept a row without a value here: `''`, `[]`, `{}`, no bytes. Checks do not see those. */
  blank(): Column<T, Null, Optional, Primary, Labelled>;
  /**
   * What `fullClean()` says in place of its own words, by the code of the complaint: `null`, `blank`, `invalid`,
   * `invalid_choice`, `unique`, and those of checks.
   */
  errorMessages(messages: Readonly<Record<string, string>>): Column<T, Null, Optional, Primary, Labelled>;
  /** `fullClean()` accepts a value once a day; `field` is the date or date-time of the row that tells the day. */
  uniqueForDate(field: string): Column<T, Null, Optional, Primary, Labelled>;
  /** The same for a month, of whatever year. */
  uniqueForMonth(field: string): Column<T, Null, Optional, Primary, Labelled>;
  /** The same for a year. */
  uniqueForYear(field: string): Column<T, Null, Optional, Primary, Labelled>;
  /**
   * What its values are called: `[[1, 'low'], [2, 'high']]`, `{ low: 'Low' }`, groups of these, or a function that
   * returns them. `fullClean()` refuses others, and rows have `getPriorityDisplay()`.
   */
  choices(given: Choices<Accepted<T>>): Column<T, Null, Optional, Primary, true>;
  /** Adds a lookup or transform that only this field has. */
  registerLookup(lookup: object, name?: string): Column<T, Null, Optional, Primary, Labelled>;
  /** Date and date-time columns: set to now by every `save()`. */
  autoNow(): Column<T, Null, true, Primary, Labelled>;
  /** Date and date-time columns: set to now when the row is created. */
  autoNowAdd(): Column<T, Null, true, Primary, Labelled>;
}

/** A column that points at one row of another model. `T` is the target's instance type. */
export interface ForeignKey<T, Null extends boolean = false, Optional extends boolean = Null> {
  readonly kind: 'foreignKey';
  readonly target: T;
  readonly nullable: Null;
  readonly optional: Optional;
  null(): ForeignKey<T, true, true>;
  default(value: unknown): ForeignKey<T, Null, true>;
  dbDefault(value: unknown): ForeignKey<T, Null, true>;
  unique(): ForeignKey<T, Null, Optional>;
  index(): ForeignKey<T, Null, Optional>;
  column(name: string): ForeignKey<T, Null, Optional>;
  dbComment(text: string): ForeignKey<T, Null, Optional>;
  /** Adds a check of the key that `fullClean()` runs. */
  // biome-ignore lint/suspicious/noConfusingVoidType: as for columns
  validate(check: (key: Any) => void | undefined): ForeignKey<T, Null, Optional>;
  errorMessages(messages: Readonly<Record<string, string>>): ForeignKey<T, Null, Optional>;
}
/** A foreign key that no two rows share; its reverse side is one instance, not a manager. */
export interface OneToOne<
  T,
  Null extends boolean = false,
  Optional extends boolean = Null,
  Primary extends boolean = false,
> {
  readonly kind: 'oneToOne';
  readonly target: T;
  readonly nullable: Null;
  readonly optional: Optional;
  readonly primary: Primary;
  null(): OneToOne<T, true, true, Primary>;
  default(value: unknown): OneToOne<T, Null, true, Primary>;
  dbDefault(value: unknown): OneToOne<T, Null, true, Primary>;
  index(): OneToOne<T, Null, Optional, Primary>;
  primaryKey(): OneToOne<T, Null, Optional, true>;
  column(name: string): OneToOne<T, Null, Optional, Primary>;
  dbComment(text: string): OneToOne<T, Null, Optional, Primary>;
  // biome-ignore lint/suspicious/noConfusingVoidType: as for columns
  validate(check: (key: Any) => void | undefined): OneToOne<T, Null, Optional, Primary>;
  errorMessages(messages: Readonly<Record<string, string>>): OneToOne<T, Null, Optional, Primary>;
}
/** A foreign key in several columns that the model has besides; `From` names them. */
export interface ForeignObject<T, From extends string = string, Null extends boolean = false> {
  readonly kind: 'foreignObject';
  readonly target: T;
  readonly from: From;
  readonly nullable: Null;
  /** For columns that may be null: there may be none. */
  null(): ForeignObject<T, From, true>;
}
/** The reverse side of the foreign key `Via` of `T`. */
export interface Reverse<T, Via extends string, Q = unknown> {
  readonly kind: 'reverse';
  readonly target: T;
  /** Class of the query sets of the target's default manager, where it has methods of its own. */
  readonly queryset: Q;
  readonly via: Via;
}
export interface ManyToMany<T, Q = unknown> {
  readonly kind: 'manyToMany';
  readonly target: T;
  readonly queryset: Q;
}
/** A primary key of several columns, which is always called `pk`. */
export interface CompositeKey<Names extends readonly string[] = readonly string[]> {
  readonly kind: 'compositeKey';
  readonly names: Names;
}
/** A foreign key to any model, kept as a model label and a key. */
export interface GenericForeignKey<Type extends string = string, Key extends string = string> {
  readonly kind: 'genericForeignKey';
  /** Names of its two columns, which are given by assigning the instance. */
  readonly typeColumn: Type;
  readonly keyColumn: Key;
}
/** The reverse side of a generic foreign key. */
export interface GenericRelation<T, Q = unknown> {
  readonly kind: 'genericRelation';
  readonly target: T;
  readonly queryset: Q;
}
export interface AnyExpression {
  readonly kind: 'expression';
}

export type AnyField =
  | Column<Any, boolean, boolean, boolean, boolean>
  | ForeignKey<Any, boolean, boolean>
  | OneToOne<Any, boolean, boolean, boolean>
  | ForeignObject<Any, string, boolean>
  | Reverse<Any, string, Any>
  | ManyToMany<Any, Any>
  | GenericForeignKey
  | GenericRelation<Any, Any>
  | CompositeKey;
export type FieldMap = Readonly<Record<string, AnyField>>;

/** The fields `T` was declared with. */
export type SchemaOf<T> = T extends { readonly [schema]: infer S } ? S : never;

// Fields are told apart by `kind` alone: comparing whole structures would resolve the target while its class is
// still being declared.
export type IsColumn<F> = F extends { readonly kind: 'column' } ? true : false;
type IsPrimary<F> = F extends { readonly primary: true } ? true : false;
export type ForwardRelation<T = Any, Null = Any> = {
  readonly kind: 'foreignKey' | 'oneToOne' | 'foreignObject';
  readonly target: T;
  readonly nullable: Null;
};
/** A relation with a key attribute: `publisherId`. */
export type KeyedRelation<T = Any, Null = Any> = ForwardRelation<T, Null> & {
  readonly kind: 'foreignKey' | 'oneToOne';
};
export type ManyRelation<T = Any> = {
  readonly kind: 'reverse' | 'manyToMany' | 'genericRelation';
  readonly target: T;
};

type PrimaryName<S> = { [K in keyof S]: IsPrimary<S[K]> extends true ? K : never }[keyof S];
/** Adds the implicit `id` to a model that declares no primary key. */
export type WithId<S> = S extends { readonly pk: CompositeKey }
  ? S
  : [PrimaryName<S>] extends [never]
    ? S & { readonly id: Column<number, false, true, true> }
    : S;
/** The names of the columns of generic foreign keys: those that hold the model, or those that hold the key. */
type GenericColumnName<S, Part extends 'typeColumn' | 'keyColumn'> = {
  [K in keyof S]: S[K] extends GenericForeignKey ? S[K][Part] : never;
}[keyof S];
export type KindOf<S> = S[keyof S] extends { readonly kind: infer Kind } ? Kind : never;
/** Adds the columns of generic foreign keys that are not declared. */
export type WithGenericColumns<S> =
  'genericForeignKey' extends KindOf<S>
    ? S & {
        readonly [K in Exclude<GenericColumnName<S, 'typeColumn'>, keyof S>]: Column<string>;
      } & {
        readonly [K in Exclude<GenericColumnName<S, 'keyColumn'>, keyof S>]: Column<number>;
      }
    : S;
/** Type of the primary key of a model with fields `S`. */
export type PrimaryKey<S> = S extends { readonly pk: CompositeKey<infer Names> }
  ? { -readonly [I in keyof Names]: KeyPart<S, Names[I]> }
  : SingleKey<S>;
/** The value of one column of a composite key, named as a field or by its key attribute. */
type KeyPart<S, Name> = Name extends keyof S
  ? S[Name] extends ForwardRelation<infer T, false>
    ? KeyOf<T>
    : Attribute<S[Name]>
  : Name extends `${infer Relation}Id`
    ? Relation extends keyof S
      ? KeyPart<S, Relation>
      : never
    : never;
type SingleKey<S> = S[PrimaryName<S>] extends { readonly stored: infer T }
  ? Plain<T>
  : S[PrimaryName<S>] extends { readonly kind: 'oneToOne'; readonly target: infer T }
    ? KeyOf<T>
    : never;
export type KeyOf<T> = PrimaryKey<SchemaOf<T>>;

export type OrNull<T, N> = T | (N extends true ? null : never);
/** Names of the columns of `S`, relations excluded. */
export type ColumnName<S> = { [K in keyof S & string]: IsColumn<S[K]> extends true ? K : never }[keyof S &
  string];
export type PrimaryKeyName<S> = PrimaryName<S> & string;

type ForwardName<S> = {
  [K in keyof S & string]: S[K] extends { readonly kind: 'foreignKey' | 'oneToOne' } ? K : never;
}[keyof S & string];
/** Relations to one row, whether they have a key attribute or not. */
type RelationName<S> =
  'foreignObject' extends KindOf<S>
    ? { [K in keyof S & string]: S[K] extends ForwardRelation ? K : never }[keyof S & string]
    : ForwardName<S>;
type Attribute<F> = F extends {
  readonly kind: 'column';
  readonly stored: infer T;
  readonly nullable: infer N;
}
  ? OrNull<Plain<T>, N>
  : never;
type AcceptedValue<F> = F extends {
  readonly kind: 'column';
  readonly stored: infer T;
  readonly nullable: infer N;
}
  ? OrNull<Accepted<T>, N>
  : F extends { readonly kind: 'foreignObject'; readonly target: infer T; readonly nullable: infer N }
    ? OrNull<T, N>
    : F extends ForwardRelation<infer T, infer N>
      ? OrNull<T | KeyOf<T>, N>
      : F extends { readonly kind: 'genericForeignKey' }
        ? object | null
        : never;
/** What a new row is given: a column may be `X` besides, an expression (`Lower(Value('A'))`) where the database computes. */
type NewValue<F, X> = F extends { readonly kind: 'column' } ? AcceptedValue<F> | X : AcceptedValue<F>;
type AcceptedKey<F> = F extends ForwardRelation<infer T, infer N> ? OrNull<KeyOf<T>, N> : never;

/** Columns that a generic foreign key or a foreign object fills. */
type GenericColumn<S> = GenericColumnName<S, 'typeColumn' | 'keyColumn'> | ForeignObjectColumn<S>;
type ForeignObjectColumn<S> = S[keyof S] extends infer F
  ? F extends { readonly kind: 'foreignObject'; readonly from: infer From }
    ? From
    : never
  : never;
type Required<F> = F extends { readonly kind: 'column' | 'foreignKey' | 'oneToOne'; readonly optional: false }
  ? true
  : false;
type Writable<F> = F extends {
  readonly kind: 'column' | 'foreignKey' | 'oneToOne' | 'genericForeignKey' | 'foreignObject';
}
  ? true
  : false;

/** Attributes for the columns of `S`. Every property is resolved on its own, when it is first looked at. */
export type ColumnAttributes<S> = {
  -readonly [K in keyof S as IsColumn<S[K]> extends true ? K : never]: Attribute<S[K]>;
};
/** `book.author`, `book.authorId` and the native twin `book.aauthor`. */
export type ForwardAttributes<S> = {
  [K in RelationName<S>]: S[K] extends ForwardRelation<infer T, infer N> ? OrNull<T, N> : never;
} & {
  [K in ForwardName<S> as `${K}Id`]: S[K] extends ForwardRelation<infer T, infer N>
    ? OrNull<KeyOf<T>, N>
    : never;
} & {
  readonly [K in RelationName<S> as `a${K}`]: S[K] extends ForwardRelation<infer T, infer N>
    ? Promise<OrNull<T, N>>
    : never;
};

/**
 * Values for a new row: fields without a default are required. A foreign key may be given as an instance or a key,
 * or by its key attribute (`publisherId`). `X` is what a column may be given besides.
 */
export type CreateValues<S, X = never> = {
  [K in keyof S as Required<S[K]> extends true
    ? IsColumn<S[K]> extends true
      ? Exclude<K, GenericColumn<S>>
      : never
    : never]: NewValue<S[K], X>;
} & {
  [K in keyof S as Required<S[K]> extends true
    ? K & GenericColumn<S>
    : Writable<S[K]> extends true
      ? K
      : never]?: NewValue<S[K], X>;
} & RequiredRelations<S> & { [K in ForwardName<S> as `${K}Id`]?: AcceptedKey<S[K]> };

/** A required relation is given either by its name or by its key attribute. */
type RequiredRelations<S> = AllOf<
  {
    [K in Exclude<ForwardName<S>, ForeignObjectColumn<S>>]: Required<S[K]> extends true
      ? Box<{ [P in K]: AcceptedValue<S[K]> } | { [P in `${K}Id`]: AcceptedKey<S[K]> }>
      : never;
  }[Exclude<ForwardName<S>, ForeignObjectColumn<S>>]
>;
/** Keeps a member that is itself a union whole while `AllOf` takes a union of boxes apart. */
interface Box<T> {
  readonly boxed: (value: T) => void;
}
type AllOf<Boxes> = [Boxes] extends [never]
  ? unknown
  : Boxed<Boxes> extends (value: infer All) => void
    ? All
    : never;
type Boxed<Boxes> = Boxes extends { readonly boxed: infer Take } ? Take : never;
/** Values of an existing row, all optional; expressions are computed by the database. */
export type UpdateValues<S> = {
  [K in keyof S as Writable<S[K]> extends true ? K : never]?: AcceptedValue<S[K]> | AnyExpression;
} & { [K in ForwardName<S> as `${K}Id`]?: AcceptedKey<S[K]> | AnyExpression };
/** Attributes that may be given to a constructor. */
export type InitialValues<S> = {
  [K in keyof S as Writable<S[K]> extends true ? K : never]?: NewValue<S[K], AnyExpression>;
} & { [K in ForwardName<S> as `${K}Id`]?: AcceptedKey<S[K]> };
