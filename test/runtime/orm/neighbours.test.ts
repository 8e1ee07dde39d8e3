import { Cast, F, fields, Value, ValueError } from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Book, Event } from '../support/library.ts';

const { behaviour } = harness();

behaviour('77 the next and the previous row by a date', function* () {
  const second = yield* call<Event>(Event.objects, 'get', { name: 'e2' });
  const third = yield* call<Event>(second, 'getNextByAt');
  expect(third.name).toBe('e3');
  expect(third).toBeInstanceOf(Event);
  const first = yield* call<Event>(third, 'getNextByAt');
  expect(first.name).toBe('e1');
  expect((yield* call<Event>(first, 'getPreviousByAt')).name).toBe('e3');
  expect(lastStatement()).toMatch(/ORDER BY "event"\."at" DESC, "event"\."id" DESC LIMIT 1$/);
  const none = yield* thrownBy(() => call(first, 'getNextByAt'));
  expect(none).toBeInstanceOf(Event.DoesNotExist);
  expect(none.message).toBe('Event matching query does not exist.');
});
behaviour('77 rows of one date go by their keys, and further conditions narrow', function* () {
  yield* call(Book.objects.filter({ id__lte: 3 }), 'update', { published: '2020-01-15' });
  const book = yield* call<Book>(Book.objects, 'get', { id: 2 });
  expect((yield* call<Book>(book, 'getNextByPublished')).id).toBe(3);
  expect((yield* call<Book>(book, 'getPreviousByPublished')).id).toBe(1);
  expect((yield* call<Book>(book, 'getNextByPublished', { rating: 4 })).id).toBe(5);
  const unsaved = new Book({ published: '2020-01-15' });
  expect(yield* thrownBy(() => call(unsaved, 'getNextByPublished'))).toBeInstanceOf(ValueError);
});
behaviour('77 a moment finer than a millisecond is not its own neighbour', function* () {
  yield* call(Event.objects.filter({ name: 'e2' }), 'update', {
    at: F('at').add(Cast(Value('700 microseconds'), fields.duration())),
  });
  const event = yield* call<Event>(Event.objects, 'get', { name: 'e2' });
  expect((yield* call<Event>(event, 'getNextByAt')).name).toBe('e3');
});
