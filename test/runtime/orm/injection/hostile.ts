import fc from 'fast-check';

/** Occurs in every hostile text and in no SQL of ours: wherever it turns up outside quotes, text became SQL. */
export const marker = 'zqx';

const fragments = [
  "'",
  "''",
  '"',
  '`',
  ';',
  '--',
  '/*',
  '*/',
  '\\',
  '\0',
  '\uE000',
  '\uE001',
  '\0' + '0' + '\0',
  '\uE0000\uE001',
  '\u001f',
  '$1',
  '$$',
  '%s',
  '%(a)s',
  '%',
  '(',
  ')',
  '{',
  '}',
  ',',
  '_',
  '__',
  ' or 1=1',
  ' union select * from canary',
  'drop table canary',
  "'||(select secret from canary)||'",
  "U&'",
  "E'",
  '::text',
  '\n',
  '\t',
  '-',
  '+',
  '?',
  'NULL',
  '\uD800',
  '😀',
  'é',
  'x'.repeat(70),
];

/** Text made of what ends literals, names, comments and statements, in any order. */
export const hostileText: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...fragments) }, fc.string()), {
      maxLength: 6,
    }),
    fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...fragments) }, fc.string()), {
      maxLength: 6,
    }),
  )
  .map(([before, after]) => `${before.join('')}${marker}${after.join('')}`);

/** Names JavaScript objects have without anybody giving them. */
export const inheritedNames = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  'then',
] as const;

/** What a parser of query strings or JSON makes of a value that should have been text or a number. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  hostileText.map((text) => [text]),
  hostileText.map((text) => [text, 1, null]),
  hostileText.map((text) => ({ $gt: text })),
  hostileText.map((text) => ({ [text]: text })),
  hostileText.map((text) => JSON.parse(`{"__proto__":{"polluted":${JSON.stringify(text)}}}`)),
  hostileText.map((text) => JSON.parse(`{"toString":${JSON.stringify(text)},"constructor":null}`)),
  hostileText.map((text) => Object.assign(Object.create(null), { text })),
  hostileText.map((text) => ({ kind: 'expression', sql: text })),
  hostileText.map((text) => ({ kind: 'queryset', sql: text })),
  hostileText.map((text) => ({ kind: 'condition', connector: text, parts: [text] })),
  hostileText.map((text) => ({ kind: 'ordering', sql: text })),
  fc.constantFrom([], {}, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 70, 2n ** 70n, Symbol('x'), () => 'x'),
);
