// Checked, never run: what every operation returns, and that its twin returns the same.
import {
  acreateTables,
  adropTables,
  agetListOr404,
  ainspectTables,
  aprefetchRelatedObjects,
  Count,
  connections,
  createTables,
  type Deleted,
  dropTables,
  F,
  inspectTables,
  prefetchRelatedObjects,
  Q,
  type QuerySet,
  Sum,
  type SyncResult,
  transaction,
} from '@migrate-async/runtime/orm';
import { Author, Book, Genre } from './models.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles when both forms give `Result`. */
const both = <Result>() => ({
  give<S, A>(
    _sync: () => S,
    _native: () => Promise<A>,
    ..._proof: [Equal<S, Result>, Equal<A, Result>] extends [true, true] ? [] : [never]
  ) {},
});
const same = <_T extends true>() => {};

const books = Book.objects;
const rest = { title: 't', pages: 1, price: '1', published: new Date(), author: 1 };

export function terminal(book: Book) {
  both<Book>().give(
    () => books.get({ id: 1 }),
    () => books.aget({ id: 1 }),
  );
  both<Book>().give(
    () => books.create(rest),
    () => books.acreate(rest),
  );
  both<[instance: Book, created: boolean]>().give(
    () => books.getOrCreate({ title: 't' }, { defaults: { pages: 1 } }),
    () => books.agetOrCreate({ title: 't' }, { defaults: { pages: () => 1 } }),
  );
  both<[instance: Book, created: boolean]>().give(
    () => books.updateOrCreate({ title: 't' }, { defaults: { pages: 1 }, createDefaults: { pages: 2 } }),
    () => books.aupdateOrCreate({ title: 't' }, { defaults: { pages: F('pages').add(1) } }),
  );
  both<Book[]>().give(
    () => books.bulkCreate([rest, book], { batchSize: 10, ignoreConflicts: true }),
    () =>
      books.abulkCreate(new Set([book]), {
        updateConflicts: true,
        updateFields: ['pages'],
        uniqueFields: ['pk'],
      }),
  );
  both<number>().give(
    () => books.bulkUpdate([book], ['pages'], { batchSize: 10 }),
    () => books.abulkUpdate(new Set([book]), ['pages', 'author']),
  );
  both<number>().give(
    () => books.count(),
    () => books.acount(),
  );
  both<boolean>().give(
    () => books.exists(),
    () => books.aexists(),
  );
  both<boolean>().give(
    () => books.contains(book),
    () => books.acontains(book),
  );
  both<Book | null>().give(
    () => books.first(),
    () => books.afirst(),
  );
  both<Book | null>().give(
    () => books.last(),
    () => books.alast(),
  );
  both<Book>().give(
    () => books.latest('published', '-id'),
    () => books.alatest(),
  );
  both<Book>().give(
    () => books.earliest('author__name'),
    () => books.aearliest('id', '-author__name'),
  );
  books.annotate({ half: F('pages').div(2) }).latest('-half').half satisfies number;
  // @ts-expect-error no such column
  books.latest('publishd');
  // @ts-expect-error nor beyond a relation
  books.aearliest('id', '-author__naem');
  both<Map<number, Book>>().give(
    () => books.inBulk([1]),
    () => books.ainBulk(),
  );
  both<Map<string, Book>>().give(
    () => books.inBulk(['t'], { fieldName: 'title' }),
    () => books.ainBulk(['t'], { fieldName: 'title' }),
  );
  both<{ pages__sum: number | null; n: number }>().give(
    () => books.aggregate(Sum('pages'), { n: Count('*') }),
    () => books.aaggregate(Sum('pages'), { n: Count('*') }),
  );
  both<number>().give(
    () => books.update({ pages: 1 }),
    () => books.aupdate({ pages: F('pages') }),
  );
  both<Deleted>().give(
    () => books.all().delete(),
    () => books.all().adelete(),
  );
  both<Book[]>().give(
    () => books.list(),
    () => books.alist(),
  );
  both<Book>().give(
    () => books.at(0),
    () => books.aat(-1),
  );
  both<string>().give(
    () => books.explain({ format: 'json' }),
    () => books.aexplain({ analyze: true }),
  );
  same<Equal<ReturnType<typeof books.iterator>, Generator<Book, void, undefined>>>();
  same<Equal<ReturnType<typeof books.aiterator>, AsyncGenerator<Book, void, undefined>>>();
  // @ts-expect-error a manager has no delete: `all().delete()` says what it means
  books.delete();
  // @ts-expect-error nor its twin
  books.adelete();
  // @ts-expect-error no such field
  books.bulkUpdate([book], ['pagse']);
  // @ts-expect-error not books
  books.abulkUpdate([new Genre()], ['pages']);
  // @ts-expect-error a field that cannot be updated to text
  books.update({ pages: 'many' });
  // @ts-expect-error no such field
  books.aupdate({ pagse: 1 });
  // @ts-expect-error a misspelt option
  books.bulkCreate([rest], { ignoreConflict: true });
  // @ts-expect-error values of the wrong type
  books.getOrCreate({ title: 't' }, { defaults: { pages: '1' } });
  // @ts-expect-error an index is a number
  books.at('0');
}

