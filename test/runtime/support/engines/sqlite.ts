import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDatabase } from '../../../../runtime/orm/backends/sqlite/engine.ts';
import { type EngineDatabase, portable, type TestEngine } from './engine.ts';

async function open(): Promise<EngineDatabase> {
  const folder = mkdtempSync(path.join(tmpdir(), 'migrate-async-sqlite-'));
  const file = path.join(folder, 'test.db');
  // With the driver of the ORM: two libraries of SQLite in one process undo each other's locks.
  const outside = openDatabase(file);
  // Readers do not wait for this connection, nor it for them.
  outside.exec('pragma journal_mode = wal');
  outside.exec('pragma busy_timeout = 5000');
  return {
    settings: { engine: 'sqlite', url: file },
    async restore(rows) {
      const tables = outside
        .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
        .all([]);
      const empty = tables.map(([name]) => `delete from "${name}"`);
      const statements = ['pragma foreign_keys = off', 'begin', ...empty, 'delete from sqlite_sequence'];
      outside.exec([...statements, ...portable(rows), 'commit'].join(';\n'));
    },
    async drop() {
      outside.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const text = 'asserts the text of SQL that is written another way';
const nulls = 'nulls are the smallest value: first upwards, last downwards';
const digits = 'a computed decimal has other digits behind the point';
const differences = {
  'a composite key is a list': text,
  'lookups compare a composite': text,
  'bulk operations go by composite': text,
  '73 ': nulls,
  '103 ': nulls,
  '170 a default beside': 'a computed decimal has only the digits that count',
  '189 annotations join': nulls,
  '187 a subquery about an aggregate': 'a subquery cannot name an aggregate of the query around it',
  '194 ranks': nulls,
  '194 subqueries group': nulls,
  '116 datetimes of another': 'no time zones but UTC: NotSupportedError',
  '136 parts and truncations': 'no time zones but UTC: NotSupportedError',
  '77 a moment finer': 'no arithmetic with dates: NotSupportedError',
  '208 explain takes': 'EXPLAIN QUERY PLAN has no formats: ValueError',
  'dates, moments and durations': 'no arithmetic with dates: NotSupportedError',
  '114 ': 'no DISTINCT ON: NotSupportedError',
  'the first row of each': 'no DISTINCT ON: NotSupportedError',
  'the tables of what': 'rows are not locked',
  '167 ': 'no arrays',
  '196 a number keeps': 'a computed decimal has the digits of its column',
  '196 a fraction': 'a computed decimal has only the digits that count',
  '197 joined texts may be': 'joined texts that are distinct take no delimiter: NotSupportedError',
  '197 aggregates': 'no ARRAY_AGG and JSONB_AGG: NotSupportedError',
  '198 defaults': 'no ARRAY_AGG and JSONB_AGG: NotSupportedError',
  '199 spread': 'spreads are computed from sums, in floating point',
  'casts, wrapped': 'a cast to varchar(3) cuts nothing',
  'queries that differ': 'no ARRAY_AGG: NotSupportedError',
  '160 ': 'no contains and containedBy of JSON: NotSupportedError',
  '217 ': 'the error names columns, not the constraint',
  '326 ': 'the error names no constraint',
  '212 ': 'rows are not locked',
  '214 ': 'rows are not locked',
  '215 ': 'rows are not locked',
  '232 updateOrCreate': 'rows are not locked',
  '23 a plan': 'EXPLAIN QUERY PLAN has no formats: ValueError',
  '91 inBulk goes by what': 'no DISTINCT ON: NotSupportedError',
  '211 rows are locked': 'rows are not locked, so no transaction is asked for',
  '211 locked rows': 'rows are not locked, so no transaction is asked for',
  '239 ': text,
  '242 ': 'generated keys go on from the largest one',
  '251 ': 'the length of strings is not enforced',
  '316 ': 'a failed read does not spoil the transaction',
  '317 ': 'a failed read does not spoil the transaction',
  'keys of any type': 'UUIDs have no type of their own: as keys of generic relations they are other texts',
  '209 raw SQL gives': text,
  '209 further columns have the type': 'columns of raw SQL have the types of their values',
  'extra conditions are': text,
  'extra columns are': "SQL of one's own that is a condition gives 1 and 0",
  'extra is refused': 'a wrong statement is an OperationalError',
  '209 named': text,
  '209 raw SQL must': 'a wrong statement is an OperationalError',
  'a filtered relation goes over several': nulls,
  'a filtered relation keeps': text,
  '335 a raw query is': 'no server-side cursors',
  '335 a raw query that': 'no server-side cursors, and rows are not locked',
  'a written value beside': digits,
  'a written value is of': digits,
  'a default that is': 'no ARRAY_AGG: NotSupportedError',
  'rows become JSON': 'booleans of the database are 1 and 0',
  'values become JSON': 'booleans of the database are 1 and 0',
  'texts are compared': 'collations have other names',
  'values beside a function': digits,
  'whole numbers stay': digits,
  'numbers are rounded': digits,
  'functions of numbers': digits,
  'UUIDs are made': 'no function makes UUIDs: NotSupportedError',
  'a lookup is there': text,
  'a lookup may take': 'the test writes an operator of PostgreSQL',
  'what is taken back': text,
  'a transform has lookups': 'the test names a function that SQLite may not have',
  'roots, powers': digits,
  'a transform of both': text,
  'figures about pairs of': 'no figures about pairs: NotSupportedError',
  'figures about pairs are': 'no figures about pairs: NotSupportedError',
  'bits and booleans': 'no BOOL_AND and the like: NotSupportedError',
  'joined texts may stand': 'joined texts that are distinct take no delimiter: NotSupportedError',
  'texts are filled up': 'no LPAD and RPAD: NotSupportedError',
  'texts are repeated': 'no REVERSE: NotSupportedError',
  'digests are': 'no digests: NotSupportedError',
  'a text beside a column': 'UUIDs are texts without hyphens',
  'text functions stand': 'no REVERSE: NotSupportedError',
} as const;

export const sqlite: TestEngine = {
  name: 'sqlite',
  engine: 'sqlite',
  native: false,
  open,
  differences,
};
