import { fields, model, ValidationError, validators } from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';

function refusal(check: () => void): ValidationError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return error;
  }
}
/** What a check says of a value; undefined when nothing. */
function said(check: (value: never) => void, value: unknown): string | undefined {
  return refusal(() => check(value as never))?.message;
}

test.each<[string, (value: never) => void, unknown[], unknown[]]>([
  ['minValue', validators.minValue(5), [5, 6n, '5.5'], [4, 4.99, '4']],
  ['maxValue', validators.maxValue('2024-01-31'), ['2024-01-31', '2023-12-31'], ['2024-02-01']],
  [
    'minValue of decimals',
    validators.minValue('10.00'),
    ['10', '10.0', 11n, '100.5'],
    ['9.50', 9.99, '-11', 'x'],
  ],
  ['maxValue of decimals', validators.maxValue('9.00'), ['9', '9.000', -10n], ['10.00', 9.01]],
  [
    'minValue beyond what a number holds',
    validators.minValue(9007199254740993n),
    ['9007199254740993'],
    ['9007199254740992'],
  ],
  ['maxValue of times', validators.maxValue('12:30'), ['12:30', '09:00:01'], ['12:30:01']],
  ['maxValue of dates', validators.maxValue(() => new Date(0)), [new Date(-1)], [new Date(1)]],
  ['stepValue', validators.stepValue(0.1), [0.3, '0.7', -2, 5n], [0.25, '1e-3']],
  ['stepValue from an offset', validators.stepValue(3, { offset: 2 }), [2, 5, -1], [3, 0]],
  ['minLength', validators.minLength(2), ['ab', '😀😀', [1, 2]], ['a', '😀', []]],
  ['maxLength', validators.maxLength(2), ['ab', '😀😀', Buffer.from('ab')], ['abc', [1, 2, 3]]],
  ['regex', validators.regex(/^a/g), ['abc', 'a', 'abc'], ['ba', '']],
  ['regex, the other way', validators.regex(/\d/, { inverse: true }), ['abc'], ['a1']],
  ['slug', validators.slug, ['a-b_1'], ['a b', 'ü', '', 'a\n']],
  ['unicodeSlug', validators.unicodeSlug, ['ü-語_1'], ['a b', '']],
  ['integerList', validators.integerList, ['1', '1,22'], ['', '1,', 'a', '1, 2']],
  ['noNullCharacters', validators.noNullCharacters, ['a', ''], ['a\0b']],
  ['fileExtension', validators.fileExtension(['txt', 'PDF']), ['a.TXT', 'b.pdf'], ['a', 'a.txt.exe', 'txt']],
  ['ipv4', validators.ipv4, ['1.2.3.4'], ['1.2.3', '01.2.3.4', '::1']],
  ['ipv6', validators.ipv6, ['::1', '2001:db8::ff00:42:8329'], ['1.2.3.4', 'fe80::1%eth0', ':::1']],
  [
    'domainName',
    validators.domainName,
    ['example.org', 'bücher.example'],
    [
      'example',
      '-a.org',
      'a..b',
      'a.b',
      'exa.com/path',
      'exa.com?x',
      'exa.com#x',
      'ex%61mple.com',
      'a@b.org',
    ],
  ],
  [
    'email',
    validators.email,
    [
      'ann@example.org',
      'a.b+c@sub.example.co',
      'ann@localhost',
      'ann@[127.0.0.1]',
      'ann@[::1]',
      '"a@b"@example.org',
      '"a\\ b"@example.org',
      'ann@bücher.example',
    ],
    [
      '',
      'ann',
      '@example.org',
      'ann@',
      'ann@example',
      'a nn@example.org',
      '"a b"@example.org',
      'a..b@example.org',
      null,
      'ann@-a.org',
      'ann@a_b.org',
      'ann@example.org\n',
      'ann@[1.2.3]',
      'ann@exa.com/path',
      'ann@exa.com?x=<b>',
      'ann@ex%61mple.com',
      `${'a'.repeat(330)}@example.org`,
    ],
  ],
  [
    'url',
    validators.url,
    [
      'http://example.org',
      'https://example.org:8000/a?b=c#d',
      'http://localhost/',
      'http://1.2.3.4/',
      'http://[::1]:80/',
      'ftp://user:pass@example.org/x',
      'http://bücher.example/ü',
    ],
    [
      '',
      'example.org',
      'javascript:alert(1)',
      'http://',
      'http://-a.org',
      'http://example',
      'http://example.org:99999',
      'http://a b.org',
      'http://example.org/a b',
      'http://[1::2::3]/',
      'http://[fe80::1%eth0]/',
      'gopher://example.org',
      'http://ex%61mple.com/',
      'http://exa.com\\path',
    ],
  ],
])('%s', (_name, check, good, bad) => {
  for (const value of good) expect(said(check, value), `${value}`).toBeUndefined();
  for (const value of bad) expect(said(check, value), `${value}`).toBeDefined();
});

