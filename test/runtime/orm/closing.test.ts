import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { testDatabase } from '../../support/database.ts';

test('a process that used every path ends by itself once its connections are closed', async () => {
  const database = await testDatabase();
  try {
    const program = fileURLToPath(new URL('./closing/mixed.ts', import.meta.url));
    const options = ['--conditions=source', '--import', 'tsx', program, database.url];
    const run = spawnSync(process.execPath, options, { encoding: 'utf8', timeout: 20_000 });
    expect({ status: run.status, output: run.stdout, errors: run.stderr }).toEqual({
      status: 0,
      output: 'closed',
      errors: '',
    });
  } finally {
    await database.drop();
  }
});
