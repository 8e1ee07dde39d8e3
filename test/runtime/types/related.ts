// Checked, never run: instances and the many side of relations.
import { type Deleted, Manager, type QuerySet } from '@migrate-async/runtime/orm';
import { type Author, Book, Mark, Note, Publisher } from './models.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_T extends true>() => {};

export async function related(author: Author, book: Book) {
  const rest = { title: 't', pages: 1, price: '1', published: new Date() };
  (await author.books.acreate(rest)).author.initials;
  const [made, created] = await author.books.agetOrCreate({ title: 't' }, { defaults: { pages: 1 } });
  same<Equal<typeof made, Book>>();
  same<Equal<typeof created, boolean>>();
  const [upserted] = author.books.updateOrCreate(
    { title: 't' },
    { defaults: { pages: 1 }, createDefaults: { pages: 2 } },
  );
  same<Equal<typeof upserted, Book>>();
  author.books.add(book, 3);
  await author.books.aremove(book);
  await author.books.aset([book, 3], { clear: true });
  await author.books.aclear({ bulk: false });
  book.genres.set(['a', 'b']);
  // @ts-expect-error a genre's key is text
  book.genres.add(3);
  // @ts-expect-error not an instance of the related model
  author.books.add(new Publisher());
  // @ts-expect-error unknown field
  author.books.filter({ titel: 't' });
  author.books.filter({ publisher__name: 'x' }).alist() satisfies Promise<Book[]>;
  author.books.all() satisfies QuerySet<Book>;
}

class Bestsellers extends Manager<typeof Book> {
  best() {
    return this.orderBy('-sold');
  }
}
const bestsellers = new Bestsellers(Book);
export async function otherManagers(author: Author, book: Book) {
  const chosen = author.books.manager(bestsellers);
  chosen.best() satisfies QuerySet<Book>;
  chosen.filter({ pages: 1 }).list() satisfies Book[];
  await chosen.aadd(book);
  (await chosen.acreate({ title: 't', pages: 1, price: '1', published: new Date() })).author;
  author.books.manager('objects').get().title satisfies string;
  // @ts-expect-error a manager of another model
  author.books.manager(Publisher.objects);
  // @ts-expect-error a query set is no manager
  author.books.manager(Book.objects.all());
  // @ts-expect-error that manager has no such method
  author.books.manager(Book.objects).best();
}

export async function instance(book: Book, author: Author) {
  same<Equal<typeof book.pk, number>>();
  same<Equal<Awaited<ReturnType<typeof book.adelete>>, Deleted>>();
  book.save({ forceInsert: true, using: 'other' });
  await book.asave({ updateFields: ['pages'] });
  book.refreshFromDb({ fields: ['pages'] });
  await book.arefreshFromDb({ fromQueryset: Book.objects.filter({ pages: 1 }) });
  book.author = author;
  book.publisher = null;
  same<Equal<typeof book.publisherId, number | null>>();
  // @ts-expect-error the author of a book is never null
  book.author = null;
  // @ts-expect-error text is no number
  book.pages = '1';
  // @ts-expect-error not an option
  book.save({ update: ['pages'] });
  // @ts-expect-error no such option of delete
  await book.adelete({ cascade: true });
}

export async function anyModel(note: Note, mark: Mark, book: Book) {
  same<Equal<typeof note.contentType, string>>();
  same<Equal<typeof note.objectId, number>>();
  same<Equal<typeof mark.targetType, string>>();
  same<Equal<typeof mark.targetId, string>>();
  await Note.objects.acreate({ text: 't', about: book });
  await Note.objects
    .filter({ contentType: 'book', objectId__in: [1, 2] })
    .valuesList('objectId')
    .alist();
  await Mark.objects.filter({ targetId__startsWith: 'a' }).alist();
  // @ts-expect-error the key is a number
  await Note.objects.filter({ objectId: 'one' }).alist();
  // @ts-expect-error these are not the names of its columns
  await Mark.objects.filter({ contentType: 'book' }).alist();
}
