import type { inspect } from 'node:util';
import type { RawResult } from '../../bridge/messages.ts';
import { dialectOf } from '../connections/index.ts';
import { describe } from '../describe.ts';
import { FieldDoesNotExist, IndexError, ValueError } from '../errors.ts';
import { numbered, type RawParameters, rawParts, requireStatement } from '../expressions/raw.ts';
import { decoderOf } from '../fields/server-types.ts';
import { type FetchMode, rememberFetchMode } from '../models/fetch-modes.ts';
import type { ModelMeta } from '../models/meta.ts';
import { loadedFrom } from '../models/state.ts';
import { asynchronous, synchronous } from '../operations/bound.ts';
import { streamAsynchronously, streamBlocking } from '../operations/run.ts';
import type { Operation, Streaming } from '../operations/steps.ts';
import { chunkSizeOf, type IteratorOptions, inChunks } from '../operations/stream.ts';
import { isOptions, requireOptions } from '../options.ts';
import { SQLCompiler } from '../sql/compiler.ts';
import type { RawOptions } from '../types/raw.ts';
import { abortSignal, databaseName } from './circumstances.ts';
import { type PrefetchEntry, prefetch, prefetchesWith } from './prefetch.ts';
import { printed, printedForm } from './printed.ts';

/** What a raw query set is made of. */
export interface RawSource {
  readonly sql: string;
  readonly parameters: RawParameters;
  readonly alias: string;
  /** Fields by the columns of the result that hold them. */
  readonly translations: Readonly<Record<string, string>>;
  readonly prefetches: readonly PrefetchEntry[];
  readonly signal: AbortSignal | undefined;
  /** How instances fetch what was not loaded; undefined is one by one. */
  readonly fetchMode?: FetchMode | undefined;
}

/**
 * Instances from SQL the application wrote: `raw('SELECT * FROM book WHERE pages > %s', [100])`. Columns are matched
 * by name; further ones become attributes, missing ones are read when they are asked for.
 */
export class RawQuerySet {
  readonly kind = 'rawQueryset';
  readonly meta: ModelMeta;
  readonly #source: RawSource;
  #cache: object[] | undefined;

