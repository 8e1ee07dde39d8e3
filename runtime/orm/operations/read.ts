import { connections, dialectOf } from '../connections/index.ts';
import { describe } from '../describe.ts';
import { IndexError, NotSupportedError, TransactionManagementError, ValueError } from '../errors.ts';
import { Aggregate, aggregateKinds } from '../expressions/aggregates.ts';
import { Column } from '../expressions/column.ts';
import { Star } from '../expressions/field-reference.ts';
import { isInstance } from '../lookups/encode.ts';
import { rememberFetchMode } from '../models/fetch-modes.ts';
import { hasKey, keyId } from '../models/keys.ts';
import type { ModelMeta } from '../models/meta.ts';
import { metaKey } from '../models/registry.ts';
import { relate } from '../models/state.ts';
import { isOptions, requireNothing } from '../options.ts';
import { namedExpressions } from '../queryset/annotations.ts';
import { everyRowStep } from '../queryset/chain.ts';
import { requireUncombined } from '../queryset/combine.ts';
import { type PrefetchEntry, prefetch } from '../queryset/prefetch.ts';
import type { QuerySet } from '../queryset/queryset.ts';
import { emptySummary, summaryStep } from '../queryset/summary.ts';
import { SQLCompiler } from '../sql/compiler.ts';
import type { Plan } from '../sql/plan.ts';
import { existsPlan, getLimit, type RowsVariant, rowsPlan, summaryOfNothingPlan } from '../sql/plans.ts';
import { insideBlock, type Operation } from './steps.ts';

interface ModelErrors {
  readonly DoesNotExist: new (message: string) => Error;
  readonly MultipleObjectsReturned: new (message: string) => Error;
}
/** The error classes of a model. */
export function errorsOf(meta: ModelMeta): ModelErrors {
  return meta.modelClass as unknown as ModelErrors;
}
export function doesNotExist(meta: ModelMeta): Error {
  return new (errorsOf(meta).DoesNotExist)(`${meta.label} matching query does not exist.`);
}

/** Reads rows of one variant of the query, related and prefetched rows included; the cache is not touched. */
function* fetch(queryset: QuerySet, variant: RowsVariant): Operation<unknown[]> {
  const plan = rowsPlan(queryset.shape, variant, dialectOf(queryset.database));
  if (plan === undefined) return [];
  yield* requireLockable(queryset);
  const { step } = queryset.query;
  const read = yield* sendPlan(queryset, plan);
  const rows = step === 1 ? read : read.filter((_row, at) => at % step === 0);
  rememberCircumstances(queryset, rows);
  if (prefetchesFor(queryset).length > 0 && rows.length > 0) {
    yield* prefetch(rows as object[], queryset.state.prefetches, queryset.database);
  }
  return rows;
}

function* sendPlan(queryset: QuerySet, plan: Plan): Operation<unknown[]> {
  const compiler = new SQLCompiler(queryset.database, plan.bind(queryset.parameters));
  return plan.read(yield* compiler.execution('cursor'), queryset.database);
}

/** Rows can be locked inside a transaction only. A database without locks ignores the wish for one, as in Django. */
export function* requireLockable(queryset: QuerySet): Operation<void> {
  if (queryset.query.locking === undefined) return;
  if (!connections.get(queryset.database).features.supportsLocking) return;
  if (yield* insideBlock(queryset.database)) return;
  throw new TransactionManagementError('selectForUpdate cannot be used outside of a transaction.');
}

/** What is to be prefetched: nothing for rows that are no instances, as in Django. */
export function prefetchesFor({ query, state }: QuerySet): readonly PrefetchEntry[] {
  return query.rows.form === 'instances' ? state.prefetches : [];
}

/** Tells rows how they were read: how to fetch what they lack, and through which instance. */
export function rememberCircumstances(queryset: QuerySet, rows: readonly unknown[]): void {
  const { fetchMode } = queryset.state;
  if (fetchMode !== undefined && queryset.query.rows.form === 'instances') {
    rememberFetchMode(rows as object[], fetchMode);
  }
  relateKnown(queryset, rows);
}

