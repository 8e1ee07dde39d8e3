import { DataSource, EntitySchema, LessThanOrEqual, MoreThan } from 'typeorm';
import {
  itemsToInsert,
  plainAuthor,
  plainBook,
  plainParents,
  plainPublisher,
  poolSize,
} from '../contestant.ts';
import { rows as sizes } from '../dataset.ts';

class Publisher {}
class Author {}
class Book {}
class Event {}
class Item {}
class Stock {}

const id = { type: 'bigint', primary: true, generated: 'identity' };
const moment = (name) => ({ name, type: 'timestamptz' });
const money = { type: 'numeric', precision: 10, scale: 2 };
const entity = (target, tableName, columns, relations = {}) =>
  new EntitySchema({ name: target.name, target, tableName, columns, relations });
const entities = [
  entity(Publisher, 'bench_publisher', { id, name: { type: 'text' }, country: { type: 'text' } }),
  entity(
    Author,
    'bench_author',
    {
      id,
      name: { type: 'text' },
      email: { type: 'text' },
      biography: { type: 'text' },
      age: { type: 'integer' },
      rating: { type: 'double precision', nullable: true },
      active: { type: 'boolean' },
      balance: money,
      born: { type: 'date' },
      createdAt: moment('created_at'),
    },
    { books: { type: 'one-to-many', target: 'Book', inverseSide: 'author' } },
  ),
  entity(
    Book,
    'bench_book',
    {
      id,
      title: { type: 'text' },
      pages: { type: 'integer' },
      price: money,
      published: { type: 'date' },
      authorId: { name: 'author_id', type: 'bigint' },
      publisherId: { name: 'publisher_id', type: 'bigint' },
    },
    {
      author: {
        type: 'many-to-one',
        target: 'Author',
        inverseSide: 'books',
        joinColumn: { name: 'author_id' },
      },
      publisher: { type: 'many-to-one', target: 'Publisher', joinColumn: { name: 'publisher_id' } },
    },
  ),
  entity(Event, 'bench_event', {
    id,
    kind: { type: 'text' },
    amount: { type: 'integer' },
    note: { type: 'text' },
    happenedAt: moment('happened_at'),
  }),
  entity(Item, 'bench_item', {
    id,
    name: { type: 'text' },
    quantity: { type: 'integer' },
    price: money,
    active: { type: 'boolean' },
    createdAt: moment('created_at'),
  }),
  entity(Stock, 'bench_stock', {
    id: { type: 'bigint', primary: true },
    quantity: { type: 'integer' },
    label: { type: 'text' },
  }),
];

/** TypeORM, with entities; relations by queries of their own, which it recommends for many children. */
export async function open(url) {
  const source = await new DataSource({ type: 'postgres', url, poolSize, entities }).initialize();
  const [authors, books, events, items, stock] = [Author, Book, Event, Item, Stock].map((target) =>
    source.getRepository(target),
  );
  const getByKey = {
    run: (index) => authors.findOneByOrFail({ id: 1 + (index % sizes.authors) }),
    plain: plainAuthor,
  };
  return {
    tasks: {
      getByKey,
      getByKey500: getByKey,
      thousandRows: {
        run: () => authors.find({ order: { id: 'ASC' } }),
        plain: (rows) => rows.map(plainAuthor),
      },
      parentsWithChildren: {
        run: () =>
          authors.find({
            where: { id: LessThanOrEqual(sizes.parents) },
            order: { id: 'ASC' },
            relations: { books: true },
            relationLoadStrategy: 'query',
          }),
        plain: (rows) => plainParents(rows, (author) => author.books),
      },
      bulkInsert: {
        run: async () => (await items.insert(itemsToInsert())).identifiers.length,
        plain: (count) => count,
      },
      updateThousand: {
        run: async (index) => {
          const rows = Array.from({ length: sizes.stock }, (_each, at) => ({
            id: at + 1,
            quantity: at + index,
            label: `shelf ${at + 1}`,
          }));
          return (await stock.upsert(rows, ['id'])).identifiers.length;
        },
        plain: (count) => count,
      },
      pageWithRelations: {
        run: (index) =>
          books.find({
            where: { id: MoreThan(index % 500) },
            order: { id: 'ASC' },
            take: 50,
            relations: { author: true, publisher: true },
          }),
        plain: (rows) =>
          rows.map((book) => [plainBook(book), plainAuthor(book.author), plainPublisher(book.publisher)]),
      },
      // Its streams give raw rows, not entities.
      streamRows: {
        run: async () => {
          let count = 0;
          let sum = 0;
          for await (const event of await events
            .createQueryBuilder('event')
            .orderBy('event.id')
            .stream({ batchSize: 2000, highWaterMark: 2000 })) {
            count += 1;
            sum += event.event_amount;
          }
          return [count, sum];
        },
        plain: (result) => result,
      },
    },
    close: () => source.destroy(),
  };
}
