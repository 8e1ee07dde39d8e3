import { asyncContext } from '@migrate-async/runtime';
import {
  aprefetchRelatedObjects,
  FETCH_PEERS,
  FETCH_RAISE,
  FieldFetchBlocked,
  fields,
  foreignKey,
  foreignObject,
  genericForeignKey,
  genericRelation,
  Manager,
  manyToMany,
  model,
  oneToOne,
  Prefetch,
  Q,
  type QuerySet,
  reverse,
  ValidationError,
} from '@migrate-async/runtime/orm';
import { describe, expect, test } from 'vitest';
import { call, readRelation, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

// Rows that were read without some of their columns. What an operation needs of those it reads first, in a query of its
// own on the path that the operation takes: the harness refuses a statement that leaves it.

class Wing extends model('wing', {
  code: fields.char(10).unique(),
  name: fields.char(20).default('wing'),
  opened: fields.date().default('2020-01-01'),
  cells: reverse<Cell, 'wing'>(() => Cell),
  remarks: genericRelation<Remark>(() => Remark),
  tags: manyToMany<Tag>(() => Tag, { through: () => Tagging, relatedName: 'wings' }),
  spire: reverse<Spire, 'wing'>(() => Spire),
}) {
  static objects = new Manager(this);
}
class Cell extends model(
  'cell',
  {
    wing: foreignKey<Wing>(() => Wing, { toField: 'code', relatedName: 'cells' }).null(),
    label: fields.char(20).unique(),
    size: fields.integer().default(1),
    seen: fields.date().default('2021-01-01'),
    changed: fields.dateTime().autoNow(),
  },
  { constraints: [{ check: Q({ size__gte: 1 }), name: 'has_size' }] },
) {
  static objects = new Manager(this);
  override clean() {
    if (this.label === '') throw new ValidationError('A cell has a label.');
  }
}
class Suite extends model('suite', { rooms: fields.integer().default(2) }, { extends: Cell }) {
  static objects = new Manager(this);
}
class Remark extends model('remark', {
  text: fields.char(20),
  about: genericForeignKey('kind', 'key'),
}) {
  static objects = new Manager(this);
}
class Guest extends model(
  'guest',
  { name: fields.char(20), cell: foreignKey<Cell>(() => Cell).null() },
  { orderWithRespectTo: 'cell' },
) {
  static objects = new Manager(this);
}

class Tag extends model('tag', {
  word: fields.char(20).unique(),
  tone: fields.char(20).default('dry'),
  wings: reverse<Wing, 'tags'>(() => Wing),
}) {
  static objects = new Manager(this);
}
class Tagging extends model('tagging', {
  wing: foreignKey<Wing>(() => Wing, { toField: 'code', relatedName: '+' }),
  tag: foreignKey<Tag>(() => Tag, { toField: 'word', relatedName: '+' }),
}) {
  static objects = new Manager(this);
}
class Spire extends model('spire', {
  wing: oneToOne<Wing>(() => Wing, { toField: 'code', relatedName: 'spire' }),
  height: fields.integer(),
}) {
  static objects = new Manager(this);
}
/** Pointed at by two columns that are not its key. */
class Gate extends model(
  'gate',
  { side: fields.char(2), number: fields.integer(), name: fields.char(20) },
  { constraints: [{ unique: ['side', 'number'] }] },
) {
  static objects = new Manager(this);
}
class Lock extends model('lockOf', {
  side: fields.char(2),
  number: fields.integer(),
  label: fields.char(20),
  gate: foreignObject<Gate, 'side' | 'number'>(() => Gate, {
    fromFields: ['side', 'number'],
    toFields: ['side', 'number'],
    relatedName: '+',
  }),
}) {
  static objects = new Manager(this);
}
class BigLock extends model('big_lock', { keys: fields.integer().default(1) }, { extends: Lock }) {
  static objects = new Manager(this);
}

const { behaviour, reset } = harness(
  [Wing, Cell, Suite, Remark, Guest, Tag, Tagging, Spire, Gate, Lock, BigLock],
  `insert into wing (code, name, opened) values ('n', 'North', '2020-01-01'), ('s', 'South', '2021-01-01');
   insert into cell (wing_id, label, size, seen, changed) values
     ('n', 'n1', 1, '2021-01-01', '2024-01-01T00:00:00Z'), ('n', 'n2', 2, '2021-01-02', '2024-01-01T00:00:00Z'),
     ('s', 's1', 3, '2021-01-03', '2024-01-01T00:00:00Z'), ('s', 's2', 4, '2021-01-04', '2024-01-01T00:00:00Z');
   insert into suite (cell_ptr_id, rooms) values (4, 5);
   insert into remark (text, kind, "key") values ('quiet', 'wing', 1), ('cold', 'wing', 2);
   insert into guest (name, cell_id, _order) values ('Ada', 1, 0), ('Bo', 1, 1), ('Cy', 2, 0);
   insert into tag (word, tone) values ('old', 'dry'), ('new', 'dry'), ('high', 'dry');
   insert into tagging (wing_id, tag_id) values ('n', 'old'), ('n', 'new'), ('s', 'old');
   insert into spire (wing_id, height) values ('n', 9);
   insert into gate (side, number, name) values ('e', 1, 'East'), ('w', 2, 'West');`,
);
/** How many statements the steps sent. */
const sentSince = (before: number) => statements().length - before;

behaviour('what bulkUpdate writes and rows do not have is read for all of them at once', function* () {
  const cells = yield* call<Cell[]>(Cell.objects.only('label').orderBy('id'), 'list');
  for (const cell of cells) cell.label += '!';
  (cells[1] as Cell).size = 9;
  const before = statements().length;
  expect(yield* call(Cell.objects, 'bulkUpdate', cells, ['label', 'size', 'wing'])).toBe(4);
  expect(sentSince(before)).toBe(2);
  const rows = Cell.objects.orderBy('id').valuesList('label', 'size', 'wingId');
  expect(yield* call(rows, 'list')).toEqual([
    ['n1!', 1, 'n'],
    ['n2!', 9, 'n'],
    ['s1!', 3, 's'],
    ['s2!', 4, 's'],
  ]);
});
behaviour('a row that is gone has nothing to read', function* () {
  const cells = yield* call<Cell[]>(Cell.objects.only('label').orderBy('id').slice(2, 4), 'list');
  yield* call(Suite.objects.all(), 'delete');
  const error = yield* thrownBy(() => call(Cell.objects, 'bulkUpdate', cells, ['size']));
  expect(error).toBeInstanceOf(Cell.DoesNotExist);
  expect(cells[0]?.size).toBe(3);
});
behaviour('saving writes what was loaded; what is asked for beyond that is read', function* () {
  const cell = yield* call<Cell>(Cell.objects.only('label'), 'get', { id: 1 });
  cell.label = 'first';
  let before = statements().length;
  yield* call(cell, 'save');
  expect(sentSince(before)).toBe(1);
  expect(Object.hasOwn(cell, 'size')).toBe(false);
  before = statements().length;
  yield* call(cell, 'save', { updateFields: ['size', 'changed'] });
  expect(sentSince(before)).toBe(2);
  expect(cell.size).toBe(1);
});
behaviour('a row without a moment that saving sets does not read it first', function* () {
  const cell = yield* call<Cell>(Cell.objects.only('label'), 'get', { id: 1 });
  const before = statements().length;
  yield* call(cell, 'save', { updateFields: ['changed'] });
  expect(sentSince(before)).toBe(1);
});
behaviour('a row that is inserted again is read whole', function* () {
  const cell = yield* call<Cell>(Cell.objects.only('label'), 'get', { id: 2 });
  yield* call(Guest.objects.all(), 'delete');
  yield* call(Cell.objects.filter({ id: 1 }), 'delete');
  const gone = yield* call<Cell>(Cell.objects.only('label'), 'get', { id: 2 });
  gone.label = 'other';
  yield* call(cell, 'refreshFromDb', { fields: ['size', 'seen', 'wing', 'changed'] });
  const error = yield* thrownBy(() => call(gone, 'save', { forceInsert: true }));
  expect(error.constructor.name).toBe('IntegrityError');
  expect(gone.size).toBe(2);
});
behaviour('bulkCreate of rows that were read in part copies them whole', function* () {
  const wing = yield* call<Wing>(Wing.objects.only('name'), 'get', { id: 1 });
  yield* call(Wing.objects, 'bulkCreate', [wing], {
    updateConflicts: true,
    uniqueFields: ['id'],
    updateFields: ['name'],
  });
  expect(wing.code).toBe('n');
});
behaviour('the checks of fullClean see every column', function* () {
  const cell = yield* call<Cell>(Cell.objects.only('size'), 'get', { id: 1 });
  const before = statements().length;
  yield* call(cell, 'fullClean');
  expect(statements()[before]).toContain('"label"');
  const other = yield* call<Cell>(Cell.objects.only('label'), 'get', { id: 1 });
  other.label = 'n2';
  for (const name of ['fullClean', 'validateUnique']) {
    const error = yield* thrownBy(() => call(other, name));
    expect((error as ValidationError).errors).toEqual({ label: ['Cell with this Label already exists.'] });
  }
  const small = yield* call<Cell>(Cell.objects.only('label'), 'get', { id: 2 });
  small.size = 0;
  const error = yield* thrownBy(() => call(small, 'validateConstraints'));
  expect((error as ValidationError).errors).toEqual({ __all__: ['Constraint “has_size” is violated.'] });
  const bare = yield* call<Cell>(Cell.objects.only('label'), 'get', { id: 2 });
  yield* call(bare, 'fullClean', { exclude: ['size', 'seen', 'changed', 'wing'] });
  expect(Object.hasOwn(bare, 'size')).toBe(false);
});
behaviour('rows of two tables are read and deleted from what is there of them', function* () {
  const suite = yield* call<Suite>(Suite.objects.only('rooms'), 'get', { rooms: 5 });
  suite.label = 'suite';
  yield* call(suite, 'save');
  yield* call(suite, 'save', { updateFields: ['size'] });
  yield* call(suite, 'fullClean');
  const again = yield* call<Suite>(Suite.objects.only('rooms'), 'get', { rooms: 5 });
  expect(yield* call(again, 'delete')).toEqual([2, { Suite: 1, Cell: 1 }]);
});
behaviour('a delete follows foreign keys to other columns than the primary key', function* () {
  const wing = yield* call<Wing>(Wing.objects.only('name'), 'get', { id: 1 });
  expect(yield* call(wing, 'delete')).toEqual([
    10,
    { Tagging: 2, Spire: 1, Remark: 1, Guest: 3, Cell: 2, Wing: 1 },
  ]);
  expect(yield* call(Wing.objects.only('name').all(), 'delete')).toEqual([
    6,
    { Tagging: 1, Remark: 1, Suite: 1, Cell: 2, Wing: 1 },
  ]);
});
behaviour('related managers go by columns that were not loaded', function* () {
  const wing = yield* call<Wing>(Wing.objects.only('name'), 'get', { id: 1 });
  expect(yield* call(wing.cells, 'count')).toBe(2);
  yield* call(wing.cells, 'create', { label: 'n3' });
  const cells = yield* call<Cell[]>(Cell.objects.only('label').orderBy('id'), 'list');
  const other = yield* call<Wing>(Wing.objects.only('name'), 'get', { id: 2 });
  yield* call(other.cells, 'add', cells[0]);
  yield* call(other.cells, 'remove', cells[2]);
  const gone = yield* thrownBy(() => call(other.cells, 'remove', cells[1]));
  expect(gone.message).toBe('<Cell> is not related to <Wing>.');
  expect(yield* call(Cell.objects.orderBy('id').valuesList('wingId', { flat: true }), 'list')).toEqual([
    's',
    'n',
    null,
    's',
    'n',
  ]);
});
behaviour('an instance that is given for a foreign key is asked for the column it points at', function* () {
  const wing = yield* call<Wing>(Wing.objects.only('name'), 'get', { id: 2 });
  const cell = yield* call<Cell>(Cell.objects, 'create', { label: 'new', wing });
  expect(cell.wingId).toBe('s');
  const other = yield* call<Wing>(Wing.objects.only('name'), 'get', { id: 1 });
  expect(yield* call(Cell.objects.filter({ label: 'new' }), 'update', { wing: other })).toBe(1);
});
behaviour('a query by rows looks up what was left out of them, and asks for nothing before', function* () {
  const rows = yield* call<Wing[]>(Wing.objects.only('name').orderBy('id'), 'list');
  const [north, south] = rows as [Wing, Wing];
  const { objects } = Cell;
  const labels = (cells: QuerySet<Cell>) =>
    call<string[]>(cells.orderBy('id').valuesList('label', { flat: true }), 'list');
  const before = statements().length;
  expect(yield* labels(objects.filter({ wing: south }))).toEqual(['s1', 's2']);
  expect(yield* labels(objects.filter({ wing: north, size__gt: 1 }))).toEqual(['n2']);
  expect(yield* labels(objects.exclude({ wing: south }))).toEqual(['n1', 'n2']);
  expect(yield* labels(objects.filter({ wing__in: rows }))).toHaveLength(4);
  expect(yield* labels(objects.filter({ wing__in: [south] }))).toEqual(['s1', 's2']);
  expect(yield* labels(objects.exclude({ wing__in: [south] }))).toEqual(['n1', 'n2']);
  expect(yield* labels(objects.filter(Q({ wing: north }).or({ label: 's2' })))).toEqual(['n1', 'n2', 's2']);
  expect(yield* call(Guest.objects.filter({ cell__wing: north }), 'count')).toBe(3);
  expect(sentSince(before)).toBe(8);
  expect(rows.some((row) => Object.hasOwn(row, 'code'))).toBe(false);
  // With what is there by now, and with what was read whole, the value itself is compared.
  const whole = yield* call<Wing>(Wing.objects, 'get', { id: 2 });
  expect(yield* labels(objects.filter({ wing: whole }))).toEqual(['s1', 's2']);
  expect(yield* labels(objects.filter({ wing__in: [whole, north] }))).toHaveLength(4);
  expect(yield* call(objects.filter({ wing: south }), 'update', { size: 9 })).toBe(2);
  expect(yield* call(objects.filter({ wing__in: [north] }), 'delete')).toEqual([5, { Guest: 3, Cell: 2 }]);
  const wrong = yield* thrownBy(() => call(objects.filter({ wing: new Cell() as never }), 'list'));
  expect(wrong.message).toBe('Cannot query "Cell object (null)": Must be "Wing" instance.');
});
test('a query by rows may be built where nothing may block', async () => {
  await reset();
  const south = await Wing.objects.only('name').aget({ id: 2 });
  const counted = await asyncContext(async () => Cell.objects.filter({ wing: south as Wing }).acount());
  expect(counted).toBe(2);
});
behaviour('rows that are given for foreign keys of many new rows are asked together', function* () {
  const wings = yield* call<Wing[]>(Wing.objects.only('name').orderBy('id'), 'list');
  const gates = yield* call<Gate[]>(Gate.objects.only('name').orderBy('id'), 'list');
  const before = statements().length;
  const cells = yield* call<Cell[]>(Cell.objects, 'bulkCreate', [
    { label: 'a', wing: wings[1] },
    { label: 'b', wing: wings[0] },
    { label: 'c' },
  ]);
  expect(cells.map(({ wingId }) => wingId)).toEqual(['s', 'n', null]);
  expect(sentSince(before)).toBe(2);
  const locks = yield* call<Lock[]>(Lock.objects, 'bulkCreate', [{ label: 'x', gate: gates[1] }]);
  expect(locks.map(({ side, number }) => [side, number])).toEqual([['w', 2]]);
});
behaviour('a row that is given to getOrCreate and updateOrCreate is asked, wherever it stands', function* () {
  const wing = yield* call<Wing>(Wing.objects.only('name'), 'get', { id: 1 });
  const [found, made] = yield* call<[Cell, boolean]>(Cell.objects, 'getOrCreate', { label: 'n1', wing });
  expect([found.id, made]).toEqual([1, false]);
  const south = yield* call<Wing>(Wing.objects.only('name'), 'get', { id: 2 });
  const where = { label: 'n1' };
  const [changed] = yield* call<[Cell, boolean]>(Cell.objects, 'updateOrCreate', where, {
    defaults: { wing: () => south },
  });
  expect(changed.wingId).toBe('s');
  const west = yield* call<Gate>(Gate.objects.only('name'), 'get', { id: 2 });
  const [lock] = yield* call<[BigLock, boolean]>(BigLock.objects, 'getOrCreate', { gate: west, label: 'l' });
  expect([lock.side, lock.number]).toEqual(['w', 2]);
  const east = yield* call<Gate>(Gate.objects.only('name'), 'get', { id: 1 });
  yield* call(BigLock.objects, 'updateOrCreate', { label: 'l' }, { defaults: { gate: east } });
  yield* call(lock, 'refreshFromDb');
  expect([lock.side, lock.number]).toEqual(['e', 1]);
});
behaviour('pairs go by columns that were not loaded, on both sides', function* () {
  const wing = yield* call<Wing>(Wing.objects.only('name'), 'get', { id: 1 });
  expect(yield* call(wing.tags, 'count')).toBe(2);
  expect(statements()).toHaveLength(2);
  expect(yield* call(wing.tags.filter({ word: 'old' }), 'exists')).toBe(true);
  const tags = yield* call<Tag[]>(Tag.objects.only('tone').orderBy('id'), 'list');
  const before = statements().length;
  yield* call(wing.tags, 'set', tags);
  expect(tags.every((tag) => Object.hasOwn(tag, 'word'))).toBe(true);
  // One query for the words, and one for the code of the wing.
  expect(
    statements()
      .slice(before, before + 2)
      .join(),
  ).toMatch(/"code".*"word"|"word".*"code"/s);
  expect(yield* call(wing.tags, 'count')).toBe(3);
  const [tag] = yield* call<Tag[]>(Tag.objects.only('tone').filter({ id: 3 }), 'list');
  const wings = yield* call<Wing[]>(Wing.objects.only('name').orderBy('id'), 'list');
  yield* call(tag?.wings as object, 'add', ...wings);
  expect(yield* call(tag?.wings as object, 'count')).toBe(2);
  yield* call(tag?.wings as object, 'remove', wings[0]);
  const left = yield* call<Wing[]>(tag?.wings as object, 'list');
  expect(left.map(({ name }) => name)).toEqual(['South']);
});
behaviour('what is known to be missing asks for no column', function* () {
  const wings = yield* call<Wing[]>(Wing.objects.selectRelated('spire').only('name').orderBy('id'), 'list');
  const before = statements().length;
  expect((yield* readRelation<Spire>(wings[0] as Wing, 'spire')).height).toBe(9);
  const missing = yield* thrownBy(() => readRelation(wings[1] as Wing, 'spire'));
  expect(missing).toBeInstanceOf(Spire.DoesNotExist);
  expect(missing.message).toBe('Wing has no spire.');
  expect(sentSince(before)).toBe(0);
});
behaviour('relations are read from columns that were not loaded', function* () {
  const cell = yield* call<Cell>(Cell.objects.only('label'), 'get', { id: 1 });
  expect((yield* readRelation<Wing>(cell, 'wing')).name).toBe('North');
  const remark = yield* call<Remark>(Remark.objects.only('text'), 'get', { id: 2 });
  expect((yield* readRelation<Wing>(remark, 'about')).name).toBe('South');
});
behaviour('prefetching reads the columns it joins by, once for all rows', function* () {
  const cells = yield* call<Cell[]>(Cell.objects.only('label').prefetchRelated('wing').orderBy('id'), 'list');
  expect(statements()).toHaveLength(3);
  expect((yield* readRelation<Wing>(cells[2] as Cell, 'wing')).name).toBe('South');
  const wings = yield* call<Wing[]>(
    Wing.objects
      .only('name')
      .prefetchRelated(
        Prefetch('cells', { queryset: Cell.objects.only('label').orderBy('id') }),
        Prefetch('remarks', { queryset: Remark.objects.only('text') }),
      )
      .orderBy('id'),
    'list',
  );
  expect(wings.map((wing) => wing.cells.all().loaded?.map(({ label }) => label))).toEqual([
    ['n1', 'n2'],
    ['s1', 's2'],
  ]);
  expect(wings.map((wing) => wing.remarks.all().loaded?.map(({ text }) => text))).toEqual([
    ['quiet'],
    ['cold'],
  ]);
  const remarks = yield* call<Remark[]>(
    Remark.objects.only('text').prefetchRelated('about').orderBy('id'),
    'list',
  );
  expect((yield* readRelation<Wing>(remarks[0] as Remark, 'about')).name).toBe('North');
});
behaviour('neighbours, orders and inBulk read what they go by', function* () {
  const wing = yield* call<Wing>(Wing.objects.only('name'), 'get', { id: 1 });
  expect((yield* call<Wing>(wing, 'getNextByOpened')).name).toBe('South');
  const guest = yield* call<Guest>(Guest.objects.only('name'), 'get', { name: 'Ada' });
  expect((yield* call<Guest>(guest, 'getNextInOrder')).name).toBe('Bo');
  const found = yield* call<Map<string, Cell>>(Cell.objects.only('size'), 'inBulk', ['n1', 's1'], {
    fieldName: 'label',
  });
  expect([...found.keys()].sort()).toEqual(['n1', 's1']);
});
behaviour('a query set that leaves columns out refreshes the others', function* () {
  const cell = yield* call<Cell>(Cell.objects, 'get', { id: 1 });
  yield* call(Cell.objects.filter({ id: 1 }), 'update', { size: 50, label: 'x' });
  yield* call(cell, 'refreshFromDb', { fromQueryset: Cell.objects.only('label') });
  expect([cell.label, cell.size]).toEqual(['x', 1]);
});
behaviour('the fetch mode holds for what operations read', function* () {
  const strict = yield* call<Cell>(Cell.objects.only('label').fetchMode(FETCH_RAISE), 'get', { id: 1 });
  strict.label = 'x';
  yield* call(strict, 'save');
  for (const change of [
    () => call(strict, 'save', { updateFields: ['size'] }),
    () => call(Cell.objects, 'bulkUpdate', [strict], ['size']),
  ]) {
    const error = yield* thrownBy(change);
    expect(error).toBeInstanceOf(FieldFetchBlocked);
    expect(error.message).toBe('Fetching of Cell.size blocked.');
  }
  const cells = yield* call<Cell[]>(Cell.objects.only('label').fetchMode(FETCH_PEERS).orderBy('id'), 'list');
  yield* call(cells[0] as Cell, 'save', { updateFields: ['size'] });
  expect(cells.map((cell) => Object.hasOwn(cell, 'size') && cell.size)).toEqual([1, 2, 3, 4]);
});

test('no operation blocks code that is marked asynchronous', async () => {
  await reset();
  await asyncContext(async () => {
    const cells = await Cell.objects.only('label').orderBy('id').alist();
    await Cell.objects.abulkUpdate(cells as Cell[], ['size']);
    const [first] = await Cell.objects.only('label').orderBy('id').alist();
    await first?.afullClean();
    await first?.asave({ updateFields: ['seen'] });
    const wing = await Wing.objects.only('name').aget({ id: 1 });
    await wing.cells.acreate({ label: 'n9' });
    expect((await wing.agetNextByOpened()).name).toBe('South');
    const remark = await Remark.objects.only('text').aget({ id: 1 });
    expect(await remark.aabout).toBeInstanceOf(Wing);
    await wing.adelete();
  });
});

/** Every twin that takes rows, given rows without the column that foreign keys hold of them. */
interface Given {
  readonly wing: Wing;
  readonly tag: Tag;
  readonly gate: Gate;
  readonly cell: Cell;
}
type Step = (given: Given) => Promise<unknown>;
const takers: Readonly<Record<string, readonly Step[]>> = {
  'queryset.create': [
    ({ wing }) => Cell.objects.acreate({ label: 'x', wing }),
    ({ gate }) => Lock.objects.acreate({ label: 'x', gate }),
    ({ gate }) => BigLock.objects.acreate({ label: 'x', gate }),
    ({ wing, tag }) => Tagging.objects.acreate({ wing, tag }),
  ],
  'queryset.getOrCreate': [
    ({ wing }) => Cell.objects.agetOrCreate({ label: 'x', wing }),
    ({ wing }) => Cell.objects.agetOrCreate({ label: 'x' }, { defaults: { wing } }),
    ({ wing }) => Cell.objects.agetOrCreate({ label: 'x' }, { defaults: { wing: () => wing } }),
    ({ gate }) => BigLock.objects.agetOrCreate({ label: 'x' }, { defaults: { gate } }),
  ],
  'queryset.updateOrCreate': [
    ({ wing }) => Cell.objects.aupdateOrCreate({ label: 'n1', wing }, { defaults: { size: 3 } }),
    ({ wing }) => Cell.objects.aupdateOrCreate({ label: 's1' }, { defaults: { wing } }),
    ({ wing }) => Cell.objects.aupdateOrCreate({ label: 'x' }, { createDefaults: { wing } }),
    ({ gate }) => Lock.objects.aupdateOrCreate({ label: 'x' }, { defaults: { gate } }),
  ],
  'queryset.bulkCreate': [
    ({ wing }) => Cell.objects.abulkCreate([{ label: 'x', wing }]),
    ({ gate }) => Lock.objects.abulkCreate([{ label: 'x', gate }]),
  ],
  'queryset.bulkUpdate': [({ cell }) => Cell.objects.abulkUpdate([cell], ['size', 'wing'])],
  'queryset.contains': [({ cell }) => Cell.objects.acontains(cell)],
  'queryset.update': [({ wing }) => Cell.objects.aupdate({ wing })],
  'related.add': [
    ({ wing, tag }) => wing.tags.aadd(tag),
    ({ wing, tag }) => tag.wings.aadd(wing),
    ({ wing, cell }) => wing.cells.aadd(cell),
    ({ wing, cell }) => wing.cells.aadd(cell, { bulk: false }),
  ],
  'related.remove': [
    ({ wing, tag }) => wing.tags.aremove(tag),
    ({ wing, cell }) => wing.cells.aremove(cell),
    ({ wing, cell }) => wing.cells.aremove(cell, { bulk: false }),
  ],
  'related.clear': [({ wing }) => wing.tags.aclear(), ({ wing }) => wing.cells.aclear({ bulk: false })],
  'related.set': [
    ({ wing, tag }) => wing.tags.aset([tag]),
    ({ wing, tag }) => tag.wings.aset([wing], { clear: true }),
    ({ wing, cell }) => wing.cells.aset([cell]),
  ],
  'related.create': [
    ({ wing }) => wing.tags.acreate({ word: 'x' }),
    ({ wing, tag }) => Tagging.objects.acreate({ wing, tag }),
    ({ tag }) => tag.wings.acreate({ code: 'x' }),
  ],
  'related.getOrCreate': [
    ({ wing }) => wing.tags.agetOrCreate({ word: 'x' }),
    ({ wing }) => wing.cells.agetOrCreate({ label: 'x' }),
  ],
  'related.updateOrCreate': [
    ({ wing }) => wing.tags.aupdateOrCreate({ word: 'old' }, { defaults: { tone: 'x' } }),
  ],
  'functions.prefetchRelatedObjects': [
    ({ wing }) => aprefetchRelatedObjects([wing], 'tags', 'cells', 'spire', 'remarks'),
    ({ cell }) => aprefetchRelatedObjects([cell], 'wing'),
  ],
};
describe('code that is marked asynchronous is not blocked by rows that were read in part', () => {
  const steps = Object.entries(takers).flatMap(([twin, all]) =>
    all.map((step, at): [string, Step] => [`${twin}, ${at + 1}`, step]),
  );
  test.each(steps)('%s', async (_name, step) => {
    await reset();
    await asyncContext(async () => {
      const given: Given = {
        wing: (await Wing.objects.only('name').aget({ id: 1 })) as Wing,
        tag: (await Tag.objects.only('tone').aget({ id: 1 })) as Tag,
        gate: (await Gate.objects.only('name').aget({ id: 1 })) as Gate,
        cell: (await Cell.objects.only('label').aget({ id: 1 })) as Cell,
      };
      await step(given);
    });
  });
  test('what is counted, read and gone through of pairs does not block either', async () => {
    await reset();
    await asyncContext(async () => {
      const wing = await Wing.objects.only('name').aget({ id: 1 });
      expect(await wing.tags.acount()).toBe(2);
      expect((await wing.tags.all().orderBy('id').alist()).map(({ word }) => word)).toEqual(['old', 'new']);
    });
  });
});
