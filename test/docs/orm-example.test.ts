import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('the program in docs/orm runs as it stands', async () => {
  const page = readFileSync(path.join(root, 'docs/orm/README.md'), 'utf8');
  const [, program = ''] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
  expect(program).not.toBe('');
  // Inside the repository, so that the packages it imports are found as an application's would be.
  const folder = mkdtempSync(path.join(root, 'node_modules/.orm-example-'));
  try {
    const file = path.join(folder, 'program.mts');
    writeFileSync(file, program);
    const database = await testDatabase();
    const { status, stderr } = spawnSync(process.execPath, ['--conditions=source', '--import', 'tsx', file], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, DATABASE_URL: database.url },
      timeout: 60_000,
    });
    await database.drop();
    expect(stderr).toBe('');
    expect(status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 90_000);
