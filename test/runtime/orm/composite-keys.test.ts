import {
  acreateTables,
  adropTables,
  ainspectTables,
  Coalesce,
  Count,
  Exists,
  F,
  FieldError,
  fields,
  foreignKey,
  genericForeignKey,
  genericRelation,
  IntegrityError,
  Manager,
  Max,
  manyToMany,
  model,
  OuterRef,
  Q,
  reverse,
  type ValidationError,
  ValueError,
} from '@migrate-async/runtime/orm';
import { describe, expect, test } from 'vitest';
import { optimises } from '../../../runtime/orm/optimisations.ts';
import { call, lastStatement, readRelation, statements, thrownBy } from '../support/differential.ts';
import { onOtherEngine } from '../support/engines/index.ts';
import { harness, keys } from '../support/harness.ts';

class Tenant extends model('tenant', {
  name: fields.char(20),
  comments: reverse<Comment, 'tenant'>(() => Comment),
}) {
  static objects = new Manager(this);
}
class Comment extends model('comment', {
  pk: fields.compositePrimaryKey('tenant', 'number'),
  tenant: foreignKey<Tenant>(() => Tenant, { relatedName: 'comments' }),
  number: fields.integer(),
  text: fields.text().default(''),
}) {
  static objects = new Manager(this);
}
/** Keys of other types, one with a default. */
class Visit extends model('visit', {
  pk: fields.compositePrimaryKey('day', 'visitor'),
  day: fields.date(),
  visitor: fields.char(10).default('nobody'),
  pages: fields.integer().default(0),
}) {
  static objects = new Manager(this);
}

const context = harness(
  [Tenant, Comment, Visit],
  `insert into tenant (name) values ('a'), ('b');
   insert into comment (tenant_id, number, text) values (1, 1, 'one'), (1, 2, 'two'), (2, 1, 'three');
   insert into visit (day, visitor, pages) values ('2024-01-01', 'ann', 3), ('2024-01-02', 'ann', 4);`,
);
const { behaviour } = context;

behaviour('a composite key is a list, in the order of its columns', function* () {
  const comment = yield* call<Comment>(Comment.objects, 'get', { pk: [1, 2] });
  expect(comment.pk).toEqual([1, 2]);
  expect(comment.text).toBe('two');
  expect(String(comment)).toBe('Comment object ((1, 2))');
  expect(lastStatement()).toContain('WHERE ("comment"."tenant_id", "comment"."number") = ($1, $2)');
  comment.pk = [2, 9];
  expect([comment.tenantId, comment.number]).toEqual([2, 9]);
  comment.pk = null as never;
  expect(comment.pk).toEqual([null, null]);
  expect(() => {
    comment.pk = [1] as never;
  }).toThrow("'pk' must have 2 elements.");
  expect(() => {
    comment.pk = 3 as never;
  }).toThrow("'pk' must be a list.");
  expect(new Comment({ tenantId: 1, number: 2 }).equals(new Comment({ pk: [1, 2] } as never))).toBe(true);
  expect(new Comment({ tenantId: 1, number: 2 }).equals(new Comment({ tenantId: 1, number: 3 }))).toBe(false);
  expect(new Comment({ tenantId: 1 }).equals(new Comment({ tenantId: 1 }))).toBe(false);
});

