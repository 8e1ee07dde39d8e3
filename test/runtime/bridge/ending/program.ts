// Run as a program: uses bridge threads, then ends in the way it is told to, without closing anything.
import { setTimeout as delay } from 'node:timers/promises';
import { asyncContext, syncToAsync, threadSensitiveContext } from '@migrate-async/runtime';
import { configureDatabases, connections, transaction } from '@migrate-async/runtime/orm';

const [url = '', ending = ''] = process.argv.slice(2);
const pool = { min: 2, max: 4, check: true };
configureDatabases({ default: { engine: 'postgresql', url, pool, statementTimeout: 60_000 } });

async function sleep(seconds: number, threadSensitive = true): Promise<void> {
  const cursor = connections.get().cursor();
  await syncToAsync(cursor.execute, { threadSensitive })('select pg_sleep(%s)', [seconds]);
}
/** Several native connections at once, which are idle afterwards. */
async function native(seconds = 0): Promise<void> {
  const one = async () => {
    const cursor = await connections.get().acursor();
    await cursor.aexecute('select pg_sleep(%s)', [seconds]);
  };
  await Promise.all([one(), one(), one()]);
}
const endings: Readonly<Record<string, () => unknown>> = {
  done: () => undefined,
  'native and done': () => native(),
  'process.exit in a native transaction': () =>
    transaction.aatomic(async () => {
      await native();
      process.exit(5);
    }),
  'native, and nobody awaits': () => {
    native(0.2).then(() => process.stdout.write('finished '));
  },
  'done without waiting': () => {
    sleep(0.2).then(() => process.stdout.write('finished '));
  },
  'process.exit': () => {
    sleep(60);
    setTimeout(() => process.exit(3), 50);
  },
  'process.exit in a closure': () => syncToAsync(() => process.exit(4))(),
  'uncaught error': () => {
    sleep(60);
    setTimeout(() => {
      throw new Error('nobody caught this');
    }, 50);
  },
  'unhandled rejection': async () => {
    const cursor = connections.get().cursor();
    syncToAsync(cursor.execute)('select 1/0');
    await sleep(60, false);
  },
  'terminated while bridged': () => sleep(60),
  'terminated while blocking': () => {
    connections.get().cursor().execute('select pg_sleep(60)');
  },
  'given up': async () => {
    const signal = AbortSignal.timeout(50);
    await asyncContext({ signal }, () => sleep(0.5)).catch(() => undefined);
  },
};

connections.get().cursor().execute('select 1');
await Promise.all([sleep(0), sleep(0, false), threadSensitiveContext(() => sleep(0.01))]);
await delay(1);
process.stdout.write('ready ');
await endings[ending]?.();
