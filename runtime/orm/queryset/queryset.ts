import type { inspect } from 'node:util';
import { dialectOf } from '../connections/index.ts';
import { describe } from '../describe.ts';
import { ValueError } from '../errors.ts';
import type { RawParameters } from '../expressions/raw.ts';
import type { ZoneOptions } from '../expressions/zones.ts';
import { FETCH_ONE, FETCH_PEERS, FETCH_RAISE, type FetchMode } from '../models/fetch-modes.ts';
import type { ModelConstructor, ModelMeta } from '../models/meta.ts';
import { metaOf } from '../models/registry.ts';
import { asynchronous, synchronous } from '../operations/bound.ts';
import * as bulk from '../operations/bulk.ts';
import { bulkUpdate } from '../operations/bulk-update.ts';
import * as creation from '../operations/create.ts';
import { deleteRows } from '../operations/delete.ts';
import { inBulk } from '../operations/in-bulk.ts';
import * as read from '../operations/read.ts';
import { streamAsynchronously, streamBlocking } from '../operations/run.ts';
import type { Operation } from '../operations/steps.ts';
import * as streaming from '../operations/stream.ts';
import { updateRows } from '../operations/update.ts';
import { requireNothing } from '../options.ts';
import type { QueryShape } from '../query/shapes.ts';
import { rowsPlan } from '../sql/plans.ts';
import type { LockOptions } from '../types/queryset.ts';
import type { ExtraParts, RawOptions } from '../types/raw.ts';
import { annotateStep } from './annotations.ts';
import * as chain from './chain.ts';
import { abortSignal, databaseName } from './circumstances.ts';
import { combined, requireUncombined } from './combine.ts';
import { dates, datetimes } from './dates.ts';
import { extraStep } from './extra.ts';
import { LazyQuery, plainState } from './lazy.ts';
import { loadStep, relatedStep } from './loading.ts';
import { lockStep } from './locking.ts';
import { adoptOverrides } from './overrides.ts';
import { plainlyFiltered, rememberPlainFilter } from './plain-filter.ts';
import { type PrefetchEntry, prefetchesWith } from './prefetch.ts';
import { printed, printedForm } from './printed.ts';
import { RawQuerySet, rawOptions, rawParameters, rawSql } from './raw.ts';
import { valuesListStep, valuesStep } from './values.ts';

/**
 * A lazy query. Every chain method gives a new query set; the first full read fills the cache of the one it is called
 * on. Each terminal operation stands next to its twin, and both run the same operation.
 */
export class QuerySet extends LazyQuery {
  /** @param of a model: its class, as an application gives it, or its description */
  constructor(
    of: ModelMeta | ModelConstructor,
    shape?: QueryShape,
    values: readonly unknown[] = [],
    state = plainState,
  ) {
    super(typeof of === 'function' ? requiredMeta(of, new.target) : of, shape, values, state);
  }

  [printed](_depth: number, options: object, show: typeof inspect): string {
    return printedForm('QuerySet', this, options, show);
  }
  toSql(): { readonly sql: string; readonly parameters: readonly unknown[] } {
    const plan = rowsPlan(this.shape, 'all', dialectOf(this.database));
    return plan === undefined
      ? { sql: '', parameters: [] }
      : { sql: plan.sql, parameters: plan.parameters(this.parameters) };
  }

