import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { threadCounts } from '@migrate-async/runtime';
import { connections } from '@migrate-async/runtime/orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DriverRequest } from '../../../runtime/bridge/messages.ts';
import { ThreadConnection } from '../../../runtime/orm/connections/thread-connection.ts';

const driver = fileURLToPath(new URL('./dying/driver.ts', import.meta.url));
const statement = (text: string): DriverRequest => ({ text, values: [] });
const state = statement('state');
const ends = ['process.exit', 'uncaught error', 'unhandled rejection', 'silence'];

let connection: ThreadConnection;
let dyingOnOpen: string | undefined;
beforeEach(() => {
  dyingOnOpen = undefined;
  const plan = () => ({ driver, settings: { dying: dyingOnOpen } });
  connection = new ThreadConnection({}, plan, () => undefined);
});
afterEach(async () => {
  await connection.release();
  await connections.acloseAll();
  expect(threadCounts()).toEqual({ inUse: 0, idle: 0 });
});

describe.each(ends)('a thread that ends by %s', (how) => {
  test('fails the call that waits for it without holding the event loop, and is replaced', async () => {
    expect((await connection.executeAsync(state)).rows).toEqual([['alive']]);
    await expect(connection.executeAsync(statement(how))).rejects.toThrow(/bridge thread/);
    expect(threadCounts().inUse).toBe(0);
    expect((await connection.executeAsync(state)).rows).toEqual([['alive']]);
  });
  test('fails the call that it blocks, and is replaced', () => {
    expect(connection.execute(state).rows).toEqual([['alive']]);
    expect(() => connection.execute(statement(how))).toThrow(/bridge thread/);
    expect(threadCounts().inUse).toBe(0);
    expect(connection.execute(state).rows).toEqual([['alive']]);
  });
  test('while it connects is replaced, too', async () => {
    dyingOnOpen = how;
    await expect(connection.executeAsync(state)).rejects.toThrow(/bridge thread/);
    expect(() => connection.execute(state)).toThrow(/bridge thread/);
    dyingOnOpen = undefined;
    expect(connection.execute(state).rows).toEqual([['alive']]);
  });
  test('fails everybody who waits, and nobody twice', async () => {
    await connection.executeAsync(state);
    const waiting = [how, 'state', 'state'].map((text) => connection.executeAsync(statement(text)));
    for (const outcome of await Promise.allSettled(waiting)) {
      expect(String((outcome as PromiseRejectedResult).reason)).toMatch(/bridge thread/);
    }
    expect((await connection.executeAsync(state)).rows).toEqual([['alive']]);
    expect(threadCounts().inUse).toBe(1);
  });
});
test('a thread that ends while nobody asks anything of it is not missed', async () => {
  await connection.executeAsync(state);
  // Given up at once: what comes next finds it gone.
  const gone = connection.executeAsync(statement('process.exit'));
  await expect(gone).rejects.toThrow(/bridge thread/);
  expect(connection.execute(state).rows).toEqual([['alive']]);
});

const program = fileURLToPath(new URL('./dying/memory.ts', import.meta.url));
test.each(['blocking', 'bridged'])(
  'a thread that runs out of memory fails the %s call, and the program goes on',
  async (form) => {
    const options = ['--max-old-space-size=96', '--conditions=source', '--import', 'tsx', program];
    const child = spawn(process.execPath, [...options, form]);
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(output).toMatch(/^(The bridge thread is gone\.|.*out of memory) The next one answers\.$/);
  },
);
