import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { binaryArray } from '../../../../runtime/orm/fields/binary.ts';
import { DateTimeField } from '../../../../runtime/orm/fields/dates.ts';
import type { Field } from '../../../../runtime/orm/fields/field.ts';
import {
  BigIntegerField,
  BooleanField,
  FloatField,
  IntegerField,
} from '../../../../runtime/orm/fields/numbers.ts';
import { wireArray } from '../../../../runtime/orm/fields/structured.ts';
import { CharField, TextField } from '../../../../runtime/orm/fields/text.ts';
import { type TestDatabase, testDatabase } from '../../../support/database.ts';

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await testDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query("SET TIME ZONE 'UTC'");
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

function bytesOf(field: Field, values: readonly unknown[]): Uint8Array | undefined {
  if (field.binary === undefined) throw new Error('the field has no binary form');
  return binaryArray(
    field.binary,
    values.map((value) => ({ value })),
    'value',
  );
}
/** What the server makes of the values when they come as bytes, and when they come as text. */
async function received(field: Field, values: readonly unknown[]): Promise<[unknown, unknown]> {
  const bytes = bytesOf(field, values);
  expect(bytes).toBeInstanceOf(Uint8Array);
  const text = wireArray(values.map((value) => field.toWire(value)));
  const type = `${field.castType()}[]`;
  const { rows } = await client.query(`SELECT $1::${type}::text AS bytes, $2::${type}::text AS text`, [
    bytes,
    text,
  ]);
  return [rows[0].bytes, rows[0].text];
}

const dates = (min: string, max: string) =>
  fc.date({ min: new Date(min), max: new Date(max), noInvalidDate: true });
const kinds: readonly (readonly [string, Field, fc.Arbitrary<unknown>])[] = [
  ['smallint', new IntegerField('smallint', 'SmallIntegerField'), fc.integer({ min: -32768, max: 32767 })],
  ['integer', new IntegerField('integer', 'IntegerField'), fc.integer()],
  ['bigint, as numbers', new IntegerField('bigint', 'BigAutoField'), fc.maxSafeInteger()],
  ['bigint', new BigIntegerField(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  ['double precision', new FloatField(), fc.double()],
  ['boolean', new BooleanField(), fc.boolean()],
  ['moments', new DateTimeField(), dates('-004712-01-01T00:00:00Z', '+275760-09-12T00:00:00Z')],
  ['text', new TextField(), fc.string({ unit: 'grapheme', maxLength: 100 })],
  ['varchar', new CharField(200), fc.string({ maxLength: 100 })],
];
for (const [name, field, values] of kinds) {
  test(`${name}: the server reads the bytes as it reads the text`, async () => {
    const columns = fc.array(fc.option(values, { freq: 6 }), { maxLength: 40 });
    const property = fc.asyncProperty(columns, async (column) => {
      // NUL is no character of a text on this server.
      const allowed = column.filter((value) => typeof value !== 'string' || !value.includes('\0'));
      const [bytes, text] = await received(field, allowed);
      expect(bytes).toBe(text);
    });
    await fc.assert(property, { numRuns: 60 });
  });
}

test('a column outgrows the memory it is begun in', async () => {
  const long = Array.from({ length: 3000 }, (_each, at) => 'ä'.repeat(at % 700));
  const [bytes, text] = await received(new TextField(), long);
  expect(bytes).toBe(text);
  // The next one is not written into what the first was given.
  const [first, second] = [bytesOf(new TextField(), ['a']), bytesOf(new TextField(), ['b'])];
  expect(first).not.toEqual(second);
});
test('values of another kind, or beyond the column, are left to their text', () => {
  const integer = new IntegerField('integer', 'IntegerField');
  for (const value of ['1', 1.5, 2 ** 31, -(2 ** 31) - 1, Number.NaN, true, {}]) {
    expect(bytesOf(integer, [1, value])).toBeUndefined();
  }
  expect(bytesOf(new IntegerField('smallint', 'SmallIntegerField'), [32768])).toBeUndefined();
  expect(bytesOf(new BigIntegerField(), [2n ** 63n])).toBeUndefined();
  expect(bytesOf(new BigIntegerField(), [2 ** 53])).toBeUndefined();
  expect(bytesOf(new BooleanField(), [1])).toBeUndefined();
  expect(bytesOf(new FloatField(), ['1'])).toBeUndefined();
  expect(bytesOf(new DateTimeField(), ['2024-01-01', new Date(Number.NaN)])).toBeUndefined();
  expect(bytesOf(new DateTimeField(), [new Date(Number.NaN)])).toBeUndefined();
  expect(bytesOf(new TextField(), [5])).toBeUndefined();
});
test('half a surrogate pair is refused, in long text and in short', () => {
  for (const value of ['\ud800', `${'x'.repeat(50)}\udc00`]) {
    expect(() => bytesOf(new TextField(), [value])).toThrow('half a surrogate pair');
  }
});