behaviour('lookups compare a composite key as a row', function* () {
  const found = function* (where: object) {
    const rows = Comment.objects.filter(where as never).orderBy('pk');
    return keys(yield* call<Comment[]>(rows, 'list'));
  };
  expect(
    yield* found({
      pk__in: [
        [1, 1],
        [2, 1],
        [7, 7],
      ],
    }),
  ).toEqual([
    [1, 1],
    [2, 1],
  ]);
  expect(lastStatement()).toContain('IN (SELECT * FROM UNNEST($1::bigint[], $2::integer[]))');
  expect(lastStatement()).toContain('ORDER BY "comment"."tenant_id" ASC, "comment"."number" ASC');
  expect(yield* found({ pk__gt: [1, 1] })).toEqual([
    [1, 2],
    [2, 1],
  ]);
  expect(yield* found({ pk__gte: [1, 2] })).toEqual([
    [1, 2],
    [2, 1],
  ]);
  expect(yield* found({ pk__lt: [1, 2] })).toEqual([[1, 1]]);
  expect(yield* found({ pk__lte: [1, 2] })).toEqual([
    [1, 1],
    [1, 2],
  ]);
  expect(yield* found({ pk__isNull: false })).toHaveLength(3);
  expect(yield* found({ pk__isNull: true })).toEqual([]);
  expect(yield* found({ pk__in: [] })).toEqual([]);
  expect(
    yield* found({
      pk__in: [
        [1, null],
        [1, 1],
      ],
    }),
  ).toEqual([[1, 1]]);
  expect(
    yield* found({
      pk__in: [
        [2 ** 40, 2 ** 40],
        [1, 1],
      ],
    }),
  ).toEqual([[1, 1]]);
  expect(yield* found({ pk: [1, 2 ** 40] })).toEqual([]);
  expect(yield* found(Q({ pk: [1, 1] }).or({ pk: [2, 1] }))).toEqual([
    [1, 1],
    [2, 1],
  ]);
  expect(
    keys(yield* call<Comment[]>(Comment.objects.exclude({ pk: [1, 1] }).orderBy('-pk'), 'list')),
  ).toEqual([
    [2, 1],
    [1, 2],
  ]);
  const some = Comment.objects.filter({ text__startsWith: 't' });
  expect(yield* found({ pk__in: some })).toEqual([
    [1, 2],
    [2, 1],
  ]);
  expect(yield* found({ pk__in: some.values('pk') })).toEqual([
    [1, 2],
    [2, 1],
  ]);
  expect(yield* found({ pk: some.filter({ tenant: 2 }).values('pk').slice(0, 1) })).toEqual([[2, 1]]);
  const first = yield* call<Comment>(Comment.objects, 'get', { pk: [1, 1] });
  expect(yield* call(Tenant.objects.filter({ comments: first }), 'count')).toBe(1);
  expect(yield* call(Tenant.objects.filter({ comments__pk: [2, 1] }).valuesList('name'), 'get')).toEqual([
    'b',
  ]);
});

behaviour('what is no key is refused before anything is sent', function* () {
  const sent = statements().length;
  for (const [where, message] of [
    [{ pk: 1 }, "'exact' lookup of 'pk' must be a list."],
    [{ pk: [1] }, "'exact' lookup of 'pk' must have 2 elements."],
    [{ pk: [1, 2, 3] }, "'exact' lookup of 'pk' must have 2 elements."],
    [{ pk__gt: 'x' }, "'gt' lookup of 'pk' must be a list."],
    [{ pk__in: [1, 2] }, "'in' lookup of 'pk' must be a collection of lists."],
    [{ pk__in: [[1]] }, "'in' lookup of 'pk' must have 2 elements each."],
    [{ pk: [1, 'x'] }, "Field 'number' expected a number but got 'x'."],
  ] as const) {
    const error = yield* thrownBy(() => call(Comment.objects, 'get', where));
    expect(`${error.message}`).toBe(message);
  }
  const unknown = yield* thrownBy(() => call(Comment.objects, 'get', { pk__contains: [1, 2] }));
  expect(unknown.message).toBe(
    "Unsupported lookup 'contains' for CompositePrimaryKey or join on the field not permitted.",
  );
  expect(statements().length).toBe(sent);
});

