import {
  acreateTables,
  createTables,
  fields,
  foreignKey,
  genericForeignKey,
  genericRelation,
  Manager,
  manyToMany,
  model,
  oneToOne,
  ProtectedError,
  RestrictedError,
  set,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { type Behaviour, call, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

class Target extends model('target', { name: fields.text().default('') }) {
  static objects = new Manager(this);
}
class Part extends model('part', { size: fields.integer().default(0) }, { extends: Target }) {
  static objects = new Manager(this);
}
class Pointing extends model('pointing', {
  cascade: foreignKey<Target>(() => Target, { relatedName: 'r1' }).null(),
  setNull: foreignKey<Target>(() => Target, { relatedName: 'r2', onDelete: 'setNull' }).null(),
  setDefault: foreignKey<Target>(() => Target, { relatedName: 'r3', onDelete: 'setDefault' }).default(1),
  setValue: foreignKey<Target>(() => Target, { relatedName: 'r4', onDelete: set(() => 1) }).default(1),
  protect: foreignKey<Target>(() => Target, { relatedName: 'r5', onDelete: 'protect' }).null(),
  restrict: foreignKey<Target>(() => Target, { relatedName: 'r6', onDelete: 'restrict' }).null(),
  single: oneToOne<Target>(() => Target, { relatedName: 'r7', onDelete: 'setNull' }).null(),
  part: foreignKey<Part>(() => Part, { relatedName: 'r8' }).null(),
}) {
  static objects = new Manager(this);
}
class Group extends model('group', {
  targets: manyToMany<Target>(() => Target, { relatedName: 'groups' }),
  listed: manyToMany<Target>(() => Target, { through: () => Listed, relatedName: 'lists' }),
}) {
  static objects = new Manager(this);
}
class Listed extends model('listed', {
  group: foreignKey<Group>(() => Group, { relatedName: 'entries' }),
  target: foreignKey<Target>(() => Target, { relatedName: 'entries' }),
}) {
  static objects = new Manager(this);
}
class Top extends model('top', {}) {
  static objects = new Manager(this);
}
class Left extends model('left', { top: foreignKey<Top>(() => Top) }) {
  static objects = new Manager(this);
}
class Right extends model('right', { top: foreignKey<Top>(() => Top) }) {
  static objects = new Manager(this);
}
class Bottom extends model('bottom', {
  left: foreignKey<Left>(() => Left, { onDelete: 'restrict' }),
  right: foreignKey<Right>(() => Right),
}) {
  static objects = new Manager(this);
}
class Tag extends model('tag', { target: genericForeignKey() }) {
  static objects = new Manager(this);
}
class Tagged extends model('tagged', { tags: genericRelation<Tag>(() => Tag) }) {
  static objects = new Manager(this);
}
class Remark extends model('remark', { tag: foreignKey<Tag>(() => Tag) }) {
  static objects = new Manager(this);
}

class Shelf extends model('shelf', { code: fields.char(5).unique() }) {
  static objects = new Manager(this);
}
class BigShelf extends model('bigShelf', {}, { extends: Shelf, proxy: true }) {
  static objects = new Manager(this);
}
class Lone extends model('lone', { n: fields.integer() }) {}
class LoneTop extends model('loneTop', {}, { extends: Lone, proxy: true }) {
  static objects = new Manager(this);
}
class Crate extends model('crate', {
  shelf: foreignKey<Shelf>(() => Shelf),
  label: fields.char(5).unique(),
  contents: fields.text().default(''),
}) {
  static objects = new Manager(this);
}
class Sticker extends model('sticker', {
  crate: foreignKey<Crate>(() => Crate),
  copy: foreignKey<Crate>(() => Crate, { toField: 'label', relatedName: 'copies' }),
}) {
  static objects = new Manager(this);
}
class Order extends model('order', {
  shelf: foreignKey<Shelf>(() => Shelf, { toField: 'code', onDelete: 'setNull' }).null(),
  former: foreignKey<Shelf>(() => Shelf, { onDelete: set(1), relatedName: '+' }).default(1),
}) {
  static objects = new Manager(this);
}
/** Those of its rows that are put away are not there for what goes. */
class Memo extends model(
  'memo',
  {
    crate: foreignKey<Crate>(() => Crate, { dbConstraint: false }).null(),
    away: fields.boolean().default(false),
  },
  { baseManagerName: 'current' },
) {
  static objects = new Manager(this);
  static current = new (class extends Manager<typeof Memo> {
    override getQuerySet() {
      return super.getQuerySet().filter({ away: false });
    }
  })(this);
}

const models = [
  Shelf,
  Lone,
  Crate,
  Sticker,
  Order,
  Memo,
  Target,
  Part,
  Pointing,
  Group,
  Listed,
  Top,
  Left,
  Right,
  Bottom,
  Tag,
  Tagged,
  Remark,
];
const { behaviour } = harness(models, "insert into target (name) values ('default'), ('gone');");

function* gone(): Behaviour<Target> {
  return yield* call<Target>(Target.objects, 'get', { name: 'gone' });
}
/** A row that points at the one that goes, by one of its foreign keys. */
function* pointing(...names: string[]): Behaviour<Pointing> {
  const target = yield* gone();
  const values = Object.fromEntries(names.map((name) => [name, target]));
  return yield* call<Pointing>(Pointing.objects, 'create', values);
}

behaviour(
  'rows that point at a deleted one go, let go, or point elsewhere; only those that go are counted',
  function* () {
    const rules = { cascade: undefined, setNull: null, setDefault: 1, setValue: 1, single: null };
    for (const [name, left] of Object.entries(rules)) {
      const row = yield* pointing(name);
      const counts = left === undefined ? [2, { Pointing: 1, Target: 1 }] : [1, { Target: 1 }];
      expect(yield* call(yield* gone(), 'delete')).toEqual(counts);
      const after = yield* call(
        Pointing.objects.filter({ id: row.id }).valuesList(name as 'cascade', { flat: true }),
        'list',
      );
      expect(after).toEqual(left === undefined ? [] : [left]);
      yield* call(Target.objects, 'create', { name: 'gone' });
    }
  },
);
behaviour(
  'what depends on a row is read only where more depends on it, and no more than is asked of it',
  function* () {
    yield* call(Shelf.objects, 'create', { id: 1, code: 'one' });
    const shelf = yield* call<Shelf>(Shelf.objects, 'create', { id: 2, code: 'two' });
    const crate = yield* call<Crate>(Crate.objects, 'create', { shelf, label: 'x' });
    yield* call(Sticker.objects, 'create', { crate, copy: crate });
    const order = yield* call<Order>(Order.objects, 'create', { shelf, former: shelf });
    const before = statements().length;
    expect(yield* call(shelf, 'delete')).toEqual([3, { Sticker: 1, Crate: 1, Shelf: 1 }]);
    const sent = statements().slice(before);
    const read = sent.filter((sql) => sql.startsWith('SELECT') && !/memo/.test(sql));
    expect(read).toHaveLength(1);
    expect(read[0]).not.toContain('contents');
    const changes = sent.flatMap((sql) => /^(?:DELETE FROM|UPDATE) \W(\w+)/.exec(sql)?.slice(1) ?? []);
    // Both foreign keys in one statement; then what lets go, then what was read.
    expect(changes).toEqual(['sticker', 'order', 'order', 'crate', 'shelf']);
    yield* call(order, 'refreshFromDb');
    expect([order.shelfId, order.formerId]).toEqual([null, 1]);
  },
);
behaviour(
  'rows of a proxy are counted under its name, whether anything depends on them or not',
  function* () {
    yield* call(BigShelf.objects, 'create', { code: 'big' });
    expect(yield* call(BigShelf.objects.filter({ code: 'big' }), 'delete')).toEqual([1, { BigShelf: 1 }]);
    const top = yield* call<LoneTop>(LoneTop.objects, 'create', { n: 1 });
    expect(yield* call(top, 'delete')).toEqual([1, { LoneTop: 1 }]);
  },
);
behaviour('rows that a base manager leaves out stay, and the others go', function* () {
  const shelf = yield* call<Shelf>(Shelf.objects, 'create', { code: 'two' });
  const crate = yield* call<Crate>(Crate.objects, 'create', { shelf, label: 'x' });
  yield* call(Memo.objects, 'create', { crate });
  yield* call(Memo.objects, 'create', { crate, away: true });
  expect(yield* call(crate, 'delete')).toEqual([2, { Memo: 1, Crate: 1 }]);
  expect(yield* call(Memo.objects.filter({ away: true }), 'count')).toBe(1);
});
behaviour(
  '266 a protected row stands in the way even of a row that would go with it, a restricted one does not',
  function* () {
    yield* pointing('protect', 'cascade');
    const target = yield* gone();
    const error = yield* thrownBy(() => call(target, 'delete'));
    expect(error).toBeInstanceOf(ProtectedError);
    expect(error.message).toBe(
      "Cannot delete some instances of model 'Target' because they are referenced through protected foreign keys: 'Pointing.protect'.",
    );
    yield* call(Pointing.objects.all(), 'update', { protect: null, restrict: target });
    expect(yield* call(target, 'delete')).toEqual([2, { Pointing: 1, Target: 1 }]);
  },
);
behaviour('266 a restricted row stands in the way unless it goes by another way', function* () {
  const top = yield* call<Top>(Top.objects, 'create');
  const left = yield* call<Left>(Left.objects, 'create', { top });
  const right = yield* call<Right>(Right.objects, 'create', { top });
  yield* call(Bottom.objects, 'create', { left, right });
  const error = yield* thrownBy(() => call(left, 'delete'));
  expect(error).toBeInstanceOf(RestrictedError);
  expect(error.message).toContain("restricted foreign keys: 'Bottom.left'.");
  expect(yield* call(top, 'delete')).toEqual([4, { Bottom: 1, Right: 1, Left: 1, Top: 1 }]);
});
behaviour('262 pairs go with either side, those of a through model under its name', function* () {
  for (const side of ['target', 'group']) {
    const target = yield* gone();
    const group = yield* call<Group>(Group.objects, 'create');
    yield* call(group.targets, 'add', target);
    yield* call(Listed.objects, 'create', { group, target });
    const label = side === 'target' ? 'Target' : 'Group';
    expect(yield* call(side === 'target' ? target : group, 'delete')).toEqual([
      3,
      { Listed: 1, Group_targets: 1, [label]: 1 },
    ]);
    if (side === 'target') yield* call(Target.objects, 'create', { name: 'gone' });
  }
});
behaviour('268 what points at either part of a row goes with it', function* () {
  const part = yield* call<Part>(Part.objects, 'create', { name: 'part' });
  yield* call(Pointing.objects, 'create', { part });
  yield* call(Pointing.objects, 'create', { cascadeId: part.id });
  expect(yield* call(part, 'delete')).toEqual([4, { Pointing: 2, Part: 1, Target: 1 }]);
  yield* call(Part.objects, 'create', { name: 'other' });
  const above = yield* call<Target>(Target.objects, 'get', { name: 'other' });
  expect(yield* call(above, 'delete')).toEqual([2, { Part: 1, Target: 1 }]);
});
behaviour('rows of a generic relation go, and what points at them', function* () {
  const tagged = yield* call<Tagged>(Tagged.objects, 'create');
  const tag = yield* call<Tag>(tagged.tags, 'create');
  yield* call(tagged.tags, 'create');
  yield* call(Remark.objects, 'create', { tag });
  expect(yield* call(tagged, 'delete')).toEqual([4, { Remark: 1, Tag: 2, Tagged: 1 }]);
});

test('tables that are there are an error, or are left as they are', async () => {
  await expect(acreateTables(models)).rejects.toThrow('already exists');
  class Added extends model('added', { targets: manyToMany<Target>(() => Target, { relatedName: '+' }) }) {
    static objects = new Manager(this);
  }
  await acreateTables([...models, Added], { ifNotExists: true });
  createTables([Added], { ifNotExists: true });
  expect(await Added.objects.filter({ targets__name: 'none' }).acount()).toBe(0);
});
