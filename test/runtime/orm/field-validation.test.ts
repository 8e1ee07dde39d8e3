import { fields, foreignKey, Manager, model, Q, ValidationError } from '@migrate-async/runtime/orm';
import { describe, expect, test } from 'vitest';
import { call, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

class Hall extends model('hall', { floor: fields.integer() }) {
  static objects = new Manager(this);
}
class Talk extends model('talk', {
  title: fields
    .char(20)
    .unique()
    .errorMessages({ blank: 'Every talk has a title.', unique: 'There is one called that.' })
    .uniqueForMonth('on'),
  summary: fields
    .text()
    .blank()
    .validate(() => {
      throw new ValidationError('Never asked about nothing.');
    }),
  slot: fields.integer().blank().uniqueForDate('on'),
  tags: fields.json<readonly string[]>(),
  links: fields.json().default(() => ({})),
  level: fields.choice('easy', 'hard').blank().errorMessages({ invalid_choice: '%(value)s is no level.' }),
  speaker: fields.char(10).default('').uniqueForYear('at'),
  on: fields.date().null(),
  at: fields.dateTime().null(),
  hall: foreignKey<Hall>(() => Hall, { limitChoicesTo: () => Q({ floor__lt: 5 }) })
    .null()
    .validate((key: number) => {
      if (key === 999) throw new ValidationError('Not that one.', { code: 'unlucky' });
    })
    .errorMessages({ invalid: 'No talks there.', unlucky: 'An unlucky room.' }),
}) {
  static objects = new Manager(this);
}

const { behaviour } = harness([Hall, Talk], 'insert into hall (floor) values (1), (9);');
const failure = (error: Error) => (error as ValidationError).errors;

describe('a field that holds nothing', () => {
  const nothing = { title: '', summary: '', tags: [], level: '' as never, on: '2024-02-29' };
  behaviour('is refused unless it may be blank, and is not checked further', function* () {
    const talk = new Talk({ ...nothing, slot: 1 });
    expect(failure(yield* thrownBy(() => call(talk, 'fullClean')))).toEqual({
      title: ['Every talk has a title.'],
      tags: ['This field cannot be blank.'],
    });
    talk.summary = 'x';
    const { summary } = failure(yield* thrownBy(() => call(talk, 'fullClean')));
    expect(summary).toEqual(['Never asked about nothing.']);
  });
  behaviour('may be what the field fills in by itself', function* () {
    const talk = new Talk({ ...nothing, slot: 1, title: 'a', tags: ['b'] });
    expect([talk.speaker, talk.links]).toEqual(['', {}]);
    yield* call(talk, 'fullClean');
  });
  test('may be of another type, or no value, where the field is blank', () => {
    const talk = new Talk({ ...nothing, slot: '' as never, title: 'a', tags: ['b'] });
    talk.cleanFields();
    talk.slot = null as never;
    talk.cleanFields();
    talk.speaker = null as never;
    expect(() => talk.cleanFields()).toThrow('speaker: This field cannot be null.');
    talk.speaker = '';
    talk.slot = 'x' as never;
    expect(() => talk.cleanFields()).toThrow("slot: Field 'slot' expected a number but got 'x'.");
  });
});
describe('words of a field', () => {
  behaviour('stand in place of the usual ones, by the code of the complaint', function* () {
    yield* call(Talk.objects, 'create', { title: 'a', summary: '', slot: 1, tags: ['b'], level: 'easy' });
    const talk = new Talk({
      title: 'a',
      summary: '',
      slot: 2,
      tags: ['b'],
      level: 'odd' as never,
      hallId: 77,
    });
    const error = yield* thrownBy(() => call(talk, 'fullClean'));
    expect(failure(error)).toEqual({
      title: ['There is one called that.'],
      level: ['odd is no level.'],
      hall: ['No talks there.'],
    });
    expect((error as ValidationError).errorDict.title?.map(({ code }) => code)).toEqual(['unique']);
    talk.hallId = 999;
    talk.level = 'hard';
    talk.title = 'z';
    expect(failure(yield* thrownBy(() => call(talk, 'fullClean')))).toEqual({ hall: ['An unlucky room.'] });
  });
  test('are texts by code', () => {
    expect(() => fields.text().errorMessages('no' as never)).toThrow(
      "errorMessages() takes an object of messages by code, not 'no'.",
    );
    expect(() => fields.text().errorMessages({ blank: 1 } as never)).toThrow(TypeError);
  });
});
describe('a value that may be there once in a while', () => {
  const talk = {
    summary: '',
    tags: ['b'],
    level: 'easy',
    slot: 1,
    on: '2024-02-29',
    at: new Date('2024-02-29T23:30:00Z'),
  } as const;
  behaviour('is looked for in the day, the month and the year of the row', function* () {
    const first = yield* call<Talk>(Talk.objects, 'create', { ...talk, title: 'a', speaker: 'Ann' });
    const taken = function* (values: object) {
      const other = new Talk({ ...talk, title: 'b', speaker: 'Bob', slot: 2, ...values });
      return failure(yield* thrownBy(() => call(other, 'fullClean')));
    };
    expect(yield* taken({ slot: 1 })).toEqual({ slot: ['Slot must be unique for On date.'] });
    const month = yield* thrownBy(() => call(new Talk({ ...talk, title: 'a', slot: 2, id: 9 }), 'fullClean'));
    const complaints = (month as ValidationError).errorDict.title ?? [];
    expect(complaints.map(({ code, params }) => [code, params?.lookupType])).toEqual([
      ['unique', undefined],
      ['unique_for_date', 'month'],
    ]);
    expect(yield* taken({ speaker: 'Ann', at: new Date('2024-12-31T23:59:59Z') })).toEqual({
      speaker: ['Speaker must be unique for At year.'],
    });
    // Of another year, as in Django.
    expect(yield* taken({ title: 'a', on: '2025-02-01' })).toEqual({
      title: ['There is one called that.', 'Title must be unique for On month.'],
    });
    yield* call(
      new Talk({
        ...talk,
        title: 'b',
        on: '2024-03-29',
        at: new Date('2025-01-01T00:00:00Z'),
        speaker: 'Ann',
      }),
      'fullClean',
    );
    yield* call(new Talk({ ...talk, title: 'b', on: null, at: null, speaker: 'Ann' }), 'fullClean');
    yield* call(new Talk({ ...talk, title: 'b', speaker: 'Ann' }), 'fullClean', { exclude: ['on', 'at'] });
    yield* call(first, 'fullClean');
  });
  test('is declared with a date of the row', () => {
    const declare = () => model('odd', { name: fields.text().uniqueForDate('name') });
    const shared = () => model('shared', { name: fields.text().uniqueForDate('on') }, { abstract: true });
    expect(shared).not.toThrow();
    expect(declare).toThrow("'name' cannot be unique for the date of 'name', which is no date of odd.");
  });
});
behaviour('a foreign key leads to rows that it may lead to', function* () {
  const high = yield* call<Hall>(Hall.objects, 'get', { floor: 9 });
  const low = yield* call<Hall>(Hall.objects, 'get', { floor: 1 });
  const given = { title: 'a', summary: '', slot: 1, tags: ['b'], level: 'easy' } as const;
  expect(failure(yield* thrownBy(() => call(new Talk({ ...given, hall: high }), 'fullClean')))).toEqual({
    hall: ['No talks there.'],
  });
  yield* call(new Talk({ ...given, hall: low }), 'fullClean');
});
