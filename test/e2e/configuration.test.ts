import { expect, test } from 'vitest';
import { migrateAsync } from '../support/command.ts';
import { temporaryFolder } from '../support/folder.ts';
import { smallApplication } from './small-application.ts';

function withConfiguration(configuration: unknown) {
  return temporaryFolder({
    ...smallApplication,
    'migrate-async.json': typeof configuration === 'string' ? configuration : JSON.stringify(configuration),
  });
}

test('an unknown key is an error that names the key that was meant', async () => {
  const { code, stdout, stderr } = await migrateAsync(withConfiguration({ minScor: 40 }).path, ['--dry-run']);
  expect([code, stdout]).toEqual([3, '']);
  expect(stderr).toMatch(/migrate-async\.json: there is no key minScor\. Did you mean minScore\?\n$/);
});

test('an unknown key deeper down is found too', async () => {
  const { code, stderr } = await migrateAsync(withConfiguration({ weights: { slowCalls: 20 } }).path, []);
  expect(code).toBe(3);
  expect(stderr).toContain('there is no key slowCalls in weights. Did you mean slowCall?');
});

test('a value of the wrong kind is an error that names the key', async () => {
  const { code, stderr } = await migrateAsync(withConfiguration({ minScore: 'high' }).path, []);
  expect(code).toBe(3);
  expect(stderr).toContain('minScore must be number.');
});

test('text that is not JSON is an error that names the file', async () => {
  const { code, stderr } = await migrateAsync(withConfiguration('{ "minScore": 40, }').path, []);
  expect(code).toBe(3);
  expect(stderr).toContain('migrate-async.json is not valid JSON');
});

test('the key of package.json is read where there is no file', async () => {
  const manifest = JSON.stringify({ name: 'small', type: 'module', 'migrate-async': { minScore: 0 } });
  const folder = temporaryFolder({ ...smallApplication, 'package.json': manifest });
  const { stdout } = await migrateAsync(folder.path, ['--dry-run']);
  expect(stdout).toContain('3 bridges to rewrite in 2 files');
});

test('a configured latency replaces the catalogue, and the handler is judged by it', async () => {
  const hosts = Object.fromEntries(
    ['tax', 'shipping', 'payments'].map((name) => [`api.${name}.example`, { p50: 1, p95: 2 }]),
  );
  const { stdout } = await migrateAsync(withConfiguration({ latencies: { hosts } }).path, [
    '--dry-run',
    '--json',
  ]);
  const report = JSON.parse(stdout);
  const checkout = report.analysis.endpoints.find(
    (endpoint: { method: string }) => endpoint.method === 'POST',
  );
  expect(checkout.externals.map(({ p95, basis }: { p95: number; basis: string }) => [p95, basis])).toEqual([
    [2, 'configured'],
    [2, 'configured'],
    [2, 'configured'],
  ]);
  expect(checkout.verdict).not.toBe('migrate');
});

test('a configured wrapper is a bridge like any other', async () => {
  const text = (smallApplication['src/checkout.ts'] ?? '').replaceAll('syncToAsync', 'inThread');
  const folder = withConfiguration({ wrappers: ['inThread'] });
  folder.write('src/checkout.ts', text);
  await migrateAsync(folder.path, []);
  expect(folder.read('src/checkout.ts')).toContain('await Order.objects.aget({');
});
