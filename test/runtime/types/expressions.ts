// Checked, never run: the types of expressions.
import {
  Abs,
  AnyValue,
  ArrayAgg,
  BitOr,
  BoolAnd,
  Case,
  Cast,
  Coalesce,
  Collate,
  Count,
  Exists,
  ExtractYear,
  F,
  FilteredRelation,
  FirstValue,
  Func,
  fields,
  JSONArray,
  JSONObject,
  Left,
  Length,
  Lower,
  Now,
  NthValue,
  Ntile,
  OuterRef,
  Power,
  Q,
  type QuerySet,
  Random,
  Rank,
  RegrCount,
  RegrSlope,
  Round,
  Sqrt,
  StrIndex,
  StringAgg,
  Subquery,
  Substr,
  Sum,
  UUID4,
  Value,
  When,
  Window,
} from '@migrate-async/runtime/orm';
import { Author, Book, Publisher } from './models.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_T extends true>() => {};
type Item<T> = T extends QuerySet<infer _M, infer R, infer _A> ? R : never;

export function expressions() {
  const texts = Book.objects.values({
    low: Lower('title'),
    country: Lower('publisher__country'),
    length: Length('title'),
    year: ExtractYear('published'),
    now: Now(),
    text: Cast('pages', fields.text()),
  });
  same<
    Equal<
      Item<typeof texts>,
      { low: string; country: string | null; length: number; year: number; now: Date; text: string }
    >
  >();
  const chosen = Book.objects.values({
    rating: Coalesce('rating', 0),
    either: Coalesce('rating', 'pages'),
    total: Coalesce(Sum('pages'), 0),
    size: Case(When({ pages__lt: 200 }, Value('small')), { default: Value('large') }),
    maybe: Case(When(Q({ pages__lt: 200 }), 1)),
    long: Q({ pages__gt: 300 }),
  });
  type Chosen = Item<typeof chosen>;
  same<Equal<Chosen['rating'], number>>();
  same<Equal<Chosen['total'], number>>();
  same<Equal<Chosen['size'], string>>();
  same<Equal<Chosen['long'], boolean>>();
  const listed = Author.objects.values({
    titles: ArrayAgg('books__title', { orderBy: '-books__pages' }),
    text: StringAgg('books__title', ', '),
    n: Count('books'),
    place: Window({ expression: Rank(), orderBy: 'name' }),
  });
  same<Equal<Item<typeof listed>['text'], string | null>>();
  same<Equal<Item<typeof listed>['place'], number>>();
  // @ts-expect-error the path inside a function is checked
  Book.objects.annotate({ x: Lower('titel') });
  // @ts-expect-error every path is
  Book.objects.annotate({ x: Coalesce('rating', 'pgaes') });

  const top = Book.objects
    .filter({ publisher: OuterRef('pk') })
    .values('title')
    .slice(0, 1);
  const topped = Publisher.objects.annotate({ top: Subquery(top) }).filter({ top__startsWith: 'A' });
  same<Equal<Item<typeof topped>['top'], string | null>>();
  const has = Exists(Book.objects.filter({ publisher: OuterRef('pk') }));
  const eitherWay: QuerySet<Publisher> = Publisher.objects.filter(Q({ name: 'Acme' }).or(has));
  void eitherWay;
  // @ts-expect-error: the lookups beside an expression are still checked
  Publisher.objects.filter(Q({ nam: 'Acme' }).or(has));
  Publisher.objects.filter(has);
  Publisher.objects.filter(has.not());
  Publisher.objects.annotate({ has }).filter({ has: true }).orderBy(F('name').desc());
}

