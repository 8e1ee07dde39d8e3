// The models and rows that the examples of these pages use.
import {
  acreateTables,
  adropTables,
  configureDatabases,
  connections,
  fields,
  foreignKey,
  Manager,
  manyToMany,
  model,
  reverse,
} from '@migrate-async/runtime/orm';

export class Publisher extends model('publisher', {
  name: fields.char(50),
  books: reverse<Book, 'publisher'>(() => Book),
}) {
  static objects = new Manager(this);
}

export class Author extends model('author', {
  name: fields.char(50),
  email: fields.email().null().unique(),
  books: reverse<Book, 'authors'>(() => Book),
}) {
  static objects = new Manager(this);
}

export class Book extends model(
  'book',
  {
    title: fields.char(100).unique(),
    pages: fields.integer(),
    price: fields.decimal(6, 2).default('10.00'),
    published: fields.date(),
    meta: fields.json<{ readonly colour?: string; readonly sizes?: readonly number[] }>().default({}),
    publisher: foreignKey<Publisher>(() => Publisher, { relatedName: 'books' }),
    authors: manyToMany<Author>(() => Author, { relatedName: 'books' }),
  },
  { ordering: ['title'] },
) {
  static objects = new Manager(this);
  get long() {
    return this.pages > 250;
  }
}

/** Connects, makes the tables and fills them. */
export async function start(): Promise<void> {
  configureDatabases({ default: { engine: 'postgresql', url: process.env.DATABASE_URL ?? '' } });
  await acreateTables([Publisher, Author, Book]);
  const acme = await Publisher.objects.acreate({ name: 'Acme' });
  const birch = await Publisher.objects.acreate({ name: 'Birch' });
  const ann = await Author.objects.acreate({ name: 'Ann', email: 'ann@example.com' });
  const bob = await Author.objects.acreate({ name: 'Bob' });
  const alpha = await Book.objects.acreate({
    title: 'Alpha',
    pages: 100,
    published: '2020-01-15',
    meta: { colour: 'red', sizes: [1, 2] },
    publisher: acme,
  });
  const beta = await Book.objects.acreate({
    title: 'Beta',
    pages: 300,
    price: '20.50',
    published: '2021-06-30',
    publisher: acme,
  });
  await Book.objects.acreate({
    title: 'Gamma',
    pages: 200,
    published: '2021-12-01',
    meta: { colour: 'blue' },
    publisher: birch,
  });
  await alpha.authors.aadd(ann);
  await beta.authors.aadd(ann, bob);
}

/** Shows what `work` gives, or the error it ends in. */
export async function attempt(work: () => unknown): Promise<void> {
  try {
    console.log(await work());
  } catch (error) {
    console.log(`${(error as Error).constructor.name}: ${(error as Error).message}`);
  }
}

/** Takes everything down again. */
export async function end(): Promise<void> {
  await adropTables([Publisher, Author, Book]);
  await connections.acloseAll();
}
