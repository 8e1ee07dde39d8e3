import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseInterval, timestampFromBytes } from '../../../../runtime/orm/fields/dates.ts';
import {
  booleanFromBytes,
  charactersOf,
  floatFromBytes,
  integerFromBytes,
  textFromBytes,
} from '../../../../runtime/orm/protocol/decode.ts';

/** `text` somewhere inside other bytes, as a column lies in a row. */
function inside(text: string): readonly [bytes: Buffer, start: number, end: number] {
  const before = Buffer.from([0, 255, 49, 50]);
  const own = Buffer.from(text, 'utf8');
  return [Buffer.concat([before, own, Buffer.from('99')]), before.length, before.length + own.length];
}

describe('values read from bytes', () => {
  test('whole numbers', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(integerFromBytes(...inside(String(value)))).toBe(Number(String(value)));
      }),
    );
    for (const text of [
      '0',
      '-1',
      '9007199254740993',
      '-999999999999999',
      '1000000000000000',
      '15.000000',
      '-0.5',
      'NaN',
    ]) {
      expect(integerFromBytes(...inside(text))).toBe(Number(text));
    }
  });

  test('doubles, as the server writes them', () => {
    const check = (text: string) =>
      expect(floatFromBytes(...inside(text))).toBe(Number(text.replace('NaN', '')));
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        check(String(value));
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 8 }), (digits, places) => {
        check((digits / 10 ** places).toFixed(places));
      }),
      { numRuns: 2000 },
    );
    for (const text of ['0', '-0', '0.1', '1e+20', '1.5e-07', 'Infinity', '-Infinity', '123456789012345.6'])
      check(text);
    expect(floatFromBytes(...inside('NaN'))).toBeNaN();
  });

  test('text of any length and alphabet', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.string({ maxLength: 20 }),
        (long, short) => {
          for (const text of [long, short]) {
            const [bytes, start, end] = inside(text);
            const characters = charactersOf(bytes, 2, bytes.length);
            expect(textFromBytes(bytes, start, end, characters, 2)).toBe(Buffer.from(text).toString('utf8'));
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('moments', () => {
    const minimum = new Date('0001-01-01T00:00:00Z');
    const maximum = new Date('9999-12-31T23:59:59.999Z');
    fc.assert(
      fc.property(fc.date({ min: minimum, max: maximum, noInvalidDate: true }), (date) => {
        const [day, time] = date.toISOString().replace('Z', '').split('T') as [string, string];
        const full = `${day} ${time}+00`;
        // The server leaves out zeros at the end, and the whole fraction when it is zero.
        const short = full.replace(/\.?0+\+00$/, '+00');
        if (short.includes('.')) expect(timestampFromBytes(...inside(short))).toEqual(date);
        expect(timestampFromBytes(...inside(full))).toEqual(date);
      }),
      { numRuns: 2000 },
    );
    const unusual = {
      '0044-03-15 12:00:00+00 BC': '-000043-03-15T12:00:00.000Z',
      '12345-01-02 03:04:05.678901+00': '+012345-01-02T03:04:05.678Z',
      '2024-02-29 23:30:00+05:30': '2024-02-29T18:00:00.000Z',
      '2024-01-02 03:04:05.6+00': '2024-01-02T03:04:05.600Z',
      '0099-01-02 03:04:05+00': '0099-01-02T03:04:05.000Z',
    };
    for (const [text, iso] of Object.entries(unusual)) {
      expect(timestampFromBytes(...inside(text)).toISOString()).toBe(iso);
    }
  });

  test('truth', () => {
    expect([booleanFromBytes(Buffer.from('t'), 0), booleanFromBytes(Buffer.from('f'), 0)]).toEqual([
      true,
      false,
    ]);
  });
});

describe('intervals', () => {
  // As PostgreSQL 18 writes them: postgres, iso_8601, postgres_verbose.
  test.each([
    [0, '00:00:00', 'PT0S', '@ 0'],
    [-0.5, '-00:00:00.0005', 'PT-0.0005S', '@ 0.0005 secs ago'],
    [86_400_000, '1 day', 'P1D', '@ 1 day'],
    [-273_906_000, '-3 days -04:05:06', 'P-3DT-4H-5M-6S', '@ 3 days 4 hours 5 mins 6 secs ago'],
    [
      36_475_506_789,
      '1 year 2 mons -3 days +04:05:06.789',
      'P1Y2M-3DT4H5M6.789S',
      '@ 1 year 2 mons -3 days 4 hours 5 mins 6.789 secs',
    ],
    [-2_332_800_000, '-1 mons +3 days', 'P-1M3D', '@ 1 mon -3 days ago'],
    [1_080_000_000, '300:00:00', 'PT300H', '@ 300 hours'],
    [3_300_000, '00:55:00', 'PT55M', '@ 55 mins'],
  ])('%d ms in each style', (milliseconds, ...texts) => {
    for (const text of texts) expect(parseInterval(text)).toBe(milliseconds);
  });
  test.each(['1 0:00:00', '-3 4:05:06', '+1-2 -3 +4:05:06.789', '', 'P1X', 'abc', '0'])(
    'what is written otherwise is an error, never another value: %j',
    (text) => {
      expect(() => parseInterval(text)).toThrow(/is not in the style 'postgres'/);
    },
  );
});
