import {
  F,
  Func,
  fields,
  foreignKey,
  IntegrityError,
  Lower,
  Manager,
  model,
  Q,
  type ValidationError,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { atomic, type Behaviour, call, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

class Booking extends model(
  'booking',
  {
    room: fields.integer(),
    starts: fields.dateTime(),
    ends: fields.dateTime(),
    cancelled: fields.boolean().default(false),
  },
  {
    constraints: [
      {
        name: 'no_overlap',
        exclude: [[Func('starts', 'ends', { function: 'tstzrange' }), '&&']],
        where: Q({ cancelled: false }),
        violationErrorMessage: 'The room is taken (%(name)s).',
      },
    ],
  },
) {
  static objects = new Manager(this);
}
class Person extends model(
  'person',
  {
    name: fields.text(),
    code: fields.integer().null(),
    rank: fields.integer().default(0),
    note: fields.text().default(''),
    height: fields.integer().default(0),
  },
  {
    constraints: [
      { unique: [Lower('name')], name: 'one_name' },
      { unique: ['code'], nullsDistinct: false, include: ['note'], name: 'one_code' },
      { unique: ['rank'], deferrable: 'deferred', name: 'one_rank' },
      {
        check: Q({ height__gte: F('rank') }).or({ rank: 99 }),
        name: 'tall',
        violationErrorMessage: 'Too small.',
      },
    ],
    indexes: [
      { fields: [Lower('note'), F('rank').desc({ nullsLast: true })], name: 'by_note' },
      {
        fields: ['name'],
        opclasses: ['text_pattern_ops'],
        include: ['rank'],
        with: { fillfactor: 70 },
        name: 'by_name',
      },
      { fields: ['rank'], using: 'brin', with: { pages_per_range: 4, autosummarize: true }, name: 'by_rank' },
      { fields: ['-rank', 'code'], where: Q({ note: "it's" }) },
      { fields: [Lower('name')] },
      { fields: [Func('name', { function: 'reverse' })] },
      { fields: ['note'], using: 'hash', name: 'hashed' },
    ],
  },
) {
  static objects = new Manager(this);
}

class Root extends model('root', { name: fields.text().default('') }) {
  static objects = new Manager(this);
}
class Leaf extends model('leaf', {
  root: foreignKey<Root>(() => Root, { onDelete: 'dbCascade', relatedName: 'leaves' }),
}) {
  static objects = new Manager(this);
}
class Loose extends model('loose', {
  root: foreignKey<Root>(() => Root, { onDelete: 'dbSetNull', relatedName: 'loose' }).null(),
}) {
  static objects = new Manager(this);
}
class Falling extends model('falling', {
  root: foreignKey<Root>(() => Root, { onDelete: 'dbSetDefault', relatedName: 'falling' }).dbDefault(1),
}) {
  static objects = new Manager(this);
}

const context = harness(
  [Booking, Person, Root, Leaf, Loose, Falling],
  `insert into person (name, code, rank, note, height) values ('Ann', 1, 1, '', 10), ('Bob', null, 2, '', 10);
   insert into root (name) values ('kept'), ('gone');
   insert into leaf (root_id) values (1), (2), (2); insert into loose (root_id) values (1), (2);
   insert into falling (root_id) values (1), (2);`,
);
const { behaviour } = context;
/** What a call throws. */
function* refused(step: Behaviour<unknown>): Behaviour<Error> {
  return yield* thrownBy(() => step);
}
const at = (hour: number) => new Date(Date.UTC(2024, 0, 1, hour));
const person = (values: object) => ({ name: 'Cyd', code: 3, rank: 3, height: 10, ...values });

behaviour('a unique constraint on an expression', function* () {
  const error = yield* refused(call(Person.objects, 'create', person({ name: 'ANN' })));
  expect(error).toBeInstanceOf(IntegrityError);
  expect((error as IntegrityError).constraint).toBe('one_name');
});
behaviour('nulls that are not distinct are the same value', function* () {
  const error = yield* refused(call(Person.objects, 'create', person({ code: null })));
  expect((error as IntegrityError).constraint).toBe('one_code');
});
behaviour('a deferred unique constraint is tested at the end of the transaction', function* () {
  yield* atomic(function* () {
    yield* call(Person.objects.filter({ name: 'Ann' }), 'update', { rank: 2 });
    yield* call(Person.objects.filter({ name: 'Bob' }), 'update', { rank: 1 });
  });
  expect(yield* call(Person.objects.orderBy('name').valuesList('rank', { flat: true }), 'list')).toEqual([
    2, 1,
  ]);
  const error = yield* refused(call(Person.objects.filter({ name: 'Ann' }), 'update', { rank: 1 }));
  expect((error as IntegrityError).constraint).toBe('one_rank');
});
behaviour('an exclusion constraint keeps rows apart', function* () {
  yield* call(Booking.objects, 'create', { room: 1, starts: at(8), ends: at(10) });
  yield* call(Booking.objects, 'create', { room: 1, starts: at(10), ends: at(12) });
  yield* call(Booking.objects, 'create', { room: 1, starts: at(9), ends: at(11), cancelled: true });
  const overlapping = { room: 1, starts: at(9), ends: at(11) };
  const error = yield* refused(call(Booking.objects, 'create', overlapping));
  expect([(error as IntegrityError).constraint, (error as IntegrityError).code]).toEqual([
    'no_overlap',
    '23P01',
  ]);
  const violation = yield* refused(call(new Booking(overlapping), 'validateConstraints'));
  expect((violation as ValidationError).errors).toEqual({ __all__: ['The room is taken (no_overlap).'] });
  yield* call(new Booking({ ...overlapping, cancelled: true }), 'validateConstraints');
  yield* call(new Booking({ room: 1, starts: at(12), ends: at(13) }), 'validateConstraints');
  // A row is not in its own way.
  const stored = yield* call<Booking>(Booking.objects, 'get', { starts: at(8) });
  yield* call(stored, 'validateConstraints');
});
behaviour(
  'constraints are asked about before a row is written, each under its name or its message',
  function* () {
    const wrong = new Person(person({ name: 'ANN', code: null, rank: 1, height: -1 }));
    const error = yield* refused(call(wrong, 'fullClean'));
    expect((error as ValidationError).errors).toEqual({
      code: ['Person with this Code already exists.'],
      rank: ['Person with this Rank already exists.'],
      __all__: ['Constraint “one_name” is violated.', 'Too small.'],
    });
    // What concerns a field that is left out is not asked about.
    yield* call(wrong, 'fullClean', { exclude: ['name', 'code', 'rank'] });
    yield* call(new Person(person({})), 'fullClean');
    const ann = yield* call<Person>(Person.objects, 'get', { name: 'Ann' });
    yield* call(ann, 'fullClean');
  },
);

test('indexes are what they were declared to be', async () => {
  const { rows } = await context.outside.query(
    "select indexname, indexdef from pg_indexes where tablename = 'person' order by indexname",
  );
  const definitions = rows.map(({ indexdef }) => indexdef.replace(' ON public.person USING', ''));
  expect(definitions).toMatchInlineSnapshot(`
    [
      "CREATE INDEX by_name btree (name text_pattern_ops) INCLUDE (rank) WITH (fillfactor='70')",
      "CREATE INDEX by_note btree (lower(note), rank DESC NULLS LAST)",
      "CREATE INDEX by_rank brin (rank) WITH (pages_per_range='4', autosummarize='on')",
      "CREATE INDEX hashed hash (note)",
      "CREATE UNIQUE INDEX one_code btree (code) INCLUDE (note) NULLS NOT DISTINCT",
      "CREATE UNIQUE INDEX one_name btree (lower(name))",
      "CREATE UNIQUE INDEX one_rank btree (rank)",
      "CREATE INDEX person_expression_a56bc316_idx btree (reverse(name))",
      "CREATE INDEX person_expression_c627191d_idx btree (lower(name))",
      "CREATE UNIQUE INDEX person_pkey btree (id)",
      "CREATE INDEX person_rank_code_idx btree (rank DESC, code) WHERE (note = 'it''s'::text)",
    ]
  `);
});

behaviour('what the database deletes, empties or resets itself is neither read nor counted', function* () {
  const two = yield* call<Root>(Root.objects, 'get', { name: 'gone' });
  expect(yield* call(two, 'delete')).toEqual([1, { Root: 1 }]);
  expect(yield* call(Leaf.objects.valuesList('root', { flat: true }), 'list')).toEqual([1]);
  expect(yield* call(Loose.objects.orderBy('id').valuesList('root', { flat: true }), 'list')).toEqual([
    1,
    null,
  ]);
  expect(yield* call(Falling.objects.orderBy('id').valuesList('root', { flat: true }), 'list')).toEqual([
    1, 1,
  ]);
  expect(yield* call(Root.objects.filter({ name: 'kept' }).exclude({ leaves: null } as never), 'count')).toBe(
    1,
  );
});
