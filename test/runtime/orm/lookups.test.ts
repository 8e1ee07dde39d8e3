import { F, FieldError, Q, ValidationError, ValueError } from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { type Behaviour, call, lastStatement, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Author, Book, Event, Publisher } from '../support/library.ts';

const { behaviour } = harness();

type Where = Record<string, unknown>;
const books = Book.objects as unknown as Filterable;
const events = Event.objects as unknown as Filterable;
interface Filterable {
  filter(...where: unknown[]): Filterable;
  exclude(...where: unknown[]): Filterable;
  orderBy(...terms: unknown[]): Filterable;
  valuesList(...parts: unknown[]): Filterable;
  distinct(): Filterable;
}
function* ids(rows: Filterable): Behaviour<unknown[]> {
  return yield* call<unknown[]>(rows.orderBy('id').valuesList('id', { flat: true }), 'list');
}
/** Every lookup with the ids it finds. */
function finds(name: string, cases: readonly (readonly [Where, readonly number[]])[], rows = books): void {
  behaviour(name, function* () {
    for (const [where, expected] of cases) {
      expect(yield* ids(rows.filter(where)), JSON.stringify(where)).toEqual(expected);
    }
  });
}

finds('119 exact, and null as IS NULL', [
  [{ title: 'Alpha' }, [1]],
  [{ title__exact: 'Alpha' }, [1]],
  [{ rating: null }, [3]],
  [{ rating__exact: null }, [3]],
]);
finds('121 contains and icontains', [
  [{ title__contains: 'lpha' }, [1, 5]],
  [{ title__contains: 'LPHA' }, []],
  [{ title__icontains: 'LPHA' }, [1, 5]],
]);
finds('122 starts and ends', [
  [{ title__startsWith: 'Al' }, [1]],
  [{ title__istartsWith: 'al' }, [1, 5]],
  [{ title__endsWith: 'a' }, [1, 2, 3]],
  [{ title__iendsWith: 'BET' }, [5]],
  [{ title__iexact: 'ALPHA' }, [1]],
  [{ title__regex: '^[AB]' }, [1, 2]],
  [{ title__iregex: '^a' }, [1, 5]],
]);
finds('123 the wildcards of LIKE stand for themselves', [
  [{ title__contains: '_50%' }, [4]],
  [{ title__contains: '%' }, [4]],
  [{ title__endsWith: '50_' }, []],
  [{ title__contains: '\\' }, []],
]);
finds('124 comparisons', [
  [{ pages__gt: 300 }, [4, 5]],
  [{ pages__gte: 300 }, [3, 4, 5]],
  [{ pages__lt: 200 }, [1]],
  [{ pages__lte: 200 }, [1, 2]],
]);
finds('125 a fraction compared with whole numbers is rounded to the right side', [
  [{ pages__gt: 299.5 }, [3, 4, 5]],
  [{ pages__gte: 299.5 }, [3, 4, 5]],
  [{ pages__lt: 300.5 }, [1, 2, 3]],
  [{ pages__lte: 300.5 }, [1, 2, 3]],
]);
finds('127 range', [
  [{ pages__range: [200, 400] }, [2, 3, 4]],
  [{ pages__range: [400, 200] }, []],
  [{ published__range: ['2021-01-01', '2021-12-31'] }, [3, 4]],
]);
finds('128 in', [
  [{ pages__in: [100, 300, 999] }, [1, 3]],
  [{ pages__in: [null, 100] }, [1]],
  [{ pages__in: new Set([100]) }, [1]],
  [{ pages__in: [100, 2 ** 40] }, [1]],
  [{ title__in: ['Alpha', 'a"b\\c', ''] }, [1]],
]);
behaviour('128 an empty list sends nothing, and excludes nothing', function* () {
  expect(yield* ids(books.filter({ pages__in: [] }))).toEqual([]);
  expect(yield* ids(books.filter({ pages__in: [null] }))).toEqual([]);
  expect(statements()).toEqual([]);
  expect(yield* ids(books.exclude({ pages__in: [] }))).toEqual([1, 2, 3, 4, 5]);
});
behaviour('128 a generator is a list, however often the query is looked at', function* () {
  const ids = new Map([
    [1, 'first'],
    [3, 'third'],
  ]);
  const chosen = Book.objects.filter({ id__in: ids.keys() as never }).orderBy('id');
  expect(yield* call(chosen.valuesList('id', { flat: true }), 'list')).toEqual([1, 3]);
  expect(yield* call(chosen, 'count')).toBe(2);
  expect(yield* call(Book.objects.exclude({ id__in: new Set([1, 3]).values() as never }), 'exists')).toBe(
    true,
  );
});
behaviour('129 numbers beyond the column match nothing without asking', function* () {
  expect(yield* ids(books.filter({ pages: 2 ** 40 }))).toEqual([]);
  expect(yield* ids(books.filter({ pages__gt: 2 ** 40 }))).toEqual([]);
  expect(yield* ids(books.filter({ pages__lt: -(2 ** 40) }))).toEqual([]);
  expect(statements()).toEqual([]);
  expect(yield* ids(books.filter({ pages__lt: 2 ** 40 }))).toEqual([1, 2, 3, 4, 5]);
});
behaviour('130 in with a query set is one statement', function* () {
  const publishers = Publisher.objects.filter({ awards__gte: 1 }).filter({ name__startsWith: 'B' });
  expect(yield* ids(books.filter({ pages__gt: 1, publisher__in: publishers, title__contains: 'a' }))).toEqual(
    [3, 4],
  );
  expect(statements().length).toBe(1);
  const names = Author.objects.filter({ age: 30 }).values('name');
  expect(yield* ids(books.filter({ authors__name__in: names }))).toEqual([1, 2]);
});
finds('131 isNull', [
  [{ rating__isNull: true }, [3]],
  [{ rating__isNull: false }, [1, 2, 4, 5]],
]);
behaviour('131 isNull takes a boolean only', function* () {
  const error = yield* thrownBy(() => ids(books.filter({ rating__isNull: 1 })));
  expect(error).toBeInstanceOf(ValueError);
  expect(error.message).toBe('The QuerySet value for an isNull lookup must be true or false.');
});
finds('133 year as bounds that an index can serve', [
  [{ published__year: 2021 }, [3, 4]],
  [{ published__year__gt: 2020 }, [3, 4, 5]],
  [{ published__year__gte: 2021 }, [3, 4, 5]],
  [{ published__year__lt: 2021 }, [1, 2]],
  [{ published__year__lte: 2020 }, [1, 2]],
  [{ published__year__in: [2020, 2022] }, [1, 2, 5]],
]);
behaviour('133 year compares the column itself', function* () {
  yield* ids(books.filter({ published__year: 2021 }));
  expect(lastStatement()).toContain('"book"."published" BETWEEN $1 AND $2');
});
finds('134 parts of a date', [
  [{ published__month: 1 }, [1, 3]],
  [{ published__day: 31 }, [4]],
  [{ published__quarter: 4 }, [4]],
  [{ published__week: 53 }, [3]],
  [{ published__isoYear: 2020 }, [1, 2, 3]],
  [{ published__weekDay: 6 }, [3, 4]],
  [{ published__isoWeekDay: 5 }, [3, 4]],
]);
finds(
  '136 parts of a moment, in UTC',
  [
    [{ at__date: '2024-01-02' }, [3]],
    [{ at__hour: 13 }, [1]],
    [{ at__time: '11:30:15' }, [2]],
    [{ at__second: 15 }, [1, 2, 3]],
    [{ at__minute__gt: 30 }, []],
    [{ at__date__year: 2024 }, [1, 2, 3]],
    [{ at__year: 2024 }, [1, 2, 3]],
  ],
  events,
);
finds(
  '137 a range of moments',
  [[{ at__range: [new Date('2024-01-01T00:00Z'), new Date('2024-01-02T00:00Z')] }, [2]]],
  events,
);
behaviour('139 an unsaved instance cannot be looked up', function* () {
  const error = yield* thrownBy(() => ids(books.filter({ publisher: new Publisher() })));
  expect(error).toBeInstanceOf(ValueError);
  expect(error.message).toBe('Model instances passed to related filters must be saved.');
});
behaviour('140 a null foreign key needs no join; a null beyond it an outer one', function* () {
  expect(yield* ids(books.filter({ contact__isNull: true }))).toEqual([2, 3, 5]);
  expect(lastStatement()).not.toContain('JOIN');
  expect(yield* ids(books.filter({ contact: null }))).toEqual([2, 3, 5]);
  expect(yield* ids(books.filter({ contact__name__isNull: true }))).toEqual([2, 3, 5]);
  expect(lastStatement()).toContain('LEFT OUTER JOIN');
});
behaviour('141 a relation takes an instance, a key, or its key attribute', function* () {
  const acme = yield* call<Publisher>(Publisher.objects, 'get', { name: 'Acme' });
  for (const where of [
    { publisher: acme },
    { publisher: 1 },
    { publisherId: 1 },
    { publisher__id: 1 },
    { publisher__pk: 1 },
  ]) {
    expect(yield* ids(books.filter(where))).toEqual([1, 2, 5]);
    expect(lastStatement()).not.toContain('JOIN');
  }
  expect(yield* ids(books.filter({ publisher__in: [acme, 2] }))).toEqual([1, 2, 3, 4, 5]);
});
finds('142 across a many-to-many relation', [[{ authors__name: 'Bob' }, [2, 3]]]);
behaviour('143 one call means one related row, two calls may mean two', function* () {
  expect(yield* ids(books.filter({ authors__name: 'Ann', authors__age: 40 }))).toEqual([]);
  expect(yield* ids(books.filter({ authors__name: 'Ann' }).filter({ authors__age: 40 }))).toEqual([2]);
});
behaviour('145 exclude keeps rows that have no value', function* () {
  expect(yield* ids(books.exclude({ rating: 4 }))).toEqual([2, 3, 4]);
  expect(yield* ids(books.exclude({ rating__gt: 3.5 }))).toEqual([2, 3]);
  expect(yield* ids(books.exclude({ pages__gt: 100, rating: 4 }))).toEqual([1, 2, 3, 4]);
});
behaviour('147 exclude across relations asks for no related row that matches', function* () {
  expect(yield* ids(books.exclude({ authors__name: 'Bob' }))).toEqual([1, 4, 5]);
  expect(lastStatement()).toContain('NOT (EXISTS(');
  expect(yield* ids(books.exclude({ contact__name: 'Ann' }))).toEqual([2, 3, 4, 5]);
  expect(yield* ids(books.exclude({ reviews__stars__gte: 4 }))).toEqual([3, 4, 5]);
});
finds('149 a relation of many repeats rows', [
  [{ reviews__stars__gte: 3 }, [1, 1, 2, 4]],
  [{ reviews__stars__gte: 4 }, [1, 2]],
]);
behaviour('151 Q combines with or, not and xor', function* () {
  expect(yield* ids(books.filter(Q({ pages: 100 }).or(Q({ pages: 500 }))))).toEqual([1, 5]);
  expect(yield* ids(books.filter(Q({ pages: 100 }).not()))).toEqual([2, 3, 4, 5]);
  expect(yield* ids(books.filter(Q({ pages__gte: 300 }).xor(Q({ rating: 4 }))))).toEqual([1, 3, 4]);
  expect(
    yield* ids(books.filter(Q({ pages: 100 }).or(Q({ pages: 500 })), { title__startsWith: 'a' })),
  ).toEqual([5]);
});
behaviour('152 empty conditions say nothing', function* () {
  expect(yield* ids(books.filter(Q()))).toEqual([1, 2, 3, 4, 5]);
  expect(yield* ids(books.filter(Q().not()))).toEqual([1, 2, 3, 4, 5]);
  expect(yield* ids(books.filter(Q({ pk__in: [] }).or(Q({ pages: 100 }))))).toEqual([1]);
  expect(yield* ids(books.filter(Q({ pk__in: [] }).not()))).toEqual([1, 2, 3, 4, 5]);
});
behaviour('153 an or over a relation keeps rows without related ones', function* () {
  expect(yield* ids(books.filter(Q({ contact__name: 'Ann' }).or(Q({ pages: 500 }))))).toEqual([1, 5]);
  expect(lastStatement()).toContain('LEFT OUTER JOIN');
});
behaviour('154 an unknown lookup suggests what was meant', function* () {
  const near = yield* thrownBy(() => ids(books.filter({ title__starts: 'x' })));
  expect(near).toBeInstanceOf(FieldError);
  expect(near.message).toBe(
    "Unsupported lookup 'starts' for CharField or join on the field not permitted, perhaps you meant startsWith or istartsWith?",
  );
  const part = yield* thrownBy(() => ids(books.filter({ published__yr: 2020 } as object)));
  expect(part.message).toContain(
    "'yr' for DateField or join on the field not permitted, perhaps you meant year?",
  );
  const relation = yield* thrownBy(() => ids(books.filter({ publisher__nope: 'x' })));
  expect(relation.message).toBe(
    "Unsupported lookup 'nope' for ForeignKey or join on the field not permitted.",
  );
});
behaviour('155 values of the wrong type are refused before anything is sent', function* () {
  const number = yield* thrownBy(() => ids(books.filter({ pages: 'abc' })));
  expect(number).toBeInstanceOf(ValueError);
  expect(number.message).toBe("Field 'pages' expected a number but got 'abc'.");
  const date = yield* thrownBy(() => ids(books.filter({ published: 'nope' })));
  expect(date).toBeInstanceOf(ValidationError);
  expect(date.message).toBe('“nope” value has an invalid date format. It must be in YYYY-MM-DD format.');
  expect(statements()).toEqual([]);
  expect(yield* ids(books.filter({ published: '2020-01-15' }))).toEqual([1]);
});
behaviour('156 undefined is refused: it is no way to say null', function* () {
  const error = yield* thrownBy(() => ids(books.filter({ rating: undefined })));
  expect(error).toBeInstanceOf(ValueError);
});
finds('157 a null key matches nothing', [[{ pk: null }, []]]);
behaviour('165 lookups compare with other columns', function* () {
  expect(yield* ids(books.filter({ pages__gt: F('price').mul(10) }))).toEqual([]);
  expect(yield* ids(books.filter({ pages__lt: F('price').mul(10) }))).toEqual([5]);
  expect(yield* ids(books.filter({ pages: F('publisher__awards').mul(100) }))).toEqual([]);
  expect(yield* ids(books.filter({ publisher__awards__gte: F('id') }))).toEqual([1, 2]);
});
finds('166 arrays', [
  [{ tags: ['red'] }, [2]],
  [{ tags__isNull: true }, [3]],
]);
finds('167 parts of an array', [
  [{ tags__len: 2 }, [1]],
  [{ tags__len: 0 }, [4]],
  [{ tags__0: 'red' }, [1, 2]],
  [{ tags__in: [['red'], ['green', 'blue', 'red'], []] }, [2, 4, 5]],
  [{ tags__0_1: ['red'] }, [1, 2]],
]);
behaviour('128 a list may hold expressions', function* () {
  const among = Book.objects.filter({ pages__in: [F('id').mul(50), 200, 1e12] }).orderBy('id');
  expect(keys(yield* call(among, 'list'))).toEqual([2]);
  expect(
    keys(yield* call(Book.objects.filter({ contact__in: [F('authors'), 3] }).orderBy('id'), 'list')),
  ).toEqual([1, 4]);
  const between = Book.objects.filter({ pages__range: [F('id').mul(100), 200] }).orderBy('id');
  expect(keys(yield* call(between, 'list'))).toEqual([1, 2]);
  expect(keys(yield* call(Book.objects.exclude({ pages__in: [F('id').mul(100), 1] }), 'list'))).toEqual([]);
});
behaviour('146 exclude negates the conditions of one call together', function* () {
  const rows = Book.objects.exclude({ pages__gt: 100, rating: 4.0 }).orderBy('id');
  expect(keys(yield* call(rows, 'list'))).toEqual([1, 2, 3, 4]);
});
behaviour('148 a list that names null excludes rows without a value, but finds none', function* () {
  const without = (list: (number | null)[]) => Book.objects.exclude({ rating__in: list }).orderBy('id');
  expect(keys(yield* call(without([4.0, null]), 'list'))).toEqual([2, 4]);
  // The same list but for null is another shape: it keeps the row.
  expect(keys(yield* call(without([4.0]), 'list'))).toEqual([2, 3, 4]);
  expect(keys(yield* call(without([null]), 'list'))).toEqual([1, 2, 4, 5]);
  const found = Book.objects.filter({ rating__in: [4.0, null] }).orderBy('id');
  expect(keys(yield* call(found, 'list'))).toEqual([1, 5]);
});
