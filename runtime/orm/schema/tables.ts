import { ImproperlyConfigured } from '../errors.ts';
import type { ModelMeta } from '../models/meta.ts';
import { metaOf } from '../models/registry.ts';
import { asynchronous } from '../operations/bound.ts';
import { runBlocking } from '../operations/run.ts';
import { atomically, type Operation, statement } from '../operations/steps.ts';
import type { AnyModel } from '../types/model.ts';
import { createStatements, dropStatement } from './ddl.ts';

export interface TableOptions {
  /** Database alias; `default` when absent. */
  readonly using?: string;
}

/** Creates the tables of `models`, in one transaction. */
export function createTables(models: readonly AnyModel[], options?: TableOptions): void {
  runBlocking(create(models, options));
}
export function acreateTables(models: readonly AnyModel[], options?: TableOptions): Promise<void> {
  return asynchronous(create(models, options));
}
/** Drops the tables of `models` and whatever refers to them. */
export function dropTables(models: readonly AnyModel[], options?: TableOptions): void {
  runBlocking(drop(models, options));
}
export function adropTables(models: readonly AnyModel[], options?: TableOptions): Promise<void> {
  return asynchronous(drop(models, options));
}

function* create(models: readonly AnyModel[], { using = 'default' }: TableOptions = {}): Operation<void> {
  const statements = createStatements(models.map(describedBy));
  yield* atomically(using, {}, function* (): Operation<void> {
    for (const text of statements) yield* statement(using, { text, values: [] }, true);
  });
}

function* drop(models: readonly AnyModel[], { using = 'default' }: TableOptions = {}): Operation<void> {
  if (models.length === 0) return;
  yield* statement(using, { text: dropStatement(models.map(describedBy)), values: [] }, true);
}

function describedBy(model: AnyModel): ModelMeta {
  const meta = metaOf(model);
  if (meta === undefined) throw new ImproperlyConfigured('Tables are made for classes made with model().');
  meta.useClass(model as never);
  return meta;
}
