import {
  Concat,
  F,
  FieldError,
  fields,
  Lower,
  Manager,
  model,
  Q,
  RawSQL,
  Value,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

class Line extends model(
  'line',
  {
    total: fields.generated(F('price').mul(F('count')), fields.decimal(10, 2)),
    price: fields.decimal(8, 2),
    count: fields.integer(),
    double: fields.generated<number>(F('count').add(F('count'))),
    name: fields.text().default('A b'),
    handle: fields.generated<string>(Lower('name')),
    many: fields.generated<boolean>(Q({ count__gt: 10 })),
    label: fields.generated(Concat('name', Value('!')), fields.text()).column('the_label'),
  },
  { constraints: [{ check: RawSQL('count < %s', [1000], { outputField: fields.boolean() }), name: 'few' }] },
) {
  static objects = new Manager(this);
}

const { behaviour } = harness(
  [Line],
  `insert into line (price, count, name) values (2.50, 4, 'Bolt'), (1, 11, 'NUT');`,
);

behaviour('computed columns are read like others', function* () {
  const line = yield* call<Line>(Line.objects, 'get', { pk: 1 });
  expect([line.total, line.double, line.handle, line.many, line.label]).toEqual([
    '10.00',
    8,
    'bolt',
    false,
    'Bolt!',
  ]);
  expect(yield* call(Line.objects.filter({ total__gt: 10, many: true }), 'count')).toBe(1);
  expect(yield* call(Line.objects.orderBy('-double').valuesList('handle', { flat: true }), 'list')).toEqual([
    'nut',
    'bolt',
  ]);
});
behaviour('computed columns are never written, and read back after a save', function* () {
  const line = yield* call<Line>(Line.objects, 'create', { price: '3', count: 20 });
  expect([line.total, line.double, line.many, line.label]).toEqual(['60.00', 40, true, 'A b!']);
  line.count = 2;
  line.total = '999' as never;
  yield* call(line, 'save');
  expect(lastStatement()).toContain('RETURNING');
  expect([line.total, line.double, line.many]).toEqual(['6.00', 4, false]);
  line.count = 3;
  yield* call(line, 'save', { updateFields: ['count'] });
  expect(line.total).toBe('9.00');
  const made = yield* call<Line[]>(Line.objects, 'bulkCreate', [
    new Line({ price: 1, count: 1 }),
    new Line({ price: 2, count: 2 }),
  ]);
  expect(made.map(({ total }) => total)).toEqual(['1.00', '4.00']);
});
behaviour('writing to a computed column is refused before any SQL is sent', function* () {
  const update = yield* thrownBy(() => call(Line.objects, 'update', { total: 1 }));
  expect(update).toBeInstanceOf(FieldError);
  const line = new Line({ id: 1, price: 1, count: 1 });
  const bulk = yield* thrownBy(() => call(Line.objects, 'bulkUpdate', [line], ['total']));
  expect(bulk).toBeInstanceOf(ValueError);
  const save = yield* thrownBy(() => call(line, 'save', { updateFields: ['total'] }));
  expect(save).toBeInstanceOf(ValueError);
});
behaviour('a check written as SQL of its own is enforced', function* () {
  const error = yield* thrownBy(() => call(Line.objects, 'create', { price: '3', count: 2000 }));
  expect((error as { constraint?: string }).constraint).toBe('few');
});
