// Checked, never run: slices, types that are asked for, aggregates of an application's own, named rows, fetch modes.
import {
  Aggregate,
  ArrayAgg,
  ArraySubquery,
  Avg,
  Case,
  Cast,
  Coalesce,
  Concat,
  Count,
  ExpressionWrapper,
  F,
  FETCH_ONE,
  FETCH_PEERS,
  FETCH_RAISE,
  type FetchMode,
  FirstValue,
  Func,
  fields,
  Greatest,
  JSONNull,
  KT,
  Lag,
  Least,
  Length,
  Lower,
  Min,
  NthValue,
  NullIf,
  OuterRef,
  Q,
  type QuerySet,
  RawSQL,
  Round,
  StringAgg,
  Subquery,
  Sum,
  Upper,
  Value,
  When,
  Window,
} from '@migrate-async/runtime/orm';
import { Author, Book, Publisher } from './models.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_T extends true>() => {};
type Item<T> = T extends QuerySet<infer _M, infer R, infer _A> ? R : never;

export function slices() {
  const parts = Book.objects.values({
    start: F('title').slice(0, 2),
    end: F('title').slice(3),
    of: F('publisher__name').slice(1, 3),
    twice: F('title').slice(0, 4).slice(1),
    loud: Upper(F('title').slice(1)),
  });
  same<
    Equal<Item<typeof parts>, { start: string; end: string; of: string | null; twice: string; loud: string }>
  >();
  const tags = Author.objects.values({ first: F('tags').slice(0, 2) });
  same<Equal<Item<typeof tags>, { first: string[] }>>();
  Book.objects.filter({ title: F('title').slice(0, 5), title__istartsWith: OuterRef('title').slice(0, 5) });
  Book.objects.orderBy(F('title').slice(1).desc()).update({ title: F('title').slice(0, 3) });
  // @ts-expect-error characters are counted
  F('title').slice('1');
  // @ts-expect-error only what is named is sliced
  Lower('title').slice(1);
  // @ts-expect-error unknown field
  Book.objects.annotate({ x: F('titel').slice(0, 1) });

  Book.objects.slice(0, 10, 2).slice(null, 5) satisfies QuerySet<Book>;
  Book.objects.slice(2) satisfies QuerySet<Book>;
  Book.objects.values('title').slice(0, 3, 2).list() satisfies { title: string }[];
  // @ts-expect-error rows are counted
  Book.objects.slice('0');
  // @ts-expect-error from where must be said
  Book.objects.slice();
}

