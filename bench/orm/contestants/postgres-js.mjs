import postgres from 'postgres';
import {
  itemsToInsert,
  plainAuthor,
  plainBook,
  plainParents,
  plainPublisher,
  poolSize,
} from '../contestant.ts';
import { rows as sizes } from '../dataset.ts';

const columns = {
  author: ['id', 'name', 'email', 'biography', 'age', 'rating', 'active', 'balance', 'born', 'created_at'],
  book: ['id', 'title', 'pages', 'price', 'published', 'author_id', 'publisher_id'],
  publisher: ['id', 'name', 'country'],
};

/** postgres.js, a driver of its own: prepared statements, several in flight on a connection. No ORM. */
export async function open(url) {
  const sql = postgres(url, { max: poolSize });
  const page = [
    ...columns.book.map((name) => `b.${name}`),
    ...columns.author.map((name) => `a.${name} AS a_${name}`),
    ...columns.publisher.map((name) => `p.${name} AS p_${name}`),
  ].join(', ');
  const prefixed = (row, prefix, names) =>
    Object.fromEntries(names.map((name) => [name, row[`${prefix}${name}`]]));
  const getByKey = {
    run: async (index) => {
      const [row] =
        await sql`SELECT ${sql(columns.author)} FROM bench_author WHERE id = ${1 + (index % sizes.authors)} LIMIT 21`;
      return row;
    },
    plain: plainAuthor,
  };
  return {
    tasks: {
      getByKey,
      getByKey500: getByKey,
      thousandRows: {
        run: () => sql`SELECT ${sql(columns.author)} FROM bench_author ORDER BY id`,
        plain: (rows) => rows.map(plainAuthor),
      },
      parentsWithChildren: {
        run: async () => {
          const authors =
            await sql`SELECT ${sql(columns.author)} FROM bench_author WHERE id <= ${sizes.parents} ORDER BY id`;
          const byKey = new Map();
          for (const author of authors) {
            author.books = [];
            byKey.set(author.id, author);
          }
          const books =
            await sql`SELECT ${sql(columns.book)} FROM bench_book WHERE author_id = ANY (${[...byKey.keys()]}::bigint[])`;
          for (const book of books) byKey.get(book.author_id).books.push(book);
          return authors;
        },
        plain: (rows) => plainParents(rows, (author) => author.books),
      },
      bulkInsert: {
        run: async () => {
          const rows = itemsToInsert().map(({ createdAt, ...item }) => ({ ...item, created_at: createdAt }));
          return (await sql`INSERT INTO bench_item ${sql(rows)} RETURNING id`).length;
        },
        plain: (count) => count,
      },
      updateThousand: {
        run: async (index) => {
          const rows = Array.from({ length: sizes.stock }, (_each, at) => [at + 1, at + index]);
          const { count } = await sql`
            UPDATE bench_stock SET quantity = v.quantity::integer
            FROM (VALUES ${sql(rows)}) AS v (id, quantity) WHERE bench_stock.id = v.id::bigint`;
          return count;
        },
        plain: (count) => count,
      },
      pageWithRelations: {
        run: (index) => sql`
          SELECT ${sql.unsafe(page)} FROM bench_book b JOIN bench_author a ON a.id = b.author_id
          JOIN bench_publisher p ON p.id = b.publisher_id WHERE b.id > ${index % 500} ORDER BY b.id LIMIT 50`,
        plain: (rows) =>
          rows.map((row) => [
            plainBook(row),
            plainAuthor(prefixed(row, 'a_', columns.author)),
            plainPublisher(prefixed(row, 'p_', columns.publisher)),
          ]),
      },
      streamRows: {
        run: async () => {
          let count = 0;
          let sum = 0;
          const events = sql`SELECT id, kind, amount, note, happened_at FROM bench_event ORDER BY id`;
          for await (const rows of events.cursor(2000)) {
            for (const { amount } of rows) {
              count += 1;
              sum += amount;
            }
          }
          return [count, sum];
        },
        plain: (result) => result,
      },
    },
    close: () => sql.end(),
  };
}
