import {
  acreateTables,
  adropTables,
  ainspectTables,
  fields,
  foreignKey,
  Manager,
  manyToMany,
  model,
  reverse,
} from '@migrate-async/runtime/orm';
import { describe, expect, test } from 'vitest';
import { type Behaviour, call, readRelation, statements, thrownBy } from '../support/differential.ts';
import { onOtherEngine } from '../support/engines/index.ts';
import { harness, keys } from '../support/harness.ts';

class Question extends model('question', {
  text: fields.text(),
  answers: reverse<Answer, 'question'>(() => Answer),
}) {
  static objects = new Manager(this);
  declare getAnswerOrder: () => number[];
}
class Answer extends model(
  'answer',
  { text: fields.text(), question: foreignKey<Question>(() => Question, { relatedName: 'answers' }) },
  { orderWithRespectTo: 'question' },
) {
  static objects = new Manager(this);
  declare _order: number;
}

class LiveManager extends Manager<typeof Desk> {
  override getQuerySet() {
    return super.getQuerySet().filter({ gone: false });
  }
}
class Desk extends model(
  'desk',
  {
    name: fields.text(),
    gone: fields.boolean().default(false),
    drawers: reverse<Drawer, 'desk'>(() => Drawer),
  },
  { baseManagerName: 'live', defaultManagerName: 'objects' },
) {
  static live = new LiveManager(this);
  static objects = new Manager(this);
}
class LiveDrawers extends Manager<typeof Drawer> {
  override getQuerySet() {
    return super.getQuerySet().filter({ locked: false });
  }
}
class Drawer extends model(
  'drawer',
  {
    desk: foreignKey<Desk>(() => Desk, { relatedName: 'drawers' }),
    locked: fields.boolean().default(false),
  },
  { defaultManagerName: 'open' },
) {
  static objects = new Manager(this);
  static open = new LiveDrawers(this);
}
class Person extends model('person', { name: fields.text() }) {
  static objects = new Manager(this);
}
/** Names its other sides once for all its relations, and each child says its own. */
class Linked extends model(
  'linked',
  { person: foreignKey<Person>(() => Person) },
  { abstract: true, defaultRelatedName: '%(class)s_links' },
) {}
class Letter extends model('letter', {}, { extends: Linked }) {
  static objects = new Manager(this);
}
class Parcel extends model('parcel', { friends: manyToMany<Letter>(() => Letter) }, { extends: Linked }) {
  static objects = new Manager(this);
}
class Watched extends model('watched', { n: fields.integer().default(0) }, { selectOnSave: true }) {
  static objects = new Manager(this);
}

class Folder extends model(
  'folder',
  { up: foreignKey<Folder>(() => Folder).null(), name: fields.text() },
  { orderWithRespectTo: 'up' },
) {
  static objects = new Manager(this);
  declare _order: number;
}

const context = harness(
  [Folder, Question, Answer, Desk, Drawer, Person, Letter, Parcel, Watched],
  `insert into question (text) values ('q1'), ('q2');
   insert into answer (text, question_id, _order) values ('a', 1, 0), ('b', 1, 1), ('c', 1, 2), ('z', 2, 0);
   insert into desk (name, gone) values ('here', false), ('away', true);
   insert into drawer (desk_id, locked) values (1, false), (1, true), (2, false);
   insert into person (name) values ('ann');
   insert into letter (person_id) values (1); insert into parcel (person_id) values (1);
   insert into watched (n) values (1);`,
);
const { behaviour } = context;
const texts = function* (rows: object): Behaviour<string[]> {
  return (yield* call<Answer[]>(rows, 'list')).map(({ text }) => text);
};

