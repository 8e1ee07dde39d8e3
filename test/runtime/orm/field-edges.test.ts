import {
  ExtractDay,
  ExtractHour,
  ExtractSecond,
  fields,
  foreignKey,
  Manager,
  model,
  ValidationError,
  ValueError,
} from '@migrate-async/runtime/orm';
import { describe, expect, test } from 'vitest';
import { type Behaviour, call, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

// Values at the edge of what columns hold: what comes back, and what is refused before anything is sent.

class Edge extends model('edge', {
  text: fields.text().null(),
  char: fields.char(1).null(),
  integer: fields.integer().null(),
  small: fields.smallInteger().null(),
  positive: fields.positiveInteger().null(),
  big: fields.bigInteger().null(),
  float: fields.float().null(),
  decimal: fields.decimal(6, 2).null(),
  anyDecimal: fields.decimal().null(),
  date: fields.date().null(),
  time: fields.time().null(),
  at: fields.dateTime().null(),
  span: fields.duration().null(),
  uuid: fields.uuid().null(),
  json: fields.json<unknown>().null(),
  bytes: fields.binary().null(),
  ip: fields.ip().null(),
  words: fields.array(fields.char(5)).null(),
  matrix: fields.array(fields.array(fields.integer())).null(),
  flags: fields.array(fields.boolean()).null(),
  blobs: fields.array(fields.binary()).null(),
  bags: fields.array(fields.json<unknown>()).null(),
  spans: fields.array(fields.duration()).null(),
  bigs: fields.array(fields.bigInteger()).null(),
}) {
  static objects = new Manager(this);
}
class Keyed extends model('keyed', { code: fields.uuid().primaryKey() }) {
  static objects = new Manager(this);
}
class Holder extends model('holder', { keyed: foreignKey<Keyed>(() => Keyed) }) {
  static objects = new Manager(this);
}
const context = harness([Edge, Keyed, Holder], 'select 1');
const { behaviour } = context;
behaviour('a duration has days, and a part of a moment no fraction', function* () {
  const day = 86_400_000;
  const at = new Date('2024-01-03T13:30:15.678Z');
  for (const span of [day + 2_500, 25 * 3_600_000, -1_500]) yield* call(Edge.objects, 'create', { span, at });
  const parts = Edge.objects
    .orderBy('id')
    .valuesList(
      'span',
      ExtractDay('span') as never,
      ExtractHour('span') as never,
      ExtractSecond('span') as never,
      ExtractSecond('at') as never,
    );
  expect(yield* call(parts, 'list')).toEqual([
    [day + 2_500, 1, 0, 2, 15],
    [25 * 3_600_000, 1, 1, 0, 15],
    [-1_500, -1, 23, 58, 15],
  ]);
});
type Row = Edge & Record<string, unknown>;
const objects = Edge.objects as unknown as {
  filter(where: object): { readonly exists: unknown };
};

/** Writes a value in every way there is; each must give `read`. */
function* roundTrip(name: string, given: unknown, read: unknown = given): Behaviour {
  const value = function* (id: number) {
    const row = yield* call<Row>(Edge.objects, 'get', { id });
    const found = row[name];
    if (typeof read === 'number') expect(Object.is(found, read), `${name}: ${found}`).toBe(true);
    else expect(found).toEqual(read);
    return row;
  };
  const made = yield* call<Row>(Edge.objects, 'create', { [name]: given });
  const row = yield* value(made.id);
  // What was read can be written again.
  yield* call(row, 'save');
  yield* value(made.id);
  yield* call(Edge.objects.filter({ id: made.id }), 'update', { [name]: null });
  yield* call(Edge.objects.filter({ id: made.id }), 'update', { [name]: given });
  yield* value(made.id);
  const rows = yield* call<Row[]>(Edge.objects, 'bulkCreate', [{ [name]: given }, { [name]: null }]);
  yield* value((rows[0] as Row).id);
  for (const each of rows) (each as Record<string, unknown>)[name] = given;
  yield* call(Edge.objects, 'bulkUpdate', rows, [name]);
  yield* value((rows[1] as Row).id);
  if (given === null || Number.isNaN(given) || ['json', 'bags'].includes(name)) return;
  expect(yield* call(objects.filter({ [name]: given, id: made.id }), 'exists')).toBe(true);
  expect(yield* call(objects.filter({ [`${name}__in`]: [given], id: made.id }), 'exists')).toBe(true);
}

const kept: readonly (readonly [string, unknown, unknown?])[] = [
  ['float', -0],
  ['float', 0],
  ['float', Number.MAX_VALUE],
  ['float', 5e-324],
  ['float', Number.NaN],
  ['integer', -0, 0],
  ['integer', 1.9, 1],
  ['integer', '  42 ', 42],
  ['big', 2n ** 63n - 1n],
  ['big', -(2n ** 63n)],
  ['big', '9007199254740993', 9007199254740993n],
  ['decimal', '-0', '0.00'],
  ['decimal', 1e-2, '0.01'],
  ['decimal', 12n, '12.00'],
  ['anyDecimal', '123456789012345678901234567890.000000000000000000001'],
  ['anyDecimal', 1e21, '1000000000000000000000'],
  ['date', '0001-01-01'],
  ['date', '9999-12-31'],
  ['date', '10000-01-01'],
  ['date', '0044-03-15 BC'],
  ['date', new Date('-000043-03-15T00:00:00Z'), '0044-03-15 BC'],
  ['date', new Date('+012020-05-06T23:59:59Z'), '12020-05-06'],
  ['date', '2020-2-9', '2020-02-09'],
  ['time', '00:00', '00:00:00'],
  ['time', '23:59:59.999999'],
  ['at', '2020-02-29', new Date('2020-02-29T00:00:00Z')],
  ['at', '2020-2-9 1:05', new Date('2020-02-09T01:05:00Z')],
  ['at', '2020-02-29T12:00:00+05:30', new Date('2020-02-29T06:30:00Z')],
  ['at', '2020-02-29 12:00:00.123456-08', new Date('2020-02-29T20:00:00.123Z')],
  ['at', '10000-01-01', new Date('+010000-01-01T00:00:00Z')],
  ['at', new Date('-000043-03-15T01:02:03.004Z')],
  ['span', 0.001],
  ['span', -1e15],
  ['span', 1e-7, 0],
  ['uuid', '123E4567E89B12D3A456426614174000', '123e4567-e89b-12d3-a456-426614174000'],
  ['uuid', '{123e4567-e89b-12d3-a456-426614174000}', '123e4567-e89b-12d3-a456-426614174000'],
  ['uuid', 'urn:uuid:123e4567-e89b-12d3-a456-426614174000', '123e4567-e89b-12d3-a456-426614174000'],
  ['bytes', new Uint8Array(0), Buffer.alloc(0)],
  ['bytes', new Uint8Array([0, 255, 92]).subarray(1), Buffer.from([255, 92])],
  ['ip', '::ffff:1.2.3.4'],
  ['json', { a: undefined, b: new Date(0) }, { b: '1970-01-01T00:00:00.000Z' }],
  ['json', [undefined, 2n ** 53n - 1n], [null, 2 ** 53 - 1]],
  ['json', ''],
  ['json', '\u2028 "\\'],
  ['words', []],
  ['words', [null, '', 'NULL', '{}']],
  ['words', new Set(['a', 'b']), ['a', 'b']],
  [
    'matrix',
    [
      [1, null],
      [3, 4],
    ],
  ],
  ['flags', [true, null, false]],
  ['blobs', [Buffer.from([0, 34, 92]), null]],
  ['bags', [{ a: [1, '"x"'] }, [2], 'text', 5, null]],
  ['spans', [0.5, -1000]],
  ['bigs', [2n ** 63n - 1n, -5n]],
];
for (const [name, given, ...read] of kept) {
  behaviour(
    `${name} takes ${String(JSON.stringify(given, (_, part) => (typeof part === 'bigint' ? `${part}n` : part)))}, by every way`,
    function* () {
      yield* roundTrip(name, given, read.length === 0 ? given : read[0]);
    },
  );
}

behaviour('JSON null is a value, SQL null is none', function* () {
  yield* call(Edge.objects, 'create', { json: null, text: 'sql' });
  yield* call(Edge.objects, 'create', { json: [null], text: 'list' });
  expect(
    yield* call(Edge.objects.filter({ json__isNull: true }).valuesList('text', { flat: true }), 'list'),
  ).toEqual(['sql']);
});

const refused: readonly (readonly [string, unknown, string])[] = [
  ['text', 'a\0b', 'A string literal cannot contain NUL (0x00) characters.'],
  ['char', '\0', 'A string literal cannot contain NUL (0x00) characters.'],
  ['words', ['\0'], 'A string literal cannot contain NUL (0x00) characters.'],
  ['json', { a: ['\0'] }, 'A string literal cannot contain NUL (0x00) characters.'],
  ['json', { 'a\0': 1 }, 'A string literal cannot contain NUL (0x00) characters.'],
  ['text', '\uD800', 'Text cannot contain half a surrogate pair.'],
  ['json', ['\uDC00'], 'Text cannot contain half a surrogate pair.'],
  ['json', Number.NaN, 'Value must be valid JSON, not NaN.'],
  ['json', { a: [Number.POSITIVE_INFINITY] }, 'Value must be valid JSON, not Infinity.'],
  ['json', { a: new Map([['b', 1]]) }, 'Value must be valid JSON, not <Map>.'],
  ['json', [() => 1], 'Value must be valid JSON, not '],
  ['json', [2n ** 53n + 1n], 'The bigint 9007199254740993 cannot be stored as JSON without loss.'],
  ['integer', Number.POSITIVE_INFINITY, "Field 'integer' expected a number but got Infinity."],
  ['integer', '1.5', "Field 'integer' expected a number but got '1.5'."],
  ['integer', '', "Field 'integer' expected a number but got ''."],
  ['integer', [1], "Field 'integer' expected a number but got <Array>."],
  ['big', Number.NaN, "Field 'big' expected a number but got NaN."],
  ['float', 'NaN', "Field 'float' expected a number but got 'NaN'."],
  ['float', '', "Field 'float' expected a number but got ''."],
  ['decimal', Number.NaN, '“NaN” value must be a decimal number.'],
  ['decimal', Number.POSITIVE_INFINITY, '“Infinity” value must be a decimal number.'],
  ['decimal', 'Infinity', '“Infinity” value must be a decimal number.'],
  ['decimal', true, '“true” value must be a decimal number.'],
  ['date', '2023-02-29', '“2023-02-29” value has the correct format (YYYY-MM-DD) but it is an invalid date.'],
  ['date', '0000-01-01', '“0000-01-01” value has the correct format (YYYY-MM-DD) but it is an invalid date.'],
  [
    'date',
    '2020-01-01T00:00:00Z',
    '“2020-01-01T00:00:00Z” value has an invalid date format. It must be in YYYY-MM-DD format.',
  ],
  ['date', 'tomorrow', '“tomorrow” value has an invalid date format. It must be in YYYY-MM-DD format.'],
  ['time', '24:00', '“24:00” value has the correct format (HH:MM[:ss[.uuuuuu]]) but it is an invalid time.'],
  [
    'time',
    '23:59:60',
    '“23:59:60” value has the correct format (HH:MM[:ss[.uuuuuu]]) but it is an invalid time.',
  ],
  ['time', 'noon', '“noon” value has an invalid format. It must be in HH:MM[:ss[.uuuuuu]] format.'],
  [
    'at',
    '2020-02-30T00:00',
    '“2020-02-30T00:00” value has the correct format (YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ]) but it is an invalid date/time.',
  ],
  [
    'at',
    '2016-12-31T23:59:60Z',
    '“2016-12-31T23:59:60Z” value has the correct format (YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ]) but it is an invalid date/time.',
  ],
  ['at', '2020-13-01', '“2020-13-01” value has the correct format (YYYY-MM-DD) but it is an invalid date.'],
  [
    'at',
    1577836800000,
    '“1577836800000” value has an invalid format. It must be in YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ] format.',
  ],
  ['at', new Date(Number.NaN), '“an invalid date” value has an invalid format.'],
  ['span', Number.POSITIVE_INFINITY, '“Infinity” value must be a number of milliseconds.'],
  ['span', '5', '“5” value must be a number of milliseconds.'],
  ['uuid', 'xyz', '“xyz” is not a valid UUID.'],
  ['uuid', '123e4567-e89b-12d3-a456-42661417400', 'is not a valid UUID.'],
  ['bytes', 'text', "Field 'bytes' expected bytes but got 'text'."],
  ['bytes', [1, 2], "Field 'bytes' expected bytes but got <Array>."],
  ['ip', 'abc', 'Enter a valid IPv4 or IPv6 address.'],
  ['ip', '256.1.1.1', 'Enter a valid IPv4 or IPv6 address.'],
  ['words', 'ab', "Field 'words' expected an array but got 'ab'."],
  ['flags', ['maybe'], '“maybe” value must be either True or False.'],
];
for (const [name, given, message] of refused) {
  behaviour(
    `${name} refuses ${typeof given === 'string' ? JSON.stringify(given) : String(given)} before anything is sent (${message.slice(0, 20)})`,
    function* () {
      const row = new Edge({ id: 1, [name]: given } as never);
      const attempts: (() => Behaviour<unknown>)[] = [
        () => call(Edge.objects, 'create', { [name]: given }),
        () => call(Edge.objects, 'update', { [name]: given }),
        () => call(Edge.objects, 'bulkCreate', [{ [name]: given }, {}]),
        () => call(Edge.objects, 'bulkUpdate', [row, new Edge({ id: 2 })], [name]),
        () => call(row, 'save'),
      ];
      for (const attempt of attempts) {
        const error = yield* thrownBy(attempt);
        expect(error.message).toContain(message);
        expect(error instanceof ValueError || error instanceof ValidationError, error.constructor.name).toBe(
          true,
        );
      }
      expect(statements()).toEqual([]);
    },
  );
}

describe('fullClean', () => {
  test.each([
    ['integer', 2 ** 31, 'Ensure this value is less than or equal to 2147483647.'],
    ['small', -40_000, 'Ensure this value is greater than or equal to -32768.'],
    ['positive', -1, 'Ensure this value is greater than or equal to 0.'],
    ['big', 2n ** 63n, 'Ensure this value is less than or equal to 9223372036854775807.'],
    ['char', 'xy', 'Ensure this value has at most 1 character (it has 2).'],
    ['decimal', '12345.67', 'Ensure that there are no more than 6 digits in total.'],
    ['decimal', '1.234', 'Ensure that there are no more than 2 decimal places.'],
    ['decimal', '12345', 'Ensure that there are no more than 4 digits before the decimal point.'],
    ['decimal', '1e6', 'Ensure that there are no more than 6 digits in total.'],
    [
      'words',
      ['short', 'longer'],
      'Item 2 in the array did not validate: Ensure this value has at most 5 characters (it has 6).',
    ],
  ])('says what is wrong with %s: %s', (name, value, message) => {
    const row = new Edge({ [name]: value } as never);
    expect(() => row.cleanFields()).toThrow(`${name}: ${message}`);
  });
  test.each([
    ['integer', 2 ** 31 - 1],
    ['decimal', '9999.99'],
    ['decimal', '0.01'],
    ['decimal', '-1234.5'],
    ['decimal', '1.2e2'],
    ['decimal', '0'],
    ['decimal', '.5'],
  ])('has nothing against %s: %s', (name, value) => {
    expect(() => new Edge({ [name]: value } as never).cleanFields()).not.toThrow();
  });
});

test('a key in any form finds the row that has it', async () => {
  await context.reset();
  const made = await Keyed.objects.acreate({ code: '{123E4567-E89B-12D3-A456-426614174000}' });
  const holder = await Holder.objects.acreate({ keyed: made });
  const read = await Holder.objects.selectRelated('keyed').aget({ id: holder.id });
  expect(read.keyed.code).toBe('123e4567-e89b-12d3-a456-426614174000');
  expect(await Keyed.objects.filter({ pk: '123e4567e89b12d3a456426614174000' }).acount()).toBe(1);
});
