import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AnyModel,
  acreateTables,
  adropTables,
  ainspectTables,
  connections,
  fields,
  foreignKey,
  inspectTables,
  Manager,
  model,
  Now,
  Q,
  transaction,
  ValueError,
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
    few: fields.positiveSmallInteger().default(0),
    many: fields.positiveBigInteger().default(0n),
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
      few: fields.positiveSmallInteger(),
      many: fields.positiveBigInteger(),
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
      größe: fields.float().databaseType('real').null(),
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

    export class Pair extends model('pair', {
      pk: fields.compositePrimaryKey('a', 'b'),
      a: fields.integer(),
      b: fields.integer(),
    }) {
      static objects = new Manager(this);
    }

    export class Passport extends model('passport', {
      person: oneToOne<Persons>(() => Persons, { onDelete: 'dbCascade' }).primaryKey(),
      persons: fields.text().null(),
    }) {
      static objects = new Manager(this);
    }

    export class Persons extends model('persons', {
      firstName: fields.char().column('firstName'),
      mail: fields.text().null().unique().dbComment('how to reach them'),
      mood: fields.choice('sad', 'so-so', 'happy').databaseType('shop.mood').null(),
      share: fields.smallInteger().null().dbDefault(5),
      boss: foreignKey<Persons>(() => Persons, { onDelete: 'dbSetNull', relatedName: 'personsOfBoss' }).null(),
      deputy: foreignKey<Persons>(() => Persons, { onDelete: 'dbCascade', relatedName: 'personsOfDeputy' }).column('deputy').null(),
      created: fields.dateTime().databaseType('timestamp').null().dbDefault(Now()), // no time zone: read and written as UTC
      money: fields.text().databaseType('money').null(),
      place: fields.text().databaseType('point').null(),
      tags: fields.array(fields.char(5)).null(),
    }, { indexes: [{ fields: [RawSQL('lower(mail)')], name: 'persons_lower_idx' }] }) {
      static objects = new Manager(this);
    }
    "
  `);
  await withModels(source, async (models) => {
    await adropTables(models);
    await acreateTables(models);
    const again = inspectTables({ tables: models.map((each) => each.table) });
    const plain = (text: string) => text.replace(/ \/\/ .*/g, '').replace(/^\/\/ .*\n/gm, '');
    expect(plain(again)).toBe(plain(source));
    await adropTables(models);
  });
});

const ofEveryKind = `
create schema kinds; set search_path to kinds;
create type mood as enum ('sad', 'it''s'); create domain percent as int check (value > 0); create type pair as (a int, b text);
create table every_type (id serial primary key, g money, h char(3), e real, l timestamp, p timetz, s mood, t point, x cidr, z macaddr, aa bit(3), bb bit varying(5), cc tsvector,
  ff xml, gg json, jj tstzrange, ll mood[], mm text[][], nn percent, oo pair, pp name, qq oid, rr "char", xx percent[]);
create table uniq (key int primary key, id int, a text, b text, c int, constraint one_a unique nulls not distinct (a), constraint a_b unique (a, b) include (c),
  constraint late unique (b) deferrable initially deferred, constraint apart exclude using hash (c with =));