const float = { outputField: fields.float() };
const big = { outputField: fields.bigInteger() };
export function types() {
  const row = Book.objects
    .values({
      most: Greatest('pages', 'price', float),
      least: Least('rating', 'publisher', float),
      rated: Coalesce('rating', 'pages', float),
      maybe: Coalesce('rating', 'publisher', big),
      sure: Coalesce('rating', 0, big),
      text: Concat('title', 'status', { outputField: fields.text() }),
      low: Lower('publisher__country', { outputField: fields.char(20) }),
      letters: Length('title', big),
      near: Round('price', 0, float),
      nothing: NullIf('pages', 300, big),
      grade: Case(When({ pages__gt: 100 }, 1), { default: 0, ...big }),
      twice: ExpressionWrapper(F('pages').mul(2), big),
      one: Value(1, big),
      raw: RawSQL('1', [], { outputField: fields.decimal(4, 2) }),
      other: Subquery(Book.objects.values('pages'), big),
      price: Cast('rating', fields.decimal(6, 2)),
      own: Func('title', { function: 'X', outputField: fields.decimal(4, 2) }),
    })
    .get();
  same<Equal<typeof row.most, number>>();
  same<Equal<typeof row.least, number | null>>();
  same<Equal<typeof row.rated, number>>();
  same<Equal<typeof row.maybe, bigint | null>>();
  same<Equal<typeof row.sure, bigint>>();
  same<Equal<typeof row.text, string>>();
  same<Equal<typeof row.low, string | null>>();
  same<Equal<typeof row.letters, bigint>>();
  same<Equal<typeof row.near, number>>();
  same<Equal<typeof row.nothing, bigint | null>>();
  same<Equal<typeof row.grade, bigint>>();
  same<Equal<typeof row.twice, bigint>>();
  same<Equal<typeof row.one, bigint>>();
  same<Equal<typeof row.raw, string>>();
  same<Equal<typeof row.other, bigint | null>>();
  same<Equal<typeof row.price, string | null>>();
  same<Equal<typeof row.own, string | null>>();
  // Without a type that is asked for, a field that is never null ends the search, too.
  const plain = Book.objects.values({ either: Coalesce('rating', 'pages') }).get();
  same<Equal<typeof plain.either, number>>();
  // @ts-expect-error a field, not its name
  Lower('title', { outputField: 'text' });
  // @ts-expect-error a misspelt option
  Lower('title', { outputfield: fields.text() });
  // @ts-expect-error a field, not a number
  Coalesce('rating', 'pages', { outputField: 3 });
}
export function typesOfAggregates() {
  const figures = Book.objects.aggregate({
    sum: Sum('pages', big),
    min: Min('pages', float),
    average: Avg('pages', { outputField: fields.decimal(6, 2) }),
    titles: ArrayAgg('title', { outputField: fields.array(fields.text()) }),
    text: StringAgg('title', ',', { outputField: fields.text() }),
    n: Count('pages', big),
  });
  same<
    Equal<
      typeof figures,
      {
        sum: bigint | null;
        min: number | null;
        average: string | null;
        titles: string[] | null;
        text: string | null;
        n: bigint;
      }
    >
  >();
  const row = Book.objects
    .values({
      total: Window({ expression: Sum('pages'), orderBy: 'id', ...big }),
      before: Window({ expression: Lag('pages', 1, 0, big), orderBy: 'id' }),
      first: Window({ expression: FirstValue('pages', big), orderBy: 'id' }),
      second: Window({ expression: NthValue('pages', 2, big), orderBy: 'id' }),
      last: Window({ expression: Lag('pages', { offset: 2, ...big }), orderBy: 'id' }),
    })
    .get();
  same<Equal<typeof row.total, bigint | null>>();
  same<Equal<typeof row.before, bigint>>();
  same<Equal<typeof row.first, bigint>>();
  same<Equal<typeof row.second, bigint | null>>();
  same<Equal<typeof row.last, bigint | null>>();
  // @ts-expect-error a field, not its name
  Sum('pages', { outputField: 'float' });
}

class Median extends Aggregate<number | null> {
  static override readonly function = 'PERCENTILE_CONT';
  static override readonly template = '%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)';
  static override readonly outputField = fields.float();
}
export class Misspelt extends Aggregate<number> {
  // @ts-expect-error there is no such thing to say
  static override readonly fucntion = 'MAX';
}
// @ts-expect-error a number of arguments
export class Uncounted extends Aggregate<number> {
  static override readonly arity = 'one';
}
export function ownAggregates() {
  const middle = Book.objects.aggregate({
    all: new Median('pages'),
    long: new Median('pages', { filter: Q({ pages__gt: 1 }), default: 0 }),
    most: Aggregate('pages', { function: 'MAX', outputField: fields.bigInteger() }),
  });
  same<Equal<typeof middle, { all: number | null; long: number | null; most: bigint | null }>>();
  const grouped = Publisher.objects
    .annotate({ middle: new Median('books__pages') })
    .filter({ middle__gt: 3 });
  same<Equal<ReturnType<typeof grouped.get>['middle'], number | null>>();
  // @ts-expect-error a misspelt setting
  Aggregate('pages', { fuction: 'MAX' });
  // @ts-expect-error unknown field
  Book.objects.aggregate({ most: Aggregate('pgaes', { function: 'MAX' }) });
}

export function namedRows() {
  const counted = Author.objects.annotate({ n: Count('books') });
  for (const row of counted.valuesList('name', 'n', Lower('name'), { named: true })) {
    same<Equal<[typeof row.name, typeof row.n], [string, number]>>();
    const [name, n, low] = row;
    same<Equal<[typeof name, typeof n, typeof low], [string, number, string]>>();
    row.map(String);
    // @ts-expect-error it was not asked for
    row.email;
  }
  // Without names, all columns are meant.
  const all = Publisher.objects.valuesList({ named: true }).get();
  same<Equal<[typeof all.id, typeof all.country], [number, string | null]>>();
  const plain = Publisher.objects.valuesList().get();
  same<Equal<typeof plain, (number | string | null)[]>>();
  // @ts-expect-error one value or several
  Book.objects.valuesList('title', 'pages', { flat: true });
  // @ts-expect-error one of the two
  Book.objects.valuesList('title', { flat: true, named: true });
  // @ts-expect-error a misspelt option
  Book.objects.valuesList('title', { nmaed: true });
}

