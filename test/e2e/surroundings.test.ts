import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { RunReport } from '../../report/index.ts';
import { migrateAsync } from '../support/command.ts';
import { temporaryFolder } from '../support/folder.ts';
import { migratedCheckout, smallApplication } from './small-application.ts';

const checkout = smallApplication['src/checkout.ts'] ?? '';

describe('git', () => {
  test('uncommitted work is safe when git is not installed', async () => {
    const folder = temporaryFolder(smallApplication);
    folder.commitAll();
    folder.write('src/checkout.ts', `${checkout}// mine\n`);
    const tools = temporaryFolder();
    symlinkSync(process.execPath, path.join(tools.path, 'node'));
    const { code, stdout, stderr } = await migrateAsync(folder.path, [], '', { PATH: tools.path });
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain('git is not installed');
    expect(folder.read('src/checkout.ts')).toBe(`${checkout}// mine\n`);
  });

  test("a hook's environment does not hide uncommitted work", async () => {
    const folder = temporaryFolder(smallApplication);
    folder.commitAll();
    folder.write('src/checkout.ts', `${checkout}// mine\n`);
    const { code, stderr } = await migrateAsync(path.join(folder.path, 'src'), [], '', { GIT_DIR: '.git' });
    expect(code).toBe(4);
    expect(stderr).toContain('uncommitted changes in files to rewrite: src/checkout.ts.');
  });

  test('a linked worktree is a repository like any other', async () => {
    const folder = temporaryFolder(smallApplication);
    folder.commitAll();
    const linked = path.join(temporaryFolder().path, 'linked');
    folder.git('worktree', 'add', '--quiet', linked);
    expect((await migrateAsync(linked, [])).code).toBe(0);
    expect(execFileSync('git', ['-C', linked, 'diff', '--name-only'], { encoding: 'utf8' })).toBe(
      'src/checkout.ts\n',
    );
    expect(folder.read('src/checkout.ts')).toBe(checkout);
  });

  test('git applies what the dry run prints', async () => {
    const files = Object.entries(smallApplication).map(([file, text]) => [
      file,
      text.replaceAll('\n', '\r\n'),
    ]);
    for (const application of [smallApplication, Object.fromEntries(files) as Record<string, string>]) {
      const folder = temporaryFolder({ ...application, '.gitattributes': '* -text\n' });
      folder.commitAll();
      const { stdout } = await migrateAsync(folder.path, ['--dry-run']);
      const patch = stdout.slice(stdout.indexOf('--- a/'), stdout.lastIndexOf('\n\n') + 1);
      folder.git('apply', folder.write('change.patch', patch));
      expect(folder.read('src/checkout.ts').replaceAll('\r\n', '\n')).toBe(migratedCheckout);
    }
  });
});

describe('paths', () => {
  test('names with blanks, brackets and letters of any alphabet', async () => {
    const odd = Object.fromEntries(
      Object.entries(smallApplication).map(([file, text]) => [file.replace('src/', 'src/[id] новое/'), text]),
    );
    const folder = temporaryFolder(odd);
    folder.commitAll();
    const { code, stdout } = await migrateAsync(folder.path, []);
    expect(code).toBe(0);
    expect(stdout).toContain('src/[id] новое/checkout.ts:5');
    expect(folder.read('src/[id] новое/checkout.ts')).toBe(migratedCheckout);
  });

  test('a path outside the project is refused', async () => {
    const [first, second] = [temporaryFolder(smallApplication), temporaryFolder(smallApplication)];
    first.commitAll();
    second.commitAll();
    const { code, stderr } = await migrateAsync(first.path, ['.', second.path]);
    expect(code).toBe(3);
    expect(stderr).toContain('is outside');
  });

  test('a link to a project stands for it, its configuration included', async () => {
    const folder = temporaryFolder({ ...smallApplication, 'migrate-async.json': '{ "only": ["src/**"] }' });
    folder.commitAll();
    const elsewhere = temporaryFolder();
    symlinkSync(folder.path, path.join(elsewhere.path, 'link'));
    const { stdout } = await migrateAsync(elsewhere.path, ['link', '--dry-run']);
    expect(stdout).toContain('2 bridges to rewrite in 1 file');
  });

  test('--only goes with paths, and may be given more than once', async () => {
    const folder = temporaryFolder(smallApplication);
    folder.commitAll();
    const args = ['--all', '--only', 'src/orders.ts', '--only', 'src/none.ts', '--dry-run', 'src'];
    const { stdout } = await migrateAsync(folder.path, args);
    expect(stdout).toContain('1 bridge to rewrite in 1 file');
  });

  test('a folder whose name begins with two dots is inside', async () => {
    const folder = temporaryFolder({ ...smallApplication, '..generated/a.ts': 'export {};\n' });
    folder.commitAll();
    expect((await migrateAsync(folder.path, ['--dry-run', '..generated'])).code).toBe(0);
  });
});

