import {
  fields,
  foreignKey,
  Manager,
  manyToMany,
  model,
  oneToOne,
  reverse,
} from '@migrate-async/runtime/orm';
import { testEngine } from './engines/index.ts';

// Dataset L of the behaviour catalogue: a library.

/** Only PostgreSQL has arrays; elsewhere the same values are JSON. */
const tags =
  testEngine().engine === 'postgresql'
    ? fields.array(fields.text())
    : (fields.json() as unknown as ReturnType<typeof fields.array<string>>);

export class Publisher extends model('publisher', {
  name: fields.char(50),
  awards: fields.integer(),
  books: reverse<Book, 'publisher'>(() => Book),
}) {
  static objects = new Manager(this);
}

export class Author extends model('author', {
  name: fields.char(50),
  age: fields.integer(),
  rating: fields.float().null(),
  email: fields.email().null().unique(),
  books: reverse<Book, 'authors'>(() => Book),
  contactFor: reverse<Book, 'contact'>(() => Book),
  profile: reverse<Profile, 'author'>(() => Profile),
}) {
  static objects = new Manager(this);
}

export class Book extends model('book', {
  title: fields.char(50),
  isbn: fields.char(20).unique(),
  pages: fields.integer(),
  price: fields.decimal(6, 2),
  rating: fields.float().null(),
  published: fields.date(),
  publisher: foreignKey<Publisher>(() => Publisher),
  contact: foreignKey<Author>(() => Author, { relatedName: 'contactFor', onDelete: 'setNull' }).null(),
  authors: manyToMany<Author>(() => Author, { relatedName: 'books' }),
  meta: fields.json().null(),
  tags: tags.null(),
  reviews: reverse<Review, 'book'>(() => Review),
}) {
  static objects = new Manager(this);
}

export class Review extends model('review', {
  book: foreignKey<Book>(() => Book),
  stars: fields.integer(),
}) {
  static objects = new Manager(this);
}

export class Profile extends model('profile', {
  author: oneToOne<Author>(() => Author),
  bio: fields.text().default(''),
}) {
  static objects = new Manager(this);
}

export class Counter extends model('counter', {
  key: fields.char(20).unique(),
  n: fields.integer().default(0),
  updated: fields.dateTime().autoNow(),
}) {
  static objects = new Manager(this);
}

export class Pair extends model('pair', {
  f1: fields.integer().unique(),
  f2: fields.integer().unique(),
  name: fields.char(10).default(''),
}) {
  static objects = new Manager(this);
}

export class Event extends model(
  'event',
  { name: fields.char(20), at: fields.dateTime(), rank: fields.integer() },
  { ordering: ['-rank'], getLatestBy: 'at' },
) {
  static objects = new Manager(this);
}

export class Parent extends model('parent', { name: fields.char(10).default('') }) {
  static objects = new Manager(this);
}
export class Kid extends model('kid', {
  parent: foreignKey<Parent>(() => Parent, { onDelete: 'protect', relatedName: 'kids' }),
}) {
  static objects = new Manager(this);
}
export class RestrictedKid extends model('restrictedKid', {
  parent: foreignKey<Parent>(() => Parent, { onDelete: 'restrict', relatedName: 'restrictedKids' }),
}) {
  static objects = new Manager(this);
}
export class Node extends model('node', {
  up: foreignKey<Node>(() => Node, { relatedName: 'down' }).null(),
}) {
  static objects = new Manager(this);
}

export const libraryModels = [
  Publisher,
  Author,
  Book,
  Review,
  Profile,
  Counter,
  Pair,
  Event,
  Parent,
  Kid,
  RestrictedKid,
  Node,
];

/** Fills empty tables; ids start at 1 in the order given. */
export const libraryRows = `
insert into publisher (name, awards) values ('Acme', 3), ('Birch', 1), ('Cedar', 0);
insert into author (name, age, rating, email) values
  ('Ann', 30, 4.5, 'ann@x'), ('Bob', 40, null, null), ('Cyd', 50, 3.0, 'cyd@x'), ('Dan', 20, 4.5, null);
insert into book (title, isbn, pages, price, rating, published, publisher_id, contact_id, meta, tags) values
  ('Alpha', 'i1', 100, 10.00, 4.0, '2020-01-15', 1, 1, '{"a":1,"k":{"l":"m"},"arr":[1,{"f":"g"}]}', '{red,blue}'),
  ('Beta', 'i2', 200, 20.00, 3.0, '2020-06-30', 1, null, '{"a":"b","j":null}', '{red}'),
  ('Gamma', 'i3', 300, 30.00, null, '2021-01-01', 2, null, null, null),
  ('Delta_50%', 'i4', 400, 40.00, 5.0, '2021-12-31', 2, 3, '[1,[2]]', '{}'),
  ('alphabet', 'i5', 500, 50.50, 4.0, '2022-02-28', 1, null, '{"c":14}', '{green,blue,red}');
insert into book_authors (book_id, author_id) values (1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (4, 3);
insert into review (book_id, stars) values (1, 5), (1, 3), (2, 4), (4, 1), (4, 2), (4, 3);
insert into event (name, at, rank) values
  ('e1', '2024-01-03T13:30:15Z', 1), ('e2', '2024-01-01T11:30:15Z', 3), ('e3', '2024-01-02T12:30:15Z', 2);
`;
