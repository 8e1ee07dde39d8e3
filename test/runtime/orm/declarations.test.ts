import {
  acreateTables,
  F,
  fields,
  foreignKey,
  foreignObject,
  genericForeignKey,
  genericRelation,
  ImproperlyConfigured,
  Manager,
  manyToMany,
  model,
  Q,
  reverse,
  ValueError,
} from '@migrate-async/runtime/orm';
import { describe, expect, test } from 'vitest';
import { testEngine } from '../support/engines/index.ts';
import { harness } from '../support/harness.ts';

// What is written wrongly in a model is refused where it is written, by a message that names it.

class Dock extends model('dock', { name: fields.char(10) }) {
  static objects = new Manager(this);
}
class Crane extends model('crane', { load: fields.integer() }) {
  static objects = new Manager(this);
}
harness([Dock, Crane], 'select 1;');

// As JavaScript writes it, which has no types to stop it.
const declare = model as (name: unknown, fields: unknown, options?: unknown) => new () => object;
const relation = { foreignKey, foreignObject, manyToMany, reverse } as unknown as Record<
  string,
  (target: unknown, options?: unknown) => unknown
>;
const untyped = fields as unknown as Record<string, (...given: unknown[]) => unknown>;
const n = () => ({ n: fields.integer() });

test.each([
  ['', n(), {}, "model() takes the name of the model first, not ''."],
  [{ n: 1 }, {}, {}, 'model() takes the name of the model first, not <Object>.'],
  ['a', { n: 'text' }, {}, "'n' is no field: it is 'text', not what fields.…() returns."],
  ['a', { n: undefined }, {}, "'n' is no field: it is undefined, not what fields.…() returns."],
  ['a', n(), 'ordering', "The options of model a are an object, not 'ordering'."],
  ['a', n(), { ordering: 'n' }, "'ordering' of a is a list of names and terms, not 'n'."],
  ['a', n(), { constraints: { unique: ['n'] } }, "The option 'constraints' of a is a list, not <Object>."],
  ['a', n(), { constraints: [{ unique: 'n' }] }, "'unique' of a constraint of a is a list, not 'n'."],
  [
    'a',
    n(),
    { constraints: [{ fields: ['n'] }] },
    'A constraint of a is one of { unique }, { check } and { exclude }.',
  ],
  [
    'a',
    n(),
    { constraints: [{ unique: ['n'], condition: Q({ n: 1 }) }] },
    "A constraint of a has no option 'condition', perhaps you meant where?",
  ],
  [
    'a',
    n(),
    { constraints: [{ check: Q({ n: 1 }), deferrable: 'deferred' }] },
    "A constraint of a has no option 'deferrable'. Options are: check, name, violationErrorMessage, violationErrorCode",
  ],
  [
    'a',
    n(),
    { indexes: [{ fields: ['n'], wher: Q({ n: 1 }) }] },
    "An index of a has no option 'wher', perhaps you meant where?",
  ],
  ['a', n(), { indexes: [{ fields: 'n' }] }, "'fields' of an index of a is a list, not 'n'."],
  [
    'a',
    n(),
    { indexes: [{ fields: ['n'], include: 'n' }] },
    "'include' of an index of a is a list, not 'n'.",
  ],
  ['a', n(), { indexes: [{ fields: ['n'], name: 5 }] }, 'The name of an index of a is a string, not 5.'],
  [
    'a',
    n(),
    { constraints: [{ unique: ['n'], opclasses: 'int4_ops' }] },
    "'opclasses' of a constraint of a is a list, not 'int4_ops'.",
  ],
])('TypeError for model(%j, …), what is no declaration', (name, described, options, message) => {
  expect(() => declare(name, described, options)).toThrow(new TypeError(message));
});

