import {
  Count,
  DataError,
  F,
  fields,
  foreignKey,
  IntegrityError,
  Manager,
  manyToMany,
  model,
  Q,
  ValidationError,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call, lastStatement, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

class Everything extends model('everything', {
  char: fields.char(20).null(),
  text: fields.text().null(),
  integer: fields.integer().null(),
  small: fields.smallInteger().null(),
  big: fields.bigInteger().null(),
  positive: fields.positiveInteger().null(),
  float: fields.float().null(),
  decimal: fields.decimal(20, 5).null(),
  boolean: fields.boolean().null(),
  date: fields.date().null(),
  time: fields.time().null(),
  dateTime: fields.dateTime().null(),
  duration: fields.duration().null(),
  uuid: fields.uuid().null(),
  json: fields.json<unknown>().null(),
  binary: fields.binary().null(),
  texts: fields.array(fields.text()).null(),
  numbers: fields.array(fields.integer()).null(),
  moments: fields.array(fields.dateTime()).null(),
  matrix: fields.array(fields.array(fields.integer())).null(),
  email: fields.email().null(),
  url: fields.url().null(),
  slug: fields.slug().null(),
  ip: fields.ip().null(),
  choice: fields.choice('draft', 'live').null(),
}) {
  static objects = new Manager(this);
}

let defaultsMade = 0;
class Defaulted extends model(
  'defaulted',
  {
    name: fields.text().default('none'),
    counted: fields.integer().default(() => ++defaultsMade),
    fromDatabase: fields.integer().dbDefault(42),
    renamed: fields.integer().column('odd Name').default(0),
    created: fields.dateTime().autoNowAdd(),
    checked: fields
      .integer()
      .default(0)
      .validate((value) => {
        if (value < 0) throw new ValidationError('must not be negative');
      }),
  },
  {
    table: 'defaulted_rows',
    constraints: [
      { unique: ['name', 'counted'], name: 'name_and_count' },
      { check: Q({ renamed__gte: 0 }), name: 'renamed_not_negative' },
      { unique: ['renamed'], where: Q({ name: 'one' }), name: 'one_renamed' },
    ],
    indexes: [
      ['name', '-counted'],
      { fields: ['counted'], name: 'counted_index', where: Q({ counted__gt: 3 }) },
    ],
  },
) {
  static objects = new Manager(this);
}

class Code extends model('code', { code: fields.char(5).primaryKey(), label: fields.text() }) {
  static objects = new Manager(this);
}
class Tag extends model('tag', { name: fields.text() }) {
  static objects = new Manager(this);
}
class Item extends model('item', {
  code: foreignKey<Code>(() => Code),
  tags: manyToMany<Tag>(() => Tag, { through: () => ItemTag }),
}) {
  static objects = new Manager(this);
}
class ItemTag extends model('itemTag', {
  item: foreignKey<Item>(() => Item),
  tag: foreignKey<Tag>(() => Tag),
  weight: fields.integer().default(1),
}) {
  static objects = new Manager(this);
}

const setup = harness([Everything, Defaulted, Code, Tag, Item, ItemTag], 'select 1');
const { behaviour, reset } = setup;

/** Values that must come back as they went in. */
const kept: Partial<Record<string, readonly unknown[]>> = {
  char: ['', 'x', 'ünïcode 🎉', 'it\'s "quoted" \\ back'],
  text: ['line\nbreak\ttab', '{"not":"json"}', 'NULL'],
  integer: [0, -1, 2147483647, -2147483648],
  small: [32767, -32768],
  big: [0n, 9223372036854775807n, -9223372036854775808n],
  positive: [0, 5],
  float: [0.1, -1e300, 5e-324, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
  decimal: ['0.10000', '123456789012345.67891', '-0.00001'],
  boolean: [true, false],
  date: ['2020-02-29', '0001-01-01', '9999-12-31'],
  time: ['00:00:00', '23:59:59.123456'],
  dateTime: [
    new Date('2020-02-29T12:34:56.789Z'),
    new Date('1969-12-31T23:59:59.001Z'),
    new Date('0001-01-01T00:00:00Z'),
    new Date('0099-06-01T00:00:00.5Z'),
    new Date('+012020-01-01T00:00:00Z'),
    new Date('-000043-03-15T00:00:00Z'),
  ],
  duration: [0, 1, -1, 90061001, 1e12, 0.5],
  uuid: ['123e4567-e89b-12d3-a456-426614174000'],
  json: [{ a: [1, null, 'x'], b: { c: true } }, [], 'text', 3, false],
  binary: [Buffer.from([0, 1, 255]), Buffer.alloc(0)],
  texts: [[], ['a', '', 'NULL', 'x,y', '{z}', '"q"', 'b\\s', null]],
  numbers: [[1, -2, null]],
  moments: [[new Date('2020-01-01T00:00:00Z')]],
  matrix: [
    [
      [1, 2],
      [3, 4],
    ],
  ],
  email: ['a@x.org'],
  url: ['https://x.org/a?b'],
  slug: ['a-b_c'],
  ip: ['127.0.0.1', '::1'],
  choice: ['draft', 'live'],
};

for (const [name, values] of Object.entries(kept)) {
  behaviour(`${name} keeps its values, and null`, function* () {
    for (const value of [...(values ?? []), null]) {
      const made = yield* call<Everything>(Everything.objects, 'create', { [name]: value });
      const read = yield* call<Everything>(Everything.objects, 'get', { id: made.id });
      expect((read as unknown as Record<string, unknown>)[name]).toEqual(value);
      if (value !== null && !Number.isNaN(value) && name !== 'json') {
        const found = Everything.objects as unknown as { filter(where: object): object };
        const rows = yield* call<Everything[]>(found.filter({ [name]: value }), 'list');
        expect(rows.some((row) => row.id === made.id)).toBe(true);
      }
    }
  });
  behaviour(`${name} keeps its values in bulk`, function* () {
    const given = [...(values ?? []), null];
    yield* call(
      Everything.objects,
      'bulkCreate',
      given.map((value) => ({ [name]: value })),
    );
    const read = yield* call<Everything[]>(Everything.objects.orderBy('id'), 'list');
    expect(read.map((row) => (row as unknown as Record<string, unknown>)[name])).toEqual(given);
  });
}

behaviour('values that do not fit are refused by name', function* () {
  const refused: readonly (readonly [object, new (...given: never) => Error, string])[] = [
    [{ integer: 'x' }, ValueError, "Field 'integer' expected a number but got 'x'."],
    [{ integer: {} }, ValueError, "Field 'integer' expected a number but got <Object>."],
    [{ boolean: 'x' }, ValidationError, '“x” value must be either True or False.'],
    [{ uuid: 'x' }, ValidationError, '“x” is not a valid UUID.'],
    [
      { date: '2020-02-30' },
      ValidationError,
      '“2020-02-30” value has the correct format (YYYY-MM-DD) but it is an invalid date.',
    ],
    [{ decimal: 'x' }, ValidationError, '“x” value must be a decimal number.'],
    [{ integer: 2 ** 40 }, DataError, 'value "1099511627776" is out of range for type integer'],
    [{ char: 'x'.repeat(21) }, DataError, 'value too long for type character varying(20)'],
    [
      { positive: -1 },
      IntegrityError,
      'new row for relation "everything" violates check constraint "everything_positive_check"',
    ],
    [
      { choice: 'other' },
      IntegrityError,
      'new row for relation "everything" violates check constraint "everything_choice_check"',
    ],
  ];
  for (const [values, expected, message] of refused) {
    const error = yield* thrownBy(() => call(Everything.objects, 'create', values));
    expect(error).toBeInstanceOf(expected);
    expect(error.message).toBe(message);
  }
});
behaviour('defaults of the model and of the database', function* () {
  const made = yield* call<Defaulted>(Defaulted.objects, 'create', { counted: 5 });
  expect(made.name).toBe('none');
  expect(made.fromDatabase).toBe(42);
  expect(lastStatement()).toContain('RETURNING "defaulted_rows"."id", "defaulted_rows"."from_database"');
  const given = yield* call<Defaulted>(Defaulted.objects, 'create', { counted: 6, fromDatabase: 1 });
  expect(given.fromDatabase).toBe(1);
  expect(yield* call(Defaulted.objects.filter({ renamed: 0 }), 'count')).toBe(2);
  expect(lastStatement()).toContain('"odd Name"');
});
behaviour('constraints and conditional uniqueness', function* () {
  yield* call(Defaulted.objects, 'create', { name: 'one', counted: 1, renamed: 1 });
  const pair = yield* thrownBy(() =>
    call(Defaulted.objects, 'create', { name: 'one', counted: 1, renamed: 2 }),
  );
  expect((pair as IntegrityError).constraint).toBe('name_and_count');
  const check = yield* thrownBy(() => call(Defaulted.objects, 'create', { counted: 9, renamed: -1 }));
  expect((check as IntegrityError).constraint).toBe('renamed_not_negative');
  const partial = yield* thrownBy(() =>
    call(Defaulted.objects, 'create', { name: 'one', counted: 2, renamed: 1 }),
  );
  expect((partial as IntegrityError).constraint).toBe('one_renamed');
  yield* call(Defaulted.objects, 'create', { name: 'two', counted: 2, renamed: 1 });
});
behaviour('a primary key of any type', function* () {
  const code = yield* call<Code>(Code.objects, 'create', { code: 'a', label: 'A' });
  expect(code.pk).toBe('a');
  const item = yield* call<Item>(Item.objects, 'create', { code });
  expect(item.codeId).toBe('a');
  expect(yield* call(Item.objects.filter({ code__label: 'A' }), 'count')).toBe(1);
  const again = yield* thrownBy(() => call(Code.objects, 'create', { code: 'a', label: 'B' }));
  expect(again).toBeInstanceOf(IntegrityError);
});
behaviour('a through model of its own carries values', function* () {
  yield* call(Code.objects, 'create', { code: 'a', label: 'A' });
  const item = yield* call<Item>(Item.objects, 'create', { codeId: 'a' });
  const tag = yield* call<Tag>(Tag.objects, 'create', { name: 't' });
  yield* call(item.tags, 'add', tag, { throughDefaults: { weight: 7 } });
  expect(yield* call(ItemTag.objects.valuesList('item', 'tag', 'weight'), 'list')).toEqual([[1, 1, 7]]);
  expect(
    yield* call(Item.objects.annotate({ n: Count('tags') }).valuesList('n', { flat: true }), 'get'),
  ).toBe(1);
  yield* call(ItemTag.objects, 'update', { weight: F('weight').add(1) });
  expect((yield* call<ItemTag>(ItemTag.objects, 'get')).weight).toBe(8);
});

test('a default that is a function is called for each instance', () => {
  const [first, second] = [new Defaulted(), new Defaulted()];
  expect(second.counted).toBe(first.counted + 1);
});
test('cleanFields names every field that is wrong', () => {
  const item = new Defaulted({ checked: -1, fromDatabase: 1 });
  expect(() => item.cleanFields()).toThrow('checked: must not be negative');
  const every = new Everything({ email: 'nope', url: 'nope', slug: 'a b', char: 'x'.repeat(30) });
  try {
    every.cleanFields();
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ValidationError);
    expect(Object.keys((error as ValidationError).errors)).toEqual(['char', 'email', 'url', 'slug']);
  }
});
test('an infinite timestamp has no Date', async () => {
  await reset();
  await setup.outside.query("insert into everything (date_time) values ('infinity')");
  await expect(Everything.objects.afirst()).rejects.toThrow(DataError);
});
