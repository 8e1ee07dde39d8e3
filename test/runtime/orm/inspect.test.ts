import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AnyModel,
  acreateTables,
  adropTables,
  ainspectTables,
  fields,
  foreignKey,
  inspectTables,
  Manager,
  model,
  Now,
  Q,
} from '@migrate-async/runtime/orm';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { harness } from '../support/harness.ts';
import { libraryModels } from '../support/library.ts';

class Everything extends model(
  'everything',
  {
    code: fields.uuid().primaryKey(),
    short: fields.char(12).index(),
    endless: fields.text().null(),
    status: fields.choice('draft', "it's", 'a "b"').default('draft'),
    small: fields.smallInteger().dbDefault(-3),
    large: fields.bigInteger().dbDefault(9007199254740993n),
    positive: fields.positiveInteger(),
    ratio: fields.float().dbDefault(1.5),
    price: fields.decimal(8, 3).dbDefault('1.250'),
    yes: fields.boolean().dbDefault(true),
    day: fields.date().null(),
    at: fields.dateTime().dbDefault(Now()),
    clock: fields.time().null(),
    took: fields.duration().null(),
    data: fields.json().null(),
    bytes: fields.binary().null(),
    words: fields.array(fields.char(5)).null(),
    grid: fields.array(fields.array(fields.integer())).null(),
    address: fields.ip().null(),
    greeting: fields.char(20).dbDefault("it's"),
    sum: fields.generated(Q({ small__gt: 2 })),
    owner: foreignKey<Everything>(() => Everything, { onDelete: 'doNothing' }).null(),
  },
  {
    table: 'Every Thing',
    constraints: [
      { unique: ['short', 'status'], name: 'once' },
      { check: Q({ small__lt: 100 }), name: 'small enough' },
      { unique: ['positive'], where: Q({ yes: true }), name: 'one_positive' },
    ],
    indexes: [
      { fields: ['-at', 'short'], name: 'recent' },
      { fields: ['data'], using: 'gin', name: 'in_data' },
    ],
  },
) {
  static objects = new Manager(this);
}

const context = harness([...libraryModels, Everything], 'select 1');