export async function lazy(signal: AbortSignal) {
  type Books = QuerySet<Book>;
  const rows = books.all();
  same<Equal<typeof rows, Books>>();
  books.none() satisfies Books;
  books.filter({ pages: 1 }) satisfies Books;
  books.exclude({ pages: 1, author__name__contains: 'x' }, { rating__isNull: true }) satisfies Books;
  // @ts-expect-error unknown field
  books.exclude({ pagse: 1 });
  // @ts-expect-error wrong type, in a later condition
  books.exclude({ pages: 1 }, { pages: 'x' });
  const counted = books.annotate({ n: Count('genres') });
  same<Equal<ReturnType<typeof counted.get>['n'], number>>();
  const hidden = books
    .alias({ n: Count('genres') })
    .filter({ n__gt: 1 })
    .orderBy('-n');
  // @ts-expect-error an alias is no attribute
  hidden.get().n;
  books.orderBy('?').reverse().distinct('author__name') satisfies Books;
  // @ts-expect-error unknown field
  books.distinct('autor');
  same<Equal<ReturnType<ReturnType<typeof tuples>['list']>, [string, number][]>>();
  same<Equal<ReturnType<ReturnType<typeof days>['list']>, string[]>>();
  same<Equal<ReturnType<ReturnType<typeof moments>['list']>, Date[]>>();
  // @ts-expect-error a date has no hours
  books.dates('published', 'hour');
  books.union(books.none(), books.all(), { all: true }) satisfies Books;
  books.intersection(rows).difference(rows) satisfies Books;
  books
    .selectRelated('author')
    .selectRelated(null)
    .prefetchRelated('genres')
    .prefetchRelated(null) satisfies Books;
  // @ts-expect-error the many side cannot be joined
  books.selectRelated('genres');
  // @ts-expect-error unknown relation
  books.prefetchRelated('gneres');
  books.selectForUpdate({ nowait: true, of: ['self'], noKey: true, skipLocked: false }) satisfies Books;
  // @ts-expect-error a misspelt option
  books.selectForUpdate({ noWait: true });
  const deferred = books.defer('title');
  // @ts-expect-error it is not loaded
  deferred.get().title;
  deferred.defer(null).get().title;
  // @ts-expect-error unknown field
  books.defer('titel');
  books.only('title').get().save();
  const lighter = books.selectRelated('author').only('title', 'author__name').get();
  lighter.title satisfies string;
  lighter.author.name satisfies string;
  // @ts-expect-error it is not loaded
  lighter.pages;
  books.defer('author__name', 'price').get().title;
  // @ts-expect-error unknown field behind a relation
  books.only('author__nope');
  // @ts-expect-error columns behind the many side are not joined
  books.only('genres__label');
  books.only() satisfies QuerySet<Book, Book>;
  books
    .using('other')
    .slice(1, 3)
    .fetchMode('peers' as never)
    .abortable(signal) satisfies Books;
  for (const book of rows) same<Equal<typeof book, Book>>();
  for await (const book of rows) same<Equal<typeof book, Book>>();
  rows.loaded?.[0]?.title;
  rows.ordered satisfies boolean;
  rows.toSql().sql satisfies string;
  function tuples() {
    return books.valuesList('title', 'pages');
  }
  function mixed() {
    return books.valuesList('title', F('pages'), Count('genres'), Q({ pages__gt: 1 }));
  }
  same<Equal<ReturnType<ReturnType<typeof mixed>['at']>, [string, number, number, boolean]>>();
  const named = books.valuesList('title', 'author__email', { named: true }).list();
  for (const row of named) {
    same<Equal<[typeof row.title, typeof row.author__email], [string, string]>>();
    const [title, email] = row;
    same<Equal<[typeof title, typeof email], [string, string]>>();
  }
  // @ts-expect-error unknown field
  books.valuesList('titel', { named: true });
  books.slice(0, null, 2) satisfies Books;
  const totals = books.valuesList(Sum('pages'), { flat: true }).list();
  same<Equal<typeof totals, (number | null)[]>>();
  // @ts-expect-error unknown field inside an expression
  books.valuesList('title', F('titel'));
  const best = Author.objects.annotate({ best: books.values('title').slice(0, 1) }).get();
  same<Equal<typeof best.best, string | null>>();
  books.orderBy(Q({ pages__gt: 1 }), '-title') satisfies Books;
  const forms = books.values('title').inBulk([1]);
  same<Equal<typeof forms, Map<number, { title: string }>>>();
  function days() {
    return books.dates('published', 'month', 'DESC');
  }
  function moments() {
    return books.datetimes('published', 'hour', 'ASC', { timeZone: 'Asia/Tokyo' });
  }
}