create unique index lower_a on uniq (lower(a)); create index down on uniq (a desc nulls last, b desc, c nulls first); create index kept on uniq (a) include (b) with (fillfactor = 70);
create index few on uniq (c) where c > 3; create index pattern on uniq (a text_pattern_ops); create index plain on uniq (b);
comment on table uniq is 'made by */ hand';
create table one (id int primary key, two int); create table two (id int primary key, one int references one); alter table one add foreign key (two) references two on delete set null;
create table parted (at date primary key) partition by range (at); create table parted_1 partition of parted for values from ('2024-01-01') to ('2025-01-01');
create view view_of_uniq as select a, b from uniq;`;

test('columns of any type, constraints and indexes of any kind, circles, partitions and views', async () => {
  await context.outside.query(`${ofEveryKind} set search_path to public`);
  const source = await ainspectTables({ schema: 'kinds', views: true });
  expect(source).toMatchInlineSnapshot(`
    "import { F, fields, foreignKey, Manager, model, RawSQL } from '@migrate-async/runtime/orm';

    export class EveryType extends model('everyType', {
      id: fields.auto(),
      g: fields.text().databaseType('money').null(),
      h: fields.char(3).databaseType('character(3)').null(), // padded with blanks
      e: fields.float().databaseType('real').null(),
      l: fields.dateTime().databaseType('timestamp').null(), // no time zone: read and written as UTC
      p: fields.text().databaseType('time with time zone').null(),
      s: fields.choice('sad', 'it\\'s').databaseType('kinds.mood').null(),
      t: fields.text().databaseType('point').null(),
      x: fields.text().databaseType('cidr').null(),
      z: fields.text().databaseType('macaddr').null(),
      aa: fields.text().databaseType('bit(3)').null(),
      bb: fields.text().databaseType('bit varying(5)').null(),
      cc: fields.text().databaseType('tsvector').null(),
      ff: fields.text().databaseType('xml').null(),
      gg: fields.json().databaseType('json').null(),
      jj: fields.text().databaseType('tstzrange').null(),
      ll: fields.array(fields.text().databaseType('kinds.mood')).null(),
      mm: fields.array(fields.array(fields.text())).null(),
      nn: fields.integer().null(),
      oo: fields.text().databaseType('kinds.pair').null(),
      pp: fields.text().databaseType('name').null(),
      qq: fields.text().databaseType('oid').null(),
      rr: fields.text().databaseType('"char"').null(),
      xx: fields.array(fields.text().databaseType('kinds.percent')).null(),
    }) {
      static objects = new Manager(this);
    }

    export class One extends model('one', {
      id: fields.integer().primaryKey(),
      two: foreignKey<Two>(() => Two, { onDelete: 'dbSetNull', relatedName: 'oneOfTwo' }).column('two').null(),
    }) {
      static objects = new Manager(this);
    }

    export class Parted extends model('parted', {
      at: fields.date().primaryKey(),
    }) {
      static objects = new Manager(this);
    }

    export class Two extends model('two', {
      id: fields.integer().primaryKey(),
      one: foreignKey<One>(() => One, { onDelete: 'doNothing', relatedName: 'twoOfOne' }).column('one').null(),
    }) {
      static objects = new Manager(this);
    }

    export class Uniq extends model('uniq', {
      key: fields.integer().primaryKey(),
      idField: fields.integer().column('id').null(),
      a: fields.text().null(),
      b: fields.text().null().index(),
      c: fields.integer().null(),
    }, {
      dbTableComment: 'made by */ hand',
      constraints: [{ unique: ['a', 'b'], name: 'a_b', include: ['c'] }, { unique: ['b'], name: 'late', deferrable: 'deferred' }, { unique: ['a'], name: 'one_a', nullsDistinct: false }, { unique: [RawSQL('lower(a)')], name: 'lower_a' }, { exclude: [['c', '=']], name: 'apart', using: 'hash' }],
      indexes: [{ fields: [F('a').desc({ nullsLast: true }), '-b', F('c').asc({ nullsFirst: true })], name: 'down' }, { fields: ['c'], name: 'few', where: RawSQL('(c > 3)', [], { outputField: fields.boolean() }) }, { fields: ['a'], name: 'kept', include: ['b'], with: { fillfactor: 70 } }, { fields: ['a'], name: 'pattern', opclasses: ['text_pattern_ops'] }],
    }) {
      static objects = new Manager(this);
    }

    // The view has no primary key: the first column stands for it.
    export class ViewOfUniq extends model('viewOfUniq', {
      a: fields.text().primaryKey(),
      b: fields.text().null(),
    }, { managed: false }) {
      static objects = new Manager(this);
    }
    "
  `);
  const inSchema = (use: () => Promise<void>) =>
    transaction.aatomic(async () => {
      const cursor = await connections.get().acursor();
      await cursor.aexecute('set local search_path to kinds, public');
      await use();
    });
  await withModels(source, (models) =>
    inSchema(async () => {
      const [EveryType] = models.filter((each) => each.table === 'every_type') as unknown as {
        objects: Manager<object>;
      }[];
      const row = {
        g: '$1.00',
        h: 'abc',
        e: 1.5,
        l: new Date(0),
        s: "it's",
        t: '(1,2)',
        x: '10.0.0.0/8',
        aa: '101',
        bb: '11',
        gg: { a: [1] },
        ll: ['sad'],
        mm: [['a']],
        oo: '(1,x)',
        xx: ['5'],
      };
      const objects = EveryType?.objects as Manager<object>;
      const made = await objects.abulkCreate([row, row, { ff: '<a/>' }] as never);
      for (const each of made) Object.assign(each, { t: '(3,4)', s: 'sad', oo: '(2,y)' });
      expect(await objects.abulkUpdate(made, ['t', 's', 'oo'] as never)).toBe(3);
      const found = objects.filter({ s__in: ['sad'], aa: '101', ll__contains: ['sad'] } as never);
      expect(
        await found.values(...(['h', 't', 'l', 'gg', 'll', 'mm', 'oo', 'xx'] as never[])).afirst(),
      ).toEqual({
        h: 'abc',
        t: '(3,4)',
        l: new Date(0),
        gg: { a: [1] },
        ll: ['sad'],
        mm: [['a']],
        oo: '(2,y)',
        xx: ['5'],
      });
      await expect(transaction.aatomic(() => objects.acreate({ h: 'abcd' } as never))).rejects.toThrow(
        'value too long for type character(3)',
      );
      await expect(
        transaction.aatomic(() => objects.abulkCreate([{ h: 'abcd' }, { h: 'b' }] as never)),
      ).rejects.toThrow('value too long');
      // What the models say is what there is: made anew, the tables are described alike.
      const managed = models.filter((each) => each.table !== 'view_of_uniq');
      await adropTables(managed);
      await acreateTables(managed);
      const again = await ainspectTables({ schema: 'kinds' });
      const own = (text: string) =>
        text.replace(/ *\/\/.*$/gm, '').match(/^export class (?:EveryType|Uniq) [\s\S]*?^}$/gm);
      expect(own(again)).toEqual(own(source.replaceAll('kinds.', '')));
    }),
  );
});

test('foreign keys over several columns are relations, kept with their constraints', async () => {
  await context.reset();
  await context.outside.query(`
    create table tenant_unit (id bigint generated by default as identity primary key, name text not null);
    create table bill (unit_id bigint not null references tenant_unit deferrable initially deferred, number integer not null, total text not null, primary key (unit_id, number));
    create table region (country text not null, code text not null, id bigint generated by default as identity primary key, constraint region_country_code_uniq unique (country, code));
    create table bill_line (
      id bigint generated by default as identity primary key, unit_id bigint not null, bill_number integer, country text not null, code text not null,
      constraint bill_line_unit_id_bill_number_fk foreign key (unit_id, bill_number) references bill (unit_id, number) on delete cascade deferrable initially deferred,
      constraint bill_line_code_country_fk foreign key (code, country) references region (code, country) deferrable initially deferred
    );
    insert into tenant_unit (name) values ('a');
    insert into bill values (1, 7, '12');
    insert into region (country, code) values ('nl', 'zh');
    insert into bill_line (unit_id, bill_number, country, code) values (1, 7, 'nl', 'zh'), (1, null, 'nl', 'zh');
  `);
  const tables = ['tenant_unit', 'bill', 'region', 'bill_line'];
  const source = inspectTables({ tables });
  expect(source).toContain(
    "bill: foreignObject<Bill, 'unitId' | 'billNumber'>(() => Bill, { fromFields: ['unitId', 'billNumber'], onDelete: 'dbCascade', dbConstraint: true }).null(),",
  );
  expect(source).toContain(
    "region: foreignObject<Region, 'code' | 'country'>(() => Region, { fromFields: ['code', 'country'], toFields: ['code', 'country'], onDelete: 'doNothing', dbConstraint: true }),",
  );
  expect(source).not.toContain('Not taken over');
  await withModels(source, async (models) => {
    const named = (name: string) =>
      models.find((each) => each.name === name) as unknown as { objects: Manager<never> };
    const lines = await named('BillLine')
      .objects.selectRelated('bill' as never, 'region' as never)
      .orderBy('id' as never);
    const [first, second] = (await lines.alist()) as {
      bill: { total: string } | null;
      region: { id: number };
    }[];
    expect([first?.bill?.total, first?.region.id, second?.bill]).toEqual(['12', 1, null]);
    expect(
      await named('Bill')
        .objects.filter({ billLine__country: 'nl' } as never)
        .acount(),
    ).toBe(1);
    await adropTables(models);
    await acreateTables(models);
    expect(inspectTables({ tables })).toBe(source);
    await adropTables(models);
  });
});

test('texts keep the rules that they are ordered by', async () => {
  class Word extends model('word', {
    key: fields.char(10).dbCollation('C').primaryKey(),
    text: fields.text().dbCollation('C').unique(),
    note: fields.text().null(),
    other: foreignKey<Word>(() => Word, { onDelete: 'doNothing' }).null(),
  }) {
    static objects = new Manager(this);
  }
  await acreateTables([Word]);
  try {
    await Word.objects.abulkCreate(['b', 'a', 'B', 'A'].map((text) => ({ key: text, text })));
    const ordered = Word.objects.orderBy('text').valuesList('text', { flat: true });
    expect(await ordered.alist()).toEqual(['A', 'B', 'a', 'b']);
    const source = inspectTables({ tables: ['word'] });
    expect(source).toContain("text: fields.text().dbCollation('C').unique(),");
    expect(source).toContain('note: fields.text().null(),');
    const { rows } = await context.outside.query(
      `select attname, attcollation::regcollation::text as rules from pg_attribute where attrelid = 'word'::regclass and attname in ('key', 'other_id')`,
    );
    expect(rows).toEqual([
      { attname: 'key', rules: '"C"' },
      { attname: 'other_id', rules: '"C"' },
    ]);
  } finally {
    await adropTables([Word]);
  }
  expect(() => fields.integer().dbCollation('C')).toThrow(
    new TypeError('dbCollation() is for texts, not for IntegerField.'),
  );
  expect(() => fields.text().dbCollation('C"; drop')).toThrow("Invalid collation name: 'C\"; drop'.");
});

test('a table that there is not is refused, with the choices', async () => {
  const unknown = (name: string) => ainspectTables({ tables: ['book', name] });
  await expect(unknown('publishr')).rejects.toThrow(
    new ValueError("There is no table 'publishr' in the schema. Perhaps you meant publisher."),
  );
  await expect(unknown('zzzz')).rejects.toThrow(
    /^There is no table 'zzzz' in the schema. Choices are: (?:.*, )?publisher/,
  );
  expect(() => inspectTables({ tables: ['nope'] })).toThrow(ValueError);
  await expect(ainspectTables({ schema: 'nowhere', tables: ['nope'] })).rejects.toThrow(
    new ValueError("There is no table 'nope' in the schema."),
  );
});
test.each([
  [ainspectTables, { table: ['book'] }, "ainspectTables() got an unexpected option 'table', perhaps"],
  [ainspectTables, { tables: 'book' }, "The option 'tables' of ainspectTables() is a list of strings"],
  [
    (options: object) => acreateTables([Everything], options),
    { ifnotexists: true },
    "acreateTables() got an unexpected option 'ifnotexists', perhaps you meant ifNotExists?",
  ],
  [
    (options: object) => adropTables([Everything], options),
    { cascade: true },
    "adropTables() got an unexpected option 'cascade'. Options are: using",
  ],
])('an option that means nothing is refused: %#', async (operation, options, message) => {
  await expect(operation(options as never)).rejects.toThrow(message);
});