behaviour('rows that belong to none are in an order of their own, too', function* () {
  const first = yield* call<Folder>(Folder.objects, 'create', { name: 'a' });
  const second = yield* call<Folder>(Folder.objects, 'create', { name: 'b' });
  const inside = yield* call<Folder>(Folder.objects, 'create', { name: 'c', up: first });
  const more = yield* call<Folder[]>(Folder.objects, 'bulkCreate', [
    { name: 'd' },
    { name: 'e', up: first },
    { name: 'f', up: null },
  ]);
  expect([first, second, inside, ...more].map(({ _order }) => _order)).toEqual([0, 1, 0, 2, 1, 3]);
  const next = yield* call<Folder>(second, 'getNextInOrder');
  expect(next.name).toBe('d');
});
behaviour('rows with respect to another come in an order of their own', function* () {
  const question = yield* call<Question>(Question.objects, 'get', { id: 1 });
  expect(yield* texts(question.answers.all())).toEqual(['a', 'b', 'c']);
  expect(yield* call(question, 'getAnswerOrder')).toEqual([1, 2, 3]);
  yield* call(question, 'setAnswerOrder', [3, 1, 2]);
  expect(yield* texts(question.answers.all())).toEqual(['c', 'a', 'b']);
  expect(yield* call(question, 'getAnswerOrder')).toEqual([3, 1, 2]);
  // Rows of another question are none of its business.
  yield* call(question, 'setAnswerOrder', [4, 2, 1, 3]);
  expect(yield* call(question, 'getAnswerOrder')).toEqual([2, 1, 3]);
  expect((yield* call<Answer>(Answer.objects, 'get', { id: 4 }))._order).toBe(0);
});
behaviour('a row knows the next and the previous one', function* () {
  const b = yield* call<Answer>(Answer.objects, 'get', { text: 'b' });
  expect((yield* call<Answer>(b, 'getNextInOrder')).text).toBe('c');
  const a = yield* call<Answer>(b, 'getPreviousInOrder');
  expect(a.text).toBe('a');
  const none = yield* thrownBy(() => call(a, 'getPreviousInOrder'));
  expect(none).toBeInstanceOf(Answer.DoesNotExist);
  const unsaved = yield* thrownBy(() => call(new Answer({ questionId: 1 }), 'getNextInOrder'));
  expect(unsaved.message).toBe('getNextInOrder and getPreviousInOrder need a saved object.');
});
behaviour('new rows come last, one by one and in bulk', function* () {
  const made = yield* call<Answer>(Answer.objects, 'create', { text: 'd', questionId: 1 });
  expect(made._order).toBe(3);
  yield* call(Answer.objects.filter({ text: 'b' }), 'delete');
  const question = yield* call<Question>(Question.objects, 'create', { text: 'q3' });
  const rows = [
    { text: 'e', questionId: 1 },
    { text: 'f', question },
    { text: 'g', question },
    { text: 'h', questionId: 2 },
  ];
  const many = yield* call<Answer[]>(Answer.objects, 'bulkCreate', rows);
  expect(many.map(({ _order }) => _order)).toEqual([4, 0, 1, 1]);
  made.text = 'D';
  yield* call(made, 'save');
  expect(made._order).toBe(3);
  expect(yield* texts(Answer.objects.filter({ question: 1 }).reverse())).toEqual(['e', 'D', 'c', 'a']);
});

behaviour('a base manager says which rows are found one by one', function* () {
  const [here, away] = yield* call<[Drawer, Drawer]>(
    Drawer.objects.filter({ locked: false }).orderBy('id'),
    'list',
  );
  expect((yield* readRelation<Desk>(here, 'desk')).name).toBe('here');
  expect(yield* thrownBy(() => readRelation(away, 'desk'))).toBeInstanceOf(Desk.DoesNotExist);
  const desk = yield* call<Desk>(Desk.objects, 'get', { id: 2 });
  expect(yield* thrownBy(() => call(desk, 'refreshFromDb'))).toBeInstanceOf(Desk.DoesNotExist);
  const prefetched = yield* call<Drawer[]>(Drawer.open.prefetchRelated('desk').orderBy('id'), 'list');
  expect((yield* readRelation<Desk>(prefetched[0] as Drawer, 'desk')).name).toBe('here');
});
behaviour('a default manager is what related managers are of', function* () {
  const desk = yield* call<Desk>(Desk.objects, 'get', { id: 1 });
  expect(keys(yield* call<Drawer[]>(desk.drawers.all(), 'list'))).toEqual([1]);
  const [first] = yield* call<Desk[]>(Desk.objects.prefetchRelated('drawers').orderBy('id'), 'list');
  expect(keys(first?.drawers.all().loaded ?? [])).toEqual([1]);
});
behaviour('defaultRelatedName names the other sides that have no name', function* () {
  expect(yield* call(Person.objects.filter({ letter_links: 1, parcel_links: 1 } as never), 'count')).toBe(1);
  const person = (yield* call<Person>(Person.objects, 'get')) as Person & { parcel_links: Manager<Parcel> };
  expect(keys(yield* call<Parcel[]>(person.parcel_links.all(), 'list'))).toEqual([1]);
  expect(yield* call(Letter.objects.filter({ parcel_links: null } as never), 'count')).toBe(1);
});
behaviour('selectOnSave looks for the row before it is written', function* () {
  const row = yield* call<Watched>(Watched.objects, 'get', { id: 1 });
  let before = statements().length;
  yield* call(row, 'save');
  const verbs = () =>
    statements()
      .slice(before)
      .map((sql) => sql.split(' ')[0]);
  expect(verbs()).toEqual(['SELECT', 'UPDATE']);
  before = statements().length;
  yield* call(new Watched({ id: 7 }), 'save');
  expect(verbs()).toEqual(['SELECT', 'INSERT']);
});

