import type { FunctionName } from '../../sql/dialect.ts';

type Write = (values: readonly string[]) => string;

const text = (sql: string | undefined) => `(${sql})::text`;
/** A function of texts: what is no text is taken as the text it prints as. */
function ofTexts(name: string): Write {
  return (values) => `${name}(${values.map(text).join(', ')})`;
}
/** A function of a text and of numbers, then of texts again. */
function ofTextAndNumbers(name: string): Write {
  return ([value, number, ...texts]) =>
    `${name}(${[text(value), `(${number})::integer`, ...texts.map(text)].join(', ')})`;
}
function digest(name: string): Write {
  return ([value]) => `ENCODE(${name}(CONVERT_TO(${text(value)}, 'UTF8')), 'hex')`;
}

export const postgresqlFunctions: Readonly<Record<FunctionName, Write>> = {
  lower: ofTexts('LOWER'),
  upper: ofTexts('UPPER'),
  length: ofTexts('LENGTH'),
  // A null part is empty text, as in Django; CONCAT() itself is not immutable.
  concat: (values) => `(${values.map((value) => `COALESCE((${value})::text, '')`).join(' || ')})`,
  left: ofTextAndNumbers('LEFT'),
  right: ofTextAndNumbers('RIGHT'),
  lpad: ofTextAndNumbers('LPAD'),
  rpad: ofTextAndNumbers('RPAD'),
  trim: ofTexts('BTRIM'),
  ltrim: ofTexts('LTRIM'),
  rtrim: ofTexts('RTRIM'),
  repeat: ofTextAndNumbers('REPEAT'),
  replace: ofTexts('REPLACE'),
  reverse: ofTexts('REVERSE'),
  strIndex: ofTexts('STRPOS'),
  substr: ([value, ...numbers]) =>
    `SUBSTRING(${[text(value), ...numbers.map((number) => `(${number})::integer`)].join(', ')})`,
  chr: ([value]) => `CHR((${value})::integer)`,
  ord: ofTexts('ASCII'),
  md5: ofTexts('MD5'),
  sha1: ([value]) => `ENCODE(DIGEST(${text(value)}, 'sha1'), 'hex')`,
  sha224: digest('SHA224'),
  sha256: digest('SHA256'),
  sha384: digest('SHA384'),
  sha512: digest('SHA512'),
  now: () => 'STATEMENT_TIMESTAMP()',
  greatest: (values) => `GREATEST(${values.join(', ')})`,
  least: (values) => `LEAST(${values.join(', ')})`,
  jsonObject: (values) => `JSONB_BUILD_OBJECT(${values.join(', ')})`,
  jsonArray: (values) => `JSONB_BUILD_ARRAY(${values.join(', ')})`,
  atan2: (values) => `ATAN2(${values.map((value) => `(${value})::double precision`).join(', ')})`,
  cot: ([value]) => `COT(${value})`,
  log: (values) => `LOG(${values.join(', ')})`,
  mod: (values) => `MOD(${values.join(', ')})`,
  random: () => 'RANDOM()',
  uuid4: () => 'GEN_RANDOM_UUID()',
  uuid7: (values) => `UUIDV7(${values.join(', ')})`,
};
