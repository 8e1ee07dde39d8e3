import { connections, ProgrammingError, ValueError } from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { type Behaviour, call, iterate, statements, thrownBy } from '../support/differential.ts';
import { onOtherEngine } from '../support/engines/index.ts';
import { harness } from '../support/harness.ts';

const { behaviour, reset } = harness();

type Cursor = ReturnType<ReturnType<typeof connections.get>['cursor']>;

function* opened(sql: string, parameters?: unknown): Behaviour<Cursor> {
  const cursor = yield* call<Cursor>(connections.get(), 'cursor');
  yield* call(cursor, 'execute', sql, parameters);
  return cursor;
}

behaviour('the rows of a cursor are fetched one by one, some at a time, or in a loop', function* () {
  const cursor = yield* opened('SELECT id FROM book ORDER BY id');
  expect(yield* call(cursor, 'fetchOne')).toEqual(['1']);
  expect(yield* call(cursor, 'fetchMany', 2)).toEqual([['2'], ['3']]);
  expect(yield* iterate(cursor)).toEqual([['4'], ['5']]);
  expect(yield* iterate(cursor)).toEqual([]);
  expect([yield* call(cursor, 'fetchOne'), yield* call(cursor, 'fetchAll')]).toEqual([null, []]);
  yield* call(cursor, 'execute', 'SELECT id FROM book WHERE id > %s', [9]);
  expect([yield* call(cursor, 'fetchOne'), yield* call(cursor, 'fetchAll')]).toEqual([null, []]);
  expect((yield* thrownBy(() => call(cursor, 'fetchMany', 'x'))).message).toBe(
    "fetchMany() takes a number of rows, not 'x'.",
  );
});
behaviour('where there is nothing to fetch, fetching says so', function* () {
  const unused = connections.get().cursor();
  const updated = yield* opened('UPDATE book SET pages = pages WHERE id < %s', [3]);
  expect(updated.rowCount).toBe(2);
  for (const cursor of [unused, updated]) {
    for (const name of ['fetchOne', 'fetchMany', 'fetchAll']) {
      const error = yield* thrownBy(() => call(cursor, name));
      expect(error).toEqual(new ProgrammingError('no results to fetch'));
    }
  }
});
behaviour('many executions count the rows of all', function* () {
  const cursor = connections.get().cursor();
  expect(cursor.rowCount).toBe(-1);
  yield* call(cursor, 'executeMany', 'UPDATE book SET pages = pages + 1 WHERE id <= %s', [[1], [2], [0]]);
  expect(cursor.rowCount).toBe(3);
  yield* call(cursor, 'executeMany', 'UPDATE book SET pages = 0 WHERE id = %s', []);
  expect(cursor.rowCount).toBe(0);
});
behaviour('a number is one wherever its placeholder stands', function* () {
  const sum = yield* opened('SELECT %s + %s', [1, 2]);
  expect(yield* call(sum, 'fetchOne')).toEqual(['3']);
  const above = yield* opened('SELECT id FROM book WHERE id > %(least)s AND id < %(least)s + 2 ORDER BY id', {
    least: 1.5,
    unused: 'x',
  });
  expect(yield* call(above, 'fetchAll')).toEqual([['2'], ['3']]);
});
behaviour('what is no statement, or no parameters, is refused before anything is sent', function* () {
  const cursor = connections.get().cursor();
  const wrong: [unknown[], Error][] = [
    [[null], new TypeError('execute() takes SQL as a string, not null.')],
    [[' '], new ValueError('execute() takes a statement, and this one is empty.')],
    [
      ['SELECT %s', 'a'],
      new TypeError("The parameters of execute() are a list, or an object by the names in the SQL, not 'a'."),
    ],
    [
      ['SELECT %s, %s', [1]],
      new ProgrammingError('The SQL has more placeholders than there are parameters.'),
    ],
    [
      ['SELECT %s', [1, 2]],
      new ProgrammingError('The SQL has fewer placeholders than there are parameters.'),
    ],
    [['SELECT %(a)s', { b: 1 }], new ProgrammingError("The SQL names a parameter 'a' that is not given.")],
  ];
  for (const [given, expected] of wrong)
    expect(yield* thrownBy(() => call(cursor, 'execute', ...given))).toEqual(expected);
  const once = yield* thrownBy(() => call(cursor, 'executeMany', 'SELECT 1', undefined));
  expect(once.message).toBe('executeMany() takes the parameters of each statement in a list, not undefined.');
  expect(statements()).toEqual([]);
});
behaviour('without parameters a percent sign is one, with parameters it is written twice', function* () {
  for (const [sql, parameters, expected] of [
    ["SELECT 'a%'", undefined, 'a%'],
    ["SELECT 'a%%'", null, 'a%%'],
    ["SELECT 'a%%'", [], 'a%'],
  ] as const) {
    const cursor = yield* opened(sql, parameters);
    expect(yield* call(cursor, 'fetchOne')).toEqual([expected]);
  }
});
test.skipIf(onOtherEngine())('lists are arrays, of lists, too', async () => {
  await reset();
  const cursor = await connections.get().acursor();
  const pairs = [
    [1, 2],
    [3, 4],
  ];
  await cursor.aexecute('SELECT %s = ARRAY[[1, 2], [3, 4]], 2 = ANY(%s)', [pairs, pairs[0]]);
  expect(await cursor.afetchOne()).toEqual(['t', 't']);
});