test.each([
  [
    { unique: ['n'], where: Q({ n: 1 }), deferrable: 'deferred' },
    'UniqueConstraint with conditions cannot be deferred.',
  ],
  [
    { unique: ['n'], include: ['n'], deferrable: 'deferred' },
    'UniqueConstraint with include fields cannot be deferred.',
  ],
  [
    { unique: ['n'], opclasses: ['int4_ops'], deferrable: 'immediate' },
    'UniqueConstraint with opclasses cannot be deferred.',
  ],
  [{ unique: ['-n'], deferrable: 'deferred' }, 'UniqueConstraint with expressions cannot be deferred.'],
  [{ unique: ['n'], deferrable: true }, "deferrable is 'deferred' or 'immediate', not true."],
  [
    { unique: ['n', 'm'], opclasses: ['int4_ops'] },
    'fields and opclasses must have the same number of elements.',
  ],
  [{ unique: [] }, 'At least one field or expression is required to define a unique constraint.'],
  [{ exclude: [] }, 'At least one expression is required to define an exclusion constraint.'],
  [{ exclude: ['n'] }, 'The expressions must be a list of 2-tuples.'],
  [{ check: 'n > 1' }, "'check' of a constraint of a is a Q(…) or a boolean expression, not 'n > 1'."],
  [{ check: { n: 1 } }, "'check' of a constraint of a is a Q(…) or a boolean expression, not <Object>."],
  [{ check: Q() }, "A constraint of a has a 'check' without conditions, which holds for every row."],
  [{ unique: ['n'], where: 'n' }, "'where' of a constraint of a is a Q(…) or a boolean expression, not 'n'."],
])('a constraint that cannot be is refused where it is declared: %j', (constraint, message) => {
  const described = { n: fields.integer(), m: fields.integer() };
  expect(() => declare('a', described, { constraints: [constraint] })).toThrow(message);
});
test.each([
  [[], 'At least one field or expression is required to define an index.'],
  [{ fields: [] }, 'At least one field or expression is required to define an index.'],
  [
    { fields: ['n'], opclasses: ['int4_ops', 'int4_ops'] },
    'fields and opclasses must have the same number of elements.',
  ],
  [{ fields: ['n'], where: true }, "'where' of an index of a is a Q(…) or a boolean expression, not true."],
])('an index that cannot be is refused where it is declared: %j', (index, message) => {
  expect(() => declare('a', { n: fields.integer() }, { indexes: [index] })).toThrow(message);
});
test.each([
  [{ constraints: [{ unique: ['n', 'n'] }] }, "A constraint of a names the field 'n' twice."],
  [
    {
      constraints: [
        { unique: ['n'], name: 'x' },
        { check: Q({ n: 1 }), name: 'x' },
      ],
    },
    "A constraint of a has a name that is not unique: 'x'.",
  ],
  [
    {
      indexes: [
        { fields: ['n'], name: 'x' },
        { fields: ['-n'], name: 'x' },
      ],
    },
    "An index of a has a name that is not unique: 'x'.",
  ],
])('ImproperlyConfigured for options that contradict each other: %j', (options, message) => {
  expect(() => declare('a', n(), options)).toThrow(new ImproperlyConfigured(message));
});

test('fields refuse what they cannot be made of', () => {
  const refused: [() => unknown, Error][] = [
    [() => fields.decimal(2, 10), new ValueError("'precision' must be greater than or equal to 'scale'.")],
    [() => untyped.choice?.(), new ValueError('choice() takes at least one string.')],
    [
      () => untyped.choice?.('a', 5),
      new TypeError('choice() takes strings, or one object of labels by string, not 5.'),
    ],
    [
      () => untyped.choice?.(['a', 'b']),
      new TypeError('choice() takes strings, or one object of labels by string, not <Array>.'),
    ],
    [
      () => untyped.array?.(undefined),
      new TypeError('array() takes a field, as in fields.array(fields.text()), not undefined.'),
    ],
    [
      () => untyped.array?.(foreignKey<Dock>(() => Dock)),
      new TypeError('The items of an array cannot be a relation: the database would not look after them.'),
    ],
    [
      () => declare('a', { ...n(), m: fields.generated(F('n').add(1)).default(3) }),
      new ImproperlyConfigured("The database computes 'm': it cannot have a default."),
    ],
  ];
  for (const [make, error] of refused) expect(make).toThrow(error);
});