behaviour('values hold a composite key as a list', function* () {
  const { objects } = Comment;
  expect(yield* call(objects.orderBy('pk').values('pk', 'text').slice(0, 2), 'list')).toEqual([
    { pk: [1, 1], text: 'one' },
    { pk: [1, 2], text: 'two' },
  ]);
  expect(yield* call(objects.orderBy('-pk').valuesList('pk', { flat: true }), 'list')).toEqual([
    [2, 1],
    [1, 2],
    [1, 1],
  ]);
  expect(yield* call(objects.orderBy('pk').valuesList('text', 'pk'), 'first')).toEqual(['one', [1, 1]]);
  expect(yield* call(objects.values(), 'first')).toEqual({ tenantId: 1, number: 1, text: 'one' });
  expect(keys([yield* call(objects, 'first'), yield* call(objects, 'last')])).toEqual([
    [1, 1],
    [2, 1],
  ]);
  const bulk = yield* call<Map<unknown, Comment>>(objects, 'inBulk', [
    [1, 1],
    [2, 1],
    [3, 3],
  ]);
  expect([bulk.size, bulk.get([2, 1])?.text, bulk.has([3, 3])]).toEqual([2, 'three', false]);
  expect(yield* call(objects.filter({ tenant: 1 }), 'contains', bulk.get([1, 1]))).toBe(true);
  expect(yield* call(objects.filter({ tenant: 2 }), 'contains', bulk.get([1, 1]))).toBe(false);
  const cached = objects.filter({ tenant: 1 });
  yield* call(cached, 'list');
  expect(yield* call(cached, 'contains', bulk.get([1, 1]))).toBe(true);
  expect(yield* call(objects.only('text').filter({ text: 'one' }), 'get')).toMatchObject({
    tenantId: 1,
    number: 1,
  });
});

behaviour('rows are grouped, counted and joined by a composite key', function* () {
  const counted = Tenant.objects
    .annotate({ n: Count('comments') })
    .orderBy('id')
    .valuesList('n', { flat: true });
  expect(yield* call(counted, 'list')).toEqual([2, 1]);
  const own = Comment.objects.annotate({ same: Count('tenant__comments') }).orderBy('pk');
  expect((yield* call<{ same: number }[]>(own, 'list')).map(({ same }) => same)).toEqual([2, 2, 1]);
  const others = Comment.objects.filter({ tenant: OuterRef('tenant') }).exclude({ pk: OuterRef('pk') });
  expect(keys(yield* call<Comment[]>(Comment.objects.filter(Exists(others)).orderBy('pk'), 'list'))).toEqual([
    [1, 1],
    [1, 2],
  ]);
  expect(keys(yield* call<Comment[]>(Tenant.objects.exclude({ comments__text: 'two' }), 'list'))).toEqual([
    2,
  ]);
  expect(yield* call(Comment.objects.distinct(), 'count')).toBe(3);
  expect(yield* call(Comment.objects.slice(0, 2), 'count')).toBe(2);
  const both = Comment.objects.filter({ tenant: 1 }).union(Comment.objects.filter({ tenant: 2 }));
  expect(yield* call(both, 'count')).toBe(3);
  const joined = yield* call<Comment[]>(Comment.objects.selectRelated('tenant').orderBy('pk'), 'list');
  expect(joined[2]?.tenant.name).toBe('b');
});

