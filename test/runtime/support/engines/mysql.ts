import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import { inject } from 'vitest';
import { type EngineDatabase, portable, type TestEngine } from './engine.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the MariaDB server, as a user that may create databases. */
    mysqlUrl?: string;
  }
}

async function open(): Promise<EngineDatabase> {
  const url = new URL(inject('mysqlUrl') ?? '');
  const name = `db_${randomBytes(6).toString('hex')}`;
  const outside = await mysql.createConnection({ uri: url.href, multipleStatements: true });
  await outside.query(`create database ${name} character set utf8mb4`);
  await outside.query(
    `use ${name}; set sql_mode = concat(@@sql_mode, ',ANSI_QUOTES'); set time_zone = '+00:00'`,
  );
  url.pathname = `/${name}`;
  return {
    settings: { engine: 'mysql', url: url.href },
    async restore(rows) {
      const [tables] = await outside.query('show tables');
      const names = (tables as Record<string, string>[]).map((row) => Object.values(row)[0]);
      const empty = names.map((table) => `truncate "${table}"`);
      const statements = [
        'set foreign_key_checks = 0',
        ...empty,
        ...portable(rows).map((row) => row.replace(/ default values$/i, ' () values ()')),
        'set foreign_key_checks = 1',
      ];
      await outside.query(statements.join(';\n'));
    },
    async drop() {
      await outside.query(`drop database ${name}`);
      await outside.end();
    },
  };
}

const text = 'asserts the text of SQL that is written another way';
const nulls = 'nulls are the smallest value: first upwards, last downwards';
const atOnce = 'foreign keys are checked at once, not at the commit';
const digits = 'a computed decimal has other digits behind the point';
const differences = {
  'a composite key is a list': text,
  'lookups compare a composite': text,
  'bulk operations go by composite': text,
  'expressions that are saved come back': 'an UPDATE returns no rows',
  '73 ': nulls,
  '103 ': nulls,
  '189 annotations join': nulls,
  '194 subqueries group': nulls,
  'a filtered relation goes over several': nulls,
  '175 filter': text,
  '104 ': text,
  '196 a number keeps': 'a computed decimal has the digits of its column',
  '209 raw SQL gives': text,
  '209 named': text,
  '239 ': text,
  '271 ': text,
  '37 many-to-many': text,
  'extra conditions are': text,
  'a filtered relation keeps': text,
  '293 adding pairs is one': text,
  '23 a plan': 'the words of the server are others',
  '91 inBulk goes by what': 'no DISTINCT ON: NotSupportedError',
  '212 ': 'no FOR UPDATE OF and FOR NO KEY UPDATE: NotSupportedError',
  '215 ': 'rows of any query can be locked',
  'computed columns are never':
    'an UPDATE returns no rows: computed columns are read back by a statement of their own',
  '170 a default beside': 'a computed decimal has only the digits that count',
  '196 a fraction': 'a computed decimal has only the digits that count',
  '199 spread': 'the spread of whole numbers has four digits behind the point',
  '116 datetimes of another': 'no time zones but UTC: NotSupportedError',
  '136 parts and truncations': 'no time zones but UTC: NotSupportedError',
  'dates, moments and durations': 'durations are numbers: text like "1 day" is none',
  '77 a moment finer': 'durations are numbers: text like "700 microseconds" is none',
  '158 ': 'MariaDB finds nothing at negative indexes of a column',
  '114 ': 'no DISTINCT ON: NotSupportedError',
  'the first row of each': 'no DISTINCT ON: NotSupportedError',
  'the tables of what': 'no FOR UPDATE OF: NotSupportedError',
  'what is ordered by once': text,
  '167 ': 'no arrays',
  '197 aggregates': 'no ARRAY_AGG and JSONB_AGG: NotSupportedError',
  '198 defaults': 'no ARRAY_AGG and JSONB_AGG: NotSupportedError',
  'queries that differ': 'no ARRAY_AGG: NotSupportedError',
  '194 ranks': 'MariaDB has no default for the row before the first',
  '195 rows behind': 'a derived table cannot refer to the query around it',
  'extra tables can be named': 'a derived table cannot refer to the query around it',
  'extra columns are': "the type of SQL of one's own is not known",
  '209 further columns': "the type of SQL of one's own is not known",
  '208 explain takes': 'the words of the server are others',
  '217 ': 'a primary key is called PRIMARY',
  '251 ': 'the words of the server are others',
  '242 ': 'generated keys go on from the largest one',
  'keys of any type': 'UUIDs have no type of their own: as keys of generic relations they are other texts',
  '296 ': atOnce,
  '326 ': atOnce,
  '316 ': 'a failed read does not spoil the transaction',
  '317 ': 'a failed read does not spoil the transaction',
  '211 rows are locked': 'no FOR UPDATE OF: NotSupportedError',
  '335 a raw query is': 'no server-side cursors',
  '335 a raw query that': 'an UPDATE returns no rows',
  'a written value beside': digits,
  'a written value is of': digits,
  'a default that is': 'no ARRAY_AGG: NotSupportedError',
  'what stands in for': 'MariaDB has no default for the row before the first',
  'values become JSON': 'booleans of the database are 1 and 0',
  'texts are compared': 'collations have other names',
  'values beside a function': digits,
  'whole numbers stay': digits,
  'numbers are rounded': digits,
  'functions of numbers': digits,
  'a text beside a column': 'UUIDs are texts without hyphens',
  'UUIDs are made': 'UUIDs are made of the time and the machine: NotSupportedError',
  'a lookup is there': text,
  'a lookup may take': 'the test writes an operator of PostgreSQL',
  'what is taken back': text,
  'a transform of both': text,
  'a class of functions': 'the test writes an operator of PostgreSQL',
  'figures about pairs of': 'no figures about pairs: NotSupportedError',
  'figures about pairs are': 'no figures about pairs: NotSupportedError',
  'bits and booleans': 'no BOOL_AND and the like: NotSupportedError',
  'any of the values': 'MariaDB has no ANY_VALUE',
  'joined texts may stand': 'no ARRAY_AGG: NotSupportedError',
  '194 shares': 'shares have ten digits behind the point',
  'bytes are the same': 'a BLOB cannot be a key',
  'rows can be left out': 'frames leave no rows out: NotSupportedError',
} as const;

export const mysqlEngine: TestEngine = {
  name: 'mysql',
  engine: 'mysql',
  native: false,
  open,
  differences,
};
