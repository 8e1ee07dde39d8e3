// Checked, never run: what a program chooses while it runs, and functions that take whatever rows there are.
import { fields, foreignKey, Manager, model, Q, QuerySet, type Rows } from '@migrate-async/runtime/orm';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_T extends true>() => {};

class TrackRows extends QuerySet<Track> {
  long() {
    return this.filter({ seconds__gte: 300 });
  }
}
export class Album extends model('album', { title: fields.char(50) }) {
  static objects = new Manager(this);
}
export class Track extends model('track', {
  title: fields.char(50),
  seconds: fields.integer(),
  album: foreignKey<Album>(() => Album),
}) {
  static objects = TrackRows.asManager(this);
}

export function orderings(
  by: 'title' | '-title' | 'album__title',
  column: 'title' | 'seconds',
  down: boolean,
) {
  Track.objects.orderBy(by, '-pk');
  Track.objects.orderBy(down ? `-${column}` : column);
  const wrong = 'titel' as 'title' | '-titel';
  // @ts-expect-error one of them is no field
  Track.objects.orderBy(wrong);
}

export function conditions(title: string | undefined, seconds: number | undefined, all: boolean) {
  Track.objects.filter({ ...(title ? { title } : {}), seconds__gte: 1 });
  Track.objects.exclude(all ? {} : { title: 'a' }).get(all ? {} : { seconds: 1 });
  const given: { title: string; seconds?: number } = { title: 'a' };
  Track.objects.filter(given);
  let wanted = Q();
  if (title !== undefined) wanted = wanted.and({ title });
  if (seconds !== undefined) wanted = wanted.and({ seconds__lt: seconds });
  Track.objects.filter(wanted);
  // @ts-expect-error what is not there is not asked about: undefined is no value
  Track.objects.filter({ title });
  const misspelt: { titel?: string } = {};
  // @ts-expect-error no such field, even where it may be left out
  Track.objects.filter(misspelt);
}

async function page<R>(rows: Rows<R>, number: number): Promise<{ total: number; rows: R[] }> {
  return { total: await rows.acount(), rows: await rows.slice(number * 10, number * 10 + 10).alist() };
}
export async function pages() {
  const tracks = await page(Track.objects.long(), 1);
  same<Equal<typeof tracks, { total: number; rows: Track[] }>>();
  // A class of query sets of one's own is still one of whole rows, too: which are meant has to be said.
  const titles = await page<{ title: string }>(Track.objects.values('title'), 1);
  const names = await page(Album.objects.values('title'), 1);
  same<Equal<typeof names.rows, { title: string }[]>>();
  same<Equal<typeof titles.rows, { title: string }[]>>();
  const albums = await page(Album.objects, 0);
  same<Equal<typeof albums.rows, Album[]>>();
  const numbers = await page(Album.objects.filter({ title: 'a' }).valuesList('id', { flat: true }), 0);
  same<Equal<typeof numbers.rows, number[]>>();
  // @ts-expect-error rows of a model have what it has
  (await page(Album.objects, 0)).rows[0]?.seconds;
}
