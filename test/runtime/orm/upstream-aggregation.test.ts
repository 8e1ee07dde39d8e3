import {
  Avg,
  Count,
  F,
  fields,
  foreignKey,
  Manager,
  Max,
  Min,
  manyToMany,
  model,
  reverse,
  Sum,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

// The data that Django's own tests of aggregation start from; the figures are theirs.

class Author extends model('author', {
  name: fields.char(100),
  age: fields.integer(),
  friends: manyToMany<Author>(() => Author),
  books: reverse<Book, 'authors'>(() => Book),
}) {
  static objects = new Manager(this);
}
class Publisher extends model('publisher', {
  name: fields.char(255),
  awards: fields.integer(),
  books: reverse<Book, 'publisher'>(() => Book),
}) {
  static objects = new Manager(this);
}
class Book extends model('book', {
  name: fields.char(300),
  pages: fields.integer(),
  rating: fields.float(),
  price: fields.decimal(6, 2),
  authors: manyToMany<Author>(() => Author, { relatedName: 'books' }),
  publisher: foreignKey<Publisher>(() => Publisher),
  published: fields.date(),
  stores: reverse<Store, 'books'>(() => Store),
}) {
  static objects = new Manager(this);
}
class Store extends model('store', {
  name: fields.char(255),
  books: manyToMany<Book>(() => Book, { relatedName: 'stores' }),
}) {
  static objects = new Manager(this);
}

const friends = [
  [1, 2],
  [1, 4],
  [2, 7],
  [5, 6],
  [5, 7],
  [6, 7],
  [8, 9],
].flatMap(([one, other]) => [`(${one}, ${other})`, `(${other}, ${one})`]);

const { behaviour } = harness(
  [Author, Publisher, Book, Store],
  `insert into author (name, age) values ('Adrian', 34), ('Jacob', 35), ('Brad', 45), ('James', 29), ('Jeffrey', 37),
     ('Paul', 29), ('Wesley', 25), ('Peter', 57), ('Stuart', 46);
   insert into author_friends (from_author_id, to_author_id) values ${friends.join(', ')};
   insert into publisher (name, awards) values ('Apress', 3), ('Sams', 1), ('Prentice', 7), ('Morgan', 9), ('Jonno', 0);
   insert into book (name, pages, rating, price, publisher_id, published) values
     ('Definitive Guide', 447, 4.5, 30.00, 1, '2007-12-06'), ('24 Hours', 528, 3.0, 23.09, 2, '2008-03-03'),
     ('Practical', 300, 4.0, 29.69, 1, '2008-06-23'), ('Web Development', 350, 4.0, 29.69, 3, '2008-11-03'),
     ('Modern Approach', 1132, 4.0, 82.80, 3, '1995-01-15'), ('Paradigms', 946, 5.0, 75.00, 4, '1991-10-15');
   insert into book_authors (book_id, author_id) values (1, 1), (1, 2), (2, 3), (3, 4), (4, 5), (4, 6), (4, 7), (5, 8), (5, 9), (6, 8);
   insert into store (name) values ('Amazon'), ('Books.com'), ('Mamma');
   insert into store_books (store_id, book_id) values (1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (1, 6), (2, 1), (2, 3), (2, 5), (2, 6), (3, 3), (3, 4), (3, 6);`,
);

behaviour('200 rows, related rows and rows of related rows are summed', function* () {
  expect(yield* call(Author.objects, 'aggregate', Sum('age'))).toEqual({ age__sum: 337 });
  const { age__avg: mean } = yield* call<{ age__avg: number }>(Author.objects, 'aggregate', Avg('age'));
  expect(mean).toBeCloseTo(37.4, 1);
  expect(yield* call(Author.objects.filter({ age__gt: 29 }), 'aggregate', Sum('age'))).toEqual({
    age__sum: 254,
  });
  const { age } = yield* call<{ age: number }>(Author.objects, 'aggregate', { age: Avg('friends__age') });
  expect(age).toBeCloseTo(34.07, 2);
  expect(yield* call(Book.objects, 'aggregate', { n: Sum('publisher__awards') })).toEqual({ n: 30 });
  expect(yield* call(Publisher.objects, 'aggregate', { n: Sum('books__price') })).toEqual({ n: '270.27' });
  expect(yield* call(Store.objects, 'aggregate', { n: Max('books__authors__age') })).toEqual({ n: 57 });
  expect(yield* call(Store.objects, 'aggregate', { n: Min('books__published') })).toEqual({
    n: '1991-10-15',
  });
});
behaviour('200 rows that a join repeats are summed once, when they are distinct', function* () {
  const authors = Author.objects.filter({ books__in: [5, 6] });
  expect(yield* call(authors, 'count')).toBe(3);
  expect(yield* call(authors.distinct(), 'aggregate', Sum('age'))).toEqual({ age__sum: 103 });
  expect(yield* call(authors, 'aggregate', Sum('age'))).toEqual({ age__sum: 160 });
});
behaviour('200 groups are counted, narrowed and summed up once more', function* () {
  const counted = Book.objects.annotate({ n: Count('authors') }).orderBy('id');
  expect(yield* call(counted.valuesList('n', { flat: true }), 'list')).toEqual([2, 1, 1, 3, 2, 1]);
  expect(yield* call(counted.filter({ n__gt: 1 }).valuesList('id', { flat: true }), 'list')).toEqual([
    1, 4, 5,
  ]);
  expect(yield* call(counted, 'aggregate', { mean: Avg('n'), most: Max('n') })).toEqual({
    mean: 1.6666666666666667,
    most: 3,
  });
  const ages = Author.objects
    .values('age')
    .annotate({ n: Count('id') })
    .filter({ n__gt: 1 });
  expect(yield* call(ages, 'list')).toEqual([{ age: 29, n: 2 }]);
  const older = Author.objects.annotate({ mean: Avg('friends__age') }).filter({ age__gt: F('mean') });
  expect(yield* call(older.orderBy('id').valuesList('id', { flat: true }), 'list')).toEqual([1, 2, 5, 8]);
});
behaviour('200 a publisher without books is there, with nothing to sum', function* () {
  const sums = Publisher.objects.annotate({ total: Sum('books__price'), n: Count('books') }).orderBy('id');
  expect(yield* call(sums.valuesList('name', 'total', 'n'), 'list')).toEqual([
    ['Apress', '59.69', 2],
    ['Sams', '23.09', 1],
    ['Prentice', '112.49', 2],
    ['Morgan', '75.00', 1],
    ['Jonno', null, 0],
  ]);
});
