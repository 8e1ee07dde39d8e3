import {
  F,
  fields,
  foreignKey,
  genericForeignKey,
  ImproperlyConfigured,
  Manager,
  manyToMany,
  model,
  oneToOne,
  Q,
  reverse,
} from '@migrate-async/runtime/orm';
import { describe, expect, test } from 'vitest';

// Models that cannot be what they say, as Django's system checks refuse them. Each is used without a database.

/** Declares a model as plain JavaScript would, where no compiler has looked at it first. */
function declared(
  name: string,
  columns: object,
  options: object = {},
): { readonly objects: Manager<object> } {
  const described = model as unknown as (...given: unknown[]) => new () => object;
  const declare = { [name]: class extends described(name, columns, options) {} };
  const made = declare[name] as unknown as { objects: Manager<object> };
  made.objects = new Manager(made as never) as never;
  return made;
}
const use = (made: { readonly objects: Manager<object> }) => () => made.objects.all();

describe('other sides of relations that would have one name', () => {
  test('two foreign keys to one model', () => {
    const Target = declared('Target', {});
    const Model = declared('Model', { foreign: foreignKey(() => Target), other: foreignKey(() => Target) });
    const refusal = new ImproperlyConfigured(
      "Reverse accessor 'Target.ModelSet' for 'Model.other' clashes with reverse accessor for 'Model.foreign'. " +
        "Add or change a relatedName argument to the definition for 'Model.other' or 'Model.foreign'.",
    );
    expect(use(Model)).toThrow(refusal);
    // It is said again, and not of the model that is pointed at, which can be used.
    expect(use(Model)).toThrow(refusal);
    expect(use(Target)).not.toThrow();
  });
  test('a relatedName that another model took', () => {
    const Target = declared('Target', {});
    const First = declared('First', { to: foreignKey(() => Target, { relatedName: 'clash' }) });
    const Second = declared('Second', { to: manyToMany(() => Target, { relatedName: 'clash' }) });
    expect(use(First)).not.toThrow();
    expect(use(Second)).toThrow(
      "Reverse accessor 'Target.clash' for 'Second.to' clashes with reverse accessor for 'First.to'.",
    );
  });
  test('a member that every instance has', () => {
    const Target = declared('Target', {});
    expect(use(declared('M', { to: foreignKey(() => Target, { relatedName: 'save' }) }))).toThrow(
      "Reverse accessor 'Target.save' for 'M.to' is taken: every instance has a member of that name.",
    );
  });
  test('a column of the target', () => {
    const Target = declared('Target', { clash: fields.integer(), model: fields.integer() });
    const byAccessor = declared('Other', { foreign: oneToOne(() => Target, { relatedName: 'clash' }) });
    expect(use(byAccessor)).toThrow(
      "Reverse accessor 'Target.clash' for 'Other.foreign' clashes with field name 'Target.clash'. " +
        "Rename field 'Target.clash', or add/change a relatedName argument to the definition for field 'Other.foreign'.",
    );
    const byName = declared('Third', { foreign: foreignKey(() => Target, { relatedName: 'model' }) });
    expect(use(byName)).toThrow(
      "Reverse accessor 'Target.model' for 'Third.foreign' clashes with field name",
    );
  });
  test('models that point at each other by the names of each other have no way back but the columns', () => {
    const Order: ReturnType<typeof declared> = declared('order', {
      shipment: foreignKey(() => Shipment).null(),
    });
    const Shipment = declared('shipment', { order: foreignKey(() => Order) });
    expect(use(Order)).not.toThrow();
    expect(use(Shipment)).not.toThrow();
    expect(() => Shipment.objects.filter({ order__shipment__order: 1 } as never)).not.toThrow();
  });
  test('a many-to-many relation of the target, and its own', () => {
    const Other = declared('Other', {});
    const Target = declared('Target', { clash: manyToMany(() => Other) });
    const Model = declared('Model', { foreign: foreignKey(() => Target, { relatedName: 'clash' }) });
    expect(use(Model)).toThrow("clashes with field name 'Target.clash'");
    const Self = declared('Self', {
      clash: manyToMany(() => Self, { relatedName: 'clash', symmetrical: false }),
    });
    expect(use(Self)).toThrow(
      "Reverse accessor 'Self.clash' for 'Self.clash' clashes with field name 'Self.clash'.",
    );
  });
  test('names that differ, are declared, or are not wanted do not clash', () => {
    const Target = declared('Target', {
      first: reverse(() => Model, 'a'),
      second: reverse(() => Model, 'b'),
    });
    const Model: ReturnType<typeof declared> = declared('Model', {
      a: foreignKey(() => Target),
      b: foreignKey(() => Target),
      c: foreignKey(() => Target, { relatedName: 'third' }),
      d: foreignKey(() => Target, { relatedName: '+' }),
      e: manyToMany(() => Target, { relatedName: '+' }),
    });
    expect(use(Model)).not.toThrow();
    expect(() => Target.objects.filter({ first__a: 1, second__b: 2, third__c: 3 } as never)).not.toThrow();
  });
  test('a model that is declared anew, as when its file is loaded again, takes its own place', () => {
    const Target = declared('Target', {});
    use(declared('Model', { to: foreignKey(() => Target) }))();
    const again = declared('Model', { to: foreignKey(() => Target), n: fields.integer().default(0) });
    expect(use(again)).not.toThrow();
    expect(() => Target.objects.filter({ Model__n: 1 } as never)).not.toThrow();
  });
});

