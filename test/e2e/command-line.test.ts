import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { migrateAsync } from '../support/command.ts';
import { temporaryFolder } from '../support/folder.ts';
import { migratedCheckout, smallApplication } from './small-application.ts';

function committed(files: Readonly<Record<string, string>> = smallApplication) {
  const folder = temporaryFolder(files);
  folder.commitAll();
  return folder;
}

function contents(folder: ReturnType<typeof temporaryFolder>): Record<string, string> {
  return Object.fromEntries(Object.keys(smallApplication).map((file) => [file, folder.read(file)]));
}

describe('the default command', () => {
  test('--dry-run shows ranking, diff and summary, and writes nothing', async () => {
    const folder = committed();
    const { code, stdout, stderr } = await migrateAsync(folder.path, ['--dry-run']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^VERDICT +SCORE +METHOD/);
    expect(stdout).toMatch(/^migrate +\d+ +POST +\/orders\/:id\/checkout .* src\/checkout\.ts:5$/m);
    expect(stdout).toMatch(/^stay +0 +GET +\/orders\/:id /m);
    expect(stdout).toContain('+  const order = await Order.objects.aget({ id: Number(req.params.id) });');
    expect(stdout).toMatch(
      /^2 handlers: 1 migrate, 1 stay · 2 bridges to rewrite in 1 file \(dry run, nothing written\) · boundaries on their path 2 → 0\n$/m,
    );
    expect(contents(folder)).toEqual(smallApplication);
  });

  test('says once what several handlers would need', async () => {
    const folder = temporaryFolder({
      ...smallApplication,
      'src/app.ts': `import express from 'express';
import { syncToAsync } from '@migrate-async/runtime';
import { Order } from './models.ts';

export const app = express();
app.get('/orders/:id/quote', quote);
app.get('/orders/:id/price', quote);
async function quote(req, res) {
  const order = await syncToAsync(Order.objects.get)({ id: req.params.id });
  res.json([order, await fetch('https://api.tax.example/quote')]);
}
`,
    });
    const { stdout } = await migrateAsync(folder.path, ['--dry-run']);
    const [, section = ''] = /Would qualify if\n([\s\S]*?)\n\n/.exec(stdout) ?? [];
    expect(section.split('\n')).toEqual([
      '  GET /orders/:id/price  quote',
      '  GET /orders/:id/quote  quote',
      expect.stringContaining('    api.tax.example takes'),
    ]);
  });

  test('rewrites only the qualifying handler, and a second run changes nothing', async () => {
    const folder = committed();
    const first = await migrateAsync(folder.path, []);
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(contents(folder)).toEqual({ ...smallApplication, 'src/checkout.ts': migratedCheckout });
    folder.git('add', '--all');
    const second = await migrateAsync(folder.path, []);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain('nothing to rewrite');
    expect(contents(folder)).toEqual({ ...smallApplication, 'src/checkout.ts': migratedCheckout });
  });

  test('--all rewrites what can be proven whatever its handler scores', async () => {
    const folder = committed();
    await migrateAsync(folder.path, ['--all']);
    expect(folder.read('src/orders.ts')).toContain(
      'res.json(await Order.objects.aget({ id: Number(req.params.id) }));',
    );
  });

  test('--min-score lowers the bar', async () => {
    const folder = committed();
    await migrateAsync(folder.path, ['--min-score', '0']);
    expect(folder.read('src/orders.ts')).toContain('Order.objects.aget(');
  });

  test('--only leaves every other file alone', async () => {
    const folder = committed();
    const { stdout } = await migrateAsync(folder.path, ['--all', '--only', 'src/orders.ts']);
    expect(stdout).toContain('1 bridge rewritten in 1 file');
    expect(folder.read('src/checkout.ts')).toBe(smallApplication['src/checkout.ts']);
  });

  test('--check exits with 1 when something would be rewritten, with 0 when not, and writes nothing', async () => {
    const folder = committed();
    expect((await migrateAsync(folder.path, ['--check'])).code).toBe(1);
    expect(contents(folder)).toEqual(smallApplication);
    folder.write('src/checkout.ts', migratedCheckout);
    expect((await migrateAsync(folder.path, ['--check'])).code).toBe(0);
  });

  test('--json prints one value on standard output', async () => {
    const folder = committed();
    const { stdout } = await migrateAsync(folder.path, ['--dry-run', '--json']);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      schemaVersion: 1,
      mode: 'dry-run',
      accounting: { scanned: 4, changed: 1, failed: 0 },
    });
  });

  test('a single file is rewritten although its route stands in another', async () => {
    const folder = committed();
    const { stdout } = await migrateAsync(folder.path, ['src/checkout.ts']);
    expect(stdout).toContain('1 handler: 1 migrate');
    expect(contents(folder)).toEqual({ ...smallApplication, 'src/checkout.ts': migratedCheckout });
  });

  test('a path leaves the other files of its package alone', async () => {
    const folder = committed();
    const { stdout } = await migrateAsync(folder.path, ['--all', 'src/orders.ts']);
    expect(stdout).toContain('1 bridge rewritten in 1 file');
    expect(folder.read('src/checkout.ts')).toBe(smallApplication['src/checkout.ts']);
  });

  test('works from a folder below and prints paths that open from there', async () => {
    const folder = committed();
    const { stdout } = await migrateAsync(path.join(folder.path, 'src'), ['--dry-run']);
    expect(stdout).toMatch(/ checkout\.ts:5$/m);
  });
});

