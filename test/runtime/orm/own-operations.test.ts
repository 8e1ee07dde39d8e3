import { syncToAsync, threadSensitiveContext } from '@migrate-async/runtime';
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
  TransactionManagementError,
  transaction,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import type { Deleted } from '../../../runtime/orm/types/queryset.ts';
import type { CreateValues, SchemaOf } from '../../../runtime/orm/types/schema.ts';
import { atomic, call, statements } from '../support/differential.ts';
import { testEngine } from '../support/engines/index.ts';
import { harness, keys } from '../support/harness.ts';

class Garden extends model('garden', {
  name: fields.text(),
  plants: reverse<Plant, 'garden'>(() => Plant),
  labels: genericRelation<Label>(() => Label),
}) {
  static objects = new Manager(this);
}
type PlantValues = CreateValues<SchemaOf<Plant>>;
/** Writes names in capitals, in both forms. */
class PlantManager extends Manager<typeof Plant> {
  override create(values: PlantValues) {
    return super.create({ ...values, name: values.name.toUpperCase() });
  }
  override async acreate(values: PlantValues) {
    return super.acreate({ ...values, name: values.name.toUpperCase() });
  }
  override getQuerySet() {
    return super.getQuerySet().filter({ dead: false });
  }
  tallest() {
    return this.orderBy('-height').first();
  }
}
class Plant extends model('plant', {
  name: fields.text(),
  height: fields.integer().default(1),
  dead: fields.boolean().default(false),
  garden: foreignKey<Garden>(() => Garden, { relatedName: 'plants' }).null(),
  keepers: reverse<Keeper>(() => Keeper),
}) {
  static objects: PlantManager = new PlantManager(this);
  static every = new Manager(this);
}
class Keeper extends model('keeper', {
  name: fields.text(),
  plants: manyToMany<Plant>(() => Plant, { relatedName: 'keepers' }),
}) {
  static objects = new Manager(this);
}
/** Counts what it makes; `delete` only marks. */
class LabelQuerySet extends QuerySet<Label> {
  override create(values: CreateValues<SchemaOf<Label>>) {
    return super.create({ ...values, made: 'by create' });
  }
  override async acreate(values: CreateValues<SchemaOf<Label>>) {
    return super.acreate({ ...values, made: 'by create' });
  }
  override delete() {
    return [this.update({ made: 'deleted' }), {}] as Deleted;
  }
  override async adelete() {
    return [await this.aupdate({ made: 'deleted' }), {}] as Deleted;
  }
  override getOrCreate(where: object = {}, options = {}) {
    const [label, created] = super.getOrCreate(where, options);
    label.seen = true;
    return [label, created] as [Label, boolean];
  }
  override async agetOrCreate(where: object = {}, options = {}) {
    const [label, created] = await super.agetOrCreate(where, options);
    label.seen = true;
    return [label, created] as [Label, boolean];
  }
}
class Label extends model('label', {
  text: fields.text(),
  made: fields.text().default(''),
  contentType: fields.text().null(),
  objectId: fields.integer().null(),
  about: genericForeignKey(),
}) {
  static objects = LabelQuerySet.asManager(this);
  declare seen?: boolean;
}
/** Overrides the sync form only. */
class SeedQuerySet extends QuerySet<Seed> {
  override delete() {
    return [this.update({ gone: true }), {}] as [number, Record<string, number>];
  }
  override count() {
    return super.count() * 10;
  }
}
class Seed extends model('seed', { gone: fields.boolean().default(false) }) {
  static objects = SeedQuerySet.asManager(this);
}

const { behaviour, reset } = harness(
  [Garden, Plant, Keeper, Label, Seed],
  `insert into garden (name) values ('front'), ('back');
   insert into plant (name, height, dead, garden_id) values ('ROSE', 3, false, 1), ('FERN', 9, true, 1);
   insert into keeper (name) values ('Kim');
   insert into seed (gone) values (false), (false);`,
);