describe('names of fields', () => {
  test.each([
    ['pk', "'pk' is a reserved word that cannot be used as a field name."],
    ['ends_', 'The field name ends_ must not end with an underscore.'],
    ['a__b', 'The field name a__b must not contain "__".'],
    ['save', 'The field name save is taken: every instance has a member of that name.'],
    ['constructor', 'The field name constructor is taken'],
    ['id', "'id' can only be used as a field name if the field is the primary key"],
  ])('%s', (name, message) => {
    expect(() => declared('M', { [name]: fields.integer() })).toThrow(message);
  });
  test('relations have names, too', () => {
    expect(() => declared('M', { delete: manyToMany(() => Object) })).toThrow(
      'The field name delete is taken',
    );
    expect(() => declared('M', { pk: genericForeignKey() })).toThrow("'pk' is a reserved word");
  });
  test('the attribute of a foreign key and its twin are taken', () => {
    const Target = declared('Target', {});
    const to = foreignKey(() => Target);
    expect(() => declared('M', { to, toId: fields.integer() })).toThrow(
      "The field 'toId' clashes with the field 'to' from model 'M'.",
    );
    expect(() => declared('M', { to, ato: fields.integer() })).toThrow(
      "The field 'ato' clashes with the field 'to'",
    );
  });
  test('two fields cannot be one column, nor two keys the key', () => {
    const twice = { a: fields.integer().column('x'), b: fields.integer().column('x') };
    expect(() => declared('M', twice)).toThrow(
      "Field 'b' has column name 'x' that is used by another field: 'a'.",
    );
    const keys = { a: fields.integer().primaryKey(), b: fields.integer().primaryKey() };
    expect(() => declared('M', keys)).toThrow('The model M cannot have more than one primary key: a, b.');
  });
});

test.each([
  ['_m', "The model name '_m' cannot start or end with an underscore"],
  ['m_', "The model name 'm_' cannot start or end with an underscore"],
  ['a__b', 'The model name \'a__b\' cannot contain "__"'],
])('a model cannot be called %s, which lookups could not hold', (name, message) => {
  expect(() => declared(name, {})).toThrow(message);
});

describe('what a model takes over', () => {
  const Other = declared('Other', {});
  test('a proxy needs a model with a table, and adds nothing that would be stored', () => {
    const Abstract = declared('Abstract', {}, { abstract: true });
    const refusal = new TypeError("Proxy model 'M' has no non-abstract model base class.");
    expect(() => declared('M', {}, { proxy: true })).toThrow(refusal);
    expect(() => declared('M', {}, { proxy: true, extends: Abstract })).toThrow(refusal);
    const pairs = { others: manyToMany(() => Other) };
    expect(() => declared('M', pairs, { proxy: true, extends: Other })).toThrow(
      "Proxy model 'M' contains model fields.",
    );
  });
  test('a many-to-many relation of the parent cannot be declared again', () => {
    const Base = declared('Base', { others: manyToMany(() => Other, { relatedName: '+' }) });
    const Middle = declared('Middle', {}, { extends: Base });
    for (const parent of [Base, Middle]) {
      expect(() => declared('M', { others: fields.integer() }, { extends: parent })).toThrow(
        "Local field 'others' in class 'M' clashes with field of the same name from base class",
      );
    }
  });
});

describe('what fields say of themselves', () => {
  test.each([
    ['Primary keys must not be null', { a: fields.integer().null().primaryKey() }],
    [
      'autoNow, autoNowAdd, and default are mutually exclusive',
      { a: fields.date().autoNow().default('2024-01-01') },
    ],
    ['autoNow, autoNowAdd, and default are mutually exclusive', { a: fields.date().autoNow().autoNowAdd() }],
    ['All validators must be callable', { a: fields.date().validate('x' as never) }],
  ])('%s', (message, columns) => {
    expect(() => declared('M', columns)).toThrow(message);
  });
});

