import { ValidationError } from '../errors.ts';
import type { Registrable } from '../lookups/registered.ts';
import type { ModelMeta } from '../models/meta.ts';
import { snakeCase } from '../models/naming.ts';
import { isOptions } from '../options.ts';
import { abandon, isThenable } from '../promises.ts';
import { type ByteDecoder, floatFromBytes, integerFromBytes } from '../protocol/decode.ts';
import type { BinaryForm } from './binary.ts';
import type { Choice } from './choices.ts';

/** A value as it is sent to the server: text, or null. */
export type Wire = string | null;
/** A key as it is sent: for one of several columns, the text of each. */
export type KeyWire = Wire | readonly Wire[];

/** How text from the server becomes a JavaScript value. Null never reaches it. */
export interface Decoder {
  /** JavaScript source of the conversion of the variable `v`, for compiled readers; absent when `decode` is needed. */
  readonly source?: string;
  decode(text: string): unknown;
  /** The same from the bytes of the column, where that is cheaper than making text first. */
  readonly bytes?: ByteDecoder;
}
export const textDecoder: Decoder = { source: 'v', decode: (text) => text };
export const numberDecoder: Decoder = { source: '+v', decode: Number, bytes: floatFromBytes };
export const integerDecoder: Decoder = { source: '+v', decode: Number, bytes: integerFromBytes };

export interface FieldOptions {
  readonly nullable: boolean;
  readonly hasDefault: boolean;
  readonly defaultValue: unknown;
  readonly dbDefault: unknown;
  readonly unique: boolean;
  readonly index: boolean;
  readonly primaryKey: boolean;
  readonly column: string | undefined;
  /** Comment on the column in the database. */
  readonly comment: string | undefined;
  /** Rules that the texts of the column are compared and ordered by; the database's own when absent. */
  readonly collation: string | undefined;
  readonly autoNow: boolean;
  readonly autoNowAdd: boolean;
  readonly validators: readonly ((value: never) => unknown)[];
  /** True where `fullClean` lets a row go without a value. */
  readonly blank: boolean;
  /** What is said of a value in place of the usual words, by the code of the complaint. */
  readonly errorMessages: Readonly<Record<string, string>>;
  /** Dates and moments of the row, in whose day, month or year no other row may have the same value. */
  readonly uniqueFor: Readonly<Partial<Record<Period, string>>>;
  /** The values that are valid, with their labels, or what gives them; undefined where all are. */
  readonly choices: readonly Choice[] | (() => readonly Choice[]) | undefined;
  /** Expression the database computes the column from; undefined for columns that are written. */
  readonly generatedFrom: unknown;
}
/** The part of a date in which a value may be there once only. */
export type Period = 'date' | 'month' | 'year';
const plainOptions: FieldOptions = {
  nullable: false,
  hasDefault: false,
  defaultValue: undefined,
  dbDefault: undefined,
  unique: false,
  index: false,
  primaryKey: false,
  column: undefined,
  comment: undefined,
  collation: undefined,
  autoNow: false,
  autoNowAdd: false,
  validators: [],
  blank: false,
  errorMessages: {},
  uniqueFor: {},
  choices: undefined,
  generatedFrom: undefined,
};

/** What decides which lookups a field takes. */
export type Family =
  | 'text'
  | 'number'
  | 'boolean'
  | 'date'
  | 'time'
  | 'dateTime'
  | 'duration'
  | 'uuid'
  | 'ip'
  | 'json'
  | 'array'
  | 'binary'
  | 'relation'
  | 'composite';
const moments = ['date', 'dateTime', 'time'] as const satisfies readonly Family[];
type Moment = (typeof moments)[number];
/** What of dates and times a field holds; undefined for any other, durations too. */
export function momentOf(field: Pick<Field, 'family'> | undefined): Moment | undefined {
  return moments.find((each) => each === field?.family);
}
export function isMoment(field: Pick<Field, 'family'> | undefined): boolean {
  return momentOf(field) !== undefined;
}

/**
 * One column of a model: how its values are checked, sent, stored and read. Immutable; `bind` makes the copy that
 * belongs to a model.
 */
