import { dialectOf } from '../connections/index.ts';
import { ImproperlyConfigured, NotSupportedError, ValueError } from '../errors.ts';
import { closeMatches } from '../lookups/suggestions.ts';
import type { ModelMeta } from '../models/meta.ts';
import { metaOf } from '../models/registry.ts';
import { asynchronous } from '../operations/bound.ts';
import { runBlocking } from '../operations/run.ts';
import { atomically, type Operation, statement } from '../operations/steps.ts';
import { requireFlags, requireNames, requireOptions } from '../options.ts';
import type { AnyModel } from '../types/model.ts';
import { describeTables, tableNames } from './catalog.ts';
import { createStatements, dropStatements } from './ddl.ts';
import { modelSource } from './source.ts';

export interface TableOptions {
  /** Database alias; `default` when absent. */
  readonly using?: string;
}

export interface CreateOptions extends TableOptions {
  /** Leaves out tables that are there, whatever their columns; one that is there is an error otherwise. */
  readonly ifNotExists?: boolean;
}

/** Creates the tables of `models`, in one transaction. */
export function createTables(models: readonly AnyModel[], options?: CreateOptions): void {
  runBlocking(create('createTables', models, options));
}
export function acreateTables(models: readonly AnyModel[], options?: CreateOptions): Promise<void> {
  return asynchronous(create('acreateTables', models, options));
}
/** Drops the tables of `models` and whatever refers to them. */
export function dropTables(models: readonly AnyModel[], options?: TableOptions): void {
  runBlocking(drop('dropTables', models, options));
}
export function adropTables(models: readonly AnyModel[], options?: TableOptions): Promise<void> {
  return asynchronous(drop('adropTables', models, options));
}

export interface InspectOptions extends TableOptions {
  /** Schema to look in; the first one of the search path when absent. */
  readonly schema?: string;
  /** Tables to write models for; all of the schema when absent. */
  readonly tables?: readonly string[];
  /** Whether to write models for views, too: `managed: false`, keyed by their first column. */
  readonly views?: boolean;
}

/**
 * Writes model source for the tables of an existing database.
 *
 * @returns TypeScript source of a module that exports one class for each table, with comments where a table has
 *   something that models cannot say
 */
export function inspectTables(options?: InspectOptions): string {
  return runBlocking(inspect('inspectTables', options));
}
export function ainspectTables(options?: InspectOptions): Promise<string> {
  return asynchronous(inspect('ainspectTables', options));
}

function* inspect(called: string, options: InspectOptions = {}): Operation<string> {
  requireOptions(called, options, ['using', 'schema', 'tables', 'views']);
  requireNames(called, 'tables', options.tables);
  requireFlags(called, { views: options.views });
  const { using = 'default', schema, tables, views = false } = options;
  const { name } = dialectOf(using);
  if (name !== 'postgresql') {
    throw new NotSupportedError(
      `inspectTables() reads the catalogues of PostgreSQL, and '${using}' is ${name}.`,
    );
  }
  const found = yield* describeTables(using, schema, tables, views);
  const missing = tables?.find((each) => !found.some((table) => table.name === each));
  if (missing !== undefined) throw unknownTable(missing, yield* tableNames(using, schema));
  return modelSource(found);
}

/** @param known the tables and views there are to choose from */
function unknownTable(missing: string, known: readonly string[]): ValueError {
  if (known.includes(missing))
    return new ValueError(`'${missing}' is a view; views are looked at with { views: true }.`);
  const [close] = closeMatches(missing, known);
  const hint = close === undefined ? ` Choices are: ${known.join(', ')}.` : ` Perhaps you meant ${close}.`;
  return new ValueError(`There is no table '${missing}' in the schema.${known.length === 0 ? '' : hint}`);
}

function* create(called: string, models: readonly AnyModel[], options: CreateOptions = {}): Operation<void> {
  requireOptions(called, options, ['using', 'ifNotExists']);
  requireFlags(called, { ifNotExists: options.ifNotExists });
  const { using = 'default', ifNotExists = false } = options;
  const dialect = dialectOf(using);
  const described = models.map(describedBy);
  yield* atomically(using, {}, function* (): Operation<void> {
    const known = ifNotExists
      ? yield* statement(using, { text: dialect.schema.tableNames, values: [] })
      : undefined;
    const existing = new Set(known?.rows.map(([name]) => name));
    for (const text of createStatements(described, dialect, existing))
      yield* statement(using, { text, values: [] }, true);
  });
}

function* drop(called: string, models: readonly AnyModel[], options: TableOptions = {}): Operation<void> {
  requireOptions(called, options, ['using']);
  const { using = 'default' } = options;
  const statements = dropStatements(models.map(describedBy), dialectOf(using));
  if (statements.length === 0) return;
  const [only, ...others] = statements;
  if (only !== undefined && others.length === 0) {
    yield* statement(using, { text: only, values: [] }, true);
    return;
  }
  yield* atomically(using, {}, function* (): Operation<void> {
    for (const text of statements) yield* statement(using, { text, values: [] }, true);
  });
}

function describedBy(model: AnyModel): ModelMeta {
  const meta = metaOf(model);
  if (meta === undefined) throw new ImproperlyConfigured('Tables are made for classes made with model().');
  meta.useClass(model as never);
  return meta;
}
