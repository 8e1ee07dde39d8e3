import { dialectOf } from '../connections/index.ts';
import { FieldDoesNotExist, ValueError } from '../errors.ts';
import { fieldFor } from '../expressions/value.ts';
import type { Wire } from '../fields/field.ts';
import type { ModelMeta } from '../models/meta.ts';
import { loadedFrom } from '../models/state.ts';
import { asynchronous, synchronous } from '../operations/bound.ts';
import type { Operation } from '../operations/steps.ts';
import { SQLCompiler } from '../sql/compiler.ts';

export type RawParameters = readonly unknown[] | Readonly<Record<string, unknown>>;

/**
 * Instances from SQL the application wrote: `raw('SELECT * FROM book WHERE pages > %s', [100])`. Columns are matched
 * by name; further ones become attributes, missing ones are read when they are asked for.
 */
export class RawQuerySet {
  readonly kind = 'queryset';
  readonly meta: ModelMeta;
  readonly #sql: string;
  readonly #parameters: RawParameters;
  readonly #alias: string;
  #cache: object[] | undefined;

  constructor(meta: ModelMeta, sql: string, parameters: RawParameters, alias: string) {
    this.meta = meta;
    this.#sql = sql;
    this.#parameters = parameters;
    this.#alias = alias;
  }
  get loaded(): readonly object[] | undefined {
    return this.#cache;
  }
  using(alias: string): RawQuerySet {
    return new RawQuerySet(this.meta, this.#sql, this.#parameters, alias);
  }
  get list() {
    return synchronous(this, 'list', readRaw);
  }
  alist(): Promise<object[]> {
    return asynchronous(readRaw(this));
  }
  *[Symbol.iterator](): Generator<object, void, undefined> {
    yield* this.list();
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<object, void, undefined> {
    yield* await this.alist();
  }

  *read(): Operation<object[]> {
    if (this.#cache !== undefined) return this.#cache;
    const compiler = new SQLCompiler(this.#alias, rawRequest(this.#sql, this.#parameters));
    const { columns, rows } = yield* compiler.execution('cursor');
    const dialect = dialectOf(this.#alias);
    const read = columns.map((column) => {
      const field = this.meta.fields.find((each) => each.column === column);
      return {
        name: field?.attribute ?? column,
        decode: field === undefined ? String : dialect.decoder(field).decode,
      };
    });
    const names = read.map(({ name }) => name);
    if (!names.includes(this.meta.primaryKey.attribute)) {
      throw new FieldDoesNotExist('Raw query must include the primary key');
    }
    const complete = this.meta.fields.every((field) => names.includes(field.attribute));
    const known = this.meta.fields.map((field) => field.attribute).filter((name) => names.includes(name));
    const modelClass = complete ? this.meta.modelClass : this.meta.partialClass(known);
    const instances = rows.map((row) => {
      const instance = new modelClass(loadedFrom(this.#alias)) as unknown as Record<string, unknown>;
      for (const [at, { name, decode }] of read.entries()) {
        const text = row[at] ?? null;
        instance[name] = text === null ? null : decode(text);
      }
      return instance;
    });
    this.#cache = instances;
    return instances;
  }
}
function readRaw(rows: RawQuerySet): Operation<object[]> {
  return rows.read();
}

/** `%s` takes the next parameter, `%(name)s` the named one, `%%` is a percent sign. */
function rawRequest(sql: string, parameters: RawParameters): { text: string; values: Wire[] } {
  const values: Wire[] = [];
  const places = new Map<string, number>();
  const listed = Array.isArray(parameters) ? (parameters as readonly unknown[]) : undefined;
  const named = listed === undefined ? (parameters as Readonly<Record<string, unknown>>) : {};
  const text = sql.replace(/%(?:%|s|\((\w+)\)s)/g, (mark, name: string | undefined) => {
    if (mark === '%%') return '%';
    if (name === undefined) {
      if (listed === undefined || values.length >= listed.length) {
        throw new ValueError('The SQL has more placeholders than there are parameters.');
      }
      return `$${values.push(wire(listed[values.length]))}`;
    }
    if (!Object.hasOwn(named, name))
      throw new ValueError(`The SQL names a parameter '${name}' that is not given.`);
    const place = places.get(name) ?? values.push(wire(named[name]));
    places.set(name, place);
    return `$${place}`;
  });
  if (listed !== undefined && values.length !== listed.length) {
    throw new ValueError('The SQL has fewer placeholders than there are parameters.');
  }
  return { text, values };
}
function wire(value: unknown): Wire {
  return value === null || value === undefined ? null : fieldFor(value).toWire(value);
}
