import { asc, eq, gt, lte, relations, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import {
  bigint,
  boolean,
  date,
  doublePrecision,
  integer,
  numeric,
  pgTable,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';
import pg from 'pg';
import {
  itemsToInsert,
  plainAuthor,
  plainBook,
  plainParents,
  plainPublisher,
  poolSize,
} from '../contestant.ts';
import { rows as sizes } from '../dataset.ts';

const key = () => bigint('id', { mode: 'number' }).primaryKey();
const moment = (name) => timestamp(name, { withTimezone: true });
export const authors = pgTable('bench_author', {
  id: key(),
  name: text('name').notNull(),
  email: text('email').notNull(),
  biography: text('biography').notNull(),
  age: integer('age').notNull(),
  rating: doublePrecision('rating'),
  active: boolean('active').notNull(),
  balance: numeric('balance').notNull(),
  born: date('born').notNull(),
  createdAt: moment('created_at').notNull(),
});
export const publishers = pgTable('bench_publisher', {
  id: key(),
  name: text('name').notNull(),
  country: text('country').notNull(),
});
export const books = pgTable('bench_book', {
  id: key(),
  title: text('title').notNull(),
  pages: integer('pages').notNull(),
  price: numeric('price').notNull(),
  published: date('published').notNull(),
  authorId: bigint('author_id', { mode: 'number' }).notNull(),
  publisherId: bigint('publisher_id', { mode: 'number' }).notNull(),
});
export const items = pgTable('bench_item', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
  name: text('name').notNull(),
  quantity: integer('quantity').notNull(),
  price: numeric('price').notNull(),
  active: boolean('active').notNull(),
  createdAt: moment('created_at').notNull(),
});
export const stock = pgTable('bench_stock', { id: key(), quantity: integer('quantity').notNull() });
const authorRelations = relations(authors, ({ many }) => ({ books: many(books) }));
const bookRelations = relations(books, ({ one }) => ({
  author: one(authors, { fields: [books.authorId], references: [authors.id] }),
}));
export const schema = { authors, publishers, books, items, stock, authorRelations, bookRelations };

/** The queries of the tasks. A value may be a placeholder, for those who prepare. */
export function queriesOf(db) {
  return {
    get: (id) => db.select().from(authors).where(eq(authors.id, id)).limit(21),
    all: () => db.select().from(authors).orderBy(asc(authors.id)),
    parents: (id) =>
      db.query.authors.findMany({
        where: lte(authors.id, id),
        orderBy: asc(authors.id),
        with: { books: true },
      }),
    page: (id) =>
      db
        .select({ book: books, author: authors, publisher: publishers })
        .from(books)
        .innerJoin(authors, eq(books.authorId, authors.id))
        .innerJoin(publishers, eq(books.publisherId, publishers.id))
        .where(gt(books.id, id))
        .orderBy(asc(books.id))
        .limit(50),
    insert: (rows) => db.insert(items).values(rows).returning({ id: items.id }),
    // As its guide "Update many with different values for each row" has it.
    update: (quantities) => {
      const cases = quantities.map(
        (quantity, at) => sql`when ${stock.id} = ${at + 1} then ${quantity}::integer`,
      );
      return db
        .update(stock)
        .set({ quantity: sql.join([sql`(case`, ...cases, sql`end)`], sql.raw(' ')) })
        .where(lte(stock.id, sizes.stock));
    },
  };
}

/** The tasks by such queries. It has no way to stream from PostgreSQL. */
export function tasksOf({ get, all, parents, page, insert, update }) {
  const getByKey = {
    run: async (index) => (await get(1 + (index % sizes.authors)))[0],
    plain: plainAuthor,
  };
  return {
    getByKey,
    getByKey500: getByKey,
    thousandRows: { run: () => all(), plain: (rows) => rows.map(plainAuthor) },
    parentsWithChildren: {
      run: () => parents(sizes.parents),
      plain: (rows) => plainParents(rows, (author) => author.books),
    },
    bulkInsert: {
      run: async () => (await insert(itemsToInsert())).length,
      plain: (count) => count,
    },
    updateThousand: {
      run: async (index) => {
        const quantities = Array.from({ length: sizes.stock }, (_each, at) => at + index);
        return (await update(quantities)).rowCount;
      },
      plain: (count) => count,
    },
    pageWithRelations: {
      run: (index) => page(index % 500),
      plain: (rows) =>
        rows.map(({ book, author, publisher }) => [
          plainBook(book),
          plainAuthor(author),
          plainPublisher(publisher),
        ]),
    },
  };
}

/** drizzle-orm on `pg`, every query built when it is asked. */
export async function open(url) {
  const pool = new pg.Pool({ connectionString: url, max: poolSize });
  return { tasks: tasksOf(queriesOf(drizzle(pool, { schema }))), close: () => pool.end() };
}