export function instances(book: Book) {
  both<void>().give(
    () => book.save(),
    () => book.asave(),
  );
  both<Deleted>().give(
    () => book.delete({ keepParents: true }),
    () => book.adelete({ using: 'other' }),
  );
  both<void>().give(
    () => book.refreshFromDb(),
    () => book.arefreshFromDb({ using: 'other' }),
  );
  both<void>().give(
    () => book.fullClean({ exclude: ['pages'] }),
    () => book.afullClean(),
  );
  both<void>().give(
    () => book.validateUnique(),
    () => book.avalidateUnique({ exclude: [] }),
  );
  both<void>().give(
    () => book.validateConstraints(),
    () => book.avalidateConstraints(),
  );
  book.cleanFields({ exclude: ['title'] });
  book.clean();
  book.equals(book) satisfies boolean;
  book.save({ updateFields: ['pages', 'author'] });
  book.asave({ updateFields: ['authorId'] });
  book.arefreshFromDb({ fields: ['pages', 'author', 'authorId', 'pk'] });
  // @ts-expect-error not an option of a save
  book.asave({ force: true });
  // @ts-expect-error no such column
  book.save({ updateFields: ['pgaes'] });
  // @ts-expect-error the key is not written
  book.save({ updateFields: ['id'] });
  // @ts-expect-error a column of another model
  book.asave({ updateFields: ['author__name'] });
  // @ts-expect-error no such column
  book.refreshFromDb({ fields: ['pgaes'] });
  // @ts-expect-error checks of uniqueness cannot be left out of themselves by a name that is no list
  book.fullClean({ exclude: 'pages' });
}

export function relatedManagers(author: Author, book: Book) {
  both<void>().give(
    () => author.books.add(book),
    () => author.books.aadd(book, 3),
  );
  both<void>().give(
    () => author.books.remove(book),
    () => author.books.aremove(3),
  );
  both<void>().give(
    () => author.books.clear(),
    () => author.books.aclear({ bulk: false }),
  );
  both<void>().give(
    () => author.books.set([book]),
    () => author.books.aset(new Set([book]), { clear: true }),
  );
  const one = { title: 't', pages: 1, price: '1', published: new Date() };
  both<Book>().give(
    () => author.books.create(one),
    () => author.books.acreate(one),
  );
  both<[instance: Book, created: boolean]>().give(
    () => author.books.getOrCreate({ title: 't' }),
    () => author.books.agetOrCreate({ title: 't' }),
  );
  both<[instance: Book, created: boolean]>().give(
    () => author.books.updateOrCreate({ title: 't' }),
    () => author.books.aupdateOrCreate({ title: 't' }, { defaults: { pages: 2 } }),
  );
  both<void>().give(
    () => book.genres.add('a', { throughDefaults: { since: 1 } }),
    () => book.genres.aset(['a'], { throughDefaults: { since: 1 } }),
  );
  both<number>().give(
    () => author.books.count(),
    () => author.books.acount(),
  );
}

