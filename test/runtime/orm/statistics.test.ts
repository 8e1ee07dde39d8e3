import {
  AnyValue,
  ArrayAgg,
  Avg,
  BitAnd,
  BitOr,
  BitXor,
  BoolAnd,
  BoolOr,
  Concat,
  Corr,
  Count,
  CovarPop,
  F,
  fields,
  Manager,
  Max,
  Min,
  model,
  Q,
  RegrAvgX,
  RegrAvgY,
  RegrCount,
  RegrIntercept,
  RegrR2,
  RegrSlope,
  RegrSXX,
  RegrSXY,
  RegrSYY,
  StdDev,
  StringAgg,
  Sum,
  Value,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

class Sample extends model('sample', {
  team: fields.text(),
  x: fields.integer(),
  y: fields.float().null(),
  flags: fields.smallInteger().null(),
  ok: fields.boolean().null(),
}) {
  static objects = new Manager(this);
}
const { behaviour } = harness(
  [Sample],
  `insert into sample (team, x, y, flags, ok) values
     ('a', 1, 2, 7, true), ('a', 2, 4.5, 5, false), ('b', 3, 6.5, null, true), ('b', 4, null, 6, null);`,
);

behaviour('figures about pairs of values, of rows that have both', function* () {
  const all = {
    corr: Corr('y', 'x'),
    covar: CovarPop('y', 'x'),
    sampled: CovarPop('y', 'x', { sample: true }),
    avgX: RegrAvgX('y', 'x'),
    avgY: RegrAvgY('y', 'x'),
    n: RegrCount('y', 'x'),
    intercept: RegrIntercept('y', 'x'),
    r2: RegrR2('y', 'x'),
    slope: RegrSlope('y', 'x'),
    sxx: RegrSXX('y', 'x'),
    sxy: RegrSXY('y', 'x'),
    syy: RegrSYY('y', 'x'),
  };
  const figures = yield* call<Record<string, number>>(Sample.objects, 'aggregate', all);
  const expected = {
    corr: 0.99794872,
    covar: 1.5,
    sampled: 2.25,
    avgX: 2,
    avgY: 4.33333333,
    n: 3,
    intercept: -0.16666667,
    r2: 0.99590164,
    slope: 2.25,
    sxx: 2,
    sxy: 4.5,
    syy: 10.16666667,
  };
  for (const [name, value] of Object.entries(expected)) expect(figures[name], name).toBeCloseTo(value, 7);
});
behaviour('figures about pairs are annotated, filtered and have defaults', function* () {
  const teams = Sample.objects
    .values('team')
    .annotate({ n: RegrCount('y', 'x'), slope: RegrSlope('y', F('x').mul(2), { filter: Q({ x__lt: 4 }) }) })
    .orderBy('team');
  expect(yield* call(teams, 'list')).toEqual([
    { team: 'a', n: 2, slope: 1.25 },
    { team: 'b', n: 1, slope: null },
  ]);
  const none = Sample.objects.none();
  expect(
    yield* call(none, 'aggregate', {
      c: Corr('y', 'x'),
      n: RegrCount('y', 'x'),
      d: Corr('y', 'x', { default: 0 }),
    }),
  ).toEqual({
    c: null,
    n: 0,
    d: 0,
  });
});
behaviour('bits and booleans of all rows', function* () {
  const figures = {
    and: BitAnd('flags'),
    or: BitOr('flags'),
    xor: BitXor('flags'),
    every: BoolAnd('ok'),
    some: BoolOr('ok'),
    small: BoolAnd(Q({ x__lt: 5 })),
    never: BoolOr('ok', { filter: Q({ x__gt: 9 }) }),
    instead: BitAnd('flags', { filter: Q({ x__gt: 9 }), default: 3 }),
  };
  expect(yield* call(Sample.objects, 'aggregate', figures)).toEqual({
    and: 4,
    or: 7,
    xor: 4,
    every: false,
    some: true,
    small: true,
    never: null,
    instead: 3,
  });
});
behaviour('any of the values will do', function* () {
  const rows = Sample.objects
    .values('team')
    .annotate({ some: AnyValue('y', { filter: Q({ x__gte: 2 }) }), n: Count('*') })
    .orderBy('team');
  expect(yield* call(rows, 'list')).toEqual([
    { team: 'a', some: 4.5, n: 2 },
    { team: 'b', some: 6.5, n: 2 },
  ]);
  expect(yield* call(Sample.objects.filter({ x: 4 }), 'aggregate', AnyValue('y'))).toEqual({
    y__anyvalue: null,
  });
});
behaviour('joined texts may stand between other values of the row, ordered and distinct', function* () {
  const rows = Sample.objects
    .values('team')
    .annotate({
      names: StringAgg('x', Concat(Value('-'), 'team'), { orderBy: '-x' }),
      plain: StringAgg('team', '+', { distinct: true, default: 'none' }),
      listed: ArrayAgg('x', { orderBy: [F('y').desc({ nullsLast: true }), 'x'], filter: Q({ x__gt: 1 }) }),
    })
    .orderBy('team');
  expect(yield* call(rows, 'list')).toEqual([
    { team: 'a', names: '2-a1', plain: 'a', listed: [2] },
    { team: 'b', names: '4-b3', plain: 'b', listed: [3, 4] },
  ]);
});
behaviour('aggregates take expressions and conditions', function* () {
  expect(
    yield* call(Sample.objects, 'aggregate', {
      s: Sum(F('x').mul(2)),
      n: Count(Q({ x__gt: 2 })),
      a: Avg(F('x').add(F('flags'))),
    }),
  ).toEqual({ s: 20, n: 4, a: 25 / 3 });
});
test('an aggregate refuses options that mean nothing for it', () => {
  const distinct = { distinct: true } as never;
  expect(() => Max('x', distinct)).toThrow(new TypeError('Max does not allow distinct.'));
  expect(() => Min('x', distinct)).toThrow(new TypeError('Min does not allow distinct.'));
  expect(() => StdDev('x', distinct)).toThrow('StdDev does not allow distinct.');
  expect(() => Sum('x', { orderBy: 'y' } as never)).toThrow(new TypeError('Sum does not allow orderBy.'));
  expect(() => RegrCount('y', 'x', { default: 0 } as never)).toThrow('RegrCount does not allow default.');
});
behaviour('figures about pairs need a name', function* () {
  expect(() => Sample.objects.annotate(Corr('y', 'x') as never)).toThrow(
    new TypeError('Complex annotations require an alias'),
  );
  expect(() => Sample.objects.annotate({ n: Count('x') }).annotate({ c: Corr('y', 'n') })).toThrow(
    'its second argument is an aggregate',
  );
  yield* call(Sample.objects, 'count');
});