/** Rows of a related manager know the instance they were asked for through. */
function relateKnown(queryset: QuerySet, rows: readonly unknown[]): void {
  const { known } = queryset.state;
  if (known === undefined || queryset.query.rows.form !== 'instances') return;
  for (const row of rows) relate(row as object, known.name, known.instance);
}

/** Every row; fills the cache. */
export function* list(queryset: QuerySet, ...given: unknown[]): Operation<unknown[]> {
  requireNothing('list', given);
  if (queryset.loaded !== undefined) return queryset.loaded as unknown[];
  const rows = yield* fetch(queryset, 'all');
  queryset.fill(rows);
  return rows;
}

export function* get(queryset: QuerySet, ...conditions: unknown[]): Operation<unknown> {
  const { combination } = queryset.query;
  if (combination !== undefined && conditions.length > 0) {
    throw new NotSupportedError(
      `Calling QuerySet.get(...) with filters after ${combination.combinator}() is not supported.`,
    );
  }
  const rows = yield* fetch(combination === undefined ? queryset.filter(...conditions) : queryset, 'get');
  if (rows.length === 1) return rows[0];
  const { meta } = queryset;
  if (rows.length === 0) throw doesNotExist(meta);
  const count =
    rows.length < getLimit || queryset.query.sliced ? String(rows.length) : `more than ${getLimit - 1}`;
  throw new (errorsOf(meta).MultipleObjectsReturned)(
    `get() returned more than one ${meta.label} -- it returned ${count}!`,
  );
}

export function* first(queryset: QuerySet, ...given: unknown[]): Operation<unknown> {
  requireNothing('first', given);
  requireOrderForAggregation(queryset, 'first');
  const byKey = !queryset.ordered && queryset.query.ordering === undefined;
  const rows = yield* fetch(queryset, byKey ? 'firstByKey' : 'first');
  return rows[0] ?? null;
}
export function* last(queryset: QuerySet, ...given: unknown[]): Operation<unknown> {
  requireNothing('last', given);
  queryset.query.requireUnsliced('Cannot reverse a query once a slice has been taken.');
  requireOrderForAggregation(queryset, 'last');
  const rows = yield* fetch(queryset, queryset.ordered ? 'last' : 'lastByKey');
  return rows[0] ?? null;
}
/** Groups have an order of their own only when the key of the rows is one of what they are made by. */
function requireOrderForAggregation(queryset: QuerySet, method: string): void {
  const { grouping, model } = queryset.query;
  if (queryset.ordered || !Array.isArray(grouping)) return;
  const isKey = (each: unknown) => each instanceof Column && each.field === model.primaryKey;
  if (grouping.some(isKey)) return;
  throw new TypeError(
    `Cannot use QuerySet.${method}() on an unordered queryset performing aggregation. Add an ordering with orderBy().`,
  );
}

export function* latest(queryset: QuerySet, ...fields: string[]): Operation<unknown> {
  return yield* get(byRecency(queryset, fields).reverse().slice(0, 1));
}
export function* earliest(queryset: QuerySet, ...fields: string[]): Operation<unknown> {
  return yield* get(byRecency(queryset, fields).slice(0, 1));
}
function byRecency(queryset: QuerySet, fields: readonly string[]): QuerySet {
  queryset.query.requireUnsliced('Cannot change a query once a slice has been taken.');
  const declared = queryset.meta.options.getLatestBy;
  const names = fields.length > 0 ? fields : typeof declared === 'string' ? [declared] : (declared ?? []);
  if (names.length > 0) return queryset.orderBy(...names);
  throw new ValueError(
    "earliest() and latest() require either fields as positional arguments or 'getLatestBy' in the model's options.",
  );
}

export function* count(queryset: QuerySet, ...given: unknown[]): Operation<number> {
  requireNothing('count', given);
  if (queryset.loaded !== undefined) return queryset.loaded.length;
  const { step } = queryset.query;
  if (step !== 1) return Math.ceil((yield* count(queryset.step(everyRowStep()))) / step);
  const summary = queryset.step(summaryStep([['__count', new Aggregate(aggregateKinds.count, new Star())]]));
  const plan = rowsPlan(summary.shape, 'all', dialectOf(summary.database));
  if (plan === undefined) return 0;
  const [row] = yield* sendPlan(summary, plan);
  return (row as { __count: number }).__count;
}

