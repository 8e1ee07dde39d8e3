// Checked, never run: the JavaScript value of every field, and the lookups it takes.
import { F, fields, foreignKey, Manager, model, oneToOne, validators } from '@migrate-async/runtime/orm';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_T extends true>() => {};

export class Each extends model('each', {
  key: fields.bigAuto(),
  char: fields.char(10),
  text: fields.text().null(),
  integer: fields.integer().unique(),
  small: fields.smallInteger().index(),
  big: fields.bigInteger(),
  positive: fields.positiveInteger().dbDefault(3),
  float: fields.float(),
  decimal: fields.decimal(6, 2),
  boolean: fields.boolean(),
  date: fields.date(),
  time: fields.time(),
  moment: fields.dateTime(),
  made: fields.dateTime().autoNowAdd(),
  changed: fields.dateTime().autoNow(),
  duration: fields.duration(),
  uuid: fields.uuid(),
  json: fields.json<{ a: number }>(),
  binary: fields.binary(),
  texts: fields.array(fields.text()),
  matrix: fields.array(fields.array(fields.integer())),
  gaps: fields.array(fields.text().null()),
  email: fields.email(),
  url: fields.url(),
  slug: fields.slug().validate((slug) => {
    slug.toLowerCase();
  }),
  ip: fields.ip(),
  choice: fields.choice('draft', 'live').column('state'),
  computed: fields.generated(F('integer').add(1), fields.integer()),
  other: foreignKey<Each>(() => Each).null(),
}) {
  static objects = new Manager(this);
}
/** A key of its own instead of `id`. */
export class Counted extends model('counted', { number: fields.auto() }) {
  static objects = new Manager(this);
}
export class Tallied extends model('tallied', {
  number: fields.smallAuto(),
  seats: fields.positiveSmallInteger(),
  stars: fields.positiveBigInteger().null(),
}) {
  static objects = new Manager(this);
}
export function tallies(row: Tallied) {
  same<Equal<typeof row.pk, number>>();
  same<Equal<typeof row.seats, number>>();
  same<Equal<typeof row.stars, bigint | null>>();
  Tallied.objects.create({ seats: 1, stars: 2n });
  // @ts-expect-error it holds whole numbers of any size
  Tallied.objects.create({ seats: 1, stars: '2' });
  // @ts-expect-error seats are required
  Tallied.objects.create({ stars: 2n });
}

export function values(row: Each, counted: Counted) {
  same<Equal<typeof row.key, number>>();
  same<Equal<typeof row.pk, number>>();
  same<Equal<typeof counted.number, number>>();
  // @ts-expect-error there is no id beside another key
  counted.id;
  same<Equal<typeof row.char, string>>();
  same<Equal<typeof row.text, string | null>>();
  same<Equal<typeof row.integer, number>>();
  same<Equal<typeof row.small, number>>();
  same<Equal<typeof row.big, bigint>>();
  same<Equal<typeof row.positive, number>>();
  same<Equal<typeof row.float, number>>();
  same<Equal<typeof row.decimal, string>>();
  same<Equal<typeof row.boolean, boolean>>();
  same<Equal<typeof row.date, string>>();
  same<Equal<typeof row.time, string>>();
  same<Equal<typeof row.moment, Date>>();
  same<Equal<typeof row.duration, number>>();
  same<Equal<typeof row.uuid, string>>();
  same<Equal<typeof row.json, { a: number }>>();
  same<Equal<typeof row.binary, Buffer>>();
  same<Equal<typeof row.texts, string[]>>();
  same<Equal<typeof row.matrix, number[][]>>();
  same<Equal<typeof row.gaps, (string | null)[]>>();
  same<Equal<typeof row.email, string>>();
  same<Equal<typeof row.url, string>>();
  same<Equal<typeof row.slug, string>>();
  same<Equal<typeof row.ip, string>>();
  same<Equal<typeof row.choice, 'draft' | 'live'>>();
  same<Equal<typeof row.computed, number | null>>();
  same<Equal<typeof row.otherId, number | null>>();
  // @ts-expect-error a validator is given the value of its field
  fields.integer().validate((value) => value.toLowerCase());
  const shout = (value: number): void => console.log(value);
  fields
    .integer()
    .validate(shout)
    .validate((value) => shout(value))
    .validate(validators.minValue(1));
  fields.integer().validate((value) => {
    if (value < 3) throw new Error('x');
  });
  // @ts-expect-error a check throws, it does not answer
  fields.integer().validate((value) => value > 3);
  // @ts-expect-error nor does it wait
  fields.integer().validate(async (value) => shout(value));
  const rows: readonly (readonly number[])[] = [[1], [2]];
  Each.objects.filter({ matrix: rows, texts: ['a'] as const });
  // @ts-expect-error the checks of a key do not wait, either
  foreignKey<Counted>(() => Counted).validate(async (key) => key);
  // @ts-expect-error nor answer
  oneToOne<Counted>(() => Counted).validate(() => false);
  // @ts-expect-error a default of another type
  fields.integer().default('1');
}

