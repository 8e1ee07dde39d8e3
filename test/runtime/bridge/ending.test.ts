import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../support/database.ts';

let database: TestDatabase;
let outside: pg.Client;
beforeAll(async () => {
  database = await testDatabase();
  outside = new pg.Client({ connectionString: database.url });
  await outside.connect();
});
afterAll(async () => {
  await outside.end();
  await database.drop();
});

interface End {
  readonly code: number | null;
  readonly signal: string | null;
  /** Milliseconds from its last words to its end. */
  readonly lingered: number;
  readonly output: string;
  readonly errors: string;
}

/** Milliseconds: far more than a busy machine needs to end a process, far less than what the programs wait for. */
const soon = 20_000;
const program = fileURLToPath(new URL('./ending/program.ts', import.meta.url));

/** Runs a program that used bridge threads and closed nothing. */
async function run(ending: string, onReady?: (pid: number) => void): Promise<End> {
  const options = ['--conditions=source', '--import', 'tsx', program, database.url, ending];
  const child = spawn(process.execPath, options);
  let output = '';
  let errors = '';
  let last = performance.now();
  child.stdout.on('data', (chunk) => {
    output += chunk;
    last = performance.now();
    if (output === 'ready ') onReady?.(child.pid as number);
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, lingered: performance.now() - last, output, errors };
}
/** Statements and sessions that the program left behind on the server. */
async function expectNothingLeft(): Promise<void> {
  const left = async () => {
    const { rows } = await outside.query(
      "select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state <> 'active'",
    );
    return rows[0].n;
  };
  await expect.poll(left).toBe(0);
  // A statement that nobody waits for any more runs until the server looks at its socket.
  await outside.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
}

test('a program that is done ends by itself, whatever threads it used', async () => {
  const end = await run('done');
  expect(end).toMatchObject({ code: 0, signal: null, output: 'ready ', errors: '' });
  expect(end.lingered).toBeLessThan(soon);
  await expectNothingLeft();
});
test('idle native connections and the timers of their pool do not keep a program', async () => {
  const end = await run('native and done');
  expect(end).toMatchObject({ code: 0, signal: null, output: 'ready ', errors: '' });
  expect(end.lingered).toBeLessThan(soon);
  await expectNothingLeft();
});
test.each(['done without waiting', 'native, and nobody awaits'])(
  'a call that nobody awaits is finished first: %s',
  async (ending) => {
    expect(await run(ending)).toMatchObject({ code: 0, output: 'ready finished ', errors: '' });
  },
);
test('a call that was given up does not hold the program once it has run', async () => {
  expect(await run('given up')).toMatchObject({ code: 0, errors: '' });
});
test.each([
  ['process.exit', 3],
  ['process.exit in a closure', 4],
  ['process.exit in a native transaction', 5],
])('%s in the middle of a bridged call ends at once, with its code', async (ending, code) => {
  const end = await run(ending);
  expect(end).toMatchObject({ code, signal: null, errors: '' });
  expect(end.lingered).toBeLessThan(soon);
  await expectNothingLeft();
});
test.each([
  ['uncaught error', 'nobody caught this'],
  ['unhandled rejection', 'division by zero'],
])('an %s ends the program as it always does, with threads at work', async (ending, words) => {
  const end = await run(ending);
  expect(end.code).toBe(1);
  expect(end.errors).toContain(words);
  expect(end.lingered).toBeLessThan(soon);
  await expectNothingLeft();
});
test.each(['terminated while bridged', 'terminated while blocking'])(
  '%s: it ends at once',
  async (ending) => {
    const end = await run(ending, (pid) => setTimeout(() => process.kill(pid, 'SIGTERM'), 100));
    expect(end).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(end.lingered).toBeLessThan(soon);
    await expectNothingLeft();
  },
);
