import {
  configureDatabases,
  connections,
  fields,
  foreignKey,
  Manager,
  model,
  reverse,
} from '../../../runtime/orm/index.ts';
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

class Publisher extends model('bench_publisher', {
  name: fields.text(),
  country: fields.text(),
}) {
  static objects = new Manager(Publisher);
}
class Author extends model('bench_author', {
  name: fields.text(),
  email: fields.text(),
  biography: fields.text(),
  age: fields.integer(),
  rating: fields.float().null(),
  active: fields.boolean(),
  balance: fields.decimal(10, 2),
  born: fields.date(),
  createdAt: fields.dateTime(),
  books: reverse<Book, 'author'>(() => Book),
}) {
  static objects = new Manager(Author);
}
class Book extends model('bench_book', {
  title: fields.text(),
  pages: fields.integer(),
  price: fields.decimal(10, 2),
  published: fields.date(),
  author: foreignKey<Author>(() => Author, { relatedName: 'books', onDelete: 'cascade' }),
  publisher: foreignKey<Publisher>(() => Publisher, { relatedName: 'books', onDelete: 'cascade' }),
}) {
  static objects = new Manager(Book);
}
class Event extends model('bench_event', {
  kind: fields.text(),
  amount: fields.integer(),
  note: fields.text(),
  happenedAt: fields.dateTime(),
}) {
  static objects = new Manager(Event);
}
class Item extends model('bench_item', {
  name: fields.text(),
  quantity: fields.integer(),
  price: fields.decimal(10, 2),
  active: fields.boolean(),
  createdAt: fields.dateTime(),
}) {
  static objects = new Manager(Item);
}
class Stock extends model('bench_stock', {
  quantity: fields.integer(),
  label: fields.text(),
}) {
  static objects = new Manager(Stock);
}

export const models = { Author, Book, Event, Item, Publisher, Stock };

/** The native path, through the public API, with model instances. */
export async function open(url: string): Promise<Session> {
  configureDatabases({ default: { engine: 'postgresql', url, pool: { max: poolSize } } });
  const stock = await Stock.objects.orderBy('id').alist();
  const getByKey = {
    run: (index: number) => Author.objects.aget({ id: 1 + (index % sizes.authors) }),
    plain: (result: unknown) => plainAuthor(result as Record<string, unknown>),
  };
  return {
    tasks: {
      getByKey,
      getByKey500: getByKey,
      thousandRows: {
        run: () => Author.objects.orderBy('id').alist(),
        plain: (result) => (result as Record<string, unknown>[]).map(plainAuthor),
      },
      parentsWithChildren: {
        run: () =>
          Author.objects.filter({ id__lte: sizes.parents }).orderBy('id').prefetchRelated('books').alist(),
        plain: (result) =>
          plainParents(
            result as Record<string, unknown>[],
            (author) =>
              (author as unknown as Author).books.all().list() as unknown as Record<string, unknown>[],
          ),
      },
      bulkInsert: {
        run: async () => {
          const created = await Item.objects.abulkCreate(itemsToInsert().map((item) => new Item(item)));
          return created.length;
        },
        plain: (result) => result,
      },
      updateThousand: {
        run: (index) => {
          for (const [at, each] of stock.entries()) each.quantity = at + index;
          return Stock.objects.abulkUpdate(stock, ['quantity']);
        },
        plain: (result) => result,
      },
      pageWithRelations: {
        run: (index) =>
          Book.objects
            .filter({ id__gt: index % 500 })
            .selectRelated('author', 'publisher')
            .orderBy('id')
            .slice(0, 50)
            .alist(),
        plain: (result) =>
          (result as Book[]).map((book) => [
            plainBook(book as unknown as Record<string, unknown>),
            plainAuthor(book.author as unknown as Record<string, unknown>),
            plainPublisher(book.publisher as unknown as Record<string, unknown>),
          ]),
      },
      streamRows: {
        run: async () => {
          let count = 0;
          let sum = 0;
          for await (const event of Event.objects.orderBy('id').aiterator({ chunkSize: 2000 })) {
            count += 1;
            sum += event.amount;
          }
          return [count, sum];
        },
        plain: (result) => result,
      },
    },
    close: () => connections.get('default').aclose(),
  };
}
