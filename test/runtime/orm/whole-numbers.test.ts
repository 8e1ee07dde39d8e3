import { fields, IntegrityError, Manager, model, Sum, ValidationError } from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';

class Tally extends model('tally', {
  id: fields.smallAuto(),
  small: fields.smallInteger().default(0),
  seats: fields.positiveSmallInteger().default(0),
  people: fields.positiveInteger().default(0),
  stars: fields.positiveBigInteger().default(0n),
}) {
  static objects = new Manager(this);
}

const { behaviour } = harness(
  [Tally],
  'insert into tally (small, seats, people, stars) values (-5, 1, 10, 100), (0, 2, 20, 200), (5, 3, 30, 300)',
);

behaviour('a counted key may be a small one', function* () {
  const made = yield* call<Tally>(Tally.objects, 'create', {});
  expect(made.id).toBe(4);
  expect((yield* call<Tally>(Tally.objects, 'get', { pk: 4 })).small).toBe(0);
});
behaviour('numbers that may not be negative are kept as far as the column goes', function* () {
  const made = yield* call<Tally>(Tally.objects, 'create', {
    seats: 32767,
    people: 2147483647,
    stars: 2n ** 63n - 1n,
  });
  yield* call(made, 'refreshFromDb');
  expect([made.seats, made.people, made.stars]).toEqual([32767, 2147483647, 9223372036854775807n]);
  expect(yield* call(Tally.objects.filter({ seats__lt: 32767 }), 'aggregate', { all: Sum('seats') })).toEqual(
    {
      all: 6,
    },
  );
});
behaviour('the database refuses negative ones, and fullClean says so before', function* () {
  for (const values of [{ seats: -1 }, { people: -1 }, { stars: -1n }]) {
    const error = yield* thrownBy(() => call(Tally.objects, 'create', values));
    expect(error).toBeInstanceOf(IntegrityError);
    expect(() => new Tally(values).cleanFields()).toThrow(ValidationError);
  }
});
behaviour('a bound beyond what a column can hold bounds nothing', function* () {
  const between = function* (low: number, high: number) {
    const found = Tally.objects.filter({ small__range: [low, high] }).orderBy('id');
    return keys(yield* call<Tally[]>(found, 'list'));
  };
  expect(yield* between(0, 1e12)).toEqual([2, 3]);
  expect(yield* between(-1e12, 0)).toEqual([1, 2]);
  expect(yield* between(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)).toEqual([1, 2, 3]);
  expect(yield* between(1e12, 2e12)).toEqual([]);
  expect(yield* between(-2e12, -1e12)).toEqual([]);
  expect(yield* between(40000, -40000)).toEqual([]);
  const others = Tally.objects.exclude({ small__range: [1, 1e12] }).orderBy('id');
  expect(keys(yield* call<Tally[]>(others, 'list'))).toEqual([1, 2]);
  // One statement, whatever the bounds.
  expect(new Set(statements().slice(0, 6)).size).toBe(1);
});
