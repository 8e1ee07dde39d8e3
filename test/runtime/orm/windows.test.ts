import {
  Avg,
  Count,
  CumeDist,
  DenseRank,
  Exists,
  F,
  FieldError,
  FirstValue,
  Lag,
  LastValue,
  Lead,
  NotSupportedError,
  NthValue,
  Ntile,
  OuterRef,
  PercentRank,
  Q,
  Rank,
  RowNumber,
  Sum,
  Value,
  ValueError,
  Window,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Book, Publisher } from '../support/library.ts';

const { behaviour } = harness();
const rank = Window({ expression: Rank(), partitionBy: 'publisher', orderBy: '-pages' });
const ranked = Book.objects.annotate({ rank });

behaviour('194 ranks, neighbours and running sums', function* () {
  const rows = ranked.orderBy('publisher', 'rank').valuesList('id', 'rank');
  expect(yield* call(rows, 'list')).toEqual([
    [5, 1],
    [2, 2],
    [1, 3],
    [4, 1],
    [3, 2],
  ]);
  const neighbours = Book.objects
    .annotate({
      before: Window({ expression: Lag('pages'), orderBy: 'id' }),
      after: Window({ expression: Lead('pages', 2, 0), orderBy: F('id').asc() }),
      running: Window({ expression: Sum('pages'), orderBy: 'id' }),
      around: Window({ expression: Avg('pages'), orderBy: 'id', frame: { rows: [-1, 1] } }),
      rest: Window({ expression: Count('id'), orderBy: 'id', frame: { rows: [0, null] } }),
    })
    .orderBy('id')
    .valuesList('before', 'after', 'running', 'around', 'rest');
  expect(yield* call(neighbours, 'list')).toEqual([
    [null, 300, 100, 150, 5],
    [100, 400, 300, 200, 4],
    [200, 500, 600, 300, 3],
    [300, 0, 1000, 400, 2],
    [400, 0, 1500, 450, 1],
  ]);
  const places = Book.objects
    .annotate({
      dense: Window({ expression: DenseRank(), orderBy: F('rating').desc({ nullsLast: true }) }),
      row: Window({ expression: RowNumber(), orderBy: ['-rating', 'id'] }),
      all: Window({
        expression: Sum('pages', { filter: Q({ pages__gt: 150 }) }),
        partitionBy: ['publisher'],
      }),
    })
    .orderBy('id')
    .valuesList('dense', 'row', 'all');
  expect(yield* call(places, 'list')).toEqual([
    [2, 3, 700],
    [3, 5, 700],
    [4, 1, 700],
    [1, 2, 700],
    [2, 4, 700],
  ]);
});
behaviour('195 a condition on a window is tested once the rows are made', function* () {
  expect(keys(yield* call(ranked.filter({ rank: 1 }).orderBy('id'), 'list'))).toEqual([4, 5]);
  expect(lastStatement()).toContain('"qualify"');
  const both = ranked.filter({ pages__lt: 500 }).filter({ rank: 1 }).orderBy('-id');
  expect(yield* call(both.valuesList('id', 'rank'), 'list')).toEqual([
    [4, 1],
    [2, 1],
  ]);
  const either = ranked.filter(Q({ rank: 1 }).or(Q({ pages: 100 }))).orderBy('publisher__name', '-pages');
  expect(keys(yield* call(either, 'list'))).toEqual([5, 1, 4]);
  expect(keys(yield* call(ranked.exclude({ rank: 1 }).orderBy('id'), 'list'))).toEqual([1, 2, 3]);
  expect(
    keys(yield* call(ranked.filter({ rank__gte: 1 }).orderBy('-rank', 'id').slice(1, 3), 'list')),
  ).toEqual([2, 3]);
  const aliased = Book.objects.alias({ rank }).filter({ rank: 2 }).orderBy('id');
  expect(keys(yield* call(aliased, 'list'))).toEqual([2, 3]);
});
behaviour('195 rows behind a condition on a window are counted, tested, summed and changed', function* () {
  const first = ranked.filter({ rank: 1 });
  expect(yield* call(first, 'count')).toBe(2);
  expect(yield* call(first, 'exists')).toBe(true);
  expect(yield* call(first.filter({ rank: 9 }), 'exists')).toBe(false);
  expect(yield* call(first, 'aggregate', { s: Sum('pages'), r: Sum('rank') })).toEqual({ s: 900, r: 2 });
  expect(yield* call(ranked, 'aggregate', { most: Sum('rank') })).toEqual({ most: 9 });
  expect((yield* call<Book>(first.orderBy('id'), 'first')).id).toBe(4);
  const within = Book.objects.filter({ pk__in: first.values('pk') }).orderBy('id');
  expect(keys(yield* call(within, 'list'))).toEqual([4, 5]);
  const best = Publisher.objects.filter(Exists(first.filter({ publisher: OuterRef('pk'), pages__gt: 450 })));
  expect(keys(yield* call(best, 'list'))).toEqual([1]);
  const related = first.selectRelated('publisher').orderBy('publisher__name');
  const [acme] = yield* call<Book[]>(related, 'list');
  expect(acme?.publisher.name).toBe('Acme');
  expect(yield* call(first.distinct().values('rank').orderBy('rank'), 'list')).toEqual([{ rank: 1 }]);
  expect(yield* call(first, 'update', { title: 'best' })).toBe(2);
  expect((yield* call<[number]>(first, 'delete'))[0]).toBeGreaterThanOrEqual(2);
  expect(yield* call(Book.objects.orderBy('id').valuesList('id', { flat: true }), 'list')).toEqual([1, 2, 3]);
});
behaviour('195 a window over groups', function* () {
  const rows = Publisher.objects
    .annotate({ n: Count('books') })
    .annotate({ place: Window({ expression: Rank(), orderBy: F('n').desc() }) })
    .orderBy('id');
  expect(yield* call(rows.valuesList('id', 'n', 'place'), 'list')).toEqual([
    [1, 3, 1],
    [2, 2, 2],
    [3, 0, 3],
  ]);
  expect(keys(yield* call(rows.filter({ n__gt: 0, place__gt: 1 }), 'list'))).toEqual([2]);
});
behaviour('194 shares, parts, and values of other rows of the window', function* () {
  const rows = Book.objects
    .annotate({
      share: Window({ expression: PercentRank(), orderBy: 'pages' }),
      part: Window({ expression: CumeDist(), partitionBy: 'publisher', orderBy: 'pages' }),
      half: Window({ expression: Ntile(2), orderBy: 'id' }),
      one: Window({ expression: Ntile(), orderBy: 'id' }),
    })
    .orderBy('id')
    .valuesList('share', 'part', 'half', 'one');
  expect(yield* call(rows, 'list')).toEqual([
    [0, 1 / 3, 1, 1],
    [0.25, 2 / 3, 1, 1],
    [0.5, 0.5, 1, 1],
    [0.75, 1, 2, 1],
    [1, 1, 2, 1],
  ]);
  const whole = { rows: [null, null] } as const;
  const values = Book.objects
    .annotate({
      first: Window({ expression: FirstValue('title'), partitionBy: 'publisher', orderBy: 'id' }),
      sofar: Window({ expression: LastValue('published'), partitionBy: 'publisher', orderBy: 'id' }),
      last: Window({ expression: LastValue('title'), partitionBy: 'publisher', orderBy: 'id', frame: whole }),
      second: Window({ expression: NthValue('price', 2), partitionBy: 'publisher', orderBy: 'id' }),
      initial: Window({ expression: NthValue('pages'), orderBy: 'id' }),
    })
    .orderBy('id')
    .valuesList('first', 'sofar', 'last', 'second', 'initial');
  expect(yield* call(values, 'list')).toEqual([
    ['Alpha', '2020-01-15', 'alphabet', null, 100],
    ['Alpha', '2020-06-30', 'alphabet', '20.00', 100],
    ['Gamma', '2021-01-01', 'Delta_50%', null, 100],
    ['Gamma', '2021-12-31', 'Delta_50%', '40.00', 100],
    ['Alpha', '2022-02-28', 'alphabet', '20.00', 100],
  ]);
});
behaviour('rows can be left out of a frame', function* () {
  const sum = (exclude: 'currentRow' | 'group' | 'ties' | 'noOthers', orderBy: string) =>
    Window({ expression: Sum('pages'), orderBy, frame: { rows: [null, null], exclude } });
  const rows = Book.objects
    .annotate({
      others: sum('currentRow', 'id'),
      otherGroups: sum('group', 'publisher'),
      noTies: sum('ties', 'publisher'),
      all: sum('noOthers', 'id'),
    })
    .orderBy('id')
    .valuesList('others', 'otherGroups', 'noTies', 'all');
  expect(yield* call(rows, 'list')).toEqual([
    [1400, 700, 800, 1500],
    [1300, 700, 900, 1500],
    [1200, 800, 1100, 1500],
    [1100, 800, 1200, 1500],
    [1000, 700, 1200, 1500],
  ]);
  expect(lastStatement()).toContain('UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW)');
});
behaviour('195 what a window does not take', function* () {
  expect(() => Window({ expression: Value(1) })).toThrow(ValueError);
  expect(() => Window({ expression: Sum('pages', { default: 0 }) })).toThrow('OVER clauses');
  expect(() => Lag('pages', 0)).toThrow(new ValueError('Lag requires a positive integer for the offset.'));
  expect(() => Lead(null)).toThrow(new ValueError('Lead requires a non-null source expression.'));
  expect(() => Ntile(0)).toThrow(new ValueError('numBuckets must be greater than 0.'));
  expect(() => NthValue('pages', -1)).toThrow(
    new ValueError('NthValue requires a positive integer as for nth.'),
  );
  const left = { rows: [0, 0], exclude: 'ROWS); --' } as never;
  expect(() => Window({ expression: Rank(), frame: left })).toThrow(TypeError);
  expect(() => Window({ expression: Rank(), frame: { rows: ['1; --' as never, 0] } })).toThrow(ValueError);
  const error = yield* thrownBy(() => call(Book.objects, 'update', { pages: rank }));
  expect(error).toBeInstanceOf(FieldError);
});
behaviour(
  'what stands in for a missing neighbour is given by place or by name, as a value or an expression',
  function* () {
    const beside = (expression: ReturnType<typeof Lag<'title'>>) => Window({ expression, orderBy: 'id' });
    const rows = Book.objects
      .annotate({
        named: Window({ expression: Lag('pages', { offset: 2, default: 0 }), orderBy: 'id' }),
        own: Window({ expression: Lag('pages', 1, F('id')), orderBy: 'id' }),
        text: beside(Lag('title', 1, 'none') as never),
        value: beside(Lead('title', 4, Value('none')) as never),
      })
      .orderBy('id')
      .valuesList('named', 'own', 'text', 'value');
    expect(yield* call(rows.slice(0, 3), 'list')).toEqual([
      [0, 1, 'none', 'alphabet'],
      [0, 100, 'Alpha', 'none'],
      [100, 200, 'Beta', 'none'],
    ]);
    expect(() => Lag('pages', { ofset: 2 } as never)).toThrow(
      new TypeError("Lag() got an unexpected option 'ofset', perhaps you meant offset?"),
    );
  },
);
behaviour('a frame may end before the row or begin after it, not before it begins', function* () {
  const of = (rows: readonly [number, number]) =>
    Window({ expression: Sum('pages'), orderBy: 'id', frame: { rows } });
  const rows = Book.objects.annotate({ before: of([-2, -1]), after: of([1, 2]) }).orderBy('id');
  expect(yield* call(rows.valuesList('before', 'after').slice(0, 3), 'list')).toEqual([
    [null, 500],
    [100, 700],
    [300, 900],
  ]);
  expect(() => of([1, -1])).toThrow(new ValueError('start cannot be greater than end.'));
  const byValue = { range: [-1, 0] as never };
  expect(() => Window({ expression: Sum('pages'), orderBy: 'id', frame: byValue })).toThrow(
    NotSupportedError,
  );
});
behaviour('a window of the query around cannot be named in a subquery', function* () {
  const inner = Publisher.objects.filter({ id: OuterRef('rank') });
  const refused = new NotSupportedError('Referencing outer query window expression is not supported: rank.');
  expect(() => ranked.filter(Exists(inner))).toThrow(refused);
  expect(() => ranked.annotate({ x: Exists(inner) })).toThrow(refused);
  expect(yield* call(ranked.filter({ rank: 1 }), 'count')).toBe(2);
});
behaviour('windows that differ in a value share their SQL; in a frame they do not', function* () {
  const above = (place: number) => ranked.filter({ rank__gt: place }).toSql().sql;
  expect(above(1)).toBe(above(2));
  const framed = (end: number) =>
    Book.objects
      .annotate({ x: Window({ expression: Sum('pages'), orderBy: 'id', frame: { rows: [null, end] } }) })
      .toSql().sql;
  expect(framed(1)).not.toBe(framed(2));
  yield* call(Book.objects, 'count');
});