behaviour('create of a manager is that of the managers of relations', function* () {
  expect((yield* call<Plant>(Plant.objects, 'create', { name: 'ivy' })).name).toBe('IVY');
  expect((yield* call<Plant>(Plant.every, 'create', { name: 'ivy' })).name).toBe('ivy');
  const front = yield* call<Garden>(Garden.objects, 'get', { name: 'front' });
  const made = yield* call<Plant>(front.plants, 'create', { name: 'moss' });
  expect([made.name, made.gardenId]).toEqual(['MOSS', 1]);
  const kim = yield* call<Keeper>(Keeper.objects, 'get');
  const kept = yield* call<Plant>(kim.plants, 'create', { name: 'reed' });
  expect(kept.name).toBe('REED');
  expect(keys(yield* call<Plant[]>(kim.plants, 'list'))).toEqual([kept.pk]);
});
behaviour('getOrCreate of a relation looks among the rows of the default manager', function* () {
  const front = yield* call<Garden>(Garden.objects, 'get', { name: 'front' });
  const [rose, known] = yield* call<[Plant, boolean]>(front.plants, 'getOrCreate', { name: 'ROSE' });
  expect([rose.pk, known]).toEqual([1, false]);
  const [fern, made] = yield* call<[Plant, boolean]>(front.plants, 'getOrCreate', { name: 'FERN' });
  expect([fern.pk === 2, made, fern.gardenId]).toEqual([false, true, 1]);
  const [again, created] = yield* call<[Plant, boolean]>(
    front.plants,
    'updateOrCreate',
    { name: 'FERN' },
    { defaults: { height: 7 } },
  );
  expect([again.pk, again.height, created]).toEqual([fern.pk, 7, false]);
});
behaviour('operations of a query set that are built on others go through its own', function* () {
  const [first, created] = yield* call<[Label, boolean]>(Label.objects, 'getOrCreate', { text: 'a' });
  expect([first.made, first.seen, created]).toEqual(['by create', true, true]);
  const [second] = yield* call<[Label, boolean]>(Label.objects.filter({}), 'updateOrCreate', { text: 'b' });
  expect([second.made, second.seen]).toEqual(['by create', true]);
  const front = yield* call<Garden>(Garden.objects, 'get', { name: 'front' });
  const label = yield* call<Label>(front.labels, 'create', { text: 'c' });
  expect([label.made, label.objectId]).toEqual(['by create', 1]);
  const [other, fresh] = yield* call<[Label, boolean]>(front.labels, 'getOrCreate', { text: 'd' });
  expect([other.made, other.seen, fresh]).toEqual(['by create', true, true]);
  const sent = statements().length;
  yield* call(front.labels, 'getOrCreate', { text: 'd' });
  expect(statements()).toHaveLength(sent + 1);
});
behaviour('managers of relations let rows go by the own operation of their query sets', function* () {
  const front = yield* call<Garden>(Garden.objects, 'get', { name: 'front' });
  yield* call(front.labels, 'create', { text: 'c' });
  yield* call(front.labels, 'clear');
  expect(yield* call(front.labels.valuesList('made', { flat: true }), 'list')).toEqual(['deleted']);
});
behaviour('what an own operation does is part of the transaction around it', function* () {
  yield* atomic(function* () {
    yield* call(Label.objects, 'getOrCreate', { text: 'x' });
    yield* call(Plant.objects, 'create', { name: 'ash' });
  });
  expect(statements().filter((sql) => /^(BEGIN|COMMIT|SAVEPOINT)/.test(sql))).toEqual([
    'BEGIN',
    'SAVEPOINT savepoint',
    'COMMIT',
  ]);
});
behaviour('what is given is looked at before an own operation runs', function* () {
  const front = yield* call<Garden>(Garden.objects, 'get', { name: 'front' });
  const sent = statements().length;
  for (const operation of ['create', 'getOrCreate', 'updateOrCreate']) {
    let message = '';
    try {
      yield* call(front.plants, operation, 'moss');
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toBe(`${operation}() takes values as an object, not 'moss'.`);
  }
  expect(statements()).toHaveLength(sent);
});
test('the native form of an operation that has an own sync form alone runs that one', async () => {
  await reset();
  expect(await Seed.objects.acount()).toBe(20);
  expect(await Seed.objects.filter({ gone: false }).adelete()).toEqual([2, {}]);
  expect(await Seed.objects.filter({ gone: true }).acount()).toBe(20);
  expect('delete' in Seed.objects).toBe(false);
});
// Elsewhere the transaction is on the bridge thread as well.
test.runIf(testEngine().native)('where that would leave a transaction it is refused', async () => {
  await reset();
  await expect(transaction.aatomic(() => Seed.objects.acount())).rejects.toThrow(
    new TransactionManagementError(
      'SeedQuerySet.count() has no native twin, so it would run outside this transaction, on a bridge thread. Override the twin too.',
    ),
  );
});
test('what a manager has of its own can be handed to a bridge without it', async () => {
  await reset();
  await threadSensitiveContext(async () => {
    expect((await syncToAsync(Plant.objects.create)({ name: 'oak' })).name).toBe('OAK');
    expect((await syncToAsync(Plant.objects.tallest)())?.name).toBe('ROSE');
    expect((await syncToAsync(Label.objects.create)({ text: 'e' })).made).toBe('by create');
  });
});