  all(...given: unknown[]): QuerySet {
    requireNothing('all', given);
    return this.with({});
  }
  none(...given: unknown[]): QuerySet {
    requireNothing('none', given);
    return this.step(chain.noneStep());
  }
  filter(...conditions: unknown[]): QuerySet {
    requireUncombined(this.query, 'filter');
    const only = conditions.length === 1 ? conditions[0] : undefined;
    const known = plainlyFiltered(this, only);
    if (known !== undefined) return this.derived(known.shape, known.values);
    const step = chain.filterStep(conditions, false);
    if (step === undefined) return this.all();
    const filtered = this.step(step);
    rememberPlainFilter(this, only, filtered);
    return filtered;
  }
  exclude(...conditions: unknown[]): QuerySet {
    requireUncombined(this.query, 'exclude');
    const step = chain.filterStep(conditions, true);
    return step === undefined ? this.all() : this.step(step);
  }
  annotate(...expressions: unknown[]): QuerySet {
    requireUncombined(this.query, 'annotate');
    return this.step(annotateStep(expressions, true));
  }
  alias(...expressions: unknown[]): QuerySet {
    requireUncombined(this.query, 'alias');
    return this.step(annotateStep(expressions, false));
  }
  orderBy(...terms: unknown[]): QuerySet {
    return this.step(chain.orderStep(terms));
  }
  reverse(...given: unknown[]): QuerySet {
    requireNothing('reverse', given);
    return this.step(chain.reverseStep());
  }
  distinct(...fields: string[]): QuerySet {
    requireUncombined(this.query, 'distinct');
    return this.step(chain.distinctStep(fields));
  }
  values(...parts: unknown[]): QuerySet {
    return this.step(valuesStep(parts));
  }
  valuesList(...parts: unknown[]): QuerySet {
    return this.step(valuesListStep(parts));
  }
  slice(start: number | null, end?: number | null, step?: number | null): QuerySet {
    return this.step(chain.sliceStep(start, end, step));
  }
  selectRelated(...paths: (string | null)[]): QuerySet {
    requireUncombined(this.query, 'selectRelated');
    return this.step(relatedStep(paths));
  }
  prefetchRelated(...lookups: (PrefetchEntry | null)[]): QuerySet {
    requireUncombined(this.query, 'prefetchRelated');
    return this.with({ prefetches: prefetchesWith(this.state.prefetches, lookups, this.query) });
  }
  selectForUpdate(options: LockOptions = {}): QuerySet {
    return this.step(lockStep(options));
  }
  only(...names: string[]): QuerySet {
    requireUncombined(this.query, 'only');
    return this.step(loadStep('only', names));
  }
  defer(...names: (string | null)[]): QuerySet {
    requireUncombined(this.query, 'defer');
    return this.step(loadStep('defer', names));
  }
  using(alias: string): QuerySet {
    return this.with({ alias: databaseName(alias) });
  }
  fetchMode(mode: FetchMode): QuerySet {
    if (![FETCH_ONE, FETCH_PEERS, FETCH_RAISE].includes(mode)) {
      throw new ValueError(
        `${describe(mode)} is not a fetch mode: use FETCH_ONE, FETCH_PEERS or FETCH_RAISE.`,
      );
    }
    return this.with({ fetchMode: mode === FETCH_ONE ? undefined : mode });
  }
  abortable(signal: AbortSignal): QuerySet {
    return this.with({ signal: abortSignal(signal) });
  }

  dates(field: string, kind: string, order = 'ASC'): QuerySet {
    requireUncombined(this.query, 'dates');
    return dates(this, field, kind, order);
  }
  datetimes(field: string, kind: string, order = 'ASC', options?: ZoneOptions): QuerySet {
    requireUncombined(this.query, 'datetimes');
    return datetimes(this, field, kind, order, options);
  }
  union(...others: unknown[]): QuerySet {
    return combined(this, 'union', others);
  }
  intersection(...others: unknown[]): QuerySet {
    return combined(this, 'intersection', others);
  }
  difference(...others: unknown[]): QuerySet {
    return combined(this, 'difference', others);
  }
  raw(sql: string, parameters?: RawParameters | null, options: RawOptions = {}): RawQuerySet {
    const { translations = {}, using = this.database } = rawOptions(options);
    return new RawQuerySet(this.meta, {
      sql: rawSql(sql),
      parameters: rawParameters(parameters),
      translations,
      alias: using,
      prefetches: this.state.prefetches,
      signal: this.state.signal,
      fetchMode: this.state.fetchMode,
    });
  }
  extra(parts: ExtraParts): QuerySet {
    requireUncombined(this.query, 'extra');
    return this.step(extraStep(parts));
  }

