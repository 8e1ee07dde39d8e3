import {
  Coalesce,
  Concat,
  type Expression,
  ExpressionWrapper,
  F,
  FieldError,
  fields,
  Greatest,
  Manager,
  model,
  Sum,
  ValidationError,
  Value,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';

class Trip extends model('trip', {
  name: fields.char(20),
  day: fields.date(),
  left: fields.dateTime(),
  back: fields.dateTime(),
  opens: fields.time(),
  closes: fields.time(),
  takes: fields.duration(),
  seats: fields.integer(),
  taken: fields.smallInteger(),
  metres: fields.bigInteger(),
  slope: fields.float(),
  price: fields.decimal(8, 2),
}) {
  static objects = new Manager(this);
}
const day = 24 * 3600_000;
const rows = `insert into trip
  (name, day, "left", back, opens, closes, takes, seats, taken, metres, slope, price)
  values ('coast', '2024-01-31', '2024-01-31T10:00:00Z', '2024-02-01T12:30:00Z', '09:00', '17:30', '1 day 02:00:00',
    42, 7, 9007199254740993, 1.5, 10.25)`;
const { behaviour } = harness([Trip], rows);
const { objects } = Trip;
function* computed(x: object) {
  return ((yield* call(objects.values({ x } as { x: Expression }), 'get')) as { x: unknown }).x;
}
const refused = (left: string, operator: string, right: string) =>
  new FieldError(
    `Cannot infer type of '${operator}' expression involving these types: ${left}, ${right}. You must set outputField.`,
  );

behaviour('numbers of two types make one that holds both', function* () {
  expect(yield* computed(F('seats').add(F('taken')))).toBe(49);
  expect(yield* computed(F('seats').add(F('metres')))).toBe(9007199254741035n);
  expect(yield* computed(F('metres').sub(3))).toBe(9007199254740990n);
  expect(yield* computed(F('seats').mul(F('slope')))).toBe(63);
  expect(yield* computed(F('seats').add(F('price')))).toBe('52.25');
  expect(yield* computed(F('price').mul('2'))).toBe('20.50');
  expect(yield* computed(F('price').add(0.5))).toBe('10.75');
  expect(yield* computed(F('seats').div(4))).toBe(10);
  expect(yield* computed(F('seats').div(4.0).add(0.5))).toBe(10.5);
  expect(yield* computed(F('taken').pow(2))).toBe(49);
  expect(yield* computed(F('seats').add(null))).toBe(null);
});
behaviour('the remainder of floating point is one', function* () {
  expect(yield* computed(F('seats').mod(5))).toBe(2);
  expect(yield* computed(F('price').mod(3))).toBe('1.25');
  expect(yield* computed(F('slope').mod(1))).toBe(0.5);
  expect(yield* computed(F('seats').mod(4.5))).toBe(1.5);
});
behaviour('the bits of whole numbers are combined and shifted', function* () {
  expect(yield* computed(F('seats').bitAnd(11))).toBe(10);
  expect(yield* computed(F('seats').bitOr(5))).toBe(47);
  expect(yield* computed(F('seats').bitXor(11))).toBe(33);
  expect(yield* computed(F('seats').bitXor(F('seats')))).toBe(0);
  expect(yield* computed(F('seats').bitLeftShift(3))).toBe(336);
  expect(yield* computed(F('seats').bitRightShift(F('taken').sub(5)))).toBe(10);
  expect(yield* computed(F('metres').bitRightShift(40n))).toBe(8192n);
  expect(yield* call(objects.filter({ seats: F('seats').bitOr(2) }), 'count')).toBe(1);
  expect(yield* call(objects, 'update', { seats: F('seats').bitXor(1) })).toBe(1);
  expect(yield* computed(F('seats').add(0))).toBe(43);
});
behaviour('dates, times and durations that are added and subtracted', function* () {
  expect(yield* computed(F('day').add(F('takes')))).toEqual(new Date('2024-02-01T02:00:00Z'));
  expect(yield* computed(F('takes').add(F('day')))).toEqual(new Date('2024-02-01T02:00:00Z'));
  expect(yield* computed(F('day').sub(day))).toEqual(new Date('2024-01-30T00:00:00Z'));
  expect(yield* computed(F('left').sub(F('takes')))).toEqual(new Date('2024-01-30T08:00:00Z'));
  expect(yield* computed(F('takes').add(F('left')))).toEqual(new Date('2024-02-01T12:00:00Z'));
  expect(yield* computed(F('opens').add(90 * 60_000))).toBe('10:30:00');
  expect(yield* computed(F('back').sub(F('left')))).toBe(26.5 * 3600_000);
  expect(yield* computed(F('left').sub(F('day')))).toBe(10 * 3600_000);
  expect(yield* computed(F('day').sub(F('back')))).toBe(-(day + 12.5 * 3600_000));
  expect(yield* computed(F('day').sub('2024-01-01'))).toBe(30 * day);
  expect(yield* computed(F('closes').sub(F('opens')))).toBe(8.5 * 3600_000);
  expect(yield* computed(F('takes').add(F('takes')))).toBe(52 * 3600_000);
  expect(yield* computed(F('takes').sub(3600_000))).toBe(25 * 3600_000);
  expect(yield* computed(Coalesce('takes', 1000))).toBe(26 * 3600_000);
  const late = objects.filter({ back__gt: F('left').add(F('takes')) });
  expect(keys(yield* call(late, 'list'))).toEqual([1]);
});
behaviour('what makes no type that can be told is refused before anything is sent', function* () {
  const refusals: readonly (readonly [expression: Expression, ...types: [string, string, string]])[] = [
    [F('slope').mul(F('price')), 'FloatField', '*', 'DecimalField'],
    [F('day').add(F('left')), 'DateField', '+', 'DateTimeField'],
    [F('day').add('2024-01-01'), 'DateField', '+', 'CharField'],
    [F('day').sub(F('opens')), 'DateField', '-', 'TimeField'],
    [F('opens').add(F('closes')), 'TimeField', '+', 'TimeField'],
    [F('day').mul(2), 'DateField', '*', 'IntegerField'],
    [F('takes').mul(F('seats')), 'DurationField', '*', 'IntegerField'],
    [F('takes').sub(F('day')), 'DurationField', '-', 'DateField'],
    [F('name').add(F('name')), 'CharField', '+', 'CharField'],
    [F('seats').add('1'), 'IntegerField', '+', 'CharField'],
    [F('seats').sub(true), 'IntegerField', '-', 'BooleanField'],
    [F('price').add(new Date(0)), 'DecimalField', '+', 'DateTimeField'],
    [F('day').add(null), 'DateField', '+', 'null'],
    [F('slope').bitAnd(1), 'FloatField', '&', 'IntegerField'],
    [F('seats').bitXor(F('price')), 'IntegerField', '#', 'DecimalField'],
    [F('seats').bitLeftShift(1.5), 'IntegerField', '<<', 'FloatField'],
  ];
  for (const [expression, left, operator, right] of refusals) {
    const error = yield* thrownBy(() => call(objects.values({ x: expression }), 'list'));
    expect(error).toEqual(refused(left, operator, right));
  }
  const total = { total: Sum(F('slope').mul(F('price'))) };
  const error = yield* thrownBy(() => call(objects, 'aggregate', total));
  expect(error).toEqual(refused('FloatField', '*', 'DecimalField'));
});
behaviour('a type that is given takes the place of the one that cannot be told', function* () {
  const product = F('slope').mul(F('price'));
  expect(yield* computed(ExpressionWrapper(product, { outputField: fields.float() }))).toBe(15.375);
  const total = Sum(product, { outputField: fields.float(), default: 0 });
  expect(yield* call(objects, 'aggregate', { total })).toEqual({ total: 15.375 });
});
behaviour('values beside a column are looked at before they are sent', function* () {
  const wrong = [F('day').sub('soon'), F('price').add('much'), Coalesce('day', Value('soon'))];
  for (const x of wrong) {
    const error = yield* thrownBy(() => call(objects.values({ x: x as Expression }), 'list'));
    expect(error).toBeInstanceOf(ValidationError);
  }
});
behaviour('one written value may stand beside columns of several types', function* () {
  const thousand = Value(1000);
  const found = yield* call(
    objects.values({
      time: Coalesce('takes', thousand),
      most: Greatest('seats', thousand),
      far: Greatest('metres', thousand),
    } as never),
    'get',
  );
  expect(found).toEqual({ time: 26 * 3600_000, most: 1000, far: 9007199254740993n });
  const date = Value('2024-02-02');
  const dated = objects.values({ latest: Greatest('day', date), shown: Concat('name', date) } as never);
  expect(yield* call(dated, 'get')).toEqual({ latest: '2024-02-02', shown: 'coast2024-02-02' });
});
