import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { fixtureRoot, rewriteAll } from './support/fixtures.ts';
import { generatePrograms } from './support/generator.ts';

const count = Number(process.env.DIFFERENTIAL_PROGRAMS ?? 400);
const first = Number(process.env.GENERATED_SEED ?? 100_000);
const root = path.resolve(import.meta.dirname, '../..');
const runner = path.join(import.meta.dirname, 'support/differential-runner.ts');

describe('rewritten programs run against PostgreSQL', () => {
  let database: TestDatabase;
  let folder = '';
  beforeAll(async () => {
    database = await testDatabase();
    folder = mkdtempSync(path.join(tmpdir(), 'differential-'));
    mkdirSync(folder, { recursive: true });
    symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(path.join(folder, 'models.ts'), readFileSync(path.join(fixtureRoot, 'models.ts')));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await database.drop();
  });

  it(`give the same results, rows, errors and statements (${count} from seed ${first})`, {
    timeout: 600_000,
  }, async () => {
    for (const { seed, choices, text } of generatePrograms(count, first)) {
      const after = rewriteAll(new Map([['input.ts', text]])).files.get('input.ts') ?? text;
      expect(after, choices).not.toBe(text);
      writeFileSync(path.join(folder, `${seed}.before.ts`), text);
      writeFileSync(path.join(folder, `${seed}.after.ts`), after);
    }
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--conditions=source', runner, folder, database.url],
      { cwd: root, maxBuffer: 1 << 28, timeout: 500_000 },
    );
    expect(stdout).toBe(`compared ${count}\n`);
  });
});