export function functions() {
  const rows = Book.objects.values({
    start: Left('title', 3),
    country: Substr('publisher__country', 1, 2),
    place: StrIndex('title', Value('a')),
    size: Abs('pages'),
    rating: Round('rating', 1),
    root: Sqrt('pages'),
    share: Power('pages', 2),
    random: Random(),
    id: UUID4(),
    object: JSONObject({ t: Lower('title'), p: 'pages' }),
    array: JSONArray('title', 'pages'),
    collated: Collate('title', 'C'),
    first: Window({ expression: FirstValue('title'), orderBy: 'id' }),
    second: Window({ expression: NthValue('pages', 2), orderBy: 'id' }),
    part: Window({ expression: Ntile(4), orderBy: 'id', frame: { rows: [null, 0], exclude: 'ties' } }),
  });
  type Row = Item<typeof rows>;
  same<Equal<Row['start'], string>>();
  same<Equal<Row['country'], string | null>>();
  same<Equal<Row['place'], number>>();
  same<Equal<Row['size'], number>>();
  same<Equal<Row['root'], number>>();
  same<Equal<Row['share'], number>>();
  same<Equal<Row['id'], string>>();
  same<Equal<Row['array'], unknown[]>>();
  same<Equal<Row['first'], string>>();
  same<Equal<Row['second'], number | null>>();
  same<Equal<Row['part'], number>>();
  const figures = Book.objects.aggregate({
    some: AnyValue('title'),
    all: BoolAnd(Q({ pages__gt: 1 })),
    bits: BitOr('pages'),
    slope: RegrSlope('pages', 'id'),
    n: RegrCount('pages', 'id'),
    doubled: Sum(F('pages').mul(2)),
    joined: StringAgg('title', Value(', ')),
  });
  same<
    Equal<
      typeof figures,
      {
        some: string | null;
        all: boolean | null;
        bits: number | null;
        slope: number | null;
        n: number;
        doubled: number | null;
        joined: string | null;
      }
    >
  >();
  // @ts-expect-error the path inside a function is checked
  Book.objects.annotate({ x: Left('titel', 1) });
  // @ts-expect-error so is the second
  Book.objects.annotate({ x: Power('pages', 'pgaes') });
  // @ts-expect-error and those of a JSON object
  Book.objects.annotate({ x: JSONObject({ a: 'pgaes' }) });
  // @ts-expect-error rows are left out of a frame by these names only
  Window({ expression: Ntile(4), frame: { rows: [0, 0], exclude: 'everything' } });
}

/** A function of the application's own. */
class Soundex extends Func<string> {
  static override readonly function = 'SOUNDEX';
  static override readonly arity = 1;
  override sql([value]: readonly string[]) {
    return `soundex(${value})`;
  }
}
export function ownFunctions() {
  const rows = Book.objects.values({
    sounds: new Soundex('title'),
    back: Func('title', { function: 'REVERSE', outputField: fields.text() }),
  });
  same<Equal<Item<typeof rows>, { sounds: string; back: string | null }>>();
  Book.objects.filter({ title: new Soundex(Value('x')) });
}

export function filteredRelations() {
  const long = Publisher.objects.annotate({
    long: FilteredRelation('books', { condition: Q({ books__pages__gt: 250 }) }),
    n: Count('books'),
  });
  long.filter({ long__title__startsWith: 'A', long__author__name: 'x', long__isNull: false, n__gt: 1 });
  const rows = long.annotate({ written: Count('long') }).values('name', 'long__pages', 'long', 'written');
  same<
    Equal<
      Item<typeof rows>,
      { name: string; long__pages: number | null; long: number | null; written: number }
    >
  >();
  long.orderBy('-long__pages', F('long__title').asc());
  long.annotate({ authors: FilteredRelation('long__author') }).filter({ authors__name: 'x' });
  // @ts-expect-error a filtered relation is no value of a row
  long.get().long;
  // @ts-expect-error unknown field behind a filtered relation
  long.filter({ long__titel: 'A' });
  // @ts-expect-error value of wrong type behind a filtered relation
  long.filter({ long__pages: 'A' });
  // @ts-expect-error unknown path behind a filtered relation
  long.values('long__titel');
  // @ts-expect-error not a relation
  Publisher.objects.annotate({ x: FilteredRelation('name') });
}