  get get() {
    return synchronous(this, 'get', read.get);
  }
  aget(...conditions: unknown[]) {
    return this.#start(read.get(this, ...conditions));
  }
  get create() {
    return synchronous(this, 'create', creation.create);
  }
  acreate(values: creation.Values) {
    return this.#start(creation.create(this, values));
  }
  get getOrCreate() {
    return synchronous(this, 'getOrCreate', creation.getOrCreate);
  }
  agetOrCreate(where?: creation.Values, options?: creation.CreationOptions) {
    return this.#start(creation.getOrCreate(this, where, options));
  }
  get updateOrCreate() {
    return synchronous(this, 'updateOrCreate', creation.updateOrCreate);
  }
  aupdateOrCreate(where?: creation.Values, options?: creation.CreationOptions) {
    return this.#start(creation.updateOrCreate(this, where, options));
  }
  get bulkCreate() {
    return synchronous(this, 'bulkCreate', bulk.bulkCreate);
  }
  abulkCreate(objects: Iterable<object>, options?: bulk.BulkCreateOptions) {
    return this.#start(bulk.bulkCreate(this, objects, options));
  }
  get bulkUpdate() {
    return synchronous(this, 'bulkUpdate', bulkUpdate);
  }
  abulkUpdate(
    objects: Iterable<object>,
    fieldNames: readonly string[],
    options?: { readonly batchSize?: number },
  ) {
    return this.#start(bulkUpdate(this, objects, fieldNames, options));
  }
  get count() {
    return synchronous(this, 'count', read.count);
  }
  acount(...given: unknown[]) {
    return this.#start(read.count(this, ...given));
  }
  get exists() {
    return synchronous(this, 'exists', read.exists);
  }
  aexists(...given: unknown[]) {
    return this.#start(read.exists(this, ...given));
  }
  get contains() {
    return synchronous(this, 'contains', read.contains);
  }
  acontains(instance: object) {
    return this.#start(read.contains(this, instance));
  }
  get first() {
    return synchronous(this, 'first', read.first);
  }
  afirst(...given: unknown[]) {
    return this.#start(read.first(this, ...given));
  }
  get last() {
    return synchronous(this, 'last', read.last);
  }
  alast(...given: unknown[]) {
    return this.#start(read.last(this, ...given));
  }
  get latest() {
    return synchronous(this, 'latest', read.latest);
  }
  alatest(...fields: string[]) {
    return this.#start(read.latest(this, ...fields));
  }
  get earliest() {
    return synchronous(this, 'earliest', read.earliest);
  }
  aearliest(...fields: string[]) {
    return this.#start(read.earliest(this, ...fields));
  }
  get inBulk() {
    return synchronous(this, 'inBulk', inBulk);
  }
  ainBulk(keys?: Iterable<unknown> | null, options?: { readonly fieldName?: string }) {
    return this.#start(inBulk(this, keys, options));
  }
  get aggregate() {
    return synchronous(this, 'aggregate', read.aggregate);
  }
  aaggregate(...expressions: unknown[]) {
    return this.#start(read.aggregate(this, ...expressions));
  }
  get update() {
    return synchronous(this, 'update', updateRows);
  }
  aupdate(values: Readonly<Record<string, unknown>>) {
    return this.#start(updateRows(this, values));
  }
  get delete() {
    return synchronous(this, 'delete', deleteRows);
  }
  adelete(...given: unknown[]) {
    return this.#start(deleteRows(this, ...given));
  }
  get list() {
    return synchronous(this, 'list', read.list);
  }
  alist(...given: unknown[]) {
    return this.#start(read.list(this, ...given));
  }
  afilter(...conditions: unknown[]) {
    return this.filter(...conditions).alist();
  }
  get at() {
    return synchronous(this, 'at', read.at);
  }
  aat(index: number) {
    return this.#start(read.at(this, index));
  }
  get explain() {
    return synchronous(this, 'explain', read.explain);
  }
  aexplain(options?: Readonly<Record<string, unknown>>) {
    return this.#start(read.explain(this, options));
  }
  /** Reads the rows in chunks, without keeping them, from a server-side cursor. */
  iterator(options: streaming.IteratorOptions = {}): Generator<unknown, void, undefined> {
    streaming.requireStreamable(this, options);
    return streamBlocking(streaming.stream(this, options));
  }
  aiterator(options: streaming.IteratorOptions = {}): AsyncGenerator<unknown, void, undefined> {
    return streamAsynchronously(streaming.stream(this, options), this.state.signal);
  }
  *[Symbol.iterator](): Generator<unknown, void, undefined> {
    yield* this.list();
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void, undefined> {
    yield* await this.alist();
  }

  #start<Result>(operation: Operation<Result>): Promise<Result> {
    return asynchronous(operation, this.state.signal);
  }
}

/** Takes over the operations that a class of an application's own overrides. */
export function adoptQuerySetClass(Own: typeof QuerySet): void {
  adoptOverrides(Own, { prototype: QuerySet.prototype, databaseOf: (self: QuerySet) => self.database });
}
function requiredMeta(model: ModelConstructor, Own: typeof QuerySet): ModelMeta {
  adoptQuerySetClass(Own);
  const meta = metaOf(model);
  if (meta === undefined) throw new TypeError('A query set needs a class made with model().');
  return meta;
}
