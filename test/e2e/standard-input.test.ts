import path from 'node:path';
import { expect, test } from 'vitest';
import { migrateAsync } from '../support/command.ts';
import { temporaryFolder } from '../support/folder.ts';
import { migratedCheckout, smallApplication } from './small-application.ts';

const checkout = smallApplication['src/checkout.ts'] ?? '';
const orders = smallApplication['src/orders.ts'] ?? '';

function transform(folder: string, file: string, input: string, ...options: readonly string[]) {
  return migrateAsync(folder, ['transform', '--stdin', '--stdin-filename', file, ...options], input);
}

test('prints the whole result for a file of a qualifying handler', async () => {
  const folder = temporaryFolder(smallApplication);
  const outcome = await transform(folder.path, 'src/checkout.ts', checkout);
  expect(outcome).toEqual({ code: 0, stdout: migratedCheckout, stderr: '' });
  expect(folder.read('src/checkout.ts')).toBe(checkout);
});

test('works on the text it is given, not on what is on disk', async () => {
  const folder = temporaryFolder({ ...smallApplication, 'src/checkout.ts': 'export const checkout = 1;\n' });
  const { stdout } = await transform(folder.path, 'src/checkout.ts', checkout);
  expect(stdout).toBe(migratedCheckout);
});

test('prints the input byte for byte when the handler does not qualify', async () => {
  const text = `\uFEFF${orders.replaceAll('\n', '\r\n')}`;
  const { code, stdout } = await transform(temporaryFolder(smallApplication).path, 'src/orders.ts', text);
  expect([code, stdout]).toEqual([0, text]);
});

test('--all rewrites whatever can be proven, also in a file that does not exist yet', async () => {
  const folder = temporaryFolder(smallApplication);
  const { code, stdout } = await transform(folder.path, 'src/new.ts', orders, '--all');
  expect(code).toBe(0);
  expect(stdout).toContain('await Order.objects.aget({ id: Number(req.params.id) })');
});

test('prints nothing and fails when the text does not parse', async () => {
  const folder = temporaryFolder(smallApplication);
  for (const options of [[], ['--all'], ['--json']]) {
    const outcome = await transform(folder.path, 'src/checkout.ts', `${checkout}const = 1;\n`, ...options);
    expect(outcome.code).toBe(2);
    expect(outcome.stdout).toBe('');
    expect(outcome.stderr).toMatch(/^migrate-async: src\/checkout\.ts: parse: Unexpected token at 14:7\n$/);
  }
});

test('fails, too, when a text that nothing asks for does not parse', async () => {
  const folder = temporaryFolder(smallApplication);
  for (const options of [[], ['--all'], ['--json'], ['--diff']]) {
    const { code, stdout, stderr } = await transform(folder.path, 'src/bad.ts', 'const x = (\n', ...options);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^migrate-async: src\/bad\.ts: parse: /);
  }
});

test('prints the input when git ignores the file', async () => {
  const folder = temporaryFolder({ ...smallApplication, '.gitignore': 'src/checkout.ts\n' });
  folder.commitAll();
  const { code, stdout } = await transform(folder.path, 'src/checkout.ts', checkout, '--all');
  expect([code, stdout]).toEqual([0, checkout]);
});

test('--diff prints a diff that git applies, --json the result with its edits', async () => {
  const folder = temporaryFolder(smallApplication);
  folder.commitAll();
  const { stdout: diff } = await transform(folder.path, 'src/checkout.ts', checkout, '--diff');
  folder.git('apply', path.relative(folder.path, folder.write('change.patch', diff)));
  expect(folder.read('src/checkout.ts')).toBe(migratedCheckout);
  const { stdout: json } = await transform(folder.path, 'src/checkout.ts', checkout, '--json');
  expect(JSON.parse(json)).toMatchObject({ schemaVersion: 1, status: 'changed', text: migratedCheckout });
});

test('names the sites of a file from the root of its project, whoever decides about them', async () => {
  const folder = temporaryFolder(smallApplication);
  for (const options of [[], ['--all']]) {
    const { stdout } = await transform(
      path.join(folder.path, 'src'),
      'checkout.ts',
      checkout,
      '--json',
      ...options,
    );
    const { sites }: { sites: string[] } = JSON.parse(stdout);
    expect(sites.map((site) => site.replace(/:\d+$/, ''))).toEqual(['src/checkout.ts', 'src/checkout.ts']);
  }
});

test('without --stdin it says what it needs', async () => {
  const { code, stdout, stderr } = await migrateAsync(temporaryFolder(smallApplication).path, ['transform']);
  expect([code, stdout, stderr]).toEqual([
    3,
    '',
    'migrate-async: transform needs --stdin and --stdin-filename.\n',
  ]);
});