test('a check says what would have been right', () => {
  expect(said(validators.minValue(5), 4)).toBe('Ensure this value is greater than or equal to 5.');
  expect(said(validators.minLength(1), '')).toBe('Ensure this value has at least 1 character (it has 0).');
  expect(said(validators.stepValue(3, { offset: 2 }), 3)).toBe(
    'Ensure this value is a multiple of step size 3, starting from 2.',
  );
  expect(said(validators.maxValue(5, 'At most %(limitValue)s, not %(value)s.'), 7)).toBe('At most 5, not 7.');
  expect(said(validators.fileExtension(['txt']), 'a.EXE')).toBe(
    'File extension “exe” is not allowed. Allowed extensions are: txt.',
  );
  expect(said(validators.urlOf({ schemes: ['ssh'] }), 'ssh://example.org')).toBeUndefined();
});

class Parcel extends model('parcel', {
  weight: fields.integer().validate(validators.minValue(1)).validate(validators.maxValue(30)),
  price: fields.decimal(6, 2).default('1.00').validate(validators.minValue(0)),
  to: fields.email().default('ann@example.org'),
  codes: fields
    .json<string[]>()
    .default(() => [])
    .validate(validators.maxLength(2)),
}) {
  override clean() {
    if (this.weight === 13)
      throw new ValidationError({ weight: ['An unlucky weight.', new ValidationError('Try another.')] });
    if (this.weight === 14)
      throw new ValidationError(['One thing.', 'Another %(what)s.'], { params: { what: 'x' } });
  }
}

test('fields run the checks they were given', () => {
  const parcel = new Parcel({ weight: 40, price: '-0.01', to: 'nobody', codes: ['a', 'b', 'c'] });
  expect(() => parcel.cleanFields()).toThrow(
    new ValidationError({
      weight: 'Ensure this value is less than or equal to 30.',
      price: 'Ensure this value is greater than or equal to 0.',
      to: 'Enter a valid email address.',
      codes: 'Ensure this value has at most 2 characters (it has 3).',
    }),
  );
  new Parcel({ weight: 30 }).cleanFields();
});
test('a model says what is wrong with its fields, or with the whole row', async () => {
  const failure = async (weight: number) => {
    const error = await new Parcel({ weight })
      .afullClean({ validateConstraints: false })
      .catch((each) => each);
    return (error as ValidationError).errors;
  };
  expect(await failure(13)).toEqual({ weight: ['An unlucky weight.', 'Try another.'] });
  expect(await failure(14)).toEqual({ __all__: ['One thing.', 'Another x.'] });
});
test('errors are made of messages, lists, other errors and those of fields', () => {
  const plain = new ValidationError('Too %(what)s.', { code: 'size', params: { what: 'small' } });
  expect([plain.message, plain.messages, plain.errors, plain.code]).toEqual([
    'Too small.',
    ['Too small.'],
    {},
    'size',
  ]);
  const list = new ValidationError([plain, 'Too red.']);
  expect([list.message, list.messages]).toEqual(['Too small. Too red.', ['Too small.', 'Too red.']]);
  const byField = new ValidationError({ a: plain, b: ['x', list] });
  expect(byField.errors).toEqual({ a: ['Too small.'], b: ['x', 'Too small.', 'Too red.'] });
  expect(byField.message).toBe('a: Too small. b: x Too small. Too red.');
  expect(byField.messages).toHaveLength(4);
  expect(new ValidationError(byField).errors).toEqual(byField.errors);
});
test('each complaint keeps the code and the parameters of its check', () => {
  const small = new ValidationError('Too %(what)s.', { code: 'size', params: { what: 'small' } });
  const given = new ValidationError({ a: [small, 'x'], b: new ValidationError(['y'], { code: 'letter' }) });
  expect(given.errorList.map(({ message, code }) => [message, code])).toEqual([
    ['Too small.', 'size'],
    ['x', undefined],
    ['y', 'letter'],
  ]);
  expect(given.errorDict.a?.[0]?.params).toEqual({ what: 'small' });
  expect(small.errorList).toEqual([small]);
  const parcel = new Parcel({ weight: 40, to: 'nobody', codes: [] });
  const refused = refusal(() => parcel.cleanFields());
  expect(refused?.errorDict.weight?.map(({ code, params }) => [code, params])).toEqual([
    ['max_value', { limitValue: '30', showValue: 40, value: 40 }],
  ]);
  expect(refused?.errorDict.to?.[0]?.code).toBe('invalid');
});
test('messages by field are the first argument, not an option', () => {
  expect(() => new ValidationError('No.', { weight: ['No.'] } as never)).toThrow(
    "ValidationError() got an unexpected option 'weight'. Options are: code, params; messages by field are the first argument.",
  );
});