/** Compiles source as a module of this package would be; returns what the compiler has to say. */
function compilerMessages(file: string): string[] {
  const config = ts.getParsedCommandLineOfConfigFile(
    'tsconfig.json',
    { noEmit: true },
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: () => undefined,
    },
  );
  const program = ts.createProgram([file], config?.options ?? {});
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** Writes inspected source to a file, checks that it compiles, and hands over its classes. */
async function withModels(source: string, use: (models: AnyModel[]) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(import.meta.dirname, 'inspected-'));
  try {
    const file = join(folder, 'models.ts');
    await writeFile(file, source);
    expect(compilerMessages(file)).toEqual([]);
    const module = (await import(file)) as Record<string, AnyModel>;
    await use(Object.values(module));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('the source of models for tables compiles, and makes the same tables', async () => {
  const source = inspectTables();
  expect(await ainspectTables()).toBe(source);
  await withModels(source, async (models) => {
    await adropTables([...libraryModels, Everything]);
    await acreateTables(models);
    expect(inspectTables()).toBe(source);
    await adropTables(models);
    await acreateTables([...libraryModels, Everything]);
  });
});

test('columns become the fields they are', () => {
  const source = inspectTables({ tables: ['Every Thing', 'review'] });
  expect(source).toMatchInlineSnapshot(`
    "import { fields, foreignKey, Manager, model, Now, RawSQL } from '@migrate-async/runtime/orm';

    export class EveryThing extends model('everyThing', {
      code: fields.uuid().primaryKey(),
      short: fields.char(12).index(),
      endless: fields.text().null(),
      status: fields.choice('draft', 'it\\'s', 'a "b"'),
      small: fields.smallInteger().dbDefault(-3),
      large: fields.bigInteger().dbDefault(9007199254740993n),
      positive: fields.positiveInteger(),
      ratio: fields.float().dbDefault(1.5),
      price: fields.decimal(8, 3).dbDefault('1.250'),
      yes: fields.boolean().dbDefault(true),
      day: fields.date().null(),
      at: fields.dateTime().dbDefault(Now()),
      clock: fields.time().null(),
      took: fields.duration().null(),
      data: fields.json().null(),
      bytes: fields.binary().null(),
      words: fields.array(fields.char(5)).null(),
      grid: fields.array(fields.integer()).null(),
      address: fields.ip().null(),
      greeting: fields.char(20).dbDefault('it\\'s'),
      sum: fields.generated(RawSQL('(small > \\'2\\'::smallint)'), fields.boolean()),
      owner: foreignKey<EveryThing>(() => EveryThing, { onDelete: 'doNothing' }).null(),
    }, {
      table: 'Every Thing',
      constraints: [{ unique: ['short', 'status'], name: 'once' }, { unique: ['positive'], name: 'one_positive', where: RawSQL('yes', [], { outputField: fields.boolean() }) }, { check: RawSQL('(small < \\'100\\'::smallint)', [], { outputField: fields.boolean() }), name: 'small enough' }],
      indexes: [{ fields: ['data'], name: 'in_data', using: 'gin' }, { fields: ['-at', 'short'], name: 'recent' }],
    }) {
      static objects = new Manager(this);
    }

    // Not taken over: constraint review_book_id_fk FOREIGN KEY (book_id) REFERENCES book(id) DEFERRABLE INITIALLY DEFERRED
    export class Review extends model('review', {
      bookId: fields.bigInteger().index(),
      stars: fields.integer(),
    }) {
      static objects = new Manager(this);
    }
    "
  `);
});

const foreign = `
create schema shop;
create type shop.mood as enum ('sad', 'so-so', 'happy');
create domain shop.percent as smallint check (value between 0 and 100);
create table shop."Order Items" ("class" text, "ID" serial primary key, "2nd__value" int, "größe" real, "save" boolean not null default false, "a_id" int, "aId" int);
create table shop.persons (id bigint generated always as identity primary key, "firstName" varchar not null, mail text unique, mood shop.mood, share shop.percent default 5,
  boss_id bigint references shop.persons on delete set null, deputy bigint references shop.persons on delete cascade, created timestamp(3) default now(), money money, place point, tags varchar(5)[]);
comment on column shop.persons.mail is 'how to reach them';
create table shop.passport (person_id bigint primary key references shop.persons on delete cascade, persons text);
create table shop.badge (mail text references shop.persons (mail), upper text generated always as (upper(mail)) stored, constraint "odd name" check (length(mail) > 3 and mail not like '%x'));
create table shop.pair (a int, b int, primary key (a, b));
create index on shop.persons (lower(mail));
create view shop.ignored as select 1 as one;`;

test('tables that somebody else made become models that work, whatever their names', async () => {
  await context.outside.query(foreign);
  const source = await ainspectTables({ schema: 'shop' });
  expect(source).toMatchInlineSnapshot(`
    "import { fields, foreignKey, Manager, model, Now, oneToOne, RawSQL } from '@migrate-async/runtime/orm';

    export class OrderItems extends model('orderItems', {
      class: fields.text().null(),
      id: fields.auto().column('ID'),
      field2ndValue: fields.integer().column('2nd__value').null(),
      größe: fields.float().null(), // real
      saveField: fields.boolean().column('save').dbDefault(false),
      aId: fields.integer().null(),
      aId2: fields.integer().column('aId').null(),
    }, { table: 'Order Items' }) {
      static objects = new Manager(this);
    }

    // The table has no primary key: the first column stands for it.
    export class Badge extends model('badge', {
      mail: oneToOne<Persons>(() => Persons, { onDelete: 'doNothing', toField: 'mail' }).column('mail').primaryKey(),
      upper: fields.generated(RawSQL('upper(mail)'), fields.text()),
    }, {
      constraints: [{ check: RawSQL('((length(mail) > 3) AND (mail !~~ \\'%%x\\'::text))', [], { outputField: fields.boolean() }), name: 'odd name' }],
    }) {
      static objects = new Manager(this);
    }

    // The primary key is a, b: composite keys are not supported, the first column stands for it.
    export class Pair extends model('pair', {
      a: fields.integer().primaryKey(),
      b: fields.integer(),
    }, { constraints: [{ unique: ['a', 'b'], name: 'pair_pkey_uniq' }] }) {
      static objects = new Manager(this);
    }

    export class Passport extends model('passport', {
      person: oneToOne<Persons>(() => Persons, { onDelete: 'dbCascade' }).primaryKey(),
      persons: fields.text().null(),
    }) {
      static objects = new Manager(this);
    }

    // Not taken over: index persons_lower_idx: CREATE INDEX persons_lower_idx ON shop.persons USING btree (lower(mail))
    export class Persons extends model('persons', {
      firstName: fields.char().column('firstName'),
      mail: fields.text().null().unique(), // how to reach them
      mood: fields.choice('sad', 'so-so', 'happy').null(), // enumerated type shop.mood
      share: fields.smallInteger().null().dbDefault(5),
      boss: foreignKey<Persons>(() => Persons, { onDelete: 'dbSetNull', relatedName: 'personsOfBoss' }).null(),
      deputy: foreignKey<Persons>(() => Persons, { onDelete: 'dbCascade', relatedName: 'personsOfDeputy' }).column('deputy').null(),
      created: fields.dateTime().null().dbDefault(Now()), // no time zone: read and written as UTC
      money: fields.text().null(), // money: no field of its own
      place: fields.text().null(), // point: no field of its own
      tags: fields.array(fields.char(5)).null(),
    }) {
      static objects = new Manager(this);
    }
    "
  `);
  await withModels(source, async (models) => {
    await adropTables(models);
    await acreateTables(models);
    const again = inspectTables({ tables: models.map((each) => each.table) });
    const plain = (text: string) => text.replace(/ \/\/ .*/g, '').replace(/^\/\/ .*\n/gm, '');
    expect(plain(again).split('\n').length).toBe(plain(source).split('\n').length);
    await adropTables(models);
  });
});