test('relations name their target by a function, and options by their names', () => {
  const takes = (call: string, given: string) =>
    `${call} takes a function that returns a model, as in () => Author, not ${given}.`;
  const refused: [() => unknown, string][] = [
    [() => relation.foreignKey?.('Dock'), takes('foreignKey()', "'Dock'")],
    [() => relation.manyToMany?.(undefined), takes('manyToMany()', 'undefined')],
    [() => relation.reverse?.(5), takes('reverse()', '5')],
    [() => relation.foreignKey?.(Dock), takes('foreignKey()', 'the class Dock itself')],
    [
      () => relation.foreignObject?.(Dock, { fromFields: ['n'] }),
      takes('foreignObject()', 'the class Dock itself'),
    ],
    [
      () => relation.manyToMany?.(() => Dock, { through: Crane }),
      takes("The option 'through' of manyToMany()", 'the class Crane itself'),
    ],
    [
      () => relation.manyToMany?.(() => Dock, { symmetrical: 'no' }),
      "The option 'symmetrical' of manyToMany() is true or false, not 'no'.",
    ],
    [
      () => relation.manyToMany?.(() => Dock, { through: 'x' }),
      takes("The option 'through' of manyToMany()", "'x'"),
    ],
    [
      () => relation.foreignKey?.(() => Dock, { ondelete: 'protect' }),
      "foreignKey() got an unexpected option 'ondelete', perhaps you meant onDelete?",
    ],
    [
      () => relation.manyToMany?.(() => Dock, { thru: () => Crane }),
      "manyToMany() got an unexpected option 'thru', perhaps you meant through?",
    ],
  ];
  for (const [make, message] of refused) expect(make).toThrow(new TypeError(message));
});

test('what says where pairs are kept is not said twice, nor of a table that is made', () => {
  const through = () => Crane;
  const refused: [object, string][] = [
    [{ through, table: 'x' }, 'Cannot specify a table if an intermediary model is used.'],
    [{ throughFields: ['a', 'b'] }, 'Cannot specify throughFields without a through model.'],
    ...[['a'], 'ab', ['a', 'b', 'c'], [1, 2]].map((throughFields): [object, string] => [
      { through, throughFields },
      "'throughFields' names two foreign keys of the through model: the one to the model, then the one to the target.",
    ]),
  ];
  for (const [options, message] of refused)
    expect(() => relation.manyToMany?.(() => Dock, options)).toThrow(new ValueError(message));
});

test('a name for the other side has to be one', () => {
  for (const relatedName of ['a b', 'a__b', 'a_', '1a', '']) {
    class Ship extends model('ship', { dock: foreignKey<Dock>(() => Dock, { relatedName }) }) {
      static objects = new Manager(this);
    }
    expect(() => Ship.objects.all()).toThrow(
      new ImproperlyConfigured(`The name '${relatedName}' is invalid relatedName for field Ship.dock.`),
    );
  }
  class Label extends model('label', { on: genericForeignKey() }) {
    static objects = new Manager(this);
  }
  class Raft extends model('raft', {
    labels: genericRelation<Label>(() => Label, { relatedQueryName: 'raft__of' }),
  }) {
    static objects = new Manager(this);
  }
  expect(() => Raft.objects.all()).toThrow(
    new ImproperlyConfigured("The name 'raft__of' is invalid relatedQueryName for field Raft.labels."),
  );
  class Boat extends model('boat', { dock: foreignKey<Dock>(() => Dock, { relatedName: 'boats+' }) }) {
    static objects = new Manager(this);
  }
  expect(() => Boat.objects.all()).not.toThrow();
  expect('boats+' in Dock.prototype).toBe(false);
});

