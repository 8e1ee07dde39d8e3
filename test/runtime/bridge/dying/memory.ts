// Run as a program with little memory: asks for more than its bridge thread can hold, then for something small.
import { fileURLToPath } from 'node:url';
import { endIdleThreads } from '../../../../runtime/bridge/threads.ts';
import { ThreadConnection } from '../../../../runtime/orm/connections/thread-connection.ts';

const form = process.argv[2];
const driver = fileURLToPath(new URL('./driver.ts', import.meta.url));
const connection = new ThreadConnection(
  {},
  () => ({ driver, settings: {} }),
  () => undefined,
);
async function ask(text: string): Promise<unknown> {
  const request = { text, values: [] };
  return form === 'blocking' ? connection.execute(request) : connection.executeAsync(request);
}
await ask('state');
await ask('no memory left').catch((error: Error) => process.stdout.write(`${error.message} `));
await ask('state');
process.stdout.write('The next one answers.');
await connection.release();
await endIdleThreads();
