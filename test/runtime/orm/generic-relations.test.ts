import {
  Count,
  FieldError,
  fields,
  genericForeignKey,
  genericRelation,
  ImproperlyConfigured,
  Manager,
  model,
  Q,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call, readRelation, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';

// Generic relations of models that extend others or are extended, and the way back that lookups may have.

class Tag extends model('tag', { word: fields.char(20), on: genericForeignKey() }, { ordering: ['id'] }) {
  static objects = new Manager(this);
}
/** A tag with a table of its own beside the one that holds the key. */
class Priced extends model('priced', { price: fields.integer() }, { extends: Tag }) {
  static objects = new Manager(this);
}
class Plant extends model('plant', { name: fields.char(20), tags: genericRelation<Tag>(() => Tag) }) {
  static objects = new Manager(this);
}
class Tree extends model('tree', { height: fields.integer() }, { extends: Plant }) {
  static objects = new Manager(this);
}
class Bush extends model('bush', {}, { extends: Plant, proxy: true }) {
  static objects = new Manager(this);
}
class Stone extends model('stone', {
  name: fields.char(20),
  prices: genericRelation<Priced>(() => Priced, { relatedQueryName: 'stone' }),
}) {
  static objects = new Manager(this);
}
class Animal extends model('animal', {
  name: fields.char(20),
  tags: genericRelation<Tag>(() => Tag, { via: 'on', relatedQueryName: 'animal' }),
}) {
  static objects = new Manager(this);
}
class Beast extends model(
  'beast',
  { tags: genericRelation<Tag>(() => Tag, { relatedQueryName: 'a_%(class)s' }) },
  { abstract: true },
) {}
class Horse extends model('horse', { name: fields.char(20) }, { extends: Beast }) {
  static objects = new Manager(this);
}
class Foal extends model('foal', { age: fields.integer() }, { extends: Horse }) {
  static objects = new Manager(this);
}
/** Keys of any type are kept as text. */
class Mark extends model('mark', {
  contentType: fields.char(30),
  objectId: fields.text(),
  on: genericForeignKey(),
}) {
  static objects = new Manager(this);
}
class Film extends model('film', {
  code: fields.uuid().primaryKey(),
  marks: genericRelation<Mark>(() => Mark, { relatedQueryName: 'film' }),
}) {
  static objects = new Manager(this);
}
class Reel extends model('reel', {
  number: fields.integer(),
  marks: genericRelation<Mark>(() => Mark, { relatedQueryName: 'reel' }),
}) {
  static objects = new Manager(this);
}

const code = '00000000-0000-4000-8000-000000000001';
const { behaviour } = harness(
  [Priced, Tag, Tree, Plant, Stone, Animal, Foal, Horse, Mark, Film, Reel],
  `insert into plant (name) values ('oak'), ('fern'); insert into tree (plant_ptr_id, height) values (1, 30);
   insert into stone (name) values ('onyx'), ('flint');
   insert into animal (name) values ('ant'), ('bee'), ('cat');
   insert into tag (word, content_type, object_id) values
     ('old', 'tree', 1), ('green', 'plant', 1), ('green', 'plant', 2), ('rare', 'stone', 1), ('small', 'animal', 1),
     ('small', 'animal', 2), ('loud', 'animal', 2);
   insert into priced (tag_ptr_id, price) values (4, 90);
   insert into film (code) values ('${code}'); insert into reel (number) values (7);
   insert into mark (content_type, object_id) values ('film', '${code}'), ('reel', '1'), ('reel', 'lost');`,
);
function* words(where: object) {
  const tags = Tag.objects.filter(where as never).orderBy('id');
  return yield* call<string[]>(tags.valuesList('word', { flat: true }), 'list');
}

behaviour('a model that extends another has its generic relation by its own name', function* () {
  const tree = yield* call<Tree>(Tree.objects, 'get');
  const plant = yield* call<Plant>(Plant.objects, 'get', { pk: 1 });
  expect(keys(yield* call<Tag[]>(tree.tags as never, 'list'))).toEqual([1]);
  expect(keys(yield* call<Tag[]>(plant.tags, 'list'))).toEqual([2]);
  expect(yield* call(Tree.objects.filter({ tags__word: 'old' } as never), 'count')).toBe(1);
  expect(yield* call(Tree.objects.filter({ tags__word: 'green' } as never), 'count')).toBe(0);
  const [loaded] = yield* call<Tree[]>(Tree.objects.prefetchRelated('tags' as never), 'list');
  expect(keys(yield* call<Tag[]>((loaded as Tree).tags.all(), 'list'))).toEqual([1]);
  const made = yield* call<Tag>(tree.tags, 'create', { word: 'tall' });
  expect([made.contentType, yield* readRelation(made, 'on')]).toEqual(['tree', tree]);
});
behaviour('rows of both names go with what extends a model', function* () {
  const tree = yield* call<Tree>(Tree.objects, 'get');
  expect(yield* call(tree, 'delete')).toEqual([4, { Tag: 2, Tree: 1, Plant: 1 }]);
});
behaviour('a proxy has the generic relation of the model it shows', function* () {
  const bush = yield* call<Bush>(Bush.objects, 'get', { pk: 2 });
  expect(keys(yield* call<Tag[]>(bush.tags, 'list'))).toEqual([3]);
  expect((yield* call<Tag>(bush.tags, 'create', { word: 'low' })).contentType).toBe('plant');
});
behaviour('a generic relation leads to a model whose parent holds the key', function* () {
  for (const where of [
    { prices__price: 90 },
    { prices__word: 'rare' },
    { prices__price__gt: 1, prices__word: 'rare' },
  ]) {
    expect(keys(yield* call<Stone[]>(Stone.objects.filter(where as never), 'list'))).toEqual([1]);
  }
  expect(keys(yield* call<Stone[]>(Stone.objects.exclude({ prices__price: 90 }), 'list'))).toEqual([2]);
  const counted = Stone.objects
    .annotate({ n: Count('prices') })
    .orderBy('id')
    .valuesList('n', { flat: true });
  expect(yield* call(counted, 'list')).toEqual([1, 0]);
  const stone = yield* call<Stone>(Stone.objects, 'get', { pk: 2 });
  yield* call(stone.prices, 'create', { word: 'sharp', price: 2 });
  const [, loaded] = yield* call<Stone[]>(Stone.objects.prefetchRelated('prices').orderBy('id'), 'list');
  expect((yield* call<Priced[]>((loaded as Stone).prices.all(), 'list')).map(({ price }) => price)).toEqual([
    2,
  ]);
  expect(yield* call(stone, 'delete')).toEqual([3, { Priced: 1, Tag: 1, Stone: 1 }]);
});

behaviour('lookups go back over a generic foreign key under the name that the relation gives', function* () {
  expect(yield* words({ animal__name: 'bee' })).toEqual(['small', 'loud']);
  expect(yield* words({ animal__name: 'bee', word: 'loud' })).toEqual(['loud']);
  expect(yield* words({ animal__isNull: true, priced__stone__isNull: true })).toEqual([
    'old',
    'green',
    'green',
  ]);
  const bee = yield* call<Animal>(Animal.objects, 'get', { name: 'bee' });
  expect(yield* words({ animal: bee })).toEqual(['small', 'loud']);
  expect(yield* words({ animal__in: [1, bee] })).toEqual(['small', 'small', 'loud']);
  const excluded = Tag.objects.exclude({ animal__name: 'bee' } as never).valuesList('word', { flat: true });
  expect(yield* call(excluded, 'list')).toEqual(['old', 'green', 'green', 'rare', 'small']);
  const either = Tag.objects.filter(
    Q({ animal__name: 'ant' } as never).or({ priced__stone__name: 'onyx' } as never),
  );
  expect(keys(yield* call<Tag[]>(either, 'list'))).toEqual([4, 5]);
});
behaviour('a name that an abstract model gives is of each model that extends it', function* () {
  const horse = yield* call<Horse>(Horse.objects, 'create', { name: 'hob' });
  const foal = yield* call<Foal>(Foal.objects, 'create', { name: 'fay', age: 1 });
  yield* call(horse.tags, 'create', { word: 'calm' });
  yield* call(foal.tags, 'create', { word: 'wild' });
  expect(yield* words({ a_horse__name__startsWith: '' })).toEqual(['calm']);
  expect(yield* words({ a_foal__age: 1 })).toEqual(['wild']);
  expect(yield* words({ a_foal__name: 'fay' })).toEqual(['wild']);
});
behaviour('values, orderings and aggregates go the same way', function* () {
  const named = Tag.objects
    .filter({ animal__isNull: false } as never)
    .orderBy('-animal__name' as never, 'id')
    .valuesList('animal__name' as never, 'word');
  expect(yield* call(named, 'list')).toEqual([
    ['bee', 'small'],
    ['bee', 'loud'],
    ['ant', 'small'],
  ]);
  expect(yield* call(Tag.objects, 'aggregate', { n: Count('animal' as never, { distinct: true }) })).toEqual({
    n: 2,
  });
});
behaviour('a model that extends the one with the key can be asked the same', function* () {
  expect(
    keys(yield* call<Priced[]>(Priced.objects.filter({ stone__name: 'onyx' } as never), 'list')),
  ).toEqual([4]);
  expect(yield* call(Priced.objects.filter({ animal__isNull: false } as never), 'count')).toBe(0);
});
behaviour('keys of other types are compared as the column keeps them', function* () {
  expect(keys(yield* call<Mark[]>(Mark.objects.filter({ film: code } as never), 'list'))).toEqual([1]);
  expect(keys(yield* call<Mark[]>(Mark.objects.filter({ reel__number: 7 } as never), 'list'))).toEqual([2]);
  expect(
    keys(yield* call<Mark[]>(Mark.objects.filter({ reel: null } as never).orderBy('id'), 'list')),
  ).toEqual([1, 3]);
});
behaviour('without such a name there is no way back, and none behind the foreign key itself', function* () {
  const unknown = yield* thrownBy(() => words({ plant__isNull: true }));
  expect(unknown).toBeInstanceOf(FieldError);
  expect(unknown.message).toBe(
    "Cannot resolve keyword 'plant' into field. Choices are: a_foal, a_horse, animal, contentType, id, objectId, priced, word",
  );
  for (const path of ['on', 'on__name']) {
    expect(() => Tag.objects.filter({ [path]: 1 } as never)).toThrow(
      "Field 'on' does not generate an automatic reverse relation and therefore cannot be used for reverse querying. " +
        'If it is a genericForeignKey, consider adding a genericRelation.',
    );
  }
  const refused = yield* thrownBy(() => call(Tag.objects.prefetchRelated('animal' as never), 'list'));
  expect(refused.message).toBe(
    "Cannot find 'animal' on Tag object, 'animal' is an invalid parameter to prefetchRelated()",
  );
});

test('a name that means something on the target already is refused, and so is an option there is not', () => {
  class Label extends model('label', { text: fields.char(20), on: genericForeignKey() }) {
    static objects = new Manager(this);
  }
  class Jar extends model('jar', {
    labels: genericRelation<Label>(() => Label, { relatedQueryName: 'text' }),
  }) {
    static objects = new Manager(this);
  }
  expect(() => Jar.objects.all()).toThrow(ImproperlyConfigured);
  expect(() => Jar.objects.all()).toThrow(
    "Reverse query name for 'Jar.labels' clashes with field name 'Label.text'. Add or change a relatedQueryName argument to the definition for 'Jar.labels'.",
  );
  expect(() => genericRelation(() => Label, { relatedName: 'jar' } as never)).toThrow(
    "genericRelation() got an unexpected option 'relatedName', perhaps you meant relatedQueryName?",
  );
});