behaviour('rows that are not there are not counted by a composite key, nor keys once', function* () {
  yield* call(Tenant.objects, 'create', { name: 'c' });
  const counted = Tenant.objects.annotate({
    all: Count('comments'),
    second: Count('comments__pk', { filter: Q({ comments__number: 2 }) }),
  });
  expect(yield* call(counted.orderBy('id').valuesList('all', 'second'), 'list')).toEqual([
    [2, 1],
    [1, 0],
    [0, 0],
  ]);
  expect(() => Tenant.objects.annotate({ n: Count('comments', { distinct: true }) })).toThrow(
    new ValueError("COUNT(DISTINCT) doesn't support composite primary keys"),
  );
});
if (!onOtherEngine()) {
  behaviour('a composite key tells rows apart by its columns', function* () {
    const rows = Comment.objects.orderBy('pk').distinct('pk');
    expect(keys(yield* call(rows, 'list'))).toHaveLength(3);
    expect(lastStatement()).toContain('DISTINCT ON ("comment"."tenant_id", "comment"."number")');
    expect(yield* call(Comment.objects.orderBy('tenantId', 'number').distinct('pk'), 'count')).toBe(3);
    expect(Comment.objects.orderBy('-pk').totallyOrdered).toBe(true);
    expect(Comment.objects.orderBy('number').totallyOrdered).toBe(false);
    expect(Comment.objects.orderBy('number', 'tenantId').totallyOrdered).toBe(true);
  });
}
behaviour('expressions take one value, and are refused a key of several', function* () {
  const before = statements().length;
  const refused: [string, unknown][] = [
    ['Max', { m: Max('pk') }],
    ['Coalesce', { m: Coalesce('pk', 'text') }],
    ['CombinedExpression', { m: F('pk').add(1) }],
  ];
  for (const [name, annotations] of refused) {
    const error = yield* thrownBy(() => call(Comment.objects.annotate(annotations as never), 'list'));
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toBe(`${name} expression does not support composite primary keys.`);
  }
  expect(statements()).toHaveLength(before);
});
behaviour('a key of several columns is not written to a column', function* () {
  const error = yield* thrownBy(() => call(Comment.objects, 'update', { text: F('pk') }));
  expect(error).toBeInstanceOf(FieldError);
  expect(error.message).toBe(
    "Composite primary keys expressions are not allowed in this query (text=F('pk')).",
  );
  expect(statements()).toEqual([]);
});
behaviour('a key is looked for among rows of as many columns', function* () {
  const { objects } = Comment;
  const found = (where: object) => call(objects.filter(where as never), 'count');
  expect(yield* found({ pk__in: objects.filter({ number: 1 }) })).toBe(2);
  expect(yield* found({ pk__in: objects.values('pk') })).toBe(3);
  expect(yield* found({ pk__in: objects.filter({ number: 2 }).values('tenant', 'number') })).toBe(1);
  const before = statements().length;
  const wide = yield* thrownBy(() => found({ pk__in: objects.values('number') }));
  expect(wide.message).toBe(
    "The QuerySet value for the 'in' lookup must have 2 selected fields (received 1)",
  );
  const narrow = yield* thrownBy(() => found({ number__in: objects.all() }));
  expect(narrow.message).toBe(
    "The QuerySet value for the 'in' lookup must have 1 selected fields (received 2)",
  );
  expect(statements()).toHaveLength(before);
});
behaviour('saving updates the row of the key, or makes it', function* () {
  const made = yield* call<Comment>(Comment.objects, 'create', { tenantId: 2, number: 2, text: 'new' });
  expect(made.pk).toEqual([2, 2]);
  made.text = 'changed';
  yield* call(made, 'save');
  expect(lastStatement()).toBe(
    'UPDATE "comment" SET "text" = $3 WHERE "comment"."tenant_id" = $1 AND "comment"."number" = $2',
  );
  yield* call(made, 'save', { updateFields: ['text'] });
  const key = yield* thrownBy(() => call(made, 'save', { updateFields: ['number'] }));
  expect(key.message).toContain('primary keys, or are non-concrete fields: number');
  const fresh = new Comment({ tenantId: 2, number: 3, text: 'third' });
  yield* call(fresh, 'save');
  expect(
    statements()
      .slice(-2)
      .map((sql) => sql.split(' ')[0]),
  ).toEqual(['UPDATE', 'INSERT']);
  yield* call(fresh, 'refreshFromDb');
  expect(fresh.text).toBe('third');
  const twice = yield* thrownBy(() => call(Comment.objects, 'create', { tenantId: 1, number: 1 }));
  expect(twice).toBeInstanceOf(IntegrityError);
  const keyless = yield* thrownBy(() => call(new Comment({ tenantId: 1 }), 'save', { forceUpdate: true }));
  expect(keyless.message).toBe('Cannot force an update in save() with no primary key.');
});
behaviour('getOrCreate and updateOrCreate go by it', function* () {
  const { objects } = Comment;
  const [found, created] = yield* call<[Comment, boolean]>(
    objects,
    'getOrCreate',
    { pk: [1, 1] },
    { defaults: { text: 'x' } },
  );
  expect([found.text, created]).toEqual(['one', false]);
  const [made, second] = yield* call<[Comment, boolean]>(
    objects,
    'getOrCreate',
    { pk: [2, 5] },
    { defaults: { text: 'x' } },
  );
  expect([made.pk, made.text, second]).toEqual([[2, 5], 'x', true]);
  const [changed, third] = yield* call<[Comment, boolean]>(
    objects,
    'updateOrCreate',
    { pk: [2, 5] },
    { defaults: { text: 'y' } },
  );
  expect([changed.text, third]).toEqual(['y', false]);
  const tenant = yield* call<Tenant>(Tenant.objects, 'get', { id: 1 });
  const own = yield* call<Comment>(tenant.comments, 'create', { number: 8 });
  expect(own.pk).toEqual([1, 8]);
  expect(yield* call(tenant.comments.filter({ pk: [1, 8] }), 'exists')).toBe(true);
});
behaviour('bulk operations go by composite keys', function* () {
  const { objects } = Comment;
  const rows = yield* call<Comment[]>(objects, 'bulkCreate', [
    { tenantId: 1, number: 3, text: 'x' },
    { tenantId: 1, number: 4, text: 'y' },
  ]);
  expect(keys(rows)).toEqual([
    [1, 3],
    [1, 4],
  ]);
  for (const row of rows) row.text = `${row.text}!`;
  expect(yield* call(objects, 'bulkUpdate', rows, ['text'])).toBe(2);
  if (optimises('column-arrays')) {
    expect(lastStatement()).toContain(
      'WHERE "comment"."tenant_id" = source.v0 AND "comment"."number" = source.v1',
    );
  }
  expect(yield* call(objects.filter({ number: 3 }), 'bulkUpdate', rows, ['text'])).toBe(1);
  const part = yield* thrownBy(() => call(objects, 'bulkUpdate', rows, ['number']));
  expect(part.message).toBe('bulkUpdate() cannot be used with primary key fields.');
  const conflict = { updateConflicts: true, updateFields: ['text'], uniqueFields: ['pk'] };
  yield* call(
    objects,
    'bulkCreate',
    [
      { tenantId: 1, number: 3, text: 'z' },
      { tenantId: 1, number: 5, text: 'w' },
    ],
    conflict,
  );
  expect(lastStatement()).toContain('ON CONFLICT ("tenant_id", "number") DO UPDATE');
  expect(
    yield* call(objects.filter({ tenant: 1 }).orderBy('pk').valuesList('text', { flat: true }), 'list'),
  ).toEqual(['one', 'two', 'z', 'y!', 'w']);
  const noPart = { ...conflict, updateFields: ['number'] };
  const refused = yield* thrownBy(() => call(objects, 'bulkCreate', [{ tenantId: 1, number: 3 }], noPart));
  expect(refused.message).toBe('bulkCreate() cannot be used with primary keys in updateFields.');
});
behaviour('update and delete go by composite keys', function* () {
  const { objects } = Comment;
  expect(
    yield* call(
      objects.filter({
        pk__in: [
          [1, 1],
          [1, 2],
        ],
      }),
      'update',
      { text: 'x' },
    ),
  ).toBe(2);
  expect(yield* call(objects.filter({ tenant__name: 'b' }), 'update', { text: 'y' })).toBe(1);
  expect(lastStatement()).toContain('WHERE ("comment"."tenant_id", "comment"."number") IN (SELECT ');
  expect(yield* call(objects.filter({ pk: [1, 1] }), 'update', { number: F('number').add(10) })).toBe(1);
  const whole = yield* thrownBy(() => call(objects.filter({ pk: [1, 2] }), 'update', { pk: [1, 3] }));
  expect(whole.message).toBe('Composite primary key fields must be updated individually.');
  const comment = yield* call<Comment>(objects, 'get', { pk: [1, 11] });
  expect(yield* call(comment, 'delete')).toEqual([1, { Comment: 1 }]);
  expect(comment.pk).toEqual([null, null]);
  const again = yield* thrownBy(() => call(comment, 'delete'));
  expect(again.message).toBe("Comment object can't be deleted because its pk attribute is set to None.");
  expect(yield* call(objects.filter({ tenant__name: 'b' }), 'delete')).toEqual([1, { Comment: 1 }]);
  const tenant = yield* call<Tenant>(Tenant.objects, 'get', { id: 1 });
  expect(yield* call(tenant, 'delete')).toEqual([2, { Comment: 1, Tenant: 1 }]);
});
behaviour('relations from such a row, and prefetches of them', function* () {
  const comment = yield* call<Comment>(Comment.objects, 'get', { pk: [2, 1] });
  expect((yield* readRelation<Tenant>(comment, 'tenant')).name).toBe('b');
  const tenants = yield* call<Tenant[]>(Tenant.objects.prefetchRelated('comments').orderBy('id'), 'list');
  expect(tenants.map((tenant) => keys(tenant.comments.all().loaded ?? []))).toEqual([
    [
      [1, 1],
      [1, 2],
    ],
    [[2, 1]],
  ]);
  const comments = yield* call<Comment[]>(Comment.objects.prefetchRelated('tenant').orderBy('pk'), 'list');
  expect(comments.map((each) => each.tenant.name)).toEqual(['a', 'a', 'b']);
  const raw = yield* call<Comment[]>(Comment.objects.raw('select * from comment order by 1, 2'), 'list');
  expect(keys(raw)).toEqual([
    [1, 1],
    [1, 2],
    [2, 1],
  ]);
  const lacking = Comment.objects.raw('select tenant_id, text from comment');
  expect((yield* thrownBy(() => call(lacking, 'list'))).message).toBe(
    'Raw query must include the primary key',
  );
});
behaviour('composite keys of any type, deferred and checked', function* () {
  const visit = yield* call<Visit>(Visit.objects, 'get', { pk: ['2024-01-01', 'ann'] });
  expect(visit.pages).toBe(3);
  const lazy = yield* call<Visit>(Visit.objects.only('day').filter({ pages: 4 }), 'get');
  yield* call(lazy, 'refreshFromDb', { fields: ['pages'] });
  expect([lazy.pk, lazy.pages]).toEqual([['2024-01-02', 'ann'], 4]);
  const again = new Visit({ day: '2024-01-01', visitor: 'ann' });
  const error = yield* thrownBy(() => call(again, 'fullClean'));
  expect((error as ValidationError).errors).toEqual({
    __all__: ['Visit with this Day and Visitor already exists.'],
  });
  yield* call(new Visit({ day: '2024-01-03' }), 'fullClean');
  yield* call(visit, 'fullClean');
  const saved = new Visit({ day: '2024-01-03' });
  yield* call(saved, 'save');
  expect(saved.pk).toEqual(['2024-01-03', 'nobody']);
});

