// Checked, never run: what type-checks and what does not.
import { syncToAsync } from '@migrate-async/runtime';
import { Avg, Count, F, Max, Q, type QuerySet, Sum } from '@migrate-async/runtime/orm';
import { Author, Book, Genre, Review } from './models.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_T extends true>() => {};
type Item<T> = T extends QuerySet<infer _M, infer R, infer _A> ? R : never;

export async function api(signal: AbortSignal) {
  const ann = Author.objects.create({ name: 'Ann', email: 'a@x', tags: ['x'] });
  const bob: Author = await Author.objects.acreate({ name: 'Bob', email: 'b@x', tags: [], mentor: ann });
  ann.initials;
  bob.isFan;
  ann.id.toFixed();
  // @ts-expect-error missing email, tags
  Author.objects.create({ name: 'Ann' });
  // @ts-expect-error wrong type
  Book.objects.create({ title: 't', pages: '10', price: '1', published: new Date(), author: ann });
  Book.objects.create({ title: 't', pages: 10, price: '1', published: new Date(), author: ann.id });
  Book.objects.create({
    title: 't',
    pages: 10,
    price: '1',
    published: new Date(),
    authorId: 3,
    status: 'live',
  });
  // @ts-expect-error neither author nor authorId
  Book.objects.create({ title: 't', pages: 10, price: '1', published: new Date() });
  const rest = { title: 't', pages: 10, price: '1', published: new Date(), author: ann };
  // @ts-expect-error not a choice
  Book.objects.create({ ...rest, status: 'nope' });

  Book.objects.filter({ author__name__startsWith: 'A' });
  Book.objects.filter({ author__mentor__mentor__mentor__name__icontains: 'x', pages__range: [1, 2] });
  Book.objects.filter({ published__year__gte: 2020, genres__label__in: ['a', 'b'], author: ann });
  Book.objects.filter({ publisher__isNull: true, sold__gte: 3n });
  Author.objects.filter({ books__pages__gt: 100, meta__twitter__handle: 'x', tags__overlap: ['x'], pk: 3 });
  Author.objects.filter({ tags__0: 'red', born__year: 1980, born__lte: '2000-01-01', born: null });
  Book.objects.filter({
    author__in: [ann, 3],
    authorId: 5,
    authorId__in: [1],
    rating: null,
    pages__lt: F('rating'),
  });
  Book.objects.filter({ author__in: Author.objects.filter({ name: 'x' }) });
  Book.objects.filter(Q({ pages: 3 }).or(Q({ title: 'x' })), { rating__gt: 3 });
  Book.objects.filter(Q({ pages: 3 }).not());
  // @ts-expect-error value of wrong type inside Q
  Book.objects.filter(Q({ pages: 'x' }));
  // @ts-expect-error unknown field inside Q
  Book.objects.filter(Q({ pgaes: 1 }), { rating__gt: 3 });
  // @ts-expect-error unknown field
  Book.objects.filter({ author__nmae: 'A' });
  // @ts-expect-error lookup does not exist on numbers
  Book.objects.filter({ pages__startsWith: 'A' });
  // @ts-expect-error value of wrong type, two hops away
  Book.objects.filter({ author__mentor__isActive: 'yes' });
  // @ts-expect-error null on a non-null column
  Book.objects.filter({ title: null });
  // @ts-expect-error undefined never passes silently
  Book.objects.filter({ title: undefined });

  const values = Book.objects.values('id', 'title', 'author__name', 'publisher__country', 'authorId');
  same<
    Equal<
      Item<typeof values>,
      { id: number; title: string; author__name: string; publisher__country: string | null; authorId: number }
    >
  >();
  const tuples = Book.objects.valuesList('id', 'rating');
  same<Equal<Item<typeof tuples>, [number, number | null]>>();
  const flat = await Book.objects.valuesList('author__email', { flat: true }).alist();
  same<Equal<typeof flat, string[]>>();
  const everything = Genre.objects.values();
  same<Equal<Item<typeof everything>, { code: string; label: string }>>();
  // @ts-expect-error bad path
  Book.objects.values('id', 'author__nope');

  const partial = Author.objects.only('name').get({ id: 1 });
  partial.id;
  partial.name;
  partial.initials;
  partial.save();
  // @ts-expect-error deferred column
  partial.email;

  const annotated = Author.objects
    .annotate({ n: Count('books'), last: Max('books__published'), average: Avg('books__rating') })
    .filter({ n__gte: 2, isActive: true })
    .orderBy('-n', 'name', F('rating').desc({ nullsLast: true }));
  const one = await annotated.afirst();
  if (one) {
    one.initials;
    same<Equal<typeof one.n, number>>();
    same<Equal<typeof one.last, Date | null>>();
  }
  const named = annotated.values('name', 'n', 'last');
  same<Equal<Item<typeof named>, { name: string; n: number; last: Date | null }>>();
  // @ts-expect-error path inside the aggregate is checked
  Author.objects.annotate({ n: Count('boks') });
  // @ts-expect-error annotation lookups are checked
  annotated.filter({ n__startsWith: 'x' });
  // @ts-expect-error ordering is checked
  Author.objects.orderBy('-nope');
  const totals = await Book.objects.aaggregate({ total: Count('id'), top: Max('pages'), cost: Avg('price') });
  same<Equal<typeof totals, { total: number; top: number | null; cost: string | null }>>();
  const unnamed = Book.objects.aggregate(Sum('pages'), Count('*'));
  unnamed.pages__sum?.toFixed();

  const book = await ann.books.acreate({ title: 't', pages: 1, price: '2', published: new Date() });
  book.author.initials;
  (await book.aauthor).initials;
  book.authorId.toFixed();
  (await book.apublisher)?.name;
  book.author.mentor?.mentor?.books.filter({ pages__gt: 1 });
  ann.profile.bio;
  (await ann.aprofile).bio;
  // @ts-expect-error author is filled in by the manager
  ann.books.create({ title: 't', pages: 1, price: '2', published: new Date(), author: ann });
  await book.genres.aadd('a', 'b');
  for (const each of ann.books.filter({ title__icontains: 'a' })) each.title;
  for await (const each of ann.books.all().abortable(signal).aiterator({ chunkSize: 500 })) each.pages;
  Book.objects.filter({ pages__gt: 1 }).update({ pages: F('pages').add(1), rating: null });
  await Book.objects.filter({ pages__gt: 1 }).aupdate({ author: ann });
  Book.objects.selectRelated('author', 'author__mentor').prefetchRelated('genres');
  // @ts-expect-error not a relation
  Book.objects.selectRelated('athor');
  const [made, created] = await Genre.objects.agetOrCreate({ code: 'x' }, { defaults: { label: 'X' } });
  made.label;
  created satisfies boolean;
  Review.objects.create({ book, authorId: 3, stars: 3 });
  Review.objects.create({ bookId: 1, author: 2, stars: 3 });
  // @ts-expect-error the second required relation is missing
  Review.objects.create({ book, stars: 3 });
  (await syncToAsync(Review.objects.get)({ stars: 3 })).stars;
  (await syncToAsync(Review.objects.create)({ book, author: 3, stars: 3 })).stars;
  await syncToAsync(book.save)({ updateFields: ['pages'] });
  await syncToAsync(() => Book.objects.filter({ pages: 1 }).list())();
  Author.objects.get.bind(Author.objects)({ id: 1 }).initials;
  try {
    await Book.objects.aget({ id: 1 });
  } catch (error) {
    if (error instanceof Book.DoesNotExist) error.message;
  }
}

