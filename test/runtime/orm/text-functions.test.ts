import { createHash } from 'node:crypto';
import {
  Chr,
  Concat,
  F,
  fields,
  Left,
  Length,
  LPad,
  LTrim,
  Manager,
  MD5,
  model,
  Ord,
  Repeat,
  Replace,
  Reverse,
  Right,
  RPad,
  RTrim,
  SHA1,
  SHA224,
  SHA256,
  SHA384,
  SHA512,
  StrIndex,
  Substr,
  Trim,
  Upper,
  Value,
  ValueError,
} from '@migrate-async/runtime/orm';
import { beforeAll, expect, test } from 'vitest';
import { call } from '../support/differential.ts';
import { testEngine } from '../support/engines/index.ts';
import { harness } from '../support/harness.ts';

class Person extends model('person', {
  name: fields.text(),
  alias: fields.char(50).null(),
  age: fields.integer().default(0),
  token: fields.uuid().null(),
}) {
  static objects = new Manager(this);
}

const library = harness(
  [Person],
  `insert into person (name, alias, age, token) values
     ('John Smith', 'smithj', 4, '6f1c1e34-8a0e-4a3c-9d53-0123456789ab'), ('Rhonda', null, 2, null), ('Élena Jordan', 'elena', 40, null);`,
);
const { behaviour } = library;
beforeAll(async () => {
  if (testEngine().engine === 'postgresql')
    await library.outside.query('create extension if not exists pgcrypto');
});

const people = () => Person.objects.orderBy('id');
/** The value of an expression for each person. */
function* column(expression: unknown) {
  return yield* call(
    people()
      .values({ x: expression as never })
      .valuesList('x', { flat: true }),
    'list',
  );
}