describe('what the summary counts', () => {
  test('a rewrite of one of two files leaves the boundary in the other', async () => {
    const text = checkout.replace(
      "  await syncToAsync(Order.objects.filter({ id: order.id }).update)({ state: 'paid' });",
      '  await settle(order.id);',
    );
    const folder = temporaryFolder({
      ...smallApplication,
      'src/checkout.ts': `import { settle } from './settle.ts';\n${text}`,
      'src/settle.ts': `import { syncToAsync } from '@migrate-async/runtime';
import { Order } from './models.ts';

export async function settle(id: number): Promise<void> {
  await syncToAsync(Order.objects.filter({ id }).update)({ state: 'paid' });
}
`,
    });
    folder.commitAll();
    const { stdout } = await migrateAsync(folder.path, ['--dry-run', '--only', 'src/settle.ts']);
    expect(stdout).toMatch(
      /1 bridge to rewrite in 1 file \(dry run, nothing written\) · boundaries on their path 2 → 1\n$/,
    );
  });

  test('a file that cannot be written takes nothing off the count', async () => {
    const folder = temporaryFolder(smallApplication);
    folder.write('src/checkout.ts', checkout, 0o444);
    folder.commitAll();
    const { stdout } = await migrateAsync(folder.path, []);
    expect(stdout).toMatch(/nothing rewritten · 1 file failed · boundaries on their path 2 → 2\n$/);
  });

  test('a handler with nothing left to migrate is done', async () => {
    const folder = temporaryFolder({ ...smallApplication, 'src/checkout.ts': migratedCheckout });
    const { stdout } = await migrateAsync(folder.path, ['--dry-run']);
    expect(stdout).toMatch(/^done +\d+ +POST +\/orders\/:id\/checkout /m);
  });
});

describe('output', () => {
  test('is coloured only where somebody asked for it', async () => {
    const folder = temporaryFolder(smallApplication);
    const colour = '\u001B[';
    const plain = await migrateAsync(folder.path, ['--dry-run'], '', { NO_COLOR: '', FORCE_COLOR: '' });
    expect(plain.stdout).not.toContain(colour);
    const forced = await migrateAsync(folder.path, ['--dry-run'], '', { NO_COLOR: '', FORCE_COLOR: '1' });
    expect(forced.stdout).toContain(colour);
    const both = await migrateAsync(folder.path, ['--dry-run'], '', { NO_COLOR: '1', FORCE_COLOR: '1' });
    expect(both.stdout).not.toContain(colour);
    const args = ['analyze', '--out', 'ranking.txt'];
    await migrateAsync(folder.path, args, '', { NO_COLOR: '', FORCE_COLOR: '1' });
    expect(folder.read('ranking.txt')).not.toContain(colour);
  });

  test('a reader that has seen enough is no error', async () => {
    const folder = temporaryFolder(smallApplication);
    const launcher = fileURLToPath(new URL('../../bin/migrate-async.js', import.meta.url));
    const child = spawn(process.execPath, [launcher, '--dry-run', '--json'], { cwd: folder.path });
    child.stdout.destroy();
    let complaint = '';
    child.stderr.on('data', (chunk) => {
      complaint += chunk;
    });
    const [code] = await once(child, 'close');
    expect([code, complaint]).toEqual([0, '']);
  });

  test('options of the default command are not silently taken after a verb', async () => {
    const { code, stderr } = await migrateAsync(temporaryFolder(smallApplication).path, ['check', '--json']);
    expect(code).toBe(3);
    expect(stderr).toContain("unknown option '--json'");
  });

  test('a report that cannot be written is one clear line', async () => {
    const folder = temporaryFolder(smallApplication);
    const { code, stderr } = await migrateAsync(folder.path, ['analyze', '--out', 'no/such/folder.txt']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/cannot be written: ENOENT\.\n$/);
  });

  test('a stored calibration that is none is set aside', async () => {
    const cache = temporaryFolder({ 'migrate-async/calibration.json': '{}' });
    const folder = temporaryFolder(smallApplication);
    const { code, stderr } = await migrateAsync(folder.path, ['--dry-run'], '', {
      XDG_CACHE_HOME: cache.path,
    });
    expect(code).toBe(0);
    expect(stderr).toContain('is not a calibration');
  });

  test('text that is not UTF-8 fails before anything is promised', async () => {
    const folder = temporaryFolder(smallApplication);
    folder.write('src/checkout.ts', Buffer.concat([Buffer.from(checkout), Buffer.from([0x2f, 0x2f, 0xff])]));
    const { code, stdout } = await migrateAsync(folder.path, ['--dry-run']);
    expect(code).toBe(2);
    expect(stdout).toContain('failed src/checkout.ts: not-utf8: the file is not valid UTF-8');
    expect(stdout).toContain('nothing rewritten');
    expect(stdout).toMatch(/^ {4}src\/checkout\.ts:7:\d+ {2}Order\.objects\.get {2}\(MA126 bridge\)$/m);
  });
});

