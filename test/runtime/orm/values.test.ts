import {
  Avg,
  Case,
  Concat,
  Count,
  Exists,
  F,
  FieldError,
  Length,
  Lower,
  Max,
  OuterRef,
  Q,
  Sum,
  Value,
  ValueError,
  When,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Author, Book, Publisher } from '../support/library.ts';

const { behaviour } = harness();

behaviour('113 valuesList takes expressions without a name, in their place', function* () {
  const rows = Book.objects.orderBy('id').valuesList('id', Lower('title'), F('pages').add(1), 'isbn');
  expect(yield* call(rows.slice(0, 2), 'list')).toEqual([
    [1, 'alpha', 101, 'i1'],
    [2, 'beta', 201, 'i2'],
  ]);
  const flat = Book.objects.orderBy('id').valuesList(Length('title'), { flat: true });
  expect(yield* call(flat, 'list')).toEqual([5, 4, 5, 9, 8]);
});
behaviour('113 expressions without a name are ordered by under a default one', function* () {
  const counted = Publisher.objects.valuesList('name', Count('books'));
  expect(yield* call(counted.orderBy('-books__count1' as never, 'name'), 'list')).toEqual([
    ['Acme', 3],
    ['Birch', 2],
    ['Cedar', 0],
  ]);
  const lowered = Book.objects.valuesList(Lower('title'), Lower('isbn')).orderBy('lower2' as never);
  expect(yield* call(lowered.slice(0, 1), 'list')).toEqual([['alpha', 'i1']]);
  expect(lastStatement()).toContain('AS "lower1"');
});
behaviour('113 valuesList gives a name twice when it is asked for twice', function* () {
  const rows = Book.objects.orderBy('id').valuesList('id', 'title', 'id').slice(0, 1);
  expect(yield* call(rows, 'list')).toEqual([[1, 'Alpha', 1]]);
});
behaviour('113 conditions and query sets are values, too', function* () {
  const best = Book.objects
    .filter({ publisher: OuterRef('pk') })
    .orderBy('-pages')
    .values('title')
    .slice(0, 1);
  const rows = Publisher.objects.orderBy('id').valuesList('name', Q({ awards__gt: 1 }), best);
  expect(yield* call(rows, 'list')).toEqual([
    ['Acme', true, 'alphabet'],
    ['Birch', false, 'Delta_50%'],
    ['Cedar', false, null],
  ]);
  const annotated = Publisher.objects.annotate({ best, awarded: Q({ awards__gt: 0 }) }).orderBy('id');
  const publishers = yield* call<{ best: string | null; awarded: boolean }[]>(annotated, 'list');
  expect(publishers.map(({ best, awarded }) => [best, awarded])).toEqual([
    ['alphabet', true],
    ['Delta_50%', true],
    [null, false],
  ]);
  expect(
    yield* call(annotated.filter({ best__startsWith: 'D' }).valuesList('id', { flat: true }), 'list'),
  ).toEqual([2]);
});
behaviour(
  '113 an aggregate in values() is one of each row, not of each group of what it stands beside',
  function* () {
    // Django says so of `values("entry__authors", entries=Count("entry"))`.
    const each = Book.objects.values({ n: Count('authors') }, 'publisher').orderBy('id');
    expect(yield* call(each, 'list')).toEqual([
      { publisher: 1, n: 1 },
      { publisher: 1, n: 2 },
      { publisher: 2, n: 2 },
      { publisher: 2, n: 1 },
      { publisher: 1, n: 0 },
    ]);
    const grouped = Book.objects
      .values('publisher')
      .annotate({ n: Count('authors') })
      .orderBy('publisher');
    expect(yield* call(grouped, 'list')).toEqual([
      { publisher: 1, n: 3 },
      { publisher: 2, n: 3 },
    ]);
  },
);
behaviour('113 values() wants names for expressions, valuesList() for none', function* () {
  const refusals: [() => unknown, Error][] = [
    [
      () => Book.objects.values(Count('authors') as never),
      new TypeError(
        'values() takes names, and expressions by name, not <Aggregate>; valuesList() takes expressions without a name.',
      ),
    ],
    [
      () => Book.objects.valuesList(3 as never),
      new TypeError('valuesList() takes names, and expressions by name, not 3.'),
    ],
    [
      () => Book.objects.valuesList('id', 'title', { flat: true } as never),
      new TypeError("'flat' is not valid when valuesList is called with more than one field."),
    ],
    [
      () => Book.objects.valuesList('id', { flatt: true } as never),
      new TypeError("valuesList() got an unexpected option 'flatt', perhaps you meant flat?"),
    ],
    [
      () => Book.objects.valuesList({ flat: true } as never),
      new TypeError("'flat' needs the name of a field, as in valuesList('pk', { flat: true })."),
    ],
    [() => Book.objects.values('nope' as 'id'), new FieldError(expect.stringContaining("'nope'") as never)],
    [() => Book.objects.annotate(F('title') as never), new TypeError('Complex annotations require an alias')],
    [
      () => Book.objects.annotate(Count('authors'), { authors__count: Count('reviews') } as never),
      new ValueError(
        "The named annotation 'authors__count' conflicts with the default name for another annotation.",
      ),
    ],
  ];
  for (const [body, error] of refusals) {
    if (error instanceof FieldError) expect(body).toThrow(FieldError);
    else expect(body).toThrow(error);
  }
  expect(
    yield* call(
      Book.objects
        .valuesList('id', { flat: false } as never)
        .orderBy('id')
        .slice(0, 1),
      'list',
    ),
  ).toEqual([[1]]);
});
behaviour('106 rows are ordered by conditions', function* () {
  const long = Book.objects.orderBy(Q({ pages__gt: 300 }), '-id').valuesList('id', { flat: true });
  expect(yield* call(long, 'list')).toEqual([3, 2, 1, 5, 4]);
  const reviewed = Exists(Book.objects.filter({ pk: OuterRef('pk'), reviews__stars: 5 }));
  const first = Book.objects.orderBy(reviewed.desc(), 'id').valuesList('id', { flat: true });
  expect(yield* call(first, 'list')).toEqual([1, 2, 3, 4, 5]);
  const cased = Book.objects.orderBy(Case(When({ rating: null }, 0), { default: 1 }), '-pages');
  expect(yield* call(cased.valuesList('id', { flat: true }), 'list')).toEqual([3, 5, 4, 2, 1]);
});
behaviour('151 filter takes conditions that are expressions', function* () {
  const byAnn = Exists(Author.objects.filter({ books: OuterRef('pk'), name: 'Ann' }));
  const ids = (books: { valuesList(name: 'id', options: { flat: true }): object }) =>
    call<number[]>(books.valuesList('id', { flat: true }), 'list');
  expect(yield* ids(Book.objects.filter(byAnn).orderBy('id'))).toEqual([1, 2]);
  expect(yield* ids(Book.objects.exclude(byAnn).orderBy('id'))).toEqual([3, 4, 5]);
  const long = Case(When({ pages__gt: 300 }, true), { default: false });
  expect(yield* ids(Book.objects.filter(long).orderBy('id'))).toEqual([4, 5]);
  const error = yield* thrownBy(() => ids(Book.objects.filter(F('pages').add(1))));
  expect(error).toEqual(new TypeError('Cannot filter against a non-conditional expression.'));
});
behaviour('86 inBulk gives rows in the form they were asked for (6.1)', function* () {
  const by = (books: object, ...given: unknown[]) => call<Map<unknown, unknown>>(books, 'inBulk', ...given);
  expect(yield* by(Book.objects.values('title'), [2, 1])).toEqual(
    new Map([
      [1, { title: 'Alpha' }],
      [2, { title: 'Beta' }],
    ]),
  );
  expect(yield* by(Book.objects.valuesList('title', 'pages'), [3])).toEqual(new Map([[3, ['Gamma', 300]]]));
  expect(yield* by(Book.objects.valuesList('title', { flat: true }), ['i4'], { fieldName: 'isbn' })).toEqual(
    new Map([['i4', 'Delta_50%']]),
  );
  expect(yield* by(Book.objects.valuesList('id', { flat: true }), [5])).toEqual(new Map([[5, 5]]));
  expect(yield* by(Book.objects.values('id', 'isbn'), ['i1'], { fieldName: 'isbn' })).toEqual(
    new Map([['i1', { id: 1, isbn: 'i1' }]]),
  );
  const named = Book.objects.values({ shout: Concat('title', Value('!')) });
  expect(yield* by(named, [1])).toEqual(new Map([[1, { shout: 'Alpha!' }]]));
  expect(
    (yield* by(Publisher.objects.annotate({ n: Count('books') }).values('name', 'n'), [1])).get(1),
  ).toEqual({
    name: 'Acme',
    n: 3,
  });
  const before = statements().length;
  expect(yield* by(Book.objects.values('title'), [])).toEqual(new Map());
  expect(statements()).toHaveLength(before);
});
behaviour('169 aggregates stand beside each other under default names and given ones', function* () {
  const figures = yield* call(Book.objects, 'aggregate', Sum('pages'), Avg('rating'), { most: Max('pages') });
  expect(figures).toEqual({ pages__sum: 1500, rating__avg: 4, most: 500 });
});