behaviour('the start and the end of a text', function* () {
  expect(yield* column(Left('name', 5))).toEqual(['John ', 'Rhond', 'Élena']);
  expect(yield* column(Right('name', 3))).toEqual(['ith', 'nda', 'dan']);
  expect(yield* column(Left('alias', 2))).toEqual(['sm', null, 'el']);
  expect(yield* column(Left('name', F('age')))).toEqual(['John', 'Rh', 'Élena Jordan']);
  expect(yield* column(Upper(Left('alias', 2)))).toEqual(['SM', null, 'EL']);
  expect(yield* column(Right('age', 1))).toEqual(['4', '2', '0']);
});
behaviour('a part of a text by its place', function* () {
  expect(yield* column(Substr('name', 3))).toEqual(['hn Smith', 'onda', 'ena Jordan']);
  expect(yield* column(Substr('name', 1, 2))).toEqual(['Jo', 'Rh', 'Él']);
  expect(yield* column(Substr('name', StrIndex('name', Value('n')), 3))).toEqual(['n S', 'nda', 'na ']);
  expect(yield* column(StrIndex('name', Value('Jo')))).toEqual([1, 0, 7]);
  expect(yield* column(StrIndex('alias', 'name'))).toEqual([0, null, 0]);
});
behaviour('texts are filled up, or cut, to a length', function* () {
  expect(yield* column(LPad('alias', 8))).toEqual(['  smithj', null, '   elena']);
  expect(yield* column(RPad('alias', 8, Value('xy')))).toEqual(['smithjxy', null, 'elenaxyx']);
  expect(yield* column(LPad('name', 4))).toEqual(['John', 'Rhon', 'Élen']);
  expect(yield* column(LPad('name', 0, Value('*')))).toEqual(['', '', '']);
  expect(yield* column(LPad('name', Length('alias'), 'alias'))).toEqual(['John S', null, 'Élena']);
});
behaviour('spaces at the ends are taken off', function* () {
  const padded = Concat(Value('  '), 'name', Value(' '));
  expect(yield* column(Trim(padded))).toEqual(['John Smith', 'Rhonda', 'Élena Jordan']);
  expect(yield* column(LTrim(padded))).toEqual(['John Smith ', 'Rhonda ', 'Élena Jordan ']);
  expect(yield* column(RTrim(padded))).toEqual(['  John Smith', '  Rhonda', '  Élena Jordan']);
});
behaviour('texts are repeated, replaced and turned round', function* () {
  expect(yield* column(Repeat('alias', 2))).toEqual(['smithjsmithj', null, 'elenaelena']);
  expect(yield* column(Repeat('name', 0))).toEqual(['', '', '']);
  expect(yield* column(Repeat(Value('ab'), 'age' as never))).toEqual(['abababab', 'abab', 'ab'.repeat(40)]);
  expect(yield* column(Replace('name', Value('J'), Value('G')))).toEqual([
    'Gohn Smith',
    'Rhonda',
    'Élena Gordan',
  ]);
  expect(yield* column(Replace('name', Value('n')))).toEqual(['Joh Smith', 'Rhoda', 'Élea Jorda']);
  expect(yield* column(Reverse('name'))).toEqual(['htimS nhoJ', 'adnohR', 'nadroJ anelÉ']);
  expect(yield* call(Person.objects, 'update', { name: Replace('name', Value('Jo'), Value('Yo')) })).toBe(3);
  expect(yield* column(F('name'))).toEqual(['Yohn Smith', 'Rhonda', 'Élena Yordan']);
});
behaviour('characters and their numbers', function* () {
  expect(yield* column(Ord('name'))).toEqual([74, 82, 201]);
  expect(yield* column(Chr(Ord('name')))).toEqual(['J', 'R', 'É']);
  expect(
    yield* call(Person.objects.annotate({ first: Left('name', 1) }).filter({ first: Chr(82) }), 'count'),
  ).toBe(1);
});
behaviour('digests are those of the bytes of the text; SHA-1 with the extension that has it', function* () {
  const digests = { md5: MD5, sha1: SHA1, sha224: SHA224, sha256: SHA256, sha384: SHA384, sha512: SHA512 };
  const names = ['John Smith', 'Rhonda', 'Élena Jordan'];
  for (const [algorithm, digest] of Object.entries(digests)) {
    expect(yield* column(digest('name'))).toEqual(
      names.map((name) => createHash(algorithm).update(name).digest('hex')),
    );
  }
  expect(yield* column(MD5('alias'))).toEqual([
    createHash('md5').update('smithj').digest('hex'),
    null,
    createHash('md5').update('elena').digest('hex'),
  ]);
});
behaviour('a text beside a column of another type stays a text', function* () {
  expect(yield* column(Concat('token', Value('!')))).toEqual([
    '6f1c1e34-8a0e-4a3c-9d53-0123456789ab!',
    '!',
    '!',
  ]);
  expect(yield* column(Concat(Value('at '), 'age'))).toEqual(['at 4', 'at 2', 'at 40']);
  expect(yield* column(Upper(Left('token', 3)))).toEqual(['6F1', null, null]);
});
behaviour('text functions stand in conditions, orders and groups', function* () {
  const short = Person.objects.annotate({ short: Left(Upper('name'), 1) });
  expect(yield* call(short.filter({ short__in: ['J', 'R'] }), 'count')).toBe(2);
  expect(
    yield* call(Person.objects.orderBy(Reverse('name').desc()).valuesList('id', { flat: true }), 'list'),
  ).toEqual([3, 1, 2]);
  expect(yield* call(Person.objects.filter({ alias: Left('alias', 5) }), 'count')).toBe(1);
});
test('lengths and places that make no sense are refused', () => {
  expect(() => Left('name', 0)).toThrow(new ValueError("'length' must be greater than 0."));
  expect(() => Right('name', -1)).toThrow(new ValueError("'length' must be greater than 0."));
  expect(() => LPad('name', -1)).toThrow(new ValueError("'length' must be greater or equal to 0."));
  expect(() => Repeat('name', -1)).toThrow(new ValueError("'number' must be greater or equal to 0."));
  expect(() => Substr('name', 0)).toThrow(new ValueError("'pos' must be greater than 0."));
  expect(() => Left('name', 1.5)).toThrow(ValueError);
});