export function* exists(queryset: QuerySet, ...given: unknown[]): Operation<boolean> {
  requireNothing('exists', given);
  if (queryset.loaded !== undefined) return queryset.loaded.length > 0;
  const plan = existsPlan(queryset.shape, dialectOf(queryset.database));
  if (plan === undefined) return false;
  yield* requireLockable(queryset);
  const compiler = new SQLCompiler(queryset.database, plan.bind(queryset.parameters));
  return (yield* compiler.execution('single')) !== undefined;
}

export function* contains(queryset: QuerySet, instance: unknown): Operation<boolean> {
  requireUncombined(queryset.query, 'contains');
  if (queryset.query.rows.form !== 'instances') {
    throw new TypeError('Cannot call QuerySet.contains() after .values() or .valuesList().');
  }
  if (!isInstance(instance)) throw new TypeError("'obj' must be a model instance.");
  if (instance[metaKey].concrete !== queryset.meta.concrete) return false;
  if (!hasKey(instance)) {
    throw new ValueError('QuerySet.contains() cannot be used on unsaved objects.');
  }
  if (queryset.loaded !== undefined) {
    const key = keyId(instance.pk);
    return queryset.loaded.some((row) => keyId((row as { pk: unknown }).pk) === key);
  }
  return yield* exists(queryset.filter({ pk: instance.pk }));
}

export function* aggregate(
  queryset: QuerySet,
  ...expressions: unknown[]
): Operation<Record<string, unknown>> {
  if (queryset.query.distinctFields.length > 0) {
    throw new TypeError('aggregate() + distinct(fields) not implemented.');
  }
  const named = namedExpressions('aggregate', expressions);
  if (named.length === 0) return {};
  const summary = queryset.step(summaryStep(named));
  const dialect = dialectOf(summary.database);
  const known = rowsPlan(summary.shape, 'all', dialect);
  if (known === undefined) {
    const values = emptySummary(named, summary.query);
    if (values !== undefined) return values;
  }
  const plan = known ?? summaryOfNothingPlan(summary.shape, dialect);
  const [row] = yield* sendPlan(summary, plan);
  return row as Record<string, unknown>;
}

export function* at(queryset: QuerySet, index: number): Operation<unknown> {
  if (!Number.isInteger(index)) throw new TypeError('An index must be a whole number.');
  if (index < 0) throw new ValueError('Negative indexing is not supported.');
  const rows = queryset.loaded ?? (yield* fetch(queryset.slice(index, index + 1), 'all'));
  const at = queryset.loaded === undefined ? 0 : index;
  if (at >= rows.length) throw new IndexError('list index out of range');
  return rows[at];
}

/** The server's plan for the query. */
export function* explain(
  queryset: QuerySet,
  options: Readonly<Record<string, unknown>> = {},
): Operation<string> {
  if (!isOptions(options)) throw new TypeError(`explain() takes options by name, not ${describe(options)}.`);
  const { format, ...flags } = options;
  const settings = new Map<string, boolean | string>();
  for (const [name, value] of Object.entries(flags)) {
    if (!/^[\w-]+$/.test(name)) throw new ValueError(`Invalid option name: '${name}'.`);
    settings.set(name, typeof value === 'string' ? value : value !== false);
  }
  const dialect = dialectOf(queryset.database);
  const asked = format === undefined ? undefined : String(format).toUpperCase();
  // Only what the dialect knows: the pattern lets a comment through.
  const prefix = dialect.explain(asked, settings);
  const plan = rowsPlan(queryset.shape, 'all', dialect);
  if (plan === undefined) return '';
  const request = plan.bind(queryset.parameters);
  const text = `${prefix}${request.text}`;
  const compiler = new SQLCompiler(queryset.database, { text, values: request.values });
  const rows = yield* compiler.execution('multi');
  return rows.map((line) => line.map((cell) => cell ?? '').join(' ')).join('\n');
}
