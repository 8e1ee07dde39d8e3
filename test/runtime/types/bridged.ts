// Checked, never run: what a bridge and the shortcuts infer.
import { syncToAsync } from '@migrate-async/runtime';
import { agetObjectOr404, getListOr404, getObjectOr404, Q } from '@migrate-async/runtime/orm';
import { Author, Book } from './models.ts';

export async function bridged() {
  getObjectOr404(Author, { id: 1 }).save();
  getObjectOr404(Author.objects, { id: 1 }).save();
  getObjectOr404(Author.objects.filter({ name: 'x' })).initials;
  (await syncToAsync(getObjectOr404)(Author, { id: 1 })).initials;
  (await agetObjectOr404(Author, { id: 1 })).save();
  getListOr404(Book, { pages: 1 })[0]?.save();
}
export async function neighbours(book: Book) {
  (await syncToAsync(book.getNextByPublished)()).title.trim();
  (await syncToAsync(book.getPreviousByPublished.bind(book))({ pages: 1 })).asave();
  // @ts-expect-error no such column
  (await syncToAsync(book.getNextByPublished)()).titel;
}

export function combined() {
  Book.objects.filter(
    Q({ pages__gt: 1 })
      .or({ title__startsWith: 'Z' })
      .and(Q({ pages: 2 })),
    { pages__lt: 3 },
  );
  // @ts-expect-error unknown field inside a combined condition
  Book.objects.filter(Q({ pages__gt: 1 }).or({ titel: 'Z' }));
}