describe('when something is wrong', () => {
  test('a path that does not exist: one line, exit code 3', async () => {
    const folder = committed();
    const { code, stdout, stderr } = await migrateAsync(folder.path, ['--dry-run', 'srx']);
    expect([code, stdout, stderr]).toEqual([3, '', 'migrate-async: srx does not exist.\n']);
  });

  test('a path without source files: one line, exit code 3', async () => {
    const folder = committed({ ...smallApplication, 'docs/readme.md': '# Small\n' });
    const { code, stderr } = await migrateAsync(folder.path, ['docs']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^migrate-async: docs holds no JavaScript or TypeScript file\..*\n$/);
  });

  test('an unknown option: exit code 3 and a suggestion', async () => {
    const { code, stderr } = await migrateAsync(committed().path, ['--dry-rum']);
    expect(code).toBe(3);
    expect(stderr).toContain('--dry-run');
  });

  test('a syntax error in one file: that file fails, the others are rewritten, exit code 2', async () => {
    const broken = 'import { syncToAsync } from "@migrate-async/runtime";\nconst = 1;\n';
    const folder = committed({ ...smallApplication, 'src/broken.ts': broken });
    const { code, stdout } = await migrateAsync(folder.path, []);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^failed src\/broken\.ts: parse: Unexpected token at 2:7$/m);
    expect(folder.read('src/broken.ts')).toBe(broken);
    expect(folder.read('src/checkout.ts')).toBe(migratedCheckout);
  });

  test('a read-only file: it fails, nothing is lost, exit code 2', async () => {
    const folder = temporaryFolder(smallApplication);
    folder.write('src/checkout.ts', smallApplication['src/checkout.ts'] ?? '', 0o444);
    folder.commitAll();
    const { code, stdout } = await migrateAsync(folder.path, []);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^failed src\/checkout\.ts: not-writable: the file is read-only$/m);
    expect(contents(folder)).toEqual(smallApplication);
  });

  test('uncommitted changes in a file to rewrite: exit code 4, nothing written, --force goes on', async () => {
    const folder = committed();
    folder.write('src/checkout.ts', `${smallApplication['src/checkout.ts']}// mine\n`);
    const refused = await migrateAsync(folder.path, []);
    expect([refused.code, refused.stdout]).toEqual([4, '']);
    expect(refused.stderr).toContain('uncommitted changes in files to rewrite: src/checkout.ts.');
    expect(folder.read('src/checkout.ts')).toBe(`${smallApplication['src/checkout.ts']}// mine\n`);
    expect((await migrateAsync(folder.path, ['--force'])).code).toBe(0);
    expect(folder.read('src/checkout.ts')).toBe(`${migratedCheckout}// mine\n`);
  });

  test('uncommitted changes in other files do not matter', async () => {
    const folder = committed();
    folder.write('src/orders.ts', `${smallApplication['src/orders.ts']}// mine\n`);
    expect((await migrateAsync(folder.path, [])).code).toBe(0);
  });

  test('no git: works, and says that nothing can bring the old files back', async () => {
    const folder = temporaryFolder(smallApplication);
    const { code, stderr } = await migrateAsync(folder.path, []);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^migrate-async: this is not a git repository.*\n$/);
    expect(folder.read('src/checkout.ts')).toBe(migratedCheckout);
    expect(readdirSync(path.join(folder.path, 'src')).sort()).toEqual([
      'app.ts',
      'checkout.ts',
      'models.ts',
      'orders.ts',
    ]);
  });
});
