import { fields, foreignKey, model } from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';

let made = 0;
class Shelf extends model('init_shelf', { room: fields.text() }) {}
class Item extends model('init_item', {
  name: fields.text(),
  label: fields.text().null(),
  count: fields.integer().default(7),
  number: fields.integer().default(() => ++made),
  stamp: fields.integer().dbDefault(3),
  shelf: foreignKey<Shelf>(() => Shelf, { onDelete: 'cascade' }).null(),
}) {
  remark = '';
  set note(value: string) {
    this.remark = value;
  }
}
/** The names are not all of the model's, so its types do not help. */
const item = (values: unknown) => new Item(values as never);
const attributes = (each: object) => ({ ...each });

test('a new instance has every attribute, in the order of the model', () => {
  made = 0;
  expect(Object.entries(attributes(item({ name: 'a' })))).toEqual([
    ['id', null],
    ['name', 'a'],
    ['label', null],
    ['count', 7],
    ['number', 1],
    ['stamp', undefined],
    ['shelfId', null],
    ['remark', ''],
  ]);
  expect(attributes(item(undefined))).toMatchObject({ name: null, number: 2 });
});
test('what is given comes before the default, and a default that is not needed is not made', () => {
  made = 0;
  expect(attributes(item({ count: 0, number: 0, stamp: null, label: '' }))).toMatchObject({
    count: 0,
    number: 0,
    stamp: null,
    label: '',
  });
  expect(made).toBe(0);
});
test('what is undefined was not given', () => {
  made = 0;
  const values = { count: undefined, name: undefined, number: undefined, stamp: undefined, pk: undefined };
  expect(attributes(item(values))).toMatchObject({
    id: null,
    count: 7,
    name: null,
    number: 1,
    stamp: undefined,
  });
  expect(item({ shelf: undefined, shelfId: 4 }).shelfId).toBe(4);
  expect(item({ shelf: 4, shelfId: undefined }).shelfId).toBe(4);
});
test('a relation is given by its key, by an instance, by either name', () => {
  const shelf = new Shelf({ id: 5, room: 'x' });
  for (const values of [{ shelf }, { shelf: 5 }, { shelfId: 5 }, { shelfId: 4, shelf }]) {
    expect(item(values).shelfId).toBe(5);
  }
  expect(item({ shelf: null, shelfId: 4 }).shelfId).toBe(null);
  expect(item({ shelf: undefined }).shelfId).toBe(null);
  const unsaved = new Shelf({ room: 'y' });
  expect(item({ shelf: unsaved }).shelf).toBe(unsaved);
});
test('the key goes by `pk`, too', () => {
  expect(item({ pk: 9, name: 'a' }).id).toBe(9);
  expect(item({ pk: 9, id: 8 }).id).toBe(9);
});
test('setters of the class take what they are named by; other names are refused', () => {
  expect(() => item({ name: 'a', nam: 'b' })).toThrow("Item() got unexpected keyword arguments: 'nam'");
  expect(() => item({ constructor: 1 })).toThrow("unexpected keyword arguments: 'constructor'");
  expect(() => item({ ['__proto__']: { name: 'b' } })).toThrow("unexpected keyword arguments: '__proto__'");
  expect(() => item({ note: 'x' })).not.toThrow();
});
test('only what the values have themselves is taken', () => {
  const inherited = Object.create({ name: 'inherited', count: 1 });
  expect(attributes(item(Object.assign(inherited, { name: 'own' })))).toMatchObject({
    name: 'own',
    count: 7,
  });
  // One that has nothing itself would make an empty row.
  expect(() => item(Object.create({ name: 'inherited' }))).toThrow('takes values as an object');
  class Values {
    name = 'own';
    get label() {
      return 'of the class';
    }
  }
  expect(attributes(item(new Values()))).toMatchObject({ name: 'own', label: null });
  expect(attributes(item(Object.assign(Object.create(null), { name: 'bare' })))).toMatchObject({
    name: 'bare',
  });
});
test('what was smuggled into the prototype of all objects is no value', () => {
  const everything = Object.prototype as { name?: unknown };
  everything.name = 'polluted';
  try {
    expect(item({ count: 1 }).name).toBe(null);
  } finally {
    delete everything.name;
  }
});