describe('a through model with several foreign keys to one side', () => {
  /** Uses a model with that relation. */
  const used = (relation: 'vessels' | 'mates', throughFields?: [string, string]) => {
    const named = throughFields === undefined ? {} : { throughFields };
    const declared =
      relation === 'vessels'
        ? { vessels: manyToMany<Vessel>(() => Vessel, { through: () => Watch, ...named }) }
        : { mates: manyToMany<Sailor>(() => Sailor, { through: () => Mate, symmetrical: false, ...named }) };
    class Sailor extends model('sailor', {
      ...(declared as object),
    }) {
      static objects = new Manager(this);
    }
    class Vessel extends model('vessel', {}) {}
    class Watch extends model('watch', {
      sailor: foreignKey<Sailor>(() => Sailor, { relatedName: '+' }),
      relief: foreignKey<Sailor>(() => Sailor, { relatedName: '+' }),
      vessel: foreignKey<Vessel>(() => Vessel, { relatedName: '+' }),
    }) {}
    class Mate extends model('mate', {
      one: foreignKey<Sailor>(() => Sailor, { relatedName: '+' }),
      other: foreignKey<Sailor>(() => Sailor, { relatedName: '+' }),
      third: foreignKey<Sailor>(() => Sailor, { relatedName: '+' }),
    }) {}
    return () => Sailor.objects.filter({ [relation]: 1 } as never);
  };
  const choices = "as throughFields says. Choices are: 'sailor', 'relief'.";
  test.each<[string, Parameters<typeof used>]>([
    [
      "Watch, the through model of Sailor.vessels, has more than one foreign key to Sailor: 'sailor', 'relief'. Say which are meant with throughFields: [the one to Sailor, the one to Vessel].",
      ['vessels'],
    ],
    [
      "Mate, the through model of Sailor.mates, has more than two foreign keys to Sailor: 'one', 'other', 'third'. Say which are meant with throughFields: [the one to Sailor, the one to Sailor].",
      ['mates'],
    ],
    [
      `Watch, the through model of Sailor.vessels, has no foreign key 'sialor' to Sailor, ${choices}`,
      ['vessels', ['sialor', 'vessel']],
    ],
    [
      `Watch, the through model of Sailor.vessels, has no foreign key 'vessel' to Sailor, ${choices}`,
      ['vessels', ['vessel', 'sailor']],
    ],
  ])('is refused: %s', (message, given) => {
    expect(used(...given)).toThrow(new ImproperlyConfigured(message));
  });
  test('is read by those that throughFields names', () => {
    expect(used('vessels', ['relief', 'vessel'])).not.toThrow();
    expect(used('mates', ['third', 'one'])).not.toThrow();
  });
});

test('a model that cannot be what it says is refused, and leaves the others in peace', async () => {
  class Buoy extends model('buoy', { dock: foreignKey<Dock>(() => ({}) as never) }) {
    static objects = new Manager(this);
  }
  class Rope extends model('rope', { docks: manyToMany<Dock>(() => Dock, { through: () => Crane }) }) {
    static objects = new Manager(this);
  }
  expect(await Dock.objects.acount()).toBe(0);
  for (let time = 0; time < 2; time += 1) {
    expect(() => Buoy.objects.all()).toThrow(
      'Buoy.dock must name a model: a function that returns a class made with model().',
    );
  }
  await expect(acreateTables([Rope])).rejects.toThrow(
    'Crane, the through model of Rope.docks, needs a foreign key to each side.',
  );
  expect(await Dock.objects.acount()).toBe(0);
});

test('conditions of constraints and indexes are about rows of the own table, and tell some from others', async () => {
  class Pier extends model('pier', { length: fields.integer() }) {}
  const refused: [object, string][] = [
    [
      { constraints: [{ check: Q({ length__gt: 1 }) }] },
      "A constraint or index of Jetty refers to field 'length', which is not local to it: it lies in the table of Pier.",
    ],
    [
      { constraints: [{ check: Q({ n__in: [] }) }] },
      'No row meets a condition of a constraint or index of Jetty.',
    ],
    [
      { constraints: [{ check: Q({ n__in: [] }).not() }] },
      'Every row meets a condition of a constraint or index of Jetty.',
    ],
  ];
  // MySQL has no indexes of some rows only, and none is made there.
  if (testEngine().engine !== 'mysql') {
    refused.push([
      { indexes: [{ fields: ['n'], where: Q({ length: F('n') }) }] },
      "A constraint or index of Jetty refers to field 'length', which is not local to it: it lies in the table of Pier.",
    ]);
  }
  for (const [options, message] of refused) {
    class Jetty extends model('jetty', { n: fields.integer() }, { extends: Pier, ...options }) {}
    await expect(acreateTables([Pier, Jetty])).rejects.toThrow(new ImproperlyConfigured(message));
  }
  expect(() => declare('a', n(), { indexes: ['n'] })).toThrow(
    new TypeError("An index of a is a list of fields, or options by name, not 'n'."),
  );
  expect(() => declare('a', n(), { constraints: [{ unique: ['n'], nullsDistinct: 'no' }] })).toThrow(
    "The option 'nullsDistinct' of UniqueConstraint() is true or false, not 'no'.",
  );
});

test("the database's default cannot refer to a column", async () => {
  class Tide extends model('tide', { n: fields.integer(), m: fields.integer().dbDefault(F('n')) }) {}
  await expect(acreateTables([Tide])).rejects.toThrow(
    new ImproperlyConfigured("The database's default of Tide.m cannot refer to a column: 'n'."),
  );
});
