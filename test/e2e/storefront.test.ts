import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunReport } from '../../report/run-report.ts';
import { migrateAsync } from '../support/command.ts';
import { testDatabase } from '../support/database.ts';
import type { StorefrontRun } from './storefront-run.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const original = path.join(root, 'fixtures/apps/storefront');
const workspace = realpathSync(mkdtempSync(path.join(tmpdir(), 'migrate-async-storefront-')));
const copy = path.join(workspace, 'storefront');

let report: RunReport;
let before: StorefrontRun;
let after: StorefrontRun;

beforeAll(async () => {
  cpSync(original, copy, { recursive: true, filter: (source) => !source.includes('node_modules') });
  symlinkSync(path.join(root, 'node_modules'), path.join(workspace, 'node_modules'));
  writeFileSync(path.join(workspace, '.gitignore'), 'node_modules\n');
  writeFileSync(
    path.join(copy, 'tsconfig.json'),
    JSON.stringify({
      extends: path.join(root, 'tsconfig.base.json'),
      include: ['src', 'seed.ts', 'main.ts'],
    }),
  );
  const git = (...args: string[]) => execFileSync('git', ['-C', workspace, ...args], { stdio: 'pipe' });
  git('init', '--quiet');
  git('add', '--all');
  git('-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message=start');

  before = await runStorefront(original);
  const outcome = await migrateAsync(workspace, ['--json']);
  expect(outcome.stderr).toBe('');
  expect(outcome.code).toBe(0);
  report = JSON.parse(outcome.stdout);
  after = await runStorefront(copy);
}, 240_000);

afterAll(() => rmSync(workspace, { recursive: true, force: true }));

/** Starts the application in a process of its own on a fresh database and sends it every test request. */
async function runStorefront(folder: string): Promise<StorefrontRun> {
  const database = await testDatabase();
  const output = path.join(workspace, `${path.basename(path.dirname(folder))}.run.json`);
  const script = fileURLToPath(new URL('./storefront-run.ts', import.meta.url));
  const args = ['--conditions=source', '--import', 'tsx', script, folder, database.url, output];
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    timeout: 120_000,
  });
  await database.drop();
  if (status !== 0) throw new Error(`The storefront in ${folder} failed:\n${stderr}`);
  const run = JSON.parse(readFileSync(output, 'utf8'));
  rmSync(output);
  return run;
}

function endpoint(name: string) {
  const found = report.analysis.endpoints.find(({ handler }) => handler?.name === name);
  if (found === undefined) throw new Error(`The analysis has no handler ${name}.`);
  return found;
}

describe('the ranking of the storefront', () => {
  test('finds every handler that the test requests exercise', () => {
    const exercised = new Set(before.exchanges.flatMap(({ request }) => request.handler ?? []));
    const found = new Set(report.analysis.endpoints.map(({ handler }) => handler?.name));
    expect([...exercised].filter((name) => !found.has(name))).toEqual([]);
    expect(report.analysis.endpoints.length).toBeGreaterThanOrEqual(30);
  });

  test.each([
    ['checkout', 'migrate', 'three partner calls, and every bridge can go'],
    ['productCopyStream', 'migrate', 'it holds its lane for as long as the model writes'],
    ['operationsDashboard', 'migrate', 'it waits on four services'],
    ['billingPanel', 'depends', 'one partner call, a cache behind a bridge'],
    ['accountDetail', 'stay', 'two queries and no external call'],
    ['listAccounts', 'stay', 'a list for administrators'],
    ['orderReceipt', 'stay', 'a rendered page'],
  ])('%s: %s, because %s', (name, verdict) => {
    expect(endpoint(name).verdict).toBe(verdict);
  });

  test('says why for every handler, and what would flip those that depend', () => {
    for (const { reasons } of report.analysis.endpoints) expect(reasons.length).toBeGreaterThan(0);
    const depending = report.analysis.endpoints.filter(({ verdict }) => verdict === 'depends');
    for (const { flips } of depending) expect(flips.length).toBeGreaterThan(0);
  });
});

describe('the rewritten storefront', () => {
  test('differs from the original only in files on the path of qualifying handlers', () => {
    const qualifying = new Set(
      report.analysis.endpoints.filter(({ verdict }) => verdict === 'migrate').flatMap(({ sites }) => sites),
    );
    const allowed = new Set(
      report.analysis.sites.filter(({ id }) => qualifying.has(id)).map(({ file }) => file),
    );
    const changed = gitDiff('--name-only').trim().split('\n');
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.filter((file) => !allowed.has(file))).toEqual([]);
    expect(changed).toEqual(report.files.map(({ path: file }) => file));
  });

  test('type-checks', () => {
    const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', copy], { encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  test('answers every request as the original does', () => {
    const answers = ({ exchanges }: StorefrontRun) => exchanges.map(({ crossings, ...answer }) => answer);
    expect(answers(before).filter(({ request, status }) => status !== request.status)).toEqual([]);
    expect(answers(after)).toEqual(answers(before));
  });

  test('leaves the same rows in every table and asks the partners the same things', () => {
    expect(Object.keys(before.tables).length).toBeGreaterThanOrEqual(12);
    expect(after.tables).toEqual(before.tables);
    expect(after.partnerCalls).toEqual(before.partnerCalls);
  });

  test('crosses nowhere where no boundary is left, and elsewhere as often as before', () => {
    const crossings = (run: StorefrontRun, handler: string) =>
      run.exchanges
        .filter(({ request }) => request.handler === handler)
        .reduce((sum, exchange) => sum + exchange.crossings, 0);
    const rewritten = new Set(report.files.flatMap((file) => (file.status === 'changed' ? file.sites : [])));
    for (const { handler, verdict, boundaries, sites } of report.analysis.endpoints) {
      if (handler === undefined) continue;
      const [now, then] = [crossings(before, handler.name), crossings(after, handler.name)];
      const gone = sites.filter((site) => rewritten.has(site));
      if (verdict === 'migrate' && boundaries.after.length === 0) expect.soft(then, handler.name).toBe(0);
      else if (gone.length === 0) expect.soft(then, handler.name).toBe(now);
      // It stays, but shares a helper with a handler that does not.
      else expect.soft(then, handler.name).toBeLessThan(now);
    }
    for (const name of ['checkout', 'productCopyStream', 'operationsDashboard']) {
      expect(crossings(before, name), name).toBeGreaterThan(1);
      expect(crossings(after, name), name).toBe(0);
    }
  });

  test('is left as it is by a second run', async () => {
    const first = gitDiff();
    const { code, stdout } = await migrateAsync(workspace, ['--force', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).files).toEqual([]);
    expect(gitDiff()).toBe(first);
  });
});

function gitDiff(...args: string[]): string {
  return execFileSync('git', ['-C', workspace, 'diff', ...args], { encoding: 'utf8' });
}
