import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { itemsToInsert, poolSize } from '../contestant.ts';
import { rows as sizes } from '../dataset.ts';
import { queriesOf, schema, tasksOf } from './drizzle.mjs';

/** drizzle-orm with every query built once and prepared. */
export async function open(url) {
  const pool = new pg.Pool({ connectionString: url, max: poolSize });
  const queries = queriesOf(drizzle(pool, { schema }));
  const byKey = (name) => {
    const statement = queries[name](sql.placeholder('id')).prepare(name);
    return (id) => statement.execute({ id });
  };
  const insert = queries
    .insert(
      itemsToInsert().map((item, at) =>
        Object.fromEntries(Object.keys(item).map((name) => [name, sql.placeholder(`${name}${at}`)])),
      ),
    )
    .prepare('insert');
  const update = queries
    .update(Array.from({ length: sizes.stock }, (_each, at) => sql.placeholder(`quantity${at}`)))
    .prepare('update');
  const numbered = (rows) =>
    Object.fromEntries(
      rows.flatMap((row, at) => Object.entries(row).map(([name, value]) => [`${name}${at}`, value])),
    );
  const all = queries.all().prepare('all');
  return {
    tasks: tasksOf({
      get: byKey('get'),
      all: () => all.execute(),
      parents: byKey('parents'),
      page: byKey('page'),
      insert: (rows) => insert.execute(numbered(rows)),
      update: (quantities) => update.execute(numbered(quantities.map((quantity) => ({ quantity })))),
    }),
    close: () => pool.end(),
  };
}
