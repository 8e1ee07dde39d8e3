import knex from 'knex';
import objection from 'objection';
import {
  itemsToInsert,
  plainAuthor,
  plainBook,
  plainParents,
  plainPublisher,
  poolSize,
} from '../contestant.ts';
import { rows as sizes } from '../dataset.ts';

const { Model } = objection;
class Publisher extends Model {
  static tableName = 'bench_publisher';
}
class Author extends Model {
  static tableName = 'bench_author';
  static relationMappings = {
    books: {
      relation: Model.HasManyRelation,
      modelClass: () => Book,
      join: { from: 'bench_author.id', to: 'bench_book.author_id' },
    },
  };
}
class Book extends Model {
  static tableName = 'bench_book';
  static relationMappings = {
    author: {
      relation: Model.BelongsToOneRelation,
      modelClass: () => Author,
      join: { from: 'bench_book.author_id', to: 'bench_author.id' },
    },
    publisher: {
      relation: Model.BelongsToOneRelation,
      modelClass: () => Publisher,
      join: { from: 'bench_book.publisher_id', to: 'bench_publisher.id' },
    },
  };
}
class Event extends Model {
  static tableName = 'bench_event';
}
class Item extends Model {
  static tableName = 'bench_item';
}
class Stock extends Model {
  static tableName = 'bench_stock';
}

/** Objection on knex; relations by queries of their own (`withGraphFetched`), which it recommends for speed. */
export async function open(url) {
  const db = knex({ client: 'pg', connection: url, pool: { min: 0, max: poolSize } });
  for (const model of [Publisher, Author, Book, Event, Item, Stock]) model.knex(db);
  const getByKey = {
    run: (index) =>
      Author.query()
        .findById(1 + (index % sizes.authors))
        .throwIfNotFound(),
    plain: plainAuthor,
  };
  return {
    tasks: {
      getByKey,
      getByKey500: getByKey,
      thousandRows: { run: () => Author.query().orderBy('id'), plain: (rows) => rows.map(plainAuthor) },
      parentsWithChildren: {
        run: () => Author.query().where('id', '<=', sizes.parents).orderBy('id').withGraphFetched('books'),
        plain: (rows) => plainParents(rows, (author) => author.books),
      },
      bulkInsert: {
        run: async () => {
          const rows = itemsToInsert().map(({ createdAt, ...item }) => ({ ...item, created_at: createdAt }));
          return (await Item.query().insert(rows).returning('id')).length;
        },
        plain: (count) => count,
      },
      updateThousand: {
        run: async (index) => {
          const rows = Array.from({ length: sizes.stock }, (_each, at) => ({
            id: at + 1,
            quantity: at + index,
            label: `shelf ${at + 1}`,
          }));
          return (await Stock.query().insert(rows).onConflict('id').merge(['quantity'])).length;
        },
        plain: (count) => count,
      },
      pageWithRelations: {
        run: (index) =>
          Book.query()
            .where('bench_book.id', '>', index % 500)
            .orderBy('bench_book.id')
            .limit(50)
            .withGraphFetched('[author, publisher]'),
        plain: (rows) =>
          rows.map((book) => [plainBook(book), plainAuthor(book.author), plainPublisher(book.publisher)]),
      },
      // Its streams are those of knex: raw rows, not models.
      streamRows: {
        run: async () => {
          let count = 0;
          let sum = 0;
          const events = Event.query()
            .orderBy('id')
            .toKnexQuery()
            .stream({ batchSize: 2000, highWaterMark: 2000 });
          for await (const { amount } of events) {
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
