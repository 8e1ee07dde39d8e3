// Run as a program with little memory: asks for more rows than its bridge thread can hold, then for one.
import { syncToAsync } from '@migrate-async/runtime';
import { configureDatabases, connections } from '@migrate-async/runtime/orm';

const [url = '', form = ''] = process.argv.slice(2);
configureDatabases({ default: { engine: 'sqlite', url } });

const tooMuch = `with recursive n(i) as (select 1 union all select i + 1 from n limit 20000000)
  select i, 'row number ' || i, 'and again ' || i from n`;
async function ask(sql: string): Promise<unknown> {
  const cursor = connections.get().cursor();
  if (form === 'blocking') cursor.execute(sql);
  else await syncToAsync(cursor.execute)(sql);
  return cursor.fetchOne()?.[0];
}
await ask(tooMuch).catch((error: Error) => process.stdout.write(`${error.name}: `));
process.stdout.write(`next ${await ask('select 1')}`);
await connections.acloseAll();
