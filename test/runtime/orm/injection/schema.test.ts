import {
  acreateTables,
  adropTables,
  ainspectTables,
  Concat,
  DatabaseError,
  F,
  fields,
  Manager,
  model,
  Q,
  Value,
  ValueError,
} from '@migrate-async/runtime/orm';
import fc from 'fast-check';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { harness } from '../../support/harness.ts';
import { hostileText, marker } from './hostile.ts';
import { probe, skeleton } from './probe.ts';

// What a model says of its table, and what a table says of itself, is text wherever it is not a name.

class Canary extends model('canary', { secret: fields.text() }) {
  static objects = new Manager(this);
}
const database = harness([Canary], "insert into canary (secret) values ('tweet')");
beforeEach(() => database.reset());
afterEach(async () => {
  const { rows } = await database.outside.query('select secret from canary');
  expect(rows).toEqual([{ secret: 'tweet' }]);
});

const runs = { numRuns: 40, seed: 20261121 };
/** Runs `action` with many hostile texts. */
function withTexts(action: (text: string) => Promise<unknown>, of = runs): Promise<void> {
  return fc.assert(
    fc.asyncProperty(hostileText, async (text) => void (await action(text))),
    of,
  );
}
// biome-ignore lint/suspicious/noExplicitAny: hostile input is not typed
const untyped = (value: unknown) => value as any;

describe('hostile text in what PostgreSQL tables may have', () => {
  const declare = (columns: object, options: object) =>
    class extends model('hostileOptions', untyped(columns), untyped(options)) {};
  /** Makes the table of a model; returns what that threw. */
  const acreate = async (made: () => unknown): Promise<unknown> => {
    try {
      await acreateTables([untyped(made())]);
    } catch (error) {
      return error;
    }
    throw new Error('a table was made');
  };
  test('as the names of exclusions and of indexes on expressions', async () => {
    await withTexts(
      async (text) => {
        // PostgreSQL cuts names at 63 bytes; what is cut would no longer differ.
        const name = Buffer.from(text)
          .subarray(0, 40)
          .toString()
          .replace(/\uFFFD+$/, '');
        const Made = class extends model(
          'made',
          {
            a: fields.integer().column(name),
            b: fields.text().dbDefault(text),
            c: fields.choice('', text).default(''),
          },
          {
            table: `t${name}`,
            constraints: [
              { check: Q({ b__contains: '' }).or({ b: text }), name: `c${name}` },
              { unique: ['a', 'b'], name: `u${name}` },
              { exclude: [['b', '=']], using: 'hash', name: `x${name}`, where: Q({ b: text }) },
            ],
            indexes: [
              { fields: ['-a'], name: `i${name}`, where: Q({ b: text }), include: ['b'] },
              { fields: [Concat('b', Value(text))], name: `e${name}`, opclasses: ['text_pattern_ops'] },
            ],
          },
        ) {
          static objects = new Manager(this);
        };
        const outcome = await probe(async () => {
          await acreateTables([Made]);
          const made = await Made.objects.acreate({ a: 1 });
          await made.arefreshFromDb();
          const found = await Made.objects.filter({ a: 1, b: text }).orderBy('a').alist();
          await Made.objects.filter({ a__gt: 0 }).aupdate({ a: F('a').add(1) });
          return [found.length, made.b];
        });
        const impossible = /\0|\p{Surrogate}/u.test(text);
        if (impossible) expect(outcome.status).not.toBe('done');
        else expect(outcome).toEqual({ status: 'done', value: [1, text] });
        await probe(() => adropTables([Made]));
      },
      { ...runs, numRuns: 25 },
    );
  });

  const options: Readonly<Record<string, (text: string) => object>> = {
    'the kind of an index': (text) => ({ indexes: [{ fields: ['a'], using: text }] }),
    'an operator class': (text) => ({ indexes: [{ fields: ['a'], opclasses: [text] }] }),
    'an operator class with a schema': (text) => ({
      indexes: [{ fields: ['a'], opclasses: [`pg_catalog.${text}`] }],
    }),
    'a storage parameter': (text) => ({ indexes: [{ fields: ['a'], with: { [text]: 1 } }] }),
    'the value of a storage parameter': (text) => ({
      indexes: [{ fields: ['a'], with: { fillfactor: text } }],
    }),
    'a tablespace': (text) => ({ indexes: [{ fields: ['a'], tablespace: text }] }),
    'the operator of an exclusion': (text) => ({ constraints: [{ exclude: [['a', text]] }] }),
    'the operator class of an exclusion': (text) => ({ constraints: [{ exclude: [['a', '=', text]] }] }),
    'the kind of an exclusion': (text) => ({ constraints: [{ exclude: [['a', '=']], using: text }] }),
    'when a constraint is tested': (text) => ({ constraints: [{ unique: ['a'], deferrable: text }] }),
    'a column that is kept': (text) => ({ constraints: [{ unique: ['a'], include: [text] }] }),
    'a term of a constraint': (text) => ({ constraints: [{ unique: [text] }] }),
  };
  for (const [place, option] of Object.entries(options)) {
    test(`as ${place}`, async () => {
      await withTexts(
        async (text) => {
          // A name that the server does not know is refused by it, as a name.
          const unknown = /^(42704|42883|42P17|0A000)$/;
          const refused = await acreate(() => declare({ a: fields.integer() }, option(text)));
          if (refused instanceof DatabaseError) {
            expect(refused.code).toMatch(unknown);
            expect(skeleton(refused.sql ?? '')).not.toContain(marker);
          } else expect(refused).toBeInstanceOf(Error);
        },
        { ...runs, numRuns: 15 },
      );
    });
  }
  test('as the type of a column', async () => {
    await withTexts(async (text) => {
      const refused = await acreate(() => declare({ a: fields.text().databaseType(text) }, {}));
      if (!(refused instanceof DatabaseError)) return expect(refused).toBeInstanceOf(ValueError);
      expect(refused.sql).not.toMatch(/;|--|\/\*|'/);
    });
  });

  test('are text in the source of models, and names of nothing else', async () => {
    await withTexts(
      async (text) => {
        const name = Buffer.from(text.replace(/\0|\p{Surrogate}/gu, ''))
          .subarray(0, 40)
          .toString()
          .replace(/\uFFFD+$/, '');
        const [id, said] = [database.outside.escapeIdentifier(name), database.outside.escapeLiteral(name)];
        const mood = database.outside.escapeIdentifier(`mood ${name}`);
        const { outside } = database;
        await outside.query(`
          drop schema if exists hostile cascade; create schema hostile; create type hostile.${mood} as enum (${said}, 'other');
          create table hostile.${id} (${id} text primary key default ${said}, kind hostile.${mood}, more text check (more <> ${said}), up text references hostile.${id});
          create index on hostile.${id} (more) where more = ${said}; create unique index on hostile.${id} ((more || ${said}));
          comment on table hostile.${id} is ${said}; comment on column hostile.${id}.more is ${said}`);
        const source = await ainspectTables({ schema: 'hostile' });
        const { diagnostics } = ts.transpileModule(source, { reportDiagnostics: true });
        expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([]);
        const statements = ts.createSourceFile('models.ts', source, ts.ScriptTarget.Latest).statements;
        expect(statements.map(({ kind }) => ts.SyntaxKind[kind])).toEqual([
          'ImportDeclaration',
          'ClassDeclaration',
        ]);
        await outside.query('drop schema hostile cascade');
      },
      { ...runs, numRuns: 25 },
    );
  });
});
