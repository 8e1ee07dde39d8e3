import { F, fields, foreignKey, Manager, model, reverse, transaction } from '@migrate-async/runtime/orm';
import pg from 'pg';
import { expect, test } from 'vitest';
import { harness } from '../support/harness.ts';

class Slot extends model('slot', {
  key: fields.char(20).unique(),
  n: fields.integer().default(0),
  seats: reverse<Seat, 'slot'>(() => Seat),
}) {
  static objects = new Manager(this);
}
class Seat extends model(
  'seat',
  { slot: foreignKey<Slot>(() => Slot), number: fields.integer() },
  { constraints: [{ unique: ['slot', 'number'] }] },
) {
  static objects = new Manager(this);
}

const context = harness([Slot, Seat], 'select 1', { pool: { min: 0, max: 12 } });

/**
 * Starts `racers` while another transaction keeps the table locked, so that every one of them has looked before any
 * can write; `admitted` says what they wait for.
 */
async function raced<T>(racers: () => Promise<T>[], table = 'slot', mode = 'SHARE'): Promise<T[]> {
  const gate = new pg.Client({ connectionString: context.url });
  await gate.connect();
  try {
    await gate.query(`begin; lock table ${table} in ${mode} mode`);
    const running = racers();
    const all = Promise.all(running);
    all.catch(() => undefined);
    for (;;) {
      const { rows } = await context.outside.query<{ waiting: number }>(
        "select count(*)::int as waiting from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      );
      if (rows[0]?.waiting === running.length) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await gate.query('commit');
    return await all;
  } finally {
    await gate.end();
  }
}

test('230 eight agetOrCreate at once make one row, and no error escapes', async () => {
  await context.reset();
  const made = await raced(() =>
    Array.from({ length: 8 }, (_none, n) => Slot.objects.agetOrCreate({ key: 'race' }, { defaults: { n } })),
  );
  expect(made.filter(([, created]) => created)).toHaveLength(1);
  expect(new Set(made.map(([slot]) => slot.id)).size).toBe(1);
  expect(new Set(made.map(([slot]) => slot.n)).size).toBe(1);
  expect(await Slot.objects.acount()).toBe(1);
});
test('230 losing the race inside a transaction leaves the transaction usable', async () => {
  await context.reset();
  const made = await raced(() =>
    Array.from({ length: 3 }, (_none, number) =>
      transaction.aatomic(async () => {
        const [slot, created] = await Slot.objects.agetOrCreate({ key: 'inner' });
        await Seat.objects.acreate({ slot, number });
        return created;
      }),
    ),
  );
  expect(made.filter((created) => created)).toHaveLength(1);
  expect(await Seat.objects.filter({ slot__key: 'inner' }).acount()).toBe(3);
});
test('230 getOrCreate through a related manager races too', async () => {
  await context.reset();
  const slot = await Slot.objects.acreate({ key: 'owner' });
  const made = await raced(
    () => Array.from({ length: 5 }, () => slot.seats.agetOrCreate({ number: 1 })),
    'seat',
  );
  expect(made.filter(([, created]) => created)).toHaveLength(1);
  expect(await slot.seats.acount()).toBe(1);
});
test('235 eight aupdateOrCreate at once count every update', async () => {
  await context.reset();
  const made = await raced(
    () =>
      Array.from({ length: 8 }, () =>
        Slot.objects.aupdateOrCreate(
          { key: 'count' },
          { defaults: { n: F('n').add(1) }, createDefaults: { n: 1 } },
        ),
      ),
    'slot',
    'EXCLUSIVE',
  );
  expect(made.filter(([, created]) => created)).toHaveLength(1);
  expect((await Slot.objects.aget({ key: 'count' })).n).toBe(8);
  expect(made.map(([slot]) => slot.n).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
test('236 an update waits for the transaction that holds the row, and sees what it wrote', async () => {
  await context.reset();
  await Slot.objects.acreate({ key: 'held', n: 1 });
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let locked = () => {};
  const isLocked = new Promise<void>((resolve) => {
    locked = resolve;
  });
  const first = transaction.aatomic(async () => {
    await Slot.objects.aupdateOrCreate({ key: 'held' }, { defaults: { n: 10 } });
    locked();
    await held;
  });
  await isLocked;
  const second = Slot.objects.aupdateOrCreate({ key: 'held' }, { defaults: { n: F('n').add(1) } });
  let waiting = 0;
  while (waiting === 0) {
    const { rows } = await context.outside.query<{ waiting: number }>(
      "select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    waiting = rows[0]?.waiting ?? 0;
  }
  letGo();
  await first;
  const [slot, created] = await second;
  expect([slot.n, created]).toEqual([11, false]);
});