export async function functions() {
  both<Book[]>().give(
    () => [books.get()],
    () => agetListOr404(Book, { pages: 1 }),
  );
  both<void>().give(
    () => prefetchRelatedObjects([books.get()], 'genres'),
    () => aprefetchRelatedObjects([books.get()], 'genres'),
  );
  both<void>().give(
    () => createTables([Book]),
    () => acreateTables([Book, Author]),
  );
  both<void>().give(
    () => dropTables([Book]),
    () => adropTables([Book]),
  );
  both<string>().give(
    () => inspectTables(),
    () => ainspectTables(),
  );
  same<Equal<ReturnType<typeof transaction.atomic<number>>, number>>();
}

export async function transactions() {
  transaction.atomic(() => 1) satisfies number;
  (await transaction.aatomic(async () => 'x')) satisfies string;
  transaction.atomic({ durable: true }, () => (Math.random() > 0.5 ? 'x' : undefined)) satisfies
    | string
    | undefined;
  const loose: unknown = JSON.parse('1');
  transaction.atomic(() => loose) satisfies unknown;
  transaction.atomic(() => JSON.parse('1')).anything;
  transaction.atomic((): void => undefined);
  const handed = <T>(work: () => SyncResult<T>): T => transaction.atomic(work);
  handed(() => [1]) satisfies number[];
  // @ts-expect-error an async function: `aatomic` waits for it
  transaction.atomic(async () => 1);
  // @ts-expect-error with options, too
  transaction.atomic({ savepoint: false }, async () => undefined);
  // @ts-expect-error and whatever gives a promise
  transaction.atomic(() => Book.objects.acount());
  // @ts-expect-error even sometimes
  transaction.atomic(() => (Math.random() > 0.5 ? 1 : Promise.resolve(1)));
  // @ts-expect-error what hands work on cannot tell
  handed(async () => 1);
  both<void>().give(
    () => transaction.commit(),
    () => transaction.acommit(),
  );
  both<void>().give(
    () => transaction.rollback(),
    () => transaction.arollback(),
  );
  both<void>().give(
    () => transaction.setAutocommit(false),
    () => transaction.asetAutocommit(true),
  );
  const name = transaction.savepoint();
  const other = await transaction.asavepoint();
  same<Equal<typeof other, typeof name>>();
  if (name !== undefined && name !== null) {
    both<void>().give(
      () => transaction.savepointRollback(name),
      () => transaction.asavepointRollback(name),
    );
    both<void>().give(
      () => transaction.savepointCommit(name),
      () => transaction.asavepointCommit(name),
    );
  }
  transaction.onCommit(() => undefined, { robust: true });
  await transaction.aonCommit(async () => undefined);
}

export async function cursors() {
  const wrapper = connections.get('default');
  const cursor = wrapper.cursor();
  const native = await wrapper.acursor();
  cursor.execute('select 1', [1]);
  await native.aexecute('select 1', { a: 1 });
  cursor.executeMany('select %s', [[1], [2]]);
  await native.aexecuteMany('select %s', [[1]]);
  const row = cursor.fetchOne();
  const nativeRow = await native.afetchOne();
  same<Equal<typeof row, typeof nativeRow>>();
  const some = cursor.fetchMany();
  const nativeSome = await native.afetchMany();
  same<Equal<typeof some, typeof nativeSome>>();
  const all = cursor.fetchAll();
  const nativeAll = await native.afetchAll();
  same<Equal<typeof all, typeof nativeAll>>();
  cursor.close();
  await native.aclose();
  wrapper.close();
  await wrapper.aclose();
}
