import { describe } from '../describe.ts';
import { ValueError } from '../errors.ts';
import type { Field, Wire } from '../fields/field.ts';
import { FloatField, WideIntegerField } from '../fields/numbers.ts';
import { ArrayField } from '../fields/structured.ts';
import { TextField } from '../fields/text.ts';
import type { Resolver } from '../query/resolver.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { Computable } from './arithmetic.ts';
import { ResolvedNode, type ShapeSink } from './node.ts';
import { requirePlain } from './plain.ts';
import { fieldFor } from './value.ts';

/** Parameters of SQL the application wrote: in the order of `%s`, or by the names of `%(name)s`. */
export type RawParameters = readonly unknown[] | Readonly<Record<string, unknown>>;

/** SQL taken apart at its placeholders: `texts` has one more entry than `values`. */
export interface RawParts {
  readonly texts: readonly string[];
  /** Which parameter follows each text. */
  readonly places: readonly number[];
  readonly values: readonly unknown[];
}

/**
 * Takes SQL apart: `%s` takes the next parameter, `%(name)s` the named one, `%%` is a percent sign.
 *
 * @throws ValueError when placeholders and parameters do not match
 */
export function rawParts(sql: string, parameters: RawParameters): RawParts {
  const listed = Array.isArray(parameters) ? (parameters as readonly unknown[]) : undefined;
  const named = listed === undefined ? (parameters as Readonly<Record<string, unknown>>) : {};
  const names = new Map<string, number>();
  const values: unknown[] = [];
  const places: number[] = [];
  const texts: string[] = [];
  let text = '';
  let end = 0;
  for (const match of sql.matchAll(/%(?:%|s|\((\w+)\)s)/g)) {
    text += sql.slice(end, match.index);
    end = match.index + match[0].length;
    const name = match[1];
    if (match[0] === '%%') {
      text += '%';
      continue;
    }
    texts.push(text);
    text = '';
    if (name === undefined) {
      if (listed === undefined || values.length >= listed.length) {
        throw new ValueError('The SQL has more placeholders than there are parameters.');
      }
      places.push(values.push(listed[values.length]) - 1);
      continue;
    }
    if (!Object.hasOwn(named, name)) {
      throw new ValueError(`The SQL names a parameter '${name}' that is not given.`);
    }
    const place = names.get(name) ?? values.push(named[name]) - 1;
    names.set(name, place);
    places.push(place);
  }
  if (listed !== undefined && values.length !== listed.length) {
    throw new ValueError('The SQL has fewer placeholders than there are parameters.');
  }
  texts.push(text + sql.slice(end));
  return { texts, places, values };
}

/**
 * The statement with numbered placeholders; the same named parameter is the same number.
 *
 * @throws TypeError for parameters that are no plain values; DataError for a number that the database has no type for
 */
export function numbered({ texts, places, values }: RawParts, dialect: Dialect): NumberedStatement {
  const text = joined(texts, dialect, (at) => {
    const place = places[at];
    return place === undefined ? undefined : { mark: `$${place + 1}`, type: rawType(values[place]) };
  });
  const wires = values.map((value) => {
    const type = rawType(value);
    const wire = rawWire(value);
    const change = type === undefined || wire === null ? undefined : dialect.wire(type);
    return change === undefined ? wire : change(wire as string);
  });
  return { text, values: wires };
}
/** The texts with the parameters that follow them, cast where that can be. */
function joined(
  texts: readonly string[],
  dialect: Dialect,
  parameterAt: (at: number) => { readonly mark: string; readonly type: Field | undefined } | undefined,
): string {
  let before = '';
  const parts = texts.map((text, at) => {
    const parameter = parameterAt(at);
    if (parameter === undefined) return text;
    const { mark, type } = parameter;
    // The end is enough, and keeps long statements from being gone through for each of their parameters.
    before = `${before}${text}`.slice(-40);
    const written =
      type === undefined || dialect.onlyParameterAfter?.test(before) ? mark : dialect.cast(mark, type);
    before += written;
    return text + written;
  });
  return parts.join('');
}
export interface NumberedStatement {
  readonly text: string;
  readonly values: Wire[];
}

