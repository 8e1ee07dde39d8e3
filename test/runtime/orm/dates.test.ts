import {
  Cast,
  Count,
  Extract,
  ExtractDay,
  ExtractHour,
  ExtractIsoWeekDay,
  ExtractIsoYear,
  ExtractMinute,
  ExtractMonth,
  ExtractQuarter,
  ExtractSecond,
  ExtractWeek,
  ExtractWeekDay,
  ExtractYear,
  F,
  FieldError,
  fields,
  Max,
  Sum,
  Trunc,
  TruncDate,
  TruncDay,
  TruncHour,
  TruncTime,
  TruncYear,
  Value,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Book, Event, Publisher, Review } from '../support/library.ts';

const { behaviour } = harness();
const tokyo = { timeZone: 'Asia/Tokyo' };

behaviour('115 dates across relations, of annotations and of moments', function* () {
  expect(yield* call(Review.objects.dates('book__published', 'year'), 'list')).toEqual([
    '2020-01-01',
    '2021-01-01',
  ]);
  const newest = Publisher.objects.annotate({ newest: Max('books__published') });
  expect(yield* call(newest.dates('newest', 'year', 'DESC'), 'list')).toEqual(['2022-01-01', '2021-01-01']);
  expect(yield* call(Event.objects.dates('at', 'month'), 'list')).toEqual(['2024-01-01']);
  expect(yield* call(Book.objects.dates('published', 'week').slice(0, 2), 'list')).toEqual([
    '2020-01-13',
    '2020-06-29',
  ]);
});
behaviour('115 what dates and datetimes refuse', function* () {
  expect(() => Book.objects.dates('title', 'year')).toThrow(
    new TypeError("'title' isn't a DateField, TimeField, or DateTimeField."),
  );
  expect(() => Book.objects.dates('nope' as 'title', 'year')).toThrow(FieldError);
  expect(() => Book.objects.datetimes('published', 'day')).toThrow(
    new ValueError("Cannot truncate DateField 'published' to DateTimeField."),
  );
  expect(() => Book.objects.dates('published', 'hour' as 'day')).toThrow(
    new ValueError("'kind' must be one of 'year', 'month', 'week', or 'day'."),
  );
  expect(() => Event.objects.datetimes('at', 'day', 'UP' as 'ASC')).toThrow(
    new ValueError("'order' must be either 'ASC' or 'DESC'."),
  );
  expect(yield* call(Book.objects.none().dates('published', 'day'), 'list')).toEqual([]);
});
behaviour('115 the date of a date and the time of a time are themselves', function* () {
  const dates = Book.objects.values({ x: TruncDate('published') }).orderBy('id');
  expect(yield* call(dates.slice(0, 1), 'get')).toEqual({ x: '2020-01-15' });
  const times = Event.objects.values({ x: TruncTime(TruncTime('at')) }).orderBy('id');
  expect(yield* call(times.slice(0, 1), 'get')).toEqual({ x: '13:30:15' });
  expect(() => Book.objects.values({ x: TruncTime('published') })).toThrow(
    new ValueError("Cannot truncate DateField 'published' to TimeField."),
  );
  expect(() => Event.objects.values({ x: TruncDate(TruncTime('at')) })).toThrow(
    new ValueError("Cannot truncate TimeField 'the expression' to DateField."),
  );
  expect(() => Book.objects.values({ x: TruncDate('pages') })).toThrow(
    new TypeError("'pages' isn't a DateField, TimeField, or DateTimeField."),
  );
});
behaviour('116 datetimes of another time zone begin at its midnight', function* () {
  expect(yield* call(Event.objects.datetimes('at', 'day', 'ASC', tokyo), 'list')).toEqual(
    ['2023-12-31T15:00Z', '2024-01-01T15:00Z', '2024-01-02T15:00Z'].map((text) => new Date(text)),
  );
  for (const timeZone of ["x' or 1", 'Mars/Phobos', '+02:00']) {
    expect(() => Event.objects.datetimes('at', 'day', 'ASC', { timeZone })).toThrow(
      new ValueError(`'${timeZone}' is not the name of a time zone.`),
    );
  }
});
behaviour(
  '136 parts and truncations are those of the active time zone, or of the one that is named',
  function* () {
    const rows = Event.objects.filter({ id: 1 }).values({
      day: Trunc('at', 'day', tokyo),
      hour: TruncHour('at'),
      date: TruncDate('at', tokyo),
      time: TruncTime('at', tokyo),
      hourThere: ExtractHour('at', tokyo),
      hourHere: ExtractHour('at'),
      year: Extract('at', 'year'),
      plainDate: Trunc('at', 'date'),
      hourOfTime: Trunc(TruncTime('at'), 'hour'),
    });
    expect(yield* call(rows, 'get')).toEqual({
      day: new Date('2024-01-02T15:00Z'),
      hour: new Date('2024-01-03T13:00Z'),
      date: '2024-01-03',
      time: '22:30:15',
      hourThere: 22,
      hourHere: 13,
      year: 2024,
      plainDate: '2024-01-03',
      hourOfTime: '13:00:00',
    });
    const there = Event.objects.annotate({ date: TruncDate('at', tokyo) }).filter({ date: '2024-01-01' });
    expect(keys(yield* call(there, 'list'))).toEqual([2]);
    const year = Event.objects.annotate({ year: ExtractYear('at', tokyo) }).filter({ year: 2024 });
    expect(yield* call(year, 'count')).toBe(3);
    expect(lastStatement()).toContain(`AT TIME ZONE 'Asia/Tokyo'`);
  },
);
behaviour('197 truncations group rows, and take part in filters', function* () {
  const perYear = Book.objects
    .values({ year: TruncYear('published') })
    .annotate({ n: Count('id') })
    .orderBy('year');
  expect(yield* call(perYear, 'list')).toEqual([
    { year: '2020-01-01', n: 2 },
    { year: '2021-01-01', n: 2 },
    { year: '2022-01-01', n: 1 },
  ]);
  const perPart = Book.objects.values('published__year').annotate({ n: Count('id') });
  expect(yield* call(perPart.orderBy('-published__year'), 'first')).toEqual({ published__year: 2022, n: 1 });
  const first = Event.objects.annotate({ day: TruncDay('at') }).filter({ day__lt: new Date('2024-01-02') });
  expect(keys(yield* call(first, 'list'))).toEqual([2]);
});
behaviour('what cannot be truncated or extracted is refused before anything is sent', function* () {
  expect(() => Trunc('at', 'fortnight' as 'day')).toThrow(ValueError);
  expect(() => Extract('at', 'eon' as 'day')).toThrow(ValueError);
  expect(() => Book.objects.annotate({ x: Trunc('published', 'hour') })).toThrow(
    new ValueError("Cannot truncate DateField 'published' to DateTimeField."),
  );
  expect(() => Book.objects.annotate({ x: TruncYear('title') })).toThrow(TypeError);
  expect(() => Book.objects.annotate({ x: Extract('title', 'year') })).toThrow(
    new ValueError('Extract input expression must be DateField, DateTimeField, TimeField, or DurationField.'),
  );
  expect(() => Book.objects.annotate({ x: ExtractHour('published') })).toThrow(
    new ValueError("Cannot extract time component 'hour' from DateField 'published'."),
  );
  expect(yield* call(Event.objects, 'count')).toBe(3);
});
behaviour('dates, moments and durations are computed with', function* () {
  const row = yield* call(
    Event.objects.filter({ id: 2 }).values({
      later: F('at').add(90_000),
      earlier: F('at').sub(Cast(Value('1 day'), fields.duration())),
      since: F('at').sub(Value(new Date('2024-01-01T00:00Z'))),
      hours: Extract(F('at').sub(Value(new Date('2024-01-01T00:00Z'))), 'hour'),
    }),
    'get',
  );
  expect(row).toEqual({
    later: new Date('2024-01-01T11:31:45Z'),
    earlier: new Date('2023-12-31T11:30:15Z'),
    since: 41_415_000,
    hours: 11,
  });
  const day = 86_400_000;
  const books = Book.objects.orderBy('id').values({
    age: F('published').sub('2020-01-01'),
    next: F('published').add(day),
  });
  expect(yield* call(books, 'first')).toEqual({ age: 14 * day, next: new Date('2020-01-16T00:00Z') });
  const soon = Event.objects.filter({ at__lt: F('at').add(1) });
  expect(yield* call(soon, 'count')).toBe(3);
});
behaviour('every part of a moment is a whole number', function* () {
  const parts = Event.objects
    .filter({ name: 'e1' })
    .valuesList(
      ExtractYear('at'),
      ExtractIsoYear('at'),
      ExtractQuarter('at'),
      ExtractMonth('at'),
      ExtractWeek('at'),
      ExtractDay('at'),
      ExtractWeekDay('at'),
      ExtractIsoWeekDay('at'),
      ExtractHour('at'),
      ExtractMinute('at'),
      ExtractSecond('at'),
    );
  expect(yield* call(parts, 'get')).toEqual([2024, 2024, 1, 1, 1, 3, 4, 3, 13, 30, 15]);
  const summary = { most: Max('at__second'), all: Sum(ExtractSecond('at')) };
  expect(yield* call(Event.objects, 'aggregate', summary)).toEqual({ most: 15, all: 45 });
  const seconds = Event.objects.valuesList('at__second', { flat: true }).distinct().orderBy('at__second');
  expect(yield* call(seconds, 'list')).toEqual([15]);
});
