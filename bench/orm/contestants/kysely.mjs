import { Kysely, PostgresDialect, sql } from 'kysely-0.28';
import { jsonArrayFrom } from 'kysely-0.28/helpers/postgres';
import pg from 'pg';
import Cursor from 'pg-cursor';
import {
  itemsToInsert,
  plainAuthor,
  plainBook,
  plainParents,
  plainPublisher,
  poolSize,
} from '../contestant.ts';
import { rows as sizes } from '../dataset.ts';

const under = (prefix, columns) => columns.map((name) => `${prefix}.${name} as ${prefix}_${name}`);
const authorColumns = [
  'id',
  'name',
  'email',
  'biography',
  'age',
  'rating',
  'active',
  'balance',
  'born',
  'created_at',
];
const bookColumns = ['id', 'title', 'pages', 'price', 'published', 'author_id', 'publisher_id'];

/** kysely, whose rows are plain objects; children come as JSON by its own helper. */
export async function open(url) {
  const pool = new pg.Pool({ connectionString: url, max: poolSize });
  const db = new Kysely({ dialect: new PostgresDialect({ pool, cursor: Cursor }) });
  const prefixed = (row, prefix) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, value]) => [name.slice(prefix.length), value]),
    );
  const getByKey = {
    run: (index) =>
      db
        .selectFrom('bench_author')
        .select(authorColumns)
        .where('id', '=', 1 + (index % sizes.authors))
        .executeTakeFirstOrThrow(),
    plain: plainAuthor,
  };
  return {
    tasks: {
      getByKey,
      getByKey500: getByKey,
      thousandRows: {
        run: () => db.selectFrom('bench_author').select(authorColumns).orderBy('id').execute(),
        plain: (rows) => rows.map(plainAuthor),
      },
      parentsWithChildren: {
        run: () =>
          db
            .selectFrom('bench_author')
            .select(authorColumns)
            .select((author) =>
              jsonArrayFrom(
                author
                  .selectFrom('bench_book')
                  .select(bookColumns)
                  .whereRef('bench_book.author_id', '=', 'bench_author.id'),
              ).as('books'),
            )
            .where('id', '<=', sizes.parents)
            .orderBy('id')
            .execute(),
        plain: (rows) => plainParents(rows, (author) => author.books),
      },
      bulkInsert: {
        run: async () => {
          const rows = itemsToInsert().map(({ createdAt, ...item }) => ({ ...item, created_at: createdAt }));
          return (await db.insertInto('bench_item').values(rows).returning('id').execute()).length;
        },
        plain: (count) => count,
      },
      updateThousand: {
        run: async (index) => {
          const quantities = Array.from({ length: sizes.stock }, (_each, at) => at + index);
          const keys = quantities.map((_quantity, at) => at + 1);
          const { numUpdatedRows } = await db
            .updateTable('bench_stock')
            .from(sql`unnest(${keys}::bigint[], ${quantities}::integer[])`.as(sql`v (id, quantity)`))
            .set((row) => ({ quantity: row.ref('v.quantity') }))
            .whereRef('bench_stock.id', '=', 'v.id')
            .executeTakeFirst();
          return Number(numUpdatedRows);
        },
        plain: (count) => count,
      },
      pageWithRelations: {
        run: (index) =>
          db
            .selectFrom('bench_book as b')
            .innerJoin('bench_author as a', 'a.id', 'b.author_id')
            .innerJoin('bench_publisher as p', 'p.id', 'b.publisher_id')
            .select(bookColumns.map((name) => `b.${name}`))
            .select(under('a', authorColumns))
            .select(under('p', ['id', 'name', 'country']))
            .where('b.id', '>', index % 500)
            .orderBy('b.id')
            .limit(50)
            .execute(),
        plain: (rows) =>
          rows.map((row) => [
            plainBook(row),
            plainAuthor(prefixed(row, 'a_')),
            plainPublisher(prefixed(row, 'p_')),
          ]),
      },
      streamRows: {
        run: async () => {
          let count = 0;
          let sum = 0;
          const events = db
            .selectFrom('bench_event')
            .select(['id', 'kind', 'amount', 'note', 'happened_at'])
            .orderBy('id');
          for await (const { amount } of events.stream(2000)) {
            count += 1;
            sum += amount;
          }
          return [count, sum];
        },
        plain: (result) => result,
      },
    },
    close: () => db.destroy(),
  };
}
