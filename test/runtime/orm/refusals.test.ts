import {
  Avg,
  Case,
  Count,
  Exists,
  Extract,
  F,
  FieldError,
  FilteredRelation,
  NotSupportedError,
  OuterRef,
  Prefetch,
  ProgrammingError,
  prefetchRelatedObjects,
  Q,
  StringAgg,
  Subquery,
  Sum,
  TruncYear,
  Value,
  ValueError,
  When,
  Window,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { atomic, call, lastStatement, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Author, Book, Event, Publisher, Review } from '../support/library.ts';

const { behaviour } = harness();

/** What an application in JavaScript may write, where the types would have said no. */
// biome-ignore lint/suspicious/noExplicitAny: the point is to get past the types
const books = (): any => Book.objects.all();
// biome-ignore lint/suspicious/noExplicitAny: a value that the types would refuse
const untyped = (value: unknown): any => value;
type Refusal = readonly [attempt: () => unknown, error: Error];

/** Every attempt throws its error at once, and nothing is sent. */
function* refuse(refusals: readonly Refusal[]) {
  for (const [attempt, error] of refusals) {
    let thrown: unknown;
    try {
      attempt();
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown, String(attempt)).toEqual(error);
    expect((thrown as Error).constructor, String(attempt)).toBe(error.constructor);
  }
  expect(statements()).toEqual([]);
  yield* call(Book.objects.none(), 'count');
}
/** The same for operations, which do their work when they are called. */
function* refuseCalls(
  refusals: readonly (readonly [name: string, given: readonly unknown[], error: Error])[],
) {
  for (const [name, given, error] of refusals) {
    const thrown = yield* thrownBy(() => call(books(), name, ...given));
    expect(thrown, name).toEqual(error);
    expect(thrown.constructor, name).toBe(error.constructor);
  }
  expect(statements()).toEqual([]);
}

behaviour('155 a misspelt option is refused, with the one that was meant', function* () {
  yield* refuse([
    [
      () => books().selectForUpdate({ nowiat: true }),
      new TypeError("selectForUpdate() got an unexpected option 'nowiat', perhaps you meant nowait?"),
    ],
    [
      () => books().selectForUpdate({ wait: 3 }),
      new TypeError("selectForUpdate() got an unexpected option 'wait', perhaps you meant nowait?"),
    ],
    [
      () => books().extra({ wher: ['1 = 1'] }),
      new TypeError("extra() got an unexpected option 'wher', perhaps you meant where?"),
    ],
    [
      () => books().union(Book.objects.all(), { al: true }),
      new TypeError("union() got an unexpected option 'al', perhaps you meant all?"),
    ],
    [
      () => books().raw('select 1', [], { translation: {} }),
      new TypeError("raw() got an unexpected option 'translation', perhaps you meant translations?"),
    ],
    [
      () => books().datetimes('published', 'day', 'ASC', { timezone: 'UTC' }),
      new ValueError("Cannot truncate DateField 'published' to DateTimeField."),
    ],
    [
      () => Event.objects.datetimes('at', 'day', 'ASC', untyped({ timezone: 'UTC' })),
      new TypeError("datetimes() got an unexpected option 'timezone', perhaps you meant timeZone?"),
    ],
    [
      () => Sum('pages', untyped({ distict: true })),
      new TypeError("Sum() got an unexpected option 'distict', perhaps you meant distinct?"),
    ],
    [
      () => Count('id', untyped(Q({ pages: 1 }))),
      new TypeError('Count() takes options by name, not <Condition>.'),
    ],
    [
      () => StringAgg('title', ',', untyped({ order_by: 'id' })),
      new TypeError("StringAgg() got an unexpected option 'order_by', perhaps you meant orderBy?"),
    ],
    [
      () => Case(When({ id: 1 }, 1), untyped({ otherwise: 2 })),
      new TypeError("Case() got an unexpected option 'otherwise'. Options are: default, outputField"),
    ],
    [
      () => Window(untyped({ expression: Sum('pages'), partition: 'id' })),
      new TypeError("Window() got an unexpected option 'partition', perhaps you meant partitionBy?"),
    ],
    [
      () => Prefetch('reviews', untyped({ querySet: Review.objects.all() })),
      new TypeError("Prefetch() got an unexpected option 'querySet', perhaps you meant queryset?"),
    ],
    [
      () => FilteredRelation('reviews', untyped({ where: Q({ id: 1 }) })),
      new TypeError("FilteredRelation() got an unexpected option 'where'. Options are: condition"),
    ],
    [
      () => Subquery(Book.objects.all(), untyped({ output_field: 1 })),
      new TypeError("Subquery() got an unexpected option 'output_field', perhaps you meant outputField?"),
    ],
    [
      () => Value(1, untyped({ output: 1 })),
      new TypeError("Value() got an unexpected option 'output', perhaps you meant outputField?"),
    ],
    [
      () => TruncYear('published', untyped({ tzinfo: 'UTC' })),
      new TypeError("TruncYear() got an unexpected option 'tzinfo'. Options are: timeZone, outputField"),
    ],
    [
      () => Extract('published', 'year', untyped('UTC')),
      new TypeError("Extract() takes options by name, not 'UTC'."),
    ],
  ]);
});
behaviour('155 so is one of the wrong kind', function* () {
  yield* refuse([
    [
      () => books().selectForUpdate(true),
      new TypeError('selectForUpdate() takes options by name, not true.'),
    ],
    [
      () => books().selectForUpdate({ nowait: 'yes' }),
      new TypeError("The option 'nowait' of selectForUpdate() is true or false, not 'yes'."),
    ],
    [
      () => books().selectForUpdate({ of: 'self' }),
      new TypeError("The option 'of' of selectForUpdate() is a list of strings, not 'self'."),
    ],
    [
      () => books().extra({ where: '1 = 1' }),
      new TypeError("The option 'where' of extra() is a list of strings, not '1 = 1'."),
    ],
    [
      () => books().extra({ where: ['id = %s'], params: 3 }),
      new TypeError("The option 'params' of extra() is a list, not 3."),
    ],
    [
      () => books().extra({ select: { n: 3 } }),
      new TypeError("The option 'select' of extra() is an object of SQL by the names of attributes."),
    ],
    [
      () => books().union(Book.objects.all(), { all: 1 }),
      new TypeError("The option 'all' of union() is true or false, not 1."),
    ],
    [
      () => Window({ expression: Sum('pages'), frame: untyped({ rows: [1] }) }),
      new TypeError('A frame is { rows: [start, end] } or { range: [start, end] }.'),
    ],
  ]);
});
behaviour('155 what is no query set, no SQL, no name and no signal is not taken for one', function* () {
  yield* refuse([
    [() => books().union([1]), new TypeError('union() takes query sets, not <Array>.')],
    [
      () => books().union(Book.objects.raw('select 1')),
      new TypeError('union() takes query sets, not <RawQuerySet>.'),
    ],
    [() => books().difference(3), new TypeError('difference() takes query sets, not 3.')],
    [
      () => books().intersection(Book.objects.all(), { all: true }),
      new TypeError("intersection() got an unexpected option 'all'. Options are: "),
    ],
    [() => books().raw(3), new TypeError('raw() takes SQL as a string, not 3.')],
    [() => books().raw(' '), new ValueError('raw() takes a statement, and this one is empty.')],
    [
      () => books().raw('select %s', 3),
      new TypeError('The parameters of raw() are a list, or an object by the names in the SQL, not 3.'),
    ],
    [
      () => books().raw('select 1', [], { translations: ['id'] }),
      new TypeError("The option 'translations' of raw() names fields by columns."),
    ],
    [() => books().using(undefined), new TypeError('using() takes the name of a database, not undefined.')],
    [
      () => books().using({ alias: 'default' }),
      new TypeError('using() takes the name of a database, not <Object>.'),
    ],
    [() => books().abortable({}), new TypeError('abortable() takes an AbortSignal, not <Object>.')],
    [
      () => books().fetchMode('some'),
      new ValueError("'some' is not a fetch mode: use FETCH_ONE, FETCH_PEERS or FETCH_RAISE."),
    ],
    [() => F(untyped(3)), new TypeError('F() takes the name of a field, not 3.')],
    [() => F(untyped(undefined)), new TypeError('F() takes the name of a field, not undefined.')],
    [() => OuterRef(untyped(null)), new TypeError('OuterRef() takes the name of a field, not null.')],
    [() => Exists(untyped([1])), new TypeError('Exists takes a query set.')],
    [() => Value(undefined), new TypeError('undefined is no value of an expression.')],
    [() => Sum(untyped(undefined)), new TypeError('undefined is no value of an expression.')],
    [
      () => Case(untyped({ id: 1 }), untyped(3)),
      new TypeError('Case() takes branches made with When(), then { default }.'),
    ],
    [() => When(untyped(3), 1), new TypeError('Conditions are given as objects of lookups or as Q(…).')],
  ]);
});
behaviour('155 names that are none are refused by every step of a chain', function* () {
  yield* refuse([
    [() => books().orderBy(null), new FieldError('Invalid orderBy arguments: null')],
    [() => books().orderBy('id', 3, { id: 1 }), new FieldError('Invalid orderBy arguments: 3, <Object>')],
    [() => books().distinct(3), new TypeError('A name is a string, not 3.')],
    [() => books().distinct(null), new TypeError('A name is a string, not null.')],
    [() => books().selectRelated(3), new TypeError('A name is a string, not 3.')],
    [
      () => books().selectRelated('publisher', null),
      new TypeError('selectRelated() takes null alone, to clear what was asked for before.'),
    ],
    [
      () => books().prefetchRelated(3),
      new TypeError('prefetchRelated() takes names and Prefetch(…), not 3.'),
    ],
    [
      () => books().prefetchRelated('reviews', null),
      new TypeError('prefetchRelated() takes names and Prefetch(…), not null.'),
    ],
    [() => books().dates(3, 'year'), new TypeError('A name is a string, not 3.')],
    [
      () => books().dates('published', 'years'),
      new ValueError("'kind' must be one of 'year', 'month', 'week', or 'day'."),
    ],
    [
      () => books().dates('published', 'year', 'asc'),
      new ValueError("'order' must be either 'ASC' or 'DESC'."),
    ],
    [
      () => books().dates('title', 'year'),
      new TypeError("'title' isn't a DateField, TimeField, or DateTimeField."),
    ],
    [
      () => books().values('id').selectRelated('publisher'),
      new TypeError('Cannot call selectRelated() after .values() or .valuesList()'),
    ],
    [
      () => Publisher.objects.annotate({ long: FilteredRelation('books') }).prefetchRelated(untyped('long')),
      new ValueError('prefetchRelated() is not supported with FilteredRelation.'),
    ],
  ]);
});
behaviour('155 a slice has two bounds that are whole numbers', function* () {
  const bounds = new TypeError('Slice bounds must be whole numbers.');
  yield* refuse([
    [() => books().slice('1'), bounds],
    [() => books().slice(Number.NaN), bounds],
    [() => books().slice(0, 1.5), bounds],
    [() => books().slice(0, Number.POSITIVE_INFINITY), bounds],
    [() => books().slice(-1), new ValueError('Negative indexing is not supported.')],
    [() => books().slice(0, -1), new ValueError('Negative indexing is not supported.')],
    [() => books().slice(0, 5, -2), new ValueError('The step of a slice must be a positive whole number.')],
  ]);
  const rows = yield* call(books().orderBy('id').valuesList('id', { flat: true }).slice(3, null), 'list');
  expect(rows).toEqual([4, 5]);
});
behaviour('155 what takes no conditions does not ignore them', function* () {
  const nothing = (name: string) => new TypeError(`${name}() takes no arguments (1 given).`);
  const where = { pages__gt: 100 };
  yield* refuseCalls(
    ['count', 'exists', 'first', 'last', 'list', 'delete'].map((name) => [name, [where], nothing(name)]),
  );
  yield* refuse(['all', 'none', 'reverse'].map((name) => [() => books()[name](where), nothing(name)]));
});
behaviour('155 operations look at what they are given', function* () {
  yield* refuseCalls([
    ['aggregate', [{ x: 3 }], new TypeError('QuerySet.aggregate() received non-expression(s): 3.')],
    ['aggregate', ['pages'], new TypeError('QuerySet.aggregate() received non-expression(s): pages.')],
    [
      'aggregate',
      [{ x: null, y: Sum('pages') }],
      new TypeError('QuerySet.aggregate() received non-expression(s): null.'),
    ],
    ['aggregate', [F('pages')], new TypeError('Complex aggregates require an alias')],
    ['aggregate', [{ fail: F('pages') }], new TypeError('fail is not an aggregate expression')],
    ['aggregate', [{ fail: Q({ id: 1 }) }], new TypeError('fail is not an aggregate expression')],
    ['inBulk', [3], new TypeError('inBulk() takes a list of keys, not 3.')],
    ['inBulk', ['12'], new TypeError("inBulk() takes a list of keys, not '12'.")],
    [
      'inBulk',
      [[1], { field: 'isbn' }],
      new TypeError("inBulk() got an unexpected option 'field', perhaps you meant fieldName?"),
    ],
    ['explain', ['json'], new TypeError("explain() takes options by name, not 'json'.")],
    ['latest', [3], new FieldError('Invalid orderBy arguments: 3')],
    ['at', ['0'], new TypeError('An index must be a whole number.')],
    ['contains', [{ pk: 1 }], new TypeError("'obj' must be a model instance.")],
  ]);
  yield* refuse([
    [() => books().iterator(100), new TypeError('iterator() takes options by name, not 100.')],
    [
      () => books().iterator({ chunksize: 100 }),
      new TypeError("iterator() got an unexpected option 'chunksize', perhaps you meant chunkSize?"),
    ],
    [() => books().iterator({ chunkSize: '2' }), new ValueError('Chunk size must be a whole number.')],
    [
      () => books().annotate({ x: 3, y: 'title' }),
      new TypeError('QuerySet.annotate() received non-expression(s): 3, title.'),
    ],
    [() => books().alias({ x: 3 }), new TypeError('QuerySet.alias() received non-expression(s): 3.')],
    [
      () => books().annotate(undefined),
      new TypeError('QuerySet.annotate() received non-expression(s): undefined.'),
    ],
    [
      () => prefetchRelatedObjects(untyped(Book), 'reviews'),
      new TypeError('prefetchRelatedObjects() takes a list of instances.'),
    ],
  ]);
});
behaviour('155 an aggregate in a filter needs an annotation that says what the groups are', function* () {
  const error = new FieldError(
    'Using an aggregate in filter() without also including it in annotate() is not allowed.',
  );
  yield* refuse([
    [() => books().filter({ id: Count('authors') }), error],
    [() => books().exclude(Q({ pages: 1 }).or({ pages__lt: Avg('pages') })), error],
    [
      () => books().orderBy(Count('authors')),
      new FieldError(
        'Using an aggregate in orderBy() without also including it in annotate() is not allowed: Count',
      ),
    ],
  ]);
  const grouped = Publisher.objects.annotate({ n: Count('books') }).filter({ awards__gte: F('n') });
  expect(yield* call(grouped.orderBy('id').valuesList('id', { flat: true }), 'list')).toEqual([1, 3]);
});
behaviour('114 what is distinct comes first in the ordering', function* () {
  const mixed = Book.objects.distinct('publisher').orderBy('title');
  const error = yield* thrownBy(() => call(mixed, 'list'));
  expect(error).toEqual(
    new ProgrammingError(
      'SELECT DISTINCT ON expressions must match initial ORDER BY expressions: orderBy() has to begin with what distinct() names.',
    ),
  );
  expect(statements()).toEqual([]);
  const ids = (queryset: { valuesList(name: 'id', options: { flat: true }): object }) =>
    call<number[]>(queryset.valuesList('id', { flat: true }), 'list');
  expect(yield* ids(Book.objects.distinct('publisher').orderBy('publisher', '-pages'))).toEqual([5, 4]);
  expect(
    yield* ids(Book.objects.distinct('publisher', 'rating').orderBy('rating', 'publisher', 'id')),
  ).toEqual([2, 1, 4, 3]);
  expect(yield* ids(Book.objects.distinct('rating', 'publisher').orderBy('rating'))).toHaveLength(4);
});
behaviour('302 rows that are no instances are not prefetched for', function* () {
  for (const rows of [
    Book.objects.prefetchRelated('reviews').values('id'),
    Book.objects.values('id').prefetchRelated('reviews'),
    Book.objects.prefetchRelated('reviews').valuesList('id', { flat: true }),
  ]) {
    expect(yield* call<unknown[]>(rows, 'list')).toHaveLength(5);
  }
  expect(statements()).toHaveLength(3);
});
behaviour('202 managers can be combined with, too', function* () {
  const both = Author.objects.filter({ id: 1 }).union(untyped(Author.objects));
  expect(yield* call(both, 'count')).toBe(4);
});
behaviour('212 rows of nested relations are locked by their path', function* () {
  const error = new FieldError(
    'Invalid field name(s) given in selectForUpdate({ of: [...] }): contact. Only relational fields followed in the query are allowed. Choices are: self, book, book__publisher.',
  );
  const reviews = Review.objects.selectRelated('book__publisher');
  yield* atomic(function* () {
    yield* call(reviews.selectForUpdate({ of: ['self', 'book__publisher'] }), 'list');
    expect(lastStatement()).toMatch(/FOR UPDATE OF "review", "publisher"$/);
  });
  const refused = yield* thrownBy(() => call(reviews.selectForUpdate({ of: ['contact'] }), 'list'));
  expect(refused).toEqual(error);
  expect(refused).not.toBeInstanceOf(NotSupportedError);
});