// The database's catalogue is read beside the ORM.
test.skipIf(onOtherEngine())('comments are kept in the database, and written back', async () => {
  class Remark extends model(
    'remark',
    {
      text: fields.text().dbComment("what was said, it's all"),
      person: foreignKey<Person>(() => Person, { relatedName: '+' }).dbComment('by whom'),
    },
    { dbTableComment: 'Remarks of people' },
  ) {}
  await context.reset();
  await acreateTables([Remark]);
  try {
    const { rows } = await context.outside.query(
      `select obj_description('remark'::regclass) as own, col_description('remark'::regclass, 2) as text, col_description('remark'::regclass, 3) as person`,
    );
    expect(rows).toEqual([{ own: 'Remarks of people', text: "what was said, it's all", person: 'by whom' }]);
    const source = await ainspectTables({ tables: ['remark'] });
    expect(source).toContain(`text: fields.text().dbComment('what was said, it\\'s all'),`);
    expect(source).toContain("dbTableComment: 'Remarks of people'");
  } finally {
    await adropTables([Remark]);
  }
});

describe('options that mean nothing are refused', () => {
  const declare = (options: object, columns: object = {}): unknown =>
    (model as (...given: unknown[]) => unknown)('wrong', columns, options);
  test.each([
    [{ dbTable: 'x' }, "got invalid attribute(s): dbTable. The name of the table is 'table'."],
    [{ unique_together: [['a', 'b']] }, 'Columns that are unique together are a constraint'],
    [{ verboseName: 'x' }, 'there are no forms and no admin'],
    [{ order: ['a'] }, "got invalid attribute(s): order. Perhaps you meant 'ordering'?"],
    [{ orderWithRespectTo: 'zz' }, "'orderWithRespectTo' of wrong refers to the nonexistent field 'zz'."],
  ])('%o', (options, message) => expect(() => declare(options)).toThrow(message));
  test('an order of its own, and another one', () => {
    const to = foreignKey(() => Person, { relatedName: '+' });
    const options = { orderWithRespectTo: 'to', ordering: ['id'] };
    expect(() => declare(options, { to })).toThrow(
      "'ordering' and 'orderWithRespectTo' of wrong cannot be used together.",
    );
    const number = fields.integer();
    expect(() => declare({ orderWithRespectTo: 'number' }, { number })).toThrow(
      "must name a foreign key, not 'number'",
    );
  });
  test('managers that are not there', () => {
    class Chest extends model('chest', { name: fields.text() }) {
      static objects = new Manager(this);
    }
    class Box extends model(
      'box',
      { chest: foreignKey<Chest>(() => Chest, { relatedName: 'boxes' }) },
      { defaultManagerName: 'nowhere' },
    ) {
      static objects = new Manager(this);
    }
    expect(Box.objects.all().toSql().sql).toContain('"box"');
    const chest = new Chest({ id: 1 }) as Chest & { readonly boxes: unknown };
    expect(() => chest.boxes).toThrow("Box has no manager named 'nowhere'");
  });
});
