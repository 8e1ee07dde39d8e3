import { EntitySchema, MikroORM } from '@mikro-orm/postgresql';
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

const id = { type: 'bigint', primary: true, autoincrement: true };
const text = { type: 'text' };
const integer = { type: 'integer' };
const money = { type: 'decimal', precision: 10, scale: 2 };
const moment = { type: 'datetime' };
const entity = (target, tableName, properties) => new EntitySchema({ class: target, tableName, properties });
const entities = [
  entity(Publisher, 'bench_publisher', { id, name: text, country: text }),
  entity(Author, 'bench_author', {
    id,
    name: text,
    email: text,
    biography: text,
    age: integer,
    rating: { type: 'double', nullable: true },
    active: { type: 'boolean' },
    balance: money,
    born: { type: 'date' },
    createdAt: moment,
    books: { kind: '1:m', entity: () => Book, mappedBy: 'author' },
  }),
  entity(Book, 'bench_book', {
    id,
    title: text,
    pages: integer,
    price: money,
    published: { type: 'date' },
    author: { kind: 'm:1', entity: () => Author },
    publisher: { kind: 'm:1', entity: () => Publisher },
  }),
  entity(Event, 'bench_event', { id, kind: text, amount: integer, note: text, happenedAt: moment }),
  entity(Item, 'bench_item', {
    id,
    name: text,
    quantity: integer,
    price: money,
    active: { type: 'boolean' },
    createdAt: moment,
  }),
  entity(Stock, 'bench_stock', { id: { type: 'bigint', primary: true }, quantity: integer, label: text }),
];
const plainEntity = (book) =>
  plainBook({ ...book, authorId: book.author.id, publisherId: book.publisher.id });

/** MikroORM, a fork of the entity manager for every operation; reads without its identity map, which is faster. */
export async function open(url) {
  const orm = await MikroORM.init({
    clientUrl: url,
    entities,
    pool: { min: 0, max: poolSize },
    discovery: { warnWhenNoEntities: false },
  });
  const fork = () => orm.em.fork();
  const updating = fork();
  const stock = await updating.findAll(Stock, { orderBy: { id: 'asc' } });
  const getByKey = {
    run: (index) =>
      fork().findOneOrFail(Author, { id: 1 + (index % sizes.authors) }, { disableIdentityMap: true }),
    plain: plainAuthor,
  };
  return {
    tasks: {
      getByKey,
      getByKey500: getByKey,
      thousandRows: {
        run: () => fork().findAll(Author, { orderBy: { id: 'asc' }, disableIdentityMap: true }),
        plain: (rows) => rows.map(plainAuthor),
      },
      parentsWithChildren: {
        run: () =>
          fork().find(
            Author,
            { id: { $lte: sizes.parents } },
            { orderBy: { id: 'asc' }, populate: ['books'], strategy: 'select-in', disableIdentityMap: true },
          ),
        plain: (rows) =>
          plainParents(rows, (author) =>
            author.books.getItems().map((book) => ({
              ...book,
              authorId: book.author.id,
              publisherId: book.publisher.id,
            })),
          ),
      },
      bulkInsert: {
        run: async () => {
          const em = fork();
          const items = itemsToInsert().map((item) => em.create(Item, item, { persist: false }));
          return (await em.insertMany(items)).length;
        },
        plain: (count) => count,
      },
      // Changes of managed entities, written in batches by `flush`.
      updateThousand: {
        run: async (index) => {
          for (const [at, each] of stock.entries()) each.quantity = at + index;
          await updating.flush();
          return stock.length;
        },
        plain: (count) => count,
      },
      pageWithRelations: {
        run: (index) =>
          fork().find(
            Book,
            { id: { $gt: index % 500 } },
            {
              orderBy: { id: 'asc' },
              limit: 50,
              populate: ['author', 'publisher'],
              strategy: 'joined',
              disableIdentityMap: true,
            },
          ),
        plain: (rows) =>
          rows.map((book) => [plainEntity(book), plainAuthor(book.author), plainPublisher(book.publisher)]),
      },
    },
    close: () => orm.close(),
  };
}
