import {
  fields,
  foreignKey,
  genericForeignKey,
  genericRelation,
  Manager,
  manyToMany,
  model,
  QuerySet,
  reverse,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';

class WorkingTools extends Manager<typeof Tool> {
  override getQuerySet() {
    return super.getQuerySet().filter({ broken: false });
  }
  heavy() {
    return this.filter({ weight__gte: 5 });
  }
}
class ToolQuerySet extends QuerySet<Tool> {
  byWeight() {
    return this.orderBy('-weight');
  }
}
class Shed extends model('shed', {
  name: fields.text(),
  tools: reverse<Tool, 'shed'>(() => Tool),
}) {
  static objects = new Manager(this);
}
class Tool extends model('tool', {
  name: fields.text(),
  weight: fields.integer().default(1),
  broken: fields.boolean().default(false),
  shed: foreignKey<Shed>(() => Shed, { relatedName: 'tools' }).null(),
  gardeners: reverse<Gardener, 'tools'>(() => Gardener),
  stickers: genericRelation<Sticker>(() => Sticker),
}) {
  static objects = new Manager(this);
  static working: WorkingTools = new WorkingTools(this);
  static sorted = ToolQuerySet.asManager(this);
}
class Gardener extends model('gardener', {
  name: fields.text(),
  tools: manyToMany<Tool>(() => Tool, { relatedName: 'gardeners' }),
}) {
  static objects = new Manager(this);
}
class ReadableStickers extends Manager<typeof Sticker> {
  override getQuerySet() {
    return super.getQuerySet().exclude({ text: '' });
  }
}
class Sticker extends model('sticker', { text: fields.text(), on: genericForeignKey() }) {
  static objects = new Manager(this);
  static readable = new ReadableStickers(this);
}

const { behaviour } = harness(
  [Shed, Tool, Gardener, Sticker],
  `insert into shed (name) values ('north'), ('south');
   insert into tool (name, weight, broken, shed_id) values
     ('rake', 2, false, 1), ('spade', 6, false, 1), ('saw', 7, true, 1), ('axe', 8, false, 2);
   insert into gardener (name) values ('Ada'), ('Ben');
   insert into gardener_tools (gardener_id, tool_id) values (1, 1), (1, 3), (2, 4);
   insert into sticker (text, content_type, object_id) values ('new', 'tool', 1), ('', 'tool', 1), ('old', 'tool', 2);`,
);
const shed = () => call<Shed>(Shed.objects, 'get', { id: 1 });

behaviour('the rows of a foreign key are read by way of another manager', function* () {
  const north = yield* shed();
  expect(keys(yield* call<Tool[]>(north.tools.orderBy('id'), 'list'))).toEqual([1, 2, 3]);
  const working = north.tools.manager(Tool.working);
  expect(keys(yield* call<Tool[]>(working.orderBy('id'), 'list'))).toEqual([1, 2]);
  expect(keys(yield* call<Tool[]>(working.heavy(), 'list'))).toEqual([2]);
  expect(yield* call(north.tools.manager('working'), 'count')).toBe(2);
  const sorted = north.tools.manager(Tool.sorted).byWeight();
  expect(keys(yield* call<Tool[]>(sorted, 'list'))).toEqual([3, 2, 1]);
  // One that was chosen can be left again.
  expect(yield* call(working.manager(Tool.objects), 'count')).toBe(3);
});
behaviour('rows that come by way of another manager know their owner', function* () {
  const north = yield* shed();
  const spade = yield* call<Tool>(north.tools.manager(Tool.working), 'get', { name: 'spade' });
  expect(spade.shed).toBe(north);
  const made = yield* call<Tool>(north.tools.manager(Tool.working), 'create', { name: 'hoe' });
  expect([made.shedId, made.shed]).toEqual([1, north]);
});
behaviour('pairs and generic relations are read by way of another manager', function* () {
  const ada = yield* call<Gardener>(Gardener.objects, 'get', { id: 1 });
  expect(keys(yield* call<Tool[]>(ada.tools.manager(Tool.working), 'list'))).toEqual([1]);
  const rake = yield* call<Tool>(Tool.objects, 'get', { id: 1 });
  expect(keys(yield* call<Sticker[]>(rake.stickers.manager(Sticker.readable), 'list'))).toEqual([1]);
  expect(yield* call(rake.stickers, 'count')).toBe(2);
});
behaviour('only rows that the manager offers are let go', function* () {
  const north = yield* shed();
  const working = north.tools.manager(Tool.working);
  yield* call(working, 'clear');
  expect(keys(yield* call<Tool[]>(north.tools.all(), 'list'))).toEqual([3]);
  const others = yield* call<Tool[]>(Tool.objects.filter({ id__in: [1, 4] }), 'list');
  yield* call(working, 'set', others);
  expect(keys(yield* call<Tool[]>(north.tools.orderBy('id'), 'list'))).toEqual([1, 3, 4]);
  for (const options of [{}, { bulk: false }]) {
    const saw = yield* call<Tool>(Tool.objects, 'get', { id: 3 });
    yield* call(working, 'remove', saw, options);
    expect(yield* call(north.tools, 'count')).toBe(3);
  }
  const ada = yield* call<Gardener>(Gardener.objects, 'get', { id: 1 });
  yield* call(ada.tools.manager(Tool.working), 'remove', 1, 3);
  expect(keys(yield* call<Tool[]>(ada.tools.all(), 'list'))).toEqual([3]);
  const rake = yield* call<Tool>(Tool.objects, 'get', { id: 1 });
  yield* call(rake.stickers.manager(Sticker.readable), 'clear');
  expect(keys(yield* call<Sticker[]>(rake.stickers.all(), 'list'))).toEqual([2]);
});
behaviour('what was prefetched are not the rows of another manager', function* () {
  const [north] = yield* call<Shed[]>(Shed.objects.prefetchRelated('tools').orderBy('id'), 'list');
  const sent = statements().length;
  expect(north?.tools.all().loaded).toHaveLength(3);
  expect(yield* call(north?.tools.manager(Tool.working) as object, 'count')).toBe(2);
  expect(statements()).toHaveLength(sent + 1);
});
behaviour('a manager is named by what it is called', function* () {
  const north = yield* shed();
  expect(() => north.tools.manager('wroking')).toThrow(
    new ValueError("Tool has no manager named 'wroking'. Choices are: objects, working, sorted"),
  );
  expect(() => north.tools.manager(Gardener.objects as never)).toThrow(
    new ValueError('manager() takes a manager of Tool, not one of Gardener.'),
  );
  expect(() => north.tools.manager(Tool.objects.all() as never)).toThrow(TypeError);
  expect(() => north.tools.manager(undefined as never)).toThrow(
    new TypeError('manager() takes a manager of Tool, or its name, not undefined.'),
  );
  const unsaved = yield* thrownBy(function* () {
    yield* call(new Shed({ name: 'x' }).tools.manager(Tool.working), 'count');
  });
  expect(unsaved.message).toContain('needs to have a primary key value');
});
test('a manager may be chosen for any relation of many', () => {
  const tool = new Tool({ id: 1, name: 'rake' });
  const sql = tool.gardeners.manager('objects').all().toSql();
  expect(sql).toEqual(tool.gardeners.all().toSql());
});
