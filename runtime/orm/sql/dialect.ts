import { NotSupportedError } from '../errors.ts';
import type { NullsOrder } from '../expressions/node.ts';
import type { Decoder, Field, Wire } from '../fields/field.ts';

/** Parts of a date, time or moment that lookups and expressions name. */
export type MomentPart =
  | 'year'
  | 'isoYear'
  | 'month'
  | 'day'
  | 'week'
  | 'weekDay'
  | 'isoWeekDay'
  | 'quarter'
  | 'hour'
  | 'minute'
  | 'second';
/** What a date or moment can be cut to. */
export type MomentUnit = 'year' | 'quarter' | 'month' | 'week' | 'day' | 'hour' | 'minute' | 'second';

/** What operators are written as, in messages and by databases that have them. */
export const operatorSymbols = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  mod: '%',
  pow: '^',
  bitAnd: '&',
  bitOr: '|',
  bitXor: '#',
  bitLeftShift: '<<',
  bitRightShift: '>>',
} as const;
export type ArithmeticOperator = keyof typeof operatorSymbols;

/** SQL of an expression and the type of its value, where it is known. */
export interface TypedSql {
  readonly sql: string;
  readonly field: Field | undefined;
  /** Time zone to take parts of a moment in; the active one, UTC, when absent. */
  readonly zone?: string | undefined;
}

/** The parts of an aggregate's SQL, for databases to put together their way. */
export interface AggregateParts {
  readonly function: string;
  readonly distinct: boolean;
  readonly argument: TypedSql;
  /** Condition on the rows to take in. */
  readonly filter: string | undefined;
  /** Terms of ORDER BY. */
  readonly order: readonly string[];
  /** Text between values, for aggregates that join them. */
  readonly delimiter: string | undefined;
  /** SQL of further arguments, for figures about pairs of values and the like. */
  readonly others: readonly string[];
  /** SQL with places for its parts, for aggregates that are not written as a call. */
  readonly template?: string | undefined;
}

export interface LockingParts {
  readonly tables: readonly string[];
  readonly nowait: boolean;
  readonly skipLocked: boolean;
  readonly noKey: boolean;
}

/** What an INSERT does about rows that are there already. */
export type ConflictRule =
  | { readonly rule: 'ignore' }
  | { readonly rule: 'update'; readonly unique: readonly Field[]; readonly update: readonly Field[] };

/** The SQL of JSON values. */
export interface JsonDialect {
  /** The value at a path of keys and indexes: as JSON, or as the text or number it holds. */
  at(root: string, keys: readonly string[], form: 'json' | 'text'): string;
  /** A JSON parameter, in the form that a column and `at` are compared with. */
  operand(mark: string): string;
  /** A JSON column compared with such an operand. */
  column(sql: string): string;
  /** True where JSON is a type of its own that is compared with no other. */
  readonly ownType?: true;
  /** JSON null as an operand. */
  readonly null: string;
  compare(sql: string, operator: string, operand: string): string;
  contains(sql: string, operand: string): string;
  containedBy(sql: string, operand: string): string;
  hasKey(sql: string, mark: string): string;
  /** @param mark a parameter that is a list of texts */
  hasKeys(sql: string, mark: string, all: boolean): string;
}

/**
 * The SQL of one database: everything the compiler writes that is not the same everywhere. What a database cannot do
 * throws NotSupportedError here, before anything is sent. Names are quoted with double quotes on every database, and
 * parameters are written `$1`; drivers translate where they must.
 */
export interface Dialect {
  readonly name: string;
  /** True where parts of moments can be taken in time zones other than UTC. */
  readonly timeZones?: boolean;
  /** True where rows can be left out of the frame of a window. */
  readonly frameExclusion?: boolean;

  /** How the text of a value is changed on its way out; undefined where it is sent as it is. */
  wire(field: Field): ((text: string) => Wire) | undefined;
  /** The same for a list of values in the text form of an array. */
  list(element: Field): ((text: string) => Wire) | undefined;
  decoder(field: Field): Decoder;

  /** A parameter compared with a value of `field`, where the database does not tell its type by itself. */
  operand(mark: string, field: Field): string;
  /** A parameter written to a column of `field`. */
  stored(mark: string, field: Field): string;
  /** The value as the type of `field`, without its length: a bounded cast would cut what an INSERT refuses. */
  cast(sql: string, field: Field): string;
  /** End of SQL behind which a parameter may stand, but no expression; absent where one always may. */
  readonly onlyParameterAfter?: RegExp;
  /** A cast the application asked for, length included. */
  declaredCast(sql: string, field: Field): string;
  asText(sql: string): string;
  /** A string as a literal, for the few places that take no parameters. */
  literal(text: string): string;

  /** `sql` is one of a list parameter. */
  among(sql: string, mark: string, element: Field | undefined): string;
  /**
   * Several columns are those of one of the rows.
   *
   * @param sql the columns in brackets
   * @param marks a list parameter for each of them
   */
  amongRows(sql: string, marks: readonly string[], elements: readonly Field[]): string;
  like(sql: string, pattern: string, ignoreCase: boolean): string;
  /** Text folded so that equal means equal but for case. */
  folded(sql: string): string;
  regex(sql: string, pattern: string, ignoreCase: boolean): string;
  arrayComparison(operator: '@>' | '<@' | '&&', left: string, right: string): string;
  /** An array of what is given: a query in brackets, or items in square ones. @param type of the array */
  arrayOf(content: string, type?: string): string;
  readonly json: JsonDialect;