  constructor(meta: ModelMeta, source: RawSource) {
    this.meta = meta;
    this.#source = source;
  }
  get loaded(): readonly object[] | undefined {
    return this.#cache;
  }
  using(alias: string): RawQuerySet {
    return new RawQuerySet(this.meta, { ...this.#source, alias: databaseName(alias) });
  }
  prefetchRelated(...lookups: (PrefetchEntry | null)[]): RawQuerySet {
    const prefetches = prefetchesWith(this.#source.prefetches, lookups);
    return new RawQuerySet(this.meta, { ...this.#source, prefetches });
  }
  abortable(signal: AbortSignal): RawQuerySet {
    return new RawQuerySet(this.meta, { ...this.#source, signal: abortSignal(signal) });
  }
  toSql(): { readonly sql: string; readonly parameters: readonly unknown[] } {
    const { text, values } = rawRequest(this.#source);
    return { sql: text, parameters: values };
  }
  get list() {
    return synchronous(this, 'list', readRaw);
  }
  alist(): Promise<object[]> {
    return asynchronous(readRaw(this), this.#source.signal);
  }
  get at() {
    return synchronous(this, 'at', readRawAt);
  }
  aat(index: number): Promise<object> {
    return asynchronous(readRawAt(this, index), this.#source.signal);
  }
  [printed](_depth: number, options: object, show: typeof inspect): string {
    return printedForm('RawQuerySet', this, options, show);
  }
  /** Reads the rows in chunks, without keeping them, from a server-side cursor where the statement allows one. */
  iterator(options: IteratorOptions = {}): Generator<unknown, void, undefined> {
    chunkSizeOf(options);
    return streamBlocking(this.#stream(options));
  }
  aiterator(options: IteratorOptions = {}): AsyncGenerator<unknown, void, undefined> {
    return streamAsynchronously(this.#stream(options), this.#source.signal);
  }
  *[Symbol.iterator](): Generator<object, void, undefined> {
    yield* this.list();
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<object, void, undefined> {
    yield* await this.alist();
  }

  *read(): Operation<object[]> {
    if (this.#cache !== undefined) return this.#cache;
    const { alias, prefetches } = this.#source;
    const compiler = new SQLCompiler(alias, rawRequest(this.#source));
    const instances = this.#instances(yield* compiler.execution('cursor'));
    if (prefetches.length > 0 && instances.length > 0) yield* prefetch(instances, prefetches, alias);
    this.#cache = instances;
    return instances;
  }

  *#stream(options: IteratorOptions): Streaming {
    const chunkSize = chunkSizeOf(options);
    const { sql, alias, prefetches } = this.#source;
    const instances = (result: RawResult) => this.#instances(result);
    const deliver = function* (result: RawResult): Streaming {
      const rows = instances(result);
      if (prefetches.length > 0) yield* prefetch(rows, prefetches, alias);
      yield { kind: 'rows', rows };
    };
    const canHold = (inside: boolean) => onlyReads(sql) && (inside || !locks.test(sql));
    yield* inChunks(alias, rawRequest(this.#source), chunkSize, deliver, canHold);
  }

  #instances({ columns, rows, types }: RawResult): object[] {
    const { alias, translations, fetchMode } = this.#source;
    const { meta } = this;
    const dialect = dialectOf(alias);
    const taken = new Set<string>();
    const read = columns.flatMap((column, at) => {
      const name = Object.hasOwn(translations, column) ? translations[column] : undefined;
      const field =
        name === undefined ? meta.fields.find((each) => each.column === column) : meta.requireField(name);
      const attribute = field?.attribute ?? column;
      // Of joined tables with columns of one name the first is the model's.
      if (field !== undefined && taken.has(attribute)) return [];
      if (field === undefined) requireAttribute(meta, attribute);
      else taken.add(attribute);
      const { decode } = field === undefined ? decoderOf(types?.[at]) : dialect.decoder(field);
      return [{ name: attribute, at, decode }];
    });
    const names = new Set(read.map(({ name }) => name));
    if (!meta.keyFields.every(({ attribute }) => names.has(attribute))) {
      throw new FieldDoesNotExist('Raw query must include the primary key');
    }
    const known = meta.fields.map((field) => field.attribute).filter((name) => names.has(name));
    const modelClass = known.length === meta.fields.length ? meta.modelClass : meta.partialClass(known);
    const instances = rows.map((row) => {
      const instance = new modelClass(loadedFrom(alias)) as unknown as Record<string, unknown>;
      for (const { name, at, decode } of read) {
        const text = row[at] ?? null;
        instance[name] = text === null ? null : decode(text);
      }
      return instance;
    });
    if (fetchMode !== undefined) rememberFetchMode(instances, fetchMode);
    return instances;
  }
}
/** @throws ValueError for a further column that instances cannot have as an attribute */
function requireAttribute({ modelClass }: ModelMeta, column: string): void {
  if (column === 'pk' || !(column in modelClass.prototype)) return;
  throw new ValueError(
    `The column '${column}' of the raw query conflicts with a member of the model. Give it another name with AS.`,
  );
}

/** @throws TypeError for what is no text; ValueError where there is no statement in it */
export function rawSql(given: unknown): string {
  requireStatement('raw', given);
  return given;
}
/** @throws TypeError for what is neither a list nor an object of values by name */
export function rawParameters(given: unknown): RawParameters {
  if (given === undefined || given === null) return [];
  if (Array.isArray(given) || isOptions(given)) return given;
  throw new TypeError(
    `The parameters of raw() are a list, or an object by the names in the SQL, not ${describe(given)}.`,
  );
}
/** @throws TypeError for options there are not, or of the wrong kind */
export function rawOptions(given: RawOptions): RawOptions {
  requireOptions('raw', given, ['translations', 'using']);
  const { translations, using } = given;
  if (translations !== undefined && !isOptions(translations)) {
    throw new TypeError(`The option 'translations' of raw() names fields by columns.`);
  }
  if (using !== undefined) databaseName(using);
  return given;
}

/** A cursor can be declared for what reads, and says so with its first word; a doubtful statement is read at once. */
function onlyReads(sql: string): boolean {
  const start = sql.replace(/^(?:\s|\(|--[^\n]*\n|\/\*[\s\S]*?\*\/)+/, '');
  if (/^(?:select|values|table)\b/i.test(start)) return !/\binto\b/i.test(start);
  return /^with\b/i.test(start) && !/\b(?:insert|update|delete|merge)\b/i.test(start);
}
/** A cursor that outlives its transaction cannot lock rows. */
const locks = /\bfor\s+(?:no\s+key\s+)?(?:update|share)|\bfor\s+key\s+share/i;

function readRaw(rows: RawQuerySet): Operation<object[]> {
  return rows.read();
}
function* readRawAt(rows: RawQuerySet, index: number): Operation<object> {
  if (!Number.isInteger(index)) throw new TypeError('An index must be a whole number.');
  if (index < 0) throw new ValueError('Negative indexing is not supported.');
  const row = (yield* rows.read())[index];
  if (row === undefined) throw new IndexError('list index out of range');
  return row;
}

function rawRequest({ sql, parameters, alias }: RawSource) {
  return numbered(rawParts(sql, parameters), dialectOf(alias));
}
