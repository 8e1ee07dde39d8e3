import { connections, DataError, ProgrammingError } from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { type Behaviour, call, iterate, statements, thrownBy } from '../support/differential.ts';
import { onOtherEngine, testEngine } from '../support/engines/index.ts';
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
behaviour('a number limits rows, on every database', function* () {
  const cursor = yield* opened('SELECT id FROM book ORDER BY id LIMIT %s OFFSET %s', [1, 1]);
  expect(yield* call(cursor, 'fetchAll')).toEqual([['2']]);
  const named = { most: 2, from: 3 };
  yield* call(
    cursor,
    'execute',
    'SELECT id FROM book WHERE id >= %(from)s ORDER BY id limit %(most)s',
    named,
  );
  expect(yield* call(cursor, 'fetchAll')).toEqual([['3'], ['4']]);
});
behaviour('a whole number is exact, or refused where the database has none of its size', function* () {
  const cursor = connections.get().cursor();
  for (const value of [2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
    yield* call(cursor, 'execute', 'SELECT %s + 0', [value]);
    expect(yield* call(cursor, 'fetchOne')).toEqual([`${value}`]);
  }
  for (const value of [2n ** 63n, -(2n ** 63n) - 1n, 10n ** 20n + 1n]) {
    const send = () => call(cursor, 'execute', 'SELECT %s + 0', [value]);
    if (testEngine().engine === 'sqlite') {
      const error = yield* thrownBy(send);
      expect(error).toEqual(new DataError(`SQLite has no whole numbers of more than 64 bits: ${value}.`));
    } else {
      yield* send();
      expect(yield* call(cursor, 'fetchOne')).toEqual([`${value}`]);
    }
  }
  // A number of that size is a fraction in double precision.
  yield* call(cursor, 'execute', 'SELECT id FROM book WHERE id < %s AND id > %s', [1e20, -1e20]);
  expect(yield* call(cursor, 'fetchAll')).toHaveLength(5);
});
test.skipIf(testEngine().engine === 'sqlite')('a number limits rows the way of the standard', async () => {
  await reset();
  const cursor = await connections.get().acursor();
  const sql = 'SELECT id FROM book WHERE id > %s ORDER BY id OFFSET %s ROWS FETCH FIRST %s ROWS ONLY';
  await cursor.aexecute(sql, [1, 1, 2]);
  expect(await cursor.afetchAll()).toEqual([['3'], ['4']]);
});
test.runIf(testEngine().engine === 'mysql')('more digits than a decimal has are refused', async () => {
  await reset();
  const cursor = await connections.get().acursor();
  await cursor.aexecute('SELECT %s', [10n ** 65n - 1n]);
  expect(await cursor.afetchOne()).toEqual(['9'.repeat(65)]);
  const tooMany = `MySQL has no whole numbers of more than 65 digits: ${10n ** 65n}.`;
  await expect(cursor.aexecute('SELECT %s', [10n ** 65n])).rejects.toThrow(new DataError(tooMany));
});
behaviour('rows are those of the last statement, also when it failed', function* () {
  const read = 'SELECT id FROM book ORDER BY id';
  const wrong: [string, ...unknown[]][] = [
    ['execute', 'SELECT nothing_like_it FROM book'],
    ['execute', 'SELECT %s', []],
    ['execute', ''],
    ['executeMany', 'SELECT nothing_like_it FROM book WHERE id = %s', [[1]]],
  ];
  for (const [name, ...values] of wrong) {
    const cursor = yield* opened(read);
    yield* thrownBy(() => call(cursor, name, ...values));
    expect([cursor.rowCount, cursor.columns]).toEqual([-1, []]);
    const error = yield* thrownBy(() => call(cursor, 'fetchAll'));
    expect(error).toEqual(new ProgrammingError('no results to fetch'));
  }
  const cursor = yield* opened(read);
  yield* call(cursor, 'executeMany', 'UPDATE book SET pages = 0 WHERE id = %s', []);
  expect([cursor.rowCount, cursor.columns]).toEqual([0, []]);
  const error = yield* thrownBy(() => call(cursor, 'fetchOne'));
  expect(error).toEqual(new ProgrammingError('no results to fetch'));
});
behaviour('what is no statement, or no parameters, is refused before anything is sent', function* () {
  const cursor = connections.get().cursor();
  const wrong: [unknown[], Error][] = [
    [[null], new TypeError('execute() takes SQL as a string, not null.')],
    [[' '], new ProgrammingError('execute() takes a statement, and this one is empty.')],
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
test.skipIf(onOtherEngine())('items of a list keep their values, whatever the first one is', async () => {
  await reset();
  const cursor = await connections.get().acursor();
  const lists: [string, unknown[], string][] = [
    ['float[]', [1, 2.5, null], '{1,2.5,NULL}'],
    ['float[]', [[1], [2.5]], '{{1},{2.5}}'],
    ['numeric[]', [1, 2n ** 70n, 0.5], `{1,${2n ** 70n},0.5}`],
    ['text[]', [1, 'a"b', true], '{1,"a\\"b",true}'],
    ['text[]', [], '{}'],
  ];
  for (const [type, list, expected] of lists) {
    await cursor.aexecute(`SELECT %s::${type}`, [list]);
    expect(await cursor.afetchOne()).toEqual([expected]);
  }
});
test.skipIf(onOtherEngine())('a decimal column takes a bigint beyond 64 bits', async () => {
  await reset();
  const cursor = await connections.get().acursor();
  await cursor.aexecute('SELECT %s::numeric = 100000000000000000000', [10n ** 20n]);
  expect(await cursor.afetchOne()).toEqual(['t']);
});
