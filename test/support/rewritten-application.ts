import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { RunReport } from '../../report/run-report.ts';
import type { ApplicationRun } from '../e2e/application-run.ts';
import { migrateAsync } from './command.ts';
import { testDatabase } from './database.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A fixture application, and a copy of it that was rewritten: what either answered and wrote. */
export interface RewrittenApplication {
  /** The repository that holds the copy. */
  readonly workspace: string;
  readonly report: RunReport;
  readonly before: ApplicationRun;
  readonly after: ApplicationRun;
  /** `git diff` of the copy. */
  diff(...args: string[]): string;
  /** Runs the compiler over the copy. */
  typeCheck(): { readonly status: number | null; readonly stdout: string };
  remove(): void;
}

/**
 * Runs an application of fixtures/apps as it is and rewritten, each on a database of its own with the same requests.
 * @param options of the command line, besides `--json`
 */
export async function rewrittenApplication(
  name: string,
  options: readonly string[] = [],
): Promise<RewrittenApplication> {
  const { workspace, copy, git } = copyOf(name);
  const original = path.join(root, 'fixtures/apps', name);
  const before = await runOf(original, workspace);
  const outcome = await migrateAsync(workspace, [...options, '--json']);
  expect(outcome.stderr).toBe('');
  expect(outcome.code).toBe(0);
  const after = await runOf(copy, workspace);
  return {
    workspace,
    report: JSON.parse(outcome.stdout),
    before,
    after,
    diff: (...args) => git('diff', ...args),
    typeCheck: () => typeCheck(copy),
    remove: () => rmSync(workspace, { recursive: true, force: true }),
  };
}

/** A copy of a fixture application in a repository of its own, committed. */
export function copyOf(name: string) {
  const workspace = realpathSync(mkdtempSync(path.join(tmpdir(), `migrate-async-${name}-`)));
  const copy = path.join(workspace, name);
  cpSync(path.join(root, 'fixtures/apps', name), copy, {
    recursive: true,
    filter: (source) => !source.includes('node_modules'),
  });
  symlinkSync(path.join(root, 'node_modules'), path.join(workspace, 'node_modules'));
  writeFileSync(path.join(workspace, '.gitignore'), 'node_modules\n');
  const settings = path.join(copy, 'tsconfig.json');
  const { compilerOptions } = JSON.parse(readFileSync(settings, 'utf8'));
  const base = path.join(root, 'tsconfig.base.json');
  const include = ['src', 'app', 'lib', 'seed.ts', 'main.ts', '*.d.ts'];
  writeFileSync(settings, JSON.stringify({ extends: base, compilerOptions, include }));
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', workspace, ...args], { encoding: 'utf8', stdio: 'pipe' });
  git('init', '--quiet');
  git('add', '--all');
  git('-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message=start');
  return { workspace, copy, git };
}

/** Runs the compiler over a copy of an application. */
export function typeCheck(folder: string): { readonly status: number | null; readonly stdout: string } {
  const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
  return spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
}

/** Starts an application in a process of its own on a fresh database and sends it every test request. */
async function runOf(folder: string, workspace: string): Promise<ApplicationRun> {
  const database = await testDatabase();
  const output = path.join(workspace, `${path.basename(path.dirname(folder))}.run.json`);
  const script = path.join(root, 'test/e2e/application-run.ts');
  const args = ['--conditions=source', '--import', 'tsx', script, folder, database.url, output];
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    timeout: 120_000,
    // Decorators are compiled as the application's own settings say.
    env: { ...process.env, TSX_TSCONFIG_PATH: path.join(folder, 'tsconfig.json') },
  });
  await database.drop();
  if (status !== 0) throw new Error(`The application in ${folder} failed:\n${stderr}`);
  const run = JSON.parse(readFileSync(output, 'utf8'));
  rmSync(output);
  return run;
}