export abstract class Field {
  readonly kind: string = 'column';
  /** Django's name of the field type, as it appears in messages. */
  abstract readonly typeName: string;
  abstract readonly family: Family;
  readonly options: FieldOptions = plainOptions;

  /** Lookups and transforms that only this field has. */
  ownLookups: ReadonlyMap<string, Registrable> | undefined;

  /** Name in lookups: `publisher`. */
  name = '';
  /** Name of the property that holds the raw value: `publisherId`. */
  attribute = '';
  column = '';
  model!: ModelMeta;

  /** Type of the column, where it is not the one fields of the kind have. */
  readonly serverType: string | undefined = undefined;

  /** Column type in CREATE TABLE. */
  abstract databaseType(): string;
  /** Same type without a length: casting to a bounded type would cut values that an INSERT refuses. */
  castType(): string {
    return this.databaseType();
  }
  /** Value in the form instances hold it; throws ValueError or ValidationError when it cannot be one. */
  abstract convert(value: unknown): unknown;
  /** Text sent to the server for a value that is not null. */
  encode(value: unknown): string {
    return String(this.convert(value));
  }
  abstract readonly decoder: Decoder;

  /** How many values are sent at once as bytes; undefined where they go as text. */
  get binary(): BinaryForm | undefined {
    return undefined;
  }
  /** A text that equal values share, however each of them is written: for decimals `1.5` and `1.50`. */
  plainForm(value: unknown): string {
    return this.encode(value);
  }
  /** Text sent to the server for any value. */
  toWire(value: unknown): Wire {
    return value === null || value === undefined ? null : this.encode(value);
  }

  /** The same for the value of a key. */
  keyWire(value: unknown): KeyWire {
    return this.toWire(value);
  }
  /** The columns it is made of; only a composite key has several, and none of its own. */
  get parts(): readonly Field[] | undefined {
    return undefined;
  }
  /** True for the primary key, and for every column of one that has several. */
  get isKey(): boolean {
    return this.options.primaryKey || this.model?.keyFields.includes(this) === true;
  }

  /** Value of a new instance when none was given; undefined leaves it to the database. */
  initialValue(): unknown {
    const { hasDefault, defaultValue, dbDefault, nullable } = this.options;
    if (hasDefault) return typeof defaultValue === 'function' ? defaultValue() : defaultValue;
    if (dbDefault !== undefined) return undefined;
    return nullable ? null : undefined;
  }

  /** True where a row may go without a value: it says so, or nothing is what it fills in by itself. */
  get mayBeBlank(): boolean {
    const { blank, hasDefault } = this.options;
    return blank || (hasDefault && isBlank(this.initialValue()));
  }

  /** Value to write when an instance is saved; fields that change on save override it. */
  valueForSave(current: unknown, _adding: boolean): unknown {
    return current;
  }
  /** True when `valueForSave` may change the value of a new row. */
  get changesOnInsert(): boolean {
    return this.changesOnSave;
  }
  /** True when `valueForSave` may change the value of an existing row. */
  get changesOnSave(): boolean {
    return false;
  }
  /** True when the server makes the value of a new row: it is left out of INSERT and read back. */
  get generated(): boolean {
    return false;
  }
  /** True when the database computes the value of every row: it is never written, and read back after a save. */
  get computed(): boolean {
    return this.options.generatedFrom !== undefined;
  }
  /** A column of this type that the database computes. */
  computedFrom(expression: unknown, column?: string): Field {
    const computed = this.copy();
    Object.assign(computed, {
      options: { ...plainOptions, nullable: true, generatedFrom: expression, column },
    });
    return computed;
  }
  /** Clause after the type in CREATE TABLE, such as `GENERATED BY DEFAULT AS IDENTITY`. */
  get columnSuffix(): string {
    return '';
  }
  /** CHECK expression of the column itself. */
  columnCheck(_quotedColumn: string, _literal: (text: string) => string): string | undefined {
    return undefined;
  }