/** @throws TypeError for what is no text; ValueError where there is no statement in it */
export function requireStatement(called: string, given: unknown): asserts given is string {
  if (typeof given !== 'string')
    throw new TypeError(`${called}() takes SQL as a string, not ${describe(given)}.`);
  if (given.trim() === '') throw new ValueError(`${called}() takes a statement, and this one is empty.`);
}

/** A parameter as it is sent, for SQL whose types only the server knows. Text takes the type of its surroundings. */
export function rawWire(value: unknown): Wire {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return arrayFor(value).toWire(itemTexts(value));
  requirePlain(value);
  return fieldFor(value).toWire(value);
}
/** Items are texts of their own types: the first says nothing about the others, as in `[1, 2.5]`. */
function itemTexts(list: readonly unknown[]): readonly unknown[] {
  return list.map((each) => (Array.isArray(each) ? itemTexts(each) : rawWire(each)));
}
function arrayFor(list: readonly unknown[]): ArrayField {
  const inner = list.find((each) => Array.isArray(each));
  return new ArrayField(inner === undefined ? new TextField() : arrayFor(inner));
}
/** Type a parameter is cast to: a number is a number wherever it stands, as a literal would be. */
export function rawType(value: unknown): Field | undefined {
  if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value) return wideInteger;
  if (Number.isInteger(value) && Math.abs(value as number) >= 2 ** 63) return float;
  const castable = ['number', 'bigint', 'boolean'].includes(typeof value) || value instanceof Date;
  return castable ? fieldFor(value) : undefined;
}

const wideInteger = new WideIntegerField();
const float = new FloatField();

/** SQL the application wrote, as an expression. Its values are parameters, always. */
export class RawSql extends Computable {
  readonly #parts: RawParts;
  readonly #owners: readonly object[];
  readonly output: Field | undefined;

  constructor(parts: RawParts, output?: Field) {
    super();
    this.#parts = parts;
    this.#owners = parts.values.map(() => ({}));
    this.output = output;
  }
  describe(sink: ShapeSink): void {
    sink.token(`raw ${this.output?.databaseType() ?? ''}(`);
    for (const [at, text] of this.#parts.texts.entries()) {
      sink.token(text);
      const place = this.#parts.places[at];
      if (place !== undefined) sink.token(`${place} ${rawType(this.#parts.values[place])?.castType() ?? ''}`);
    }
    sink.token(')');
    for (const [at, owner] of this.#owners.entries()) sink.value(owner, this.#parts.values[at]);
  }
  resolve(resolver: Resolver): ResolvedRawSql {
    const places = this.#owners.map((owner) => resolver.place(owner, rawWire));
    const values = this.#parts.places.map((place) => ({
      place: places[place] as number,
      type: rawType(this.#parts.values[place]),
    }));
    return new ResolvedRawSql(this.#parts.texts, values, this.output);
  }
  toSql(): string {
    throw new Error('raw SQL is resolved before it is compiled');
  }
}

interface RawPlace {
  readonly place: number;
  readonly type: Field | undefined;
}

class ResolvedRawSql extends ResolvedNode {
  readonly #texts: readonly string[];
  readonly #values: readonly RawPlace[];
  readonly output: Field | undefined;

  constructor(texts: readonly string[], values: readonly RawPlace[], output: Field | undefined) {
    super();
    this.#texts = texts;
    this.#values = values;
    this.output = output;
  }
  toSql(writer: SqlWriter): string {
    const text = joined(this.#texts, writer.dialect, (at) => {
      const value = this.#values[at];
      if (value === undefined) return undefined;
      const { place, type } = value;
      return { mark: writer.parameter(place, undefined, type), type };
    });
    return `(${text})`;
  }
}
