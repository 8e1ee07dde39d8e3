import pg from 'pg';
import {
  itemsToInsert,
  plainAuthor,
  plainBook,
  plainParents,
  plainPublisher,
  poolSize,
  type Session,
} from '../contestant.ts';
import { rows as sizes } from '../dataset.ts';

type Row = Record<string, unknown>;
const authorColumns = 'id, name, email, biography, age, rating, active, balance, born, created_at';
const pageColumns = [
  'b.id, b.title, b.pages, b.price, b.published, b.author_id, b.publisher_id',
  'a.id AS a_id, a.name AS a_name, a.email AS a_email, a.biography AS a_biography, a.age AS a_age',
  'a.rating AS a_rating, a.active AS a_active, a.balance AS a_balance, a.born AS a_born, a.created_at AS a_created_at',
  'p.id AS p_id, p.name AS p_name, p.country AS p_country',
].join(', ');
const page =
  `SELECT ${pageColumns} FROM bench_book b JOIN bench_author a ON a.id = b.author_id ` +
  'JOIN bench_publisher p ON p.id = b.publisher_id WHERE b.id > $1 ORDER BY b.id LIMIT 50';

/** The driver itself, with prepared statements (`named`) or without: what every ratio is to. */
export function openWith(named: boolean): (url: string) => Promise<Session> {
  return async (url) => {
    const pool = new pg.Pool({ connectionString: url, max: poolSize });
    const query = (name: string, text: string, values: unknown[] = []) =>
      pool.query(named ? { name, text, values } : { text, values });
    const prefixed = (row: Row, prefix: string) =>
      Object.fromEntries(
        Object.entries(row).flatMap(([key, value]) =>
          key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
        ),
      );
    const getByKey = {
      run: (index: number) =>
        query('get', `SELECT ${authorColumns} FROM bench_author WHERE id = $1 LIMIT 21`, [
          1 + (index % sizes.authors),
        ]).then((result) => result.rows[0]),
      plain: (result: unknown) => plainAuthor(result as Row),
    };
    return {
      tasks: {
        getByKey,
        getByKey500: getByKey,
        thousandRows: {
          run: () =>
            query('all', `SELECT ${authorColumns} FROM bench_author ORDER BY id`).then(({ rows }) => rows),
          plain: (result) => (result as Row[]).map(plainAuthor),
        },
        parentsWithChildren: {
          run: async () => {
            const { rows: authors } = await query(
              'parents',
              `SELECT ${authorColumns} FROM bench_author WHERE id <= $1 ORDER BY id`,
              [sizes.parents],
            );
            const { rows: books } = await query(
              'children',
              'SELECT id, title, pages, price, published, author_id, publisher_id FROM bench_book WHERE author_id = ANY ($1)',
              [authors.map((author) => author.id)],
            );
            const byAuthor = new Map(authors.map((author) => [author.id, author]));
            for (const author of authors) author.books = [];
            for (const book of books) byAuthor.get(book.author_id).books.push(book);
            return authors;
          },
          plain: (result) => plainParents(result as Row[], (author) => author.books as Row[]),
        },
        bulkInsert: {
          run: async () => {
            const items = itemsToInsert();
            // 65,535 parameters at most: 13,107 rows of five.
            const places: string[] = [];
            const values: unknown[] = [];
            for (const item of items) {
              const at = values.push(item.name, item.quantity, item.price, item.active, item.createdAt) - 4;
              places.push(`($${at}, $${at + 1}, $${at + 2}, $${at + 3}, $${at + 4})`);
            }
            const { rows } = await pool.query(
              `INSERT INTO bench_item (name, quantity, price, active, created_at) VALUES ${places.join(', ')} RETURNING id`,
              values,
            );
            return rows.length;
          },
          plain: (result) => result,
        },
        updateThousand: {
          run: async (index) => {
            const values = Array.from({ length: sizes.stock }, (_each, at) => at + index);
            const { rowCount } = await query(
              'update',
              'UPDATE bench_stock SET quantity = v.quantity FROM unnest($1::bigint[], $2::integer[]) AS v (id, quantity) WHERE bench_stock.id = v.id',
              [values.map((_each, at) => at + 1), values],
            );
            return rowCount;
          },
          plain: (result) => result,
        },
        pageWithRelations: {
          run: (index) => query('page', page, [index % 500]).then(({ rows }) => rows),
          plain: (result) =>
            (result as Row[]).map((row) => [
              plainBook(row),
              plainAuthor(prefixed(row, 'a_')),
              plainPublisher(prefixed(row, 'p_')),
            ]),
        },
        streamRows: {
          run: async () => {
            const client = await pool.connect();
            let count = 0;
            let sum = 0;
            try {
              await client.query('BEGIN');
              await client.query(
                'DECLARE events NO SCROLL CURSOR FOR SELECT id, kind, amount, note, happened_at FROM bench_event ORDER BY id',
              );
              for (;;) {
                const { rows } = await client.query('FETCH 2000 FROM events');
                if (rows.length === 0) break;
                for (const row of rows) {
                  count += 1;
                  sum += row.amount;
                }
              }
              await client.query('COMMIT');
            } finally {
              client.release();
            }
            return [count, sum];
          },
          plain: (result) => result,
        },
      },
      close: () => pool.end(),
    };
  };
}

export const open = openWith(true);
