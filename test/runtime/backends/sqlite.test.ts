import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  BitAnd,
  BitOr,
  BitXor,
  configureDatabases,
  connections,
  createTables,
  InternalError,
  NotSupportedError,
  TransactionManagementError,
  transaction,
} from '@migrate-async/runtime/orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase, type SqliteDatabase } from '../../../runtime/orm/backends/sqlite/engine.ts';
import { Parent } from '../support/library.ts';

let folder: string;
let writer: SqliteDatabase;
let other: SqliteDatabase;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'migrate-async-sqlite-'));
  const file = path.join(folder, 'test.db');
  writer = openDatabase(file);
  writer.exec('pragma journal_mode = wal; create table item (id integer primary key, n unique)');
  other = openDatabase(file);
  other.exec('pragma busy_timeout = 20');
});
afterEach(() => {
  writer.close();
  other.close();
  rmSync(folder, { recursive: true, force: true });
});

const attempts: Readonly<Record<string, () => void>> = {
  'an INSERT that returns rows': () =>
    void other.prepare('insert into item (n) values (?) returning id').all(['1']),
  'an UPDATE': () => void other.prepare('update item set n = n').run([]),
  'an INSERT in a transaction': () => {
    other.exec('begin');
    try {
      other.prepare('select count(*) from item').all([]);
      other.prepare('insert into item (n) values (?)').run(['1']);
    } finally {
      other.exec('rollback');
    }
  },
};
test.each(Object.keys(attempts))('%s that finds the database locked leaves nothing behind', (name) => {
  const count = other.prepare('select count(*) from item');
  const counted = () => Number(count.all([])[0]?.[0]);
  for (let turn = 1; turn < 4; turn += 1) {
    writer.exec(`begin immediate; insert into item (n) values (${turn * 100})`);
    expect(() => attempts[name]?.()).toThrow(/locked/);
    // Whatever holds the old state alive would be joined by this.
    expect(counted()).toBe(turn - 1);
    writer.exec('commit');
    expect(counted()).toBe(turn);
    expect(other.inTransaction).toBe(false);
  }
  if (name === 'an UPDATE') return;
  attempts['an INSERT that returns rows']?.();
  expect(counted()).toBe(4);
});
test('what SQLite rolls back by itself takes the whole transaction along: nothing that comes after it is kept', async () => {
  configureDatabases({ default: { engine: 'sqlite', url: path.join(folder, 'orm.db') } });
  createTables([Parent]);
  const { id } = Parent.objects.create({ name: 'taken' });
  const conflict = () =>
    expect(() =>
      connections
        .get()
        .cursor()
        .execute('insert or rollback into parent (id, name) values (%s, %s)', [id, 'x']),
    ).toThrow(/constraint/);
  const block = (then: () => unknown) => () =>
    transaction.atomic(() => {
      Parent.objects.create({ name: 'before' });
      conflict();
      then();
    });
  expect(block(() => Parent.objects.create({ name: 'after' }))).toThrow(InternalError);
  expect(block(() => undefined)).toThrow(TransactionManagementError);
  expect([...Parent.objects.valuesList('name', { flat: true })]).toEqual(['taken']);
  transaction.atomic(() => Parent.objects.create({ name: 'next' }));
  expect(Parent.objects.count()).toBe(2);
  await connections.acloseAll();
});
test('aggregates that it lacks are refused before anything is sent', async () => {
  configureDatabases({ default: { engine: 'sqlite', url: path.join(folder, 'orm.db') } });
  for (const bits of [BitAnd('id'), BitOr('id'), BitXor('id')]) {
    await expect(Parent.objects.aaggregate({ bits })).rejects.toThrow(NotSupportedError);
  }
  await connections.acloseAll();
});