export async function rows() {
  const raw = Book.objects.raw<{ twice: number }>('SELECT *, pages * 2 AS twice FROM book', [1], {
    translations: { naam: 'title' },
  });
  for (const book of raw) book.twice.toFixed(book.pages);
  (await raw.prefetchRelated('genres').using('other').aat(0)).title;
  // @ts-expect-error raw rows cannot be filtered
  raw.filter({ pages: 1 });
  const extra = Book.objects.extra({ select: { twice: 'pages * %s' }, selectParams: [2], where: ['true'] });
  extra.orderBy('-twice').get().twice satisfies unknown;
  extra.get().title;
  // @ts-expect-error no such column
  extra.get().thrice;
  // @ts-expect-error no such part
  Book.objects.extra({ having: ['true'] });

  (await syncToAsync(Genre.objects.inBulk)(['a'])).get('a')?.label;
  const byTitle = await syncToAsync(Book.objects.inBulk)(['a'], { fieldName: 'title' });
  byTitle.get('a')?.pages;
  Book.objects.inBulk([1, 2]).get(1)?.pages;
  Book.objects.inBulk().get(1)?.pages;
  // @ts-expect-error keys are numbers
  Book.objects.inBulk(['a']);
  // @ts-expect-error not a column
  Book.objects.inBulk(['a'], { fieldName: 'titel' });
  const totals = await syncToAsync(Book.objects.aggregate)({ total: Sum('pages'), n: Count('*') });
  same<Equal<typeof totals, { total: number | null; n: number }>>();
  const mixed = Book.objects.aggregate(Sum('pages'), { n: Count('id'), twice: F('n').mul(2) });
  mixed.pages__sum?.toFixed(mixed.n);
  // @ts-expect-error unknown path
  Book.objects.aggregate({ n: Count('idd') });
}

export async function neighbours(book: Book) {
  book.getNextByPublished().title;
  (await book.agetPreviousByPublished({ pages: 3 })).title;
  // @ts-expect-error not a date
  book.getNextByTitle();
  // @ts-expect-error dates that may be null have no order
  Author.objects.get().getNextByBorn();
}