export function arraysOfSubqueries() {
  const books = Book.objects.filter({ publisher: OuterRef('pk') });
  const rows = Publisher.objects.annotate({ titles: ArraySubquery(books.values('title')) });
  same<Equal<ReturnType<typeof rows.get>['titles'], string[]>>();
  rows.filter({ titles__contains: ['a'], titles__len: 0, titles__0: 'a', titles__overlap: ['x'] });
  const flat = Publisher.objects
    .values({
      prices: ArraySubquery(books.valuesList('price', { flat: true })),
      ratings: ArraySubquery(books.values('rating')),
      typed: ArraySubquery(books.values('rating'), { outputField: fields.array(fields.integer()) }),
    })
    .get();
  same<Equal<typeof flat, { prices: string[]; ratings: (number | null)[]; typed: number[] }>>();
  // @ts-expect-error an array of texts
  rows.filter({ titles__contains: [1] });
  // @ts-expect-error made of a query set
  ArraySubquery('title');
}

export function bits() {
  const row = Book.objects
    .values({
      xor: F('pages').bitXor(3),
      left: F('pages').bitLeftShift(1),
      right: F('pages').bitRightShift(F('id')),
      maybe: F('rating').bitXor(F('pages')),
    })
    .get();
  same<Equal<typeof row, { xor: number; left: number; right: number; maybe: number | null }>>();
  // @ts-expect-error a number or an expression
  F('pages').bitXor([1]);
}

export function fetchModes(mode: FetchMode) {
  Book.objects.fetchMode(FETCH_PEERS).fetchMode(FETCH_ONE).fetchMode(FETCH_RAISE) satisfies QuerySet<Book>;
  Author.objects.get().books.fetchMode(mode).list() satisfies Book[];
  // @ts-expect-error no such mode
  Book.objects.fetchMode('peer');
  // @ts-expect-error a mode must be said
  Book.objects.fetchMode();
}

const author = { name: 'a', email: 'b', tags: [] };
export function newValues(row: Author) {
  Author.objects.create({ ...author, meta: JSONNull(), name: Lower(Value('A')) });
  Author.objects.bulkCreate([{ ...author, meta: JSONNull() }]);
  Author.objects.getOrCreate({ name: 'x' }, { defaults: { meta: JSONNull() } });
  Author.objects.filter({ meta: JSONNull(), meta__in: [JSONNull()] }).update({ meta: JSONNull() });
  new Author({ meta: JSONNull() }).save();
  row.meta = JSONNull();
  const nothing = Author.objects.values({ nothing: JSONNull(), meta: Coalesce('meta', JSONNull()) }).get();
  same<Equal<typeof nothing, { nothing: null; meta: { twitter?: string } | null }>>();
  // @ts-expect-error an expression stands for a column, not for a row
  Book.objects.update({ author: 'ann' });
  // @ts-expect-error no expression, no text
  Author.objects.create({ ...author, name: 3 });
}
export function keysAsText() {
  const row = Author.objects.values({
    name: KT('meta__twitter'),
    size: Cast(KT('meta__size'), fields.integer()),
  });
  same<Equal<Item<typeof row>, { name: string | null; size: number | null }>>();
  // @ts-expect-error unknown field
  Author.objects.values({ name: KT('mata__twitter') });
}

export function pathsThatLeadNowhere() {
  // @ts-expect-error unknown behind a relation that may be null
  Book.objects.values('publisher__nope');
  // @ts-expect-error unknown behind the many side
  Publisher.objects.values('books__nope');
  // @ts-expect-error nor is there anything to order by
  Publisher.objects.orderBy('books__nope');
  // @ts-expect-error unknown behind several
  Author.objects.values('mentor__books__publisher__nope');
  // @ts-expect-error unknown inside an aggregate
  Author.objects.annotate({ x: Sum('books__nope') });
}