export function lookups(moment: Date) {
  const rows = Each.objects;
  rows.filter({ char__exact: 'a', char__iexact: 'A', char__contains: 'a', char__icontains: 'A' });
  rows.filter({ char__startsWith: 'a', char__istartsWith: 'A', char__endsWith: 'a', char__iendsWith: 'A' });
  rows.filter({ char__regex: '^a', char__iregex: '^A', char__in: ['a'], char__range: ['a', 'b'] });
  rows.filter({ integer__gt: 1, integer__gte: 1, integer__lt: 1, integer__lte: F('small') });
  rows.filter({ text__isNull: true, text: null, big: 1n, big__gt: 1, decimal__lt: '1.5', decimal: 1 });
  rows.filter({ date__year: 2020, date__isoYear__gte: 2020, date__month: 1, date__day__in: [1, 2] });
  rows.filter({ date__week: 1, date__weekDay: 1, date__isoWeekDay: 1, date__quarter: 1 });
  rows.filter({
    moment__date: '2020-01-01',
    moment__time__lt: '12:00',
    moment__hour: 1,
    moment__lte: moment,
  });
  rows.filter({ time__hour: 1, time__minute: 1, time__second__lt: 30, moment__year__in: [2020] });
  rows.filter({
    json__a: 1,
    json__a__gt: 1,
    json__hasKey: 'a',
    json__hasKeys: ['a'],
    json__hasAnyKeys: ['a'],
  });
  rows.filter({ json__contains: { a: 1 }, json__containedBy: { a: 1 }, json: { a: 1 } });
  rows.filter({ texts__contains: ['a'], texts__containedBy: ['a'], texts__overlap: ['a'], texts__len: 1 });
  rows.filter({ texts__0: 'a', texts__len__gt: 1, matrix__contains: [[1]] });
  rows.filter({ other__other__choice: 'live', other__in: [1], other__isNull: false, otherId: 1 });
  // @ts-expect-error not a choice
  rows.filter({ choice: 'dead' });
  // @ts-expect-error a number has no text lookups
  rows.filter({ integer__contains: '1' });
  // @ts-expect-error a text has no parts of a date
  rows.filter({ char__year: 2020 });
  // @ts-expect-error a date has no hours
  rows.filter({ date__hour: 1 });
  // @ts-expect-error a time has no years
  rows.filter({ time__year: 2020 });
  // @ts-expect-error the elements are texts
  rows.filter({ texts__contains: [1] });
  // @ts-expect-error the length is a number
  rows.filter({ texts__len: '1' });
  // @ts-expect-error a key of JSON is a text
  rows.filter({ json__hasKey: 1 });
  // @ts-expect-error a list of two
  rows.filter({ integer__range: [1] });
  // @ts-expect-error truth is boolean
  rows.filter({ text__isNull: 1 });
  // @ts-expect-error bytes are not compared with text
  rows.filter({ binary: 'x' });
}

/** A key in several columns, one of them a foreign key. */
export class Composite extends model('composite', {
  pk: fields.compositePrimaryKey('counted', 'code'),
  counted: foreignKey<Counted>(() => Counted),
  code: fields.char(10).dbComment('what it is called'),
  note: fields.text().null(),
}) {
  static objects = new Manager(this);
}
export function compositeKeys(row: Composite, rows: typeof Composite.objects) {
  same<Equal<typeof row.pk, [number, string]>>();
  // @ts-expect-error there is no id beside another key
  row.id;
  rows.get({ pk: [1, 'a'] });
  rows.filter({ pk__in: [[1, 'a']], pk__gt: [1, 'a'], pk__isNull: false });
  same<Equal<ReturnType<ReturnType<typeof pairs>['get']>, { pk: [number, string] }>>();
  function pairs() {
    return rows.values('pk');
  }
  const flat = rows.valuesList('pk', { flat: true }).list();
  same<Equal<typeof flat, [number, string][]>>();
  // @ts-expect-error both columns
  rows.get({ pk: [1] });
  // @ts-expect-error a number and a text
  rows.get({ pk: ['a', 1] });
  // @ts-expect-error lists of keys
  rows.filter({ pk__in: [1] });
  // @ts-expect-error a key of several columns has no text lookups
  rows.filter({ pk__contains: [1, 'a'] });
  // @ts-expect-error of two columns at least
  fields.compositePrimaryKey('a');
}