  /**
   * Runs the field's own checks and the added ones, where there is something to check.
   *
   * @throws ValidationError with what all of them say
   */
  validate(value: unknown): void {
    if (value === null || value === undefined) return;
    const converted = this.convert(value);
    if (isBlank(converted)) {
      if (this.mayBeBlank) return;
      throw new ValidationError('This field cannot be blank.', { code: 'blank' });
    }
    requireChoice(this, converted);
    const found = [...this.checks(value, converted)].flatMap(complaintOf);
    const [first, ...others] = found;
    if (first !== undefined) throw others.length === 0 ? first : new ValidationError(found);
  }
  /**
   * @param _given the value, not null, as it was given
   * @param converted the same in the form that instances hold
   */
  protected *checks(_given: unknown, converted: unknown): Iterable<() => void> {
    for (const check of this.options.validators) {
      yield () => requireNoAnswer(check(converted as never), this);
    }
  }

  /** The values that are valid, with their labels; undefined where all are. */
  get choices(): readonly Choice[] | undefined {
    const { choices } = this.options;
    return typeof choices === 'function' ? choices() : choices;
  }
  /** Label of a value among the choices; the value as text where it has none. */
  display(value: unknown): string | null {
    const label = labelOf(this, value);
    if (label !== undefined) return label;
    if (value === null || value === undefined) return null;
    return value instanceof Date ? value.toISOString() : String(value);
  }

  /** The same field in a column of another type of the server. */
  storedAs(type: string): this {
    const changed = this.copy();
    Object.assign(changed, { serverType: type, databaseType: () => type, castType: () => unbounded(type) });
    return changed;
  }
  /** Copy of this field that belongs to `model` under `name`. */
  bind(model: ModelMeta, name: string): this {
    const bound = this.copy();
    bound.model = model;
    bound.name = name;
    bound.attribute = bound.attributeFor(name);
    bound.column = this.options.column ?? snakeCase(bound.attribute);
    return bound;
  }
  protected attributeFor(name: string): string {
    return name;
  }
  protected copy(): this {
    return Object.assign(Object.create(Object.getPrototypeOf(this)), this);
  }
  with(changes: Partial<FieldOptions>): this {
    const changed = this.copy();
    Object.assign(changed, { options: { ...this.options, ...changes } });
    return changed;
  }
}

/** True for what holds nothing, as Django's `EMPTY_VALUES`: no value, and a text, bytes, a list or an object without content. */
export function isBlank(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  return isOptions(value) && Object.keys(value).length === 0;
}
/** A complaint about a value in the words that the field has for its code, where it has any. */
export function worded({ options }: Field, error: ValidationError): ValidationError {
  const { code, params = {} } = error;
  if (code === undefined || !Object.hasOwn(options.errorMessages, code)) return error;
  return new ValidationError(options.errorMessages[code] as string, { code, params });
}

function requireChoice(field: Field, value: unknown): void {
  if (field.choices === undefined || labelOf(field, value) !== undefined) return;
  const shown = typeof value === 'string' ? `'${value}'` : String(value);
  const options = { code: 'invalid_choice', params: { value } };
  throw new ValidationError(`Value ${shown} is not a valid choice.`, options);
}
function labelOf(field: Field, value: unknown): string | undefined {
  const sought = likeness(field, value);
  return field.choices?.find(([choice]) => likeness(field, choice) === sought)?.[1];
}
/** What equal values share; one that the field cannot hold is only itself. */
function likeness(field: Field, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  try {
    return field.plainForm(value);
  } catch {
    return value;
  }
}

/**
 * A check complains by throwing: one that answers means to refuse, and would accept everything.
 *
 * @throws TypeError for false, and for a promise, which nobody would wait for
 */
function requireNoAnswer(answer: unknown, { name }: Field): void {
  if (isThenable(answer)) {
    abandon(answer);
    throw new TypeError(
      `A check of '${name}' gave a promise; checks of fields are sync. Ask the database in an async clean() of the model.`,
    );
  }
  if (answer === false)
    throw new TypeError(`A check of '${name}' returned false; a check throws ValidationError.`);
}

/** What a check finds. Any other error is a mistake in the check. */
function complaintOf(check: () => void): readonly ValidationError[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return [error];
  }
}

/** A type without its length; where that would mean a length of one, the type that has none. */
function unbounded(type: string): string {
  const plain = type.replace(/\([\d ,]+\)/, '');
  return { character: 'bpchar', char: 'bpchar', bit: 'bit varying' }[plain.toLowerCase()] ?? plain;
}