test('a source file that is not read because a machine seems to have written it is counted, with the reason', async () => {
  const wide = `import express from 'express';const bundle = [${'"a piece of text",'.repeat(600)}];\n`;
  const alone = temporaryFolder({ 'package.json': '{}', 'src/bundle.js': wide });
  expect((await migrateAsync(alone.path, ['--dry-run'])).stdout).toBe(
    '1 file scanned: no request handler and no bridge found · 1 file not read: 1 minified.\n',
  );
  const beside = temporaryFolder({ ...smallApplication, 'src/bundle.js': wide });
  expect((await migrateAsync(beside.path, ['--dry-run'])).stdout).toMatch(
    / · 1 file not read: 1 minified · boundaries on /,
  );
});
test('every bridge that a run means to rewrite and does not is listed with a code', async () => {
  const reader = `import { syncToAsync } from '@migrate-async/runtime';
import { load } from './load.ts';
import { Order } from './models.ts';

export const one = async (id: number) => await syncToAsync(load)(id);
export const two = async (id: number) => await syncToAsync(Order.objects.get)({ id });
`;
  const folder = temporaryFolder({
    ...smallApplication,
    'src/load.ts': `import { Order } from './models.ts';
export const kept = 1;
export function load(id: number) {
  return Order.objects.get({ id });
}
load(1);
`,
    'src/reader.ts': reader,
  });
  const { stdout } = await migrateAsync(folder.path, ['src/reader.ts', '--all', '--dry-run', '--json']);
  const { analysis, files }: RunReport = JSON.parse(stdout);
  const changed = files.flatMap((file) => (file.status === 'changed' ? file.sites : []));
  const [first, second] = analysis.sites.filter(({ file }) => file === 'src/reader.ts');
  expect(first?.outcome).toEqual({
    kind: 'leave',
    code: 'MA126',
    reason: 'it needs changes in files that this run may not write',
  });
  expect(changed).toEqual([second?.id]);
});

test('an interruption while writing leaves every file old or new, and nothing else', async () => {
  const copies = Array.from({ length: 150 }, (_, index) => `src/copy${index}`);
  const files: Record<string, string> = { ...smallApplication };
  for (const copy of copies) files[`${copy}.ts`] = checkout.replace('checkout(', `${path.basename(copy)}(`);
  const folder = temporaryFolder(files);
  folder.commitAll();
  mkdirSync(path.join(folder.path, 'cache'));
  const launcher = fileURLToPath(new URL('../../bin/migrate-async.js', import.meta.url));
  const child = spawn(process.execPath, [launcher, '--all'], { cwd: folder.path, stdio: 'ignore' });
  const ended = once(child, 'close');
  while (
    child.exitCode === null &&
    !readdirSync(path.join(folder.path, 'src')).some((name) => name.endsWith('.tmp'))
  ) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  child.kill('SIGTERM');
  const [code] = await ended;
  expect([0, 130]).toContain(code);
  expect(readdirSync(path.join(folder.path, 'src')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  for (const copy of copies) {
    const text = folder.read(`${copy}.ts`);
    expect(text === files[`${copy}.ts`] || !text.includes('syncToAsync')).toBe(true);
  }
});