describe('rules of foreign keys', () => {
  const Target = declared(
    'Target',
    { code: fields.integer(), one: fields.integer() },
    {
      constraints: [{ unique: ['one'] }],
    },
  );
  const to = (options: object) => foreignKey(() => Target, { relatedName: '+', ...options } as never);
  test.each([
    ["M.to specifies onDelete: 'setNull', but cannot be null.", to({ onDelete: 'setNull' })],
    ["M.to specifies onDelete: 'dbSetNull', but cannot be null.", to({ onDelete: 'dbSetNull' })],
    [
      "M.to specifies onDelete: 'setDefault', but has no default value.",
      to({ onDelete: 'setDefault' }).null(),
    ],
    [
      "M.to specifies onDelete: 'dbSetDefault', but has no database default",
      to({ onDelete: 'dbSetDefault' }).default(1),
    ],
    [
      "M.to specifies onDelete: 'dbCascade', which needs a constraint",
      to({ onDelete: 'dbCascade', dbConstraint: false }),
    ],
    ['M.to specifies onDelete: 1, which is no rule.', to({ onDelete: 1 })],
    ["M.to specifies onDelete: 'CASCADE', which is no rule.", to({ onDelete: 'CASCADE' })],
    [
      "'Target.code' must be unique because it is referenced by the foreign key M.to.",
      to({ toField: 'code' }),
    ],
  ])('%s', (message, field) => {
    expect(use(declared('M', { to: field }))).toThrow(message);
  });
  test('a constraint on the column alone makes it unique', () => {
    expect(use(declared('M', { to: to({ toField: 'one' }) }))).not.toThrow();
  });
  test('an abstract model has no rows to point at', () => {
    const Abstract = declared('Abstract', {}, { abstract: true });
    expect(use(declared('M', { to: foreignKey(() => Abstract) }))).toThrow(
      "M.to defines a relation with model 'Abstract', which is abstract.",
    );
  });
  test('nor has it rows to be paired with', () => {
    const Abstract = declared('Abstract', {}, { abstract: true });
    expect(use(declared('M', { to: manyToMany(() => Abstract) }))).toThrow(
      "M.to defines a relation with model 'Abstract', which is abstract.",
    );
  });
  test('rules of the database and of the application do not mix in one model', () => {
    const mixed = { a: to({ onDelete: 'dbCascade' }), b: to({ onDelete: 'protect' }) };
    expect(use(declared('M', mixed))).toThrow(
      'M.a specifies an onDelete rule of the database, but M.b one of the application. ' +
        'Use one kind for all foreign keys of a model.',
    );
    // The database would take the row of the model that extends, and leave that of its parent.
    const Part = declared('Part', { up: to({ onDelete: 'dbCascade' }) }, { extends: Target });
    expect(use(Part)).toThrow(
      'Part.up specifies an onDelete rule of the database, but Part.targetPtr one of',
    );
    expect(use(declared('M', { ...mixed, b: to({ onDelete: 'doNothing' }) }))).not.toThrow();
  });
  test('rules of the database and of the application do not mix along a chain', () => {
    const Cascading = declared('Cascading', { up: to({}) });
    const InDatabase = declared('InDatabase', { up: to({ onDelete: 'dbCascade' }) });
    const Neither = declared('Neither', { up: to({ onDelete: 'doNothing' }) });
    const below = (above: object, onDelete: string) =>
      use(declared('M', { to: foreignKey(() => above, { onDelete, relatedName: '+' } as never) }));
    expect(below(Cascading, 'dbCascade')).toThrow(
      'M.to specifies an onDelete rule of the database, but Cascading.up one of the application. ' +
        'Use one kind uniformly in a chain of references.',
    );
    expect(below(InDatabase, 'cascade')).toThrow('M.to specifies an onDelete rule of the application');
    for (const [above, rule] of [
      [InDatabase, 'dbCascade'],
      [Neither, 'dbCascade'],
      [Neither, 'cascade'],
      [InDatabase, 'doNothing'],
    ] as const) {
      expect(below(above, rule)).not.toThrow();
    }
  });
});

describe('options', () => {
  const columns = { a: fields.integer(), many: manyToMany(() => Object) };
  test.each([
    ["'constraints' of M refers to the nonexistent field 'zz'.", { constraints: [{ unique: ['zz'] }] }],
    [
      "'constraints' of M refers to the nonexistent field 'zz'.",
      { constraints: [{ unique: ['a'], include: ['zz'] }] },
    ],
    [
      "'constraints' of M refers to the nonexistent field 'zz'.",
      { constraints: [{ exclude: [['zz', '=']] }] },
    ],
    ["'constraints' of M refers to a many-to-many relation 'many'", { constraints: [{ unique: ['many'] }] }],
    ["'indexes' of M refers to the nonexistent field 'zz'.", { indexes: [['-zz']] }],
    [
      "'indexes' of M refers to the nonexistent field 'zz'.",
      { indexes: [{ fields: ['a'], include: ['zz'] }] },
    ],
    ['A constraint of M is one of', { constraints: [{ uniq: ['a'] }] }],
    [
      'The options of model M got invalid attribute(s): verbose, uniqueTogether',
      { verbose: 1, uniqueTogether: [] },
    ],
  ])('%s', (message, options) => {
    expect(() => declared('M', columns, options)).toThrow(message);
  });
  test('expressions are looked into when they become SQL', () => {
    expect(() =>
      declared('M', { a: fields.integer() }, { constraints: [{ check: Q({ zz: 1 }) }] }),
    ).not.toThrow();
    expect(() => declared('M', { a: fields.integer() }, { indexes: [{ fields: [F('zz')] }] })).not.toThrow();
  });
  test('fields of the model that is extended lie in another table', () => {
    class Place extends model('place', { name: fields.text() }) {}
    expect(() => declared('Cafe', {}, { extends: Place, indexes: [['name']] })).toThrow(
      "'indexes' refers to field 'name' which is not local to model 'Cafe'. It lies in the table of Place.",
    );
  });
});
