// Run as a program: uses bridge threads, then ends in the way it is told to, without closing anything.
import { setTimeout as delay } from 'node:timers/promises';
import { asyncContext, syncToAsync, threadSensitiveContext } from '@migrate-async/runtime';
import { configureDatabases, connections } from '@migrate-async/runtime/orm';

const [url = '', ending = ''] = process.argv.slice(2);
configureDatabases({ default: { engine: 'postgresql', url } });

async function sleep(seconds: number, threadSensitive = true): Promise<void> {
  const cursor = connections.get().cursor();
  await syncToAsync(cursor.execute, { threadSensitive })('select pg_sleep(%s)', [seconds]);
}
const endings: Readonly<Record<string, () => unknown>> = {
  done: () => undefined,
  'done without waiting': () => {
    sleep(0.2).then(() => process.stdout.write('finished '));
  },
  'process.exit': () => {
    sleep(30);
    setTimeout(() => process.exit(3), 50);
  },
  'process.exit in a closure': () => syncToAsync(() => process.exit(4))(),
  'uncaught error': () => {
    sleep(30);
    setTimeout(() => {
      throw new Error('nobody caught this');
    }, 50);
  },
  'unhandled rejection': async () => {
    const cursor = connections.get().cursor();
    syncToAsync(cursor.execute)('select 1/0');
    await sleep(30, false);
  },
  'terminated while bridged': () => sleep(30),
  'terminated while blocking': () => {
    connections.get().cursor().execute('select pg_sleep(30)');
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