  arithmetic(operator: ArithmeticOperator, left: TypedSql, right: TypedSql): string;
  part(part: MomentPart, value: TypedSql): string;
  truncate(unit: MomentUnit, value: TypedSql): string;
  dateOf(value: TypedSql): string;
  timeOf(value: TypedSql): string;
  /** SQL of a function under the database's own name and rules. */
  call(name: FunctionName, values: readonly string[]): string;
  aggregate(parts: AggregateParts): string;
  /** True where HAVING sees only what is grouped by or selected, and not what depends on a key that is. */
  readonly havingNeedsColumns?: true;

  /** One term of ORDER BY: the expression, its direction, and where nulls go. */
  ordered(sql: string, descending: boolean, nulls: NullsOrder): string;
  readonly random: string;
  distinctOn(columns: readonly string[]): string;
  /** `LIMIT` and `OFFSET`; empty for all rows. */
  limits(start: number, end: number | undefined): string;
  locking(parts: LockingParts): string;
  /** A query as one part of UNION and the like. */
  combinable(sql: string): string;

  /** Reads back columns of the row that an UPDATE of one row wrote; empty where no server of the kind can. */
  updateReturning(columns: readonly string[]): string;

  /** Keys of rows that an UPDATE or DELETE is about, from a query that may read the same table. */
  keysToChange(sql: string): string;

  readonly insert: {
    /** Several rows of plain values as one array per column; false where rows are listed. */
    readonly fromArrays: boolean;
    /** Reads back columns of the rows that are written; empty where no server of the kind can. */
    returning(columns: readonly string[]): string;
    /** A row without columns. */
    readonly nothing: string;
    /** What stands in VALUES for a generated key, so that several rows without columns can be listed. */
    readonly generated: 'DEFAULT' | 'NULL';
    /** @param key quoted column of the primary key */
    onConflict(conflict: ConflictRule | undefined, quote: (name: string) => string, key: string): string;
  };

  /**
   * What is written before a query to see its plan.
   *
   * @param format one the caller asked for, in capitals
   * @param flags further options: on, off, or one of the words that the option takes
   * @throws ValueError for what the database does not know
   */
  explain(format: string | undefined, flags: ReadonlyMap<string, boolean | string>): string;
  readonly schema: SchemaDialect;
}

/** What constraints and indexes may have; `tuning` is what only makes them faster: methods, operator classes, INCLUDE. */
export type SchemaFeature =
  | 'condition'
  | 'expression'
  | 'nullsDistinct'
  | 'deferrable'
  | 'exclusion'
  | 'tuning';

/** The SQL that makes and drops tables. */
export interface SchemaDialect {
  /** Type of a column in CREATE TABLE. */
  columnType(field: Field): string;
  /** How a key that the database counts up is declared, after its name; undefined where the type says it all. */
  generatedKey(field: Field): string | undefined;
  /** `CHECK` that every column of this type has; undefined for none. */
  columnCheck(field: Field, quotedColumn: string): string | undefined;
  /** True where a foreign key is part of its column, because it cannot be added later. */
  readonly foreignKeysInline: boolean;
  /** What follows the columns of CREATE TABLE. */
  readonly tableSuffix: string;
  /** How tables and columns are commented on: by statements, behind what they are about, or not at all. */
  readonly comments: 'statements' | 'inline' | 'none';
  /** When foreign keys are checked: at the end of the transaction where that can be had. */
  readonly foreignKeySuffix: string;
  /** What constraints and indexes can have beside columns. */
  readonly features: ReadonlySet<SchemaFeature>;
  /** An expression as the default of a column. */
  defaultExpression(sql: string): string;
  /** Query for the names of all tables that can be seen without naming a schema. */
  readonly tableNames: string;
  /** @param tables quoted names, those that refer to others last */
  drop(tables: readonly string[]): readonly string[];
}

/** Functions that databases write in different ways; those of one name everywhere are not among them. */
export type FunctionName =
  | 'lower'
  | 'upper'
  | 'length'
  | 'concat'
  | 'left'
  | 'right'
  | 'lpad'
  | 'rpad'
  | 'trim'
  | 'ltrim'
  | 'rtrim'
  | 'repeat'
  | 'replace'
  | 'reverse'
  | 'strIndex'
  | 'substr'
  | 'chr'
  | 'ord'
  | 'md5'
  | 'sha1'
  | 'sha224'
  | 'sha256'
  | 'sha384'
  | 'sha512'
  | 'now'
  | 'greatest'
  | 'least'
  | 'jsonObject'
  | 'jsonArray'
  | 'atan2'
  | 'cot'
  | 'log'
  | 'mod'
  | 'random'
  | 'uuid4'
  | 'uuid7';

/** A field's value as this database takes it. */
export function sentValue(value: Wire, field: Field, dialect: Dialect): Wire {
  return typeof value === 'string' ? (dialect.wire(field)?.(value) ?? value) : value;
}

/** @throws NotSupportedError where parts of moments can only be taken in UTC */
export function requireTimeZones(dialect: Dialect, zone: string | undefined): void {
  if (zone === undefined || dialect.timeZones === true) return;
  throw new NotSupportedError(`Time zones other than UTC are not supported on ${dialect.name}.`);
}