// Its catalogue is read beside the ORM.
test.skipIf(onOtherEngine())('the tables it makes are written back as the same models', async () => {
  await context.reset();
  const { rows } = await context.outside.query(
    `select pg_get_constraintdef(oid) as key from pg_constraint where conrelid = 'comment'::regclass and contype = 'p'`,
  );
  expect(rows).toEqual([{ key: 'PRIMARY KEY (tenant_id, number)' }]);
  expect(await ainspectTables({ tables: ['comment'] })).toMatchInlineSnapshot(`
    "import { fields, Manager, model } from '@migrate-async/runtime/orm';

    // Not taken over: constraint comment_tenant_id_fk FOREIGN KEY (tenant_id) REFERENCES tenant(id) DEFERRABLE INITIALLY DEFERRED
    export class Comment extends model('comment', {
      pk: fields.compositePrimaryKey('tenantId', 'number'),
      tenantId: fields.bigInteger().index(),
      number: fields.integer(),
      text: fields.text(),
    }) {
      static objects = new Manager(this);
    }
    "
  `);
});

describe('a composite key cannot be', () => {
  const declare = (columns: object, options = {}): unknown =>
    (model as (...given: unknown[]) => unknown)('wrong', columns, options);
  const { compositePrimaryKey, integer } = fields;
  test.each([
    [
      'of one field',
      () => declare({ pk: (compositePrimaryKey as (...names: string[]) => object)('a'), a: integer() }),
      'must include at least two fields',
    ],
    [
      'of the same field twice',
      () => declare({ pk: compositePrimaryKey('a', 'a'), a: integer() }),
      'takes names that are strings and differ',
    ],
    [
      'of a field that is not there',
      () => declare({ pk: compositePrimaryKey('a', 'b'), a: integer() }),
      "'b' cannot be included in the composite primary key of wrong: 'b' is not a valid field.",
    ],
    [
      'of a nullable field',
      () => declare({ pk: compositePrimaryKey('a', 'b'), a: integer(), b: integer().null() }),
      "'b' field may not be null.",
    ],
    [
      'of a computed field',
      () =>
        declare({ pk: compositePrimaryKey('a', 'b'), a: integer(), b: fields.generated(F('a'), integer()) }),
      "'b' field is a generated field.",
    ],
    [
      'beside another key',
      () => declare({ pk: compositePrimaryKey('a', 'b'), a: integer(), b: integer().primaryKey() }),
      'cannot have more than one primary key: pk, b',
    ],
    [
      'under another name',
      () => declare({ key: compositePrimaryKey('a', 'b'), a: integer(), b: integer() }),
      "must be named 'pk', not 'key'",
    ],
  ])('%s', (_what, make, message) => expect(make).toThrow(message));

  const uses = (columns: object) => () => {
    const Made = class extends (declare(columns) as typeof Tenant) {};
    return new Manager(Made as never).all();
  };
  const refusal = 'which has a composite primary key, and such relations are not supported';
  test('pointed at by a foreign key', () => {
    expect(uses({ to: foreignKey(() => Comment, { relatedName: '+' }) })).toThrow(refusal);
  });
  test('an end of a many-to-many relation', () => {
    expect(uses({ to: manyToMany(() => Comment, { relatedName: '+' }) })).toThrow(refusal);
  });
  test('pointed at by a generic relation', () => {
    class Note extends model('note', { target: genericForeignKey() }) {
      static objects = new Manager(this);
    }
    const own = {
      pk: compositePrimaryKey('a', 'b'),
      a: integer(),
      b: integer(),
      notes: genericRelation(() => Note),
    };
    expect(uses(own)).toThrow(refusal);
  });
  test('extended by a table of its own', () => {
    expect(() => declare({}, { extends: Comment })).toThrow(
      "cannot extend 'Comment', which has a composite primary key",
    );
  });
});

test('proxies and abstract models hand it on', async () => {
  await context.reset();
  class Numbered extends model(
    'numbered',
    { pk: fields.compositePrimaryKey('a', 'b'), a: fields.integer(), b: fields.integer() },
    { abstract: true },
  ) {}
  class Line extends model('line', { text: fields.text() }, { extends: Numbered }) {
    static objects = new Manager(this);
  }
  class LoudLine extends model('loudLine', {}, { extends: Line, proxy: true }) {
    static objects = new Manager(this);
  }
  await acreateTables([Line]);
  try {
    const line = await Line.objects.acreate({ a: 1, b: 2, text: 'x' });
    expect(line.pk).toEqual([1, 2]);
    expect((await LoudLine.objects.aget({ pk: [1, 2] } as never)).text).toBe('x');
  } finally {
    await adropTables([Line]);
  }
});
