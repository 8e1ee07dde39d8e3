import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { migrateAsync } from '../support/command.ts';
import { temporaryFolder } from '../support/folder.ts';
import { migratedCheckout, smallApplication } from './small-application.ts';

describe('analyze', () => {
  test('ranks every handler and writes nothing', async () => {
    const folder = temporaryFolder(smallApplication);
    const { code, stdout, stderr } = await migrateAsync(folder.path, ['analyze']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^migrate .* \/orders\/:id\/checkout /m);
    expect(stdout).toMatch(/^2 handlers: 1 migrate, 1 stay$/m);
    expect(folder.read('src/checkout.ts')).toBe(smallApplication['src/checkout.ts']);
  });

  test('--format json --out writes the analysis to a file', async () => {
    const folder = temporaryFolder(smallApplication);
    const { stdout } = await migrateAsync(folder.path, [
      'analyze',
      '--format',
      'json',
      '--out',
      'ranking.json',
    ]);
    expect(stdout).toBe('');
    expect(JSON.parse(folder.read('ranking.json')).endpoints).toHaveLength(2);
  });

  test('an unknown format is refused with those there are', async () => {
    const { code, stderr } = await migrateAsync(temporaryFolder(smallApplication).path, [
      'analyze',
      '--format',
      'pdf',
    ]);
    expect(code).toBe(3);
    expect(stderr).toBe('migrate-async: there is no format pdf. Formats: table, json.\n');
  });

  test('traces replace the estimate', async () => {
    const span = (
      id: number,
      name: string,
      kind: number,
      start: number,
      end: number,
      attributes: object,
      parent = '',
    ) => ({
      traceId: `${'0'.repeat(24)}${String(Math.floor(id / 2)).padStart(8, '0')}`,
      spanId: String(id + 1).padStart(16, '0'),
      parentSpanId: parent,
      name,
      kind,
      startTimeUnixNano: String(BigInt(start) * 1_000_000n),
      endTimeUnixNano: String(BigInt(end) * 1_000_000n),
      attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
    });
    const spans = Array.from({ length: 60 }, (_, index) => {
      const start = 1_700_000_000_000 + index * 1000;
      const server = { 'http.request.method': 'GET', 'http.route': '/orders/:id' };
      const query = { 'db.system.name': 'postgresql' };
      return [
        span(index * 2, 'GET /orders/:id', 2, start, start + 40, server),
        span(
          index * 2 + 1,
          'SELECT',
          3,
          start + 5,
          start + 35,
          query,
          String(index * 2 + 1).padStart(16, '0'),
        ),
      ];
    }).flat();
    const traces = JSON.stringify({
      resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: {}, spans }] }],
    });
    const folder = temporaryFolder({ ...smallApplication, 'traces.json': traces });
    const { stdout } = await migrateAsync(folder.path, [
      'analyze',
      '--format',
      'json',
      '--traces',
      'traces.json',
    ]);
    const endpoints: { method: string; evidence: string; estimate: { p95: number[] } }[] =
      JSON.parse(stdout).endpoints;
    expect(endpoints.find(({ method }) => method === 'GET')?.evidence).toBe('traces');
    expect(endpoints.find(({ method }) => method === 'POST')?.evidence).toBe('static');
  });

  test('traces are read compressed, by any name, and a cut-off last line is said', async () => {
    const span = {
      traceId: '5b8efff798038103d269b633813fc60c',
      spanId: 'eee19b7ec3c1b174',
      kind: 2,
      startTimeUnixNano: '1700000000000000000',
      endTimeUnixNano: '1700000000040000000',
      attributes: [
        { key: 'http.request.method', value: { stringValue: 'GET' } },
        { key: 'url.path', value: { stringValue: '/elsewhere/7' } },
      ],
    };
    const line = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    const folder = temporaryFolder(smallApplication);
    writeFileSync(path.join(folder.path, 'traces'), gzipSync(`${line}\n${line.slice(0, 90)}`));
    const { code, stdout, stderr } = await migrateAsync(folder.path, ['analyze', '--traces', 'traces']);
    expect([code, stderr]).toEqual([0, 'migrate-async: traces:2 is cut off: it was left out.\n']);
    expect(stdout).toContain(
      'Requests in the traces that no handler was found for\n  GET /elsewhere/{}  1 request\n',
    );
    expect(stdout).toContain(
      'No traffic in the traces, so estimated from the source\n  POST /orders/:id/checkout\n',
    );
    expect(stdout).toContain('No request has a client or database span inside');
  });

  test('--filter reports some handlers, by route, name or file', async () => {
    const folder = temporaryFolder(smallApplication);
    const listed = async (filter: string) =>
      (await migrateAsync(folder.path, ['analyze', '--filter', filter])).stdout.split('\n').at(-2);
    expect(await listed('post /orders/*/checkout')).toBe('1 handler: 1 migrate');
    expect(await listed('orders')).toBe('2 handlers: 1 migrate, 1 stay');
    expect(await listed('nothing like it')).toBe('0 handlers: none');
  });

  test('--max-boundaries ends with 1 when a handler worth migrating keeps more', async () => {
    const cached = (smallApplication['src/checkout.ts'] ?? '').replace(
      /(async function \w+\([^)]*\)[^{]*\{)/,
      "$1 await syncToAsync(() => caches.get('x'))(); ",
    );
    expect(cached).not.toBe(smallApplication['src/checkout.ts']);
    const kept = temporaryFolder({ ...smallApplication, 'src/checkout.ts': cached });
    const strict = await migrateAsync(kept.path, ['analyze', '--max-boundaries', '0']);
    expect(strict.code).toBe(1);
    expect(strict.stderr).toMatch(
      /POST \/orders\/:id\/checkout keeps more than 0 boundaries after the rewrite: \d/,
    );
    const free = temporaryFolder(smallApplication);
    expect((await migrateAsync(free.path, ['analyze', '--max-boundaries', '0'])).code).toBe(0);
    expect((await migrateAsync(free.path, ['analyze', '--max-boundaries', 'few'])).code).toBe(3);
  });

  test('a trace file that is none is refused', async () => {
    const folder = temporaryFolder({ ...smallApplication, 'traces.json': '{"a":1}' });
    const { code, stderr } = await migrateAsync(folder.path, ['analyze', '--traces', 'traces.json']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^migrate-async: traces\.json holds no traces/);
  });
});

describe('explain', () => {
  test('a handler by method and path, as a tree', async () => {
    const { code, stdout } = await migrateAsync(temporaryFolder(smallApplication).path, [
      'explain',
      'POST /orders/:id/checkout',
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^POST \/orders\/:id\/checkout: migrate, score \d+/);
    expect(stdout).toContain('crosses a bridge: Order.objects.get (rewritten)');
    expect(stdout).toContain('api.payments.example');
  });

  test('a bridge by its place: its case, its proof and what would be written', async () => {
    const { code, stdout } = await migrateAsync(temporaryFolder(smallApplication).path, [
      'explain',
      'src/checkout.ts:7',
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^src\/checkout\.ts:7:\d+ {2}Order\.objects\.get: rewrite as /);
    expect(stdout).toContain('+ Order.objects.aget({ id: Number(req.params.id) })');
  });

  test('a line of a handler without a bridge: the handler; a line of a function: the handlers that come by', async () => {
    const folder = temporaryFolder({
      ...smallApplication,
      'src/app.ts': `import express from 'express';
import { syncToAsync } from '@migrate-async/runtime';
import { Order } from './models.ts';

export const app = express();
const caught = (handler) => (req, res, next) => handler(req, res).catch(next);
app.get('/orders/:id', caught(async (req, res) => {
  const order = await load(req.params.id);
  // the customer sees no more than this
  res.json({ total: order.total });
}));
app.get('/orders', async (req, res) => res.json(await load(1)));

class Orders {
  async show(req, res) {
    const order = await syncToAsync(Order.objects.first)();
    res.json(order);
  }
}
const orders = new Orders();
app.get('/first', (req, res) => orders.show(req, res));

async function load(id) {
  // whoever asks
  return syncToAsync(Order.objects.get)({ id });
}
`,
    });
    const explained = async (line: number) =>
      (await migrateAsync(folder.path, ['explain', `src/app.ts:${line}`])).stdout;
    expect(await explained(9)).toMatch(/^GET \/orders\/:id: .* src\/app\.ts:7\n/);
    expect(await explained(17)).toMatch(/^GET \/first: /);
    expect(await explained(24)).toMatch(
      /^On the path of 2 handlers\n├─ GET \/orders: .*\n└─ GET \/orders\/:id: .*\n$/,
    );
  });

  test('nothing there: exit code 3 and what there is', async () => {
    const { code, stdout, stderr } = await migrateAsync(temporaryFolder(smallApplication).path, [
      'explain',
      'GET /nothing',
    ]);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('POST /orders/:id/checkout');
  });
});

describe('check', () => {
  test('lists the bridges in qualifying handlers and exits with 1', async () => {
    const { code, stdout } = await migrateAsync(temporaryFolder(smallApplication).path, ['check']);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^src\/checkout\.ts:7: Order\.objects\.get is bridged on the path of POST \/orders\/:id\/checkout$/m,
    );
  });

  test('passes after the rewrite, and fails on a marker', async () => {
    const folder = temporaryFolder({ ...smallApplication, 'src/checkout.ts': migratedCheckout });
    expect(await migrateAsync(folder.path, ['check'])).toEqual({ code: 0, stdout: '', stderr: '' });
    folder.write(
      'src/orders.ts',
      `// migrate-async MA101 0123abcd: not an operation\n${smallApplication['src/orders.ts']}`,
    );
    const { code, stdout } = await migrateAsync(folder.path, ['check']);
    expect([code, stdout]).toEqual([1, 'src/orders.ts:1: marked MA101: not an operation\n']);
  });

  test('fails on a suppression that suppresses nothing', async () => {
    const comment = '// migrate-async-ignore MA101: the cache is fine as it is\n';
    const folder = temporaryFolder({
      ...smallApplication,
      'src/checkout.ts': migratedCheckout.replace('export', `${comment}export`),
    });
    const { code, stdout } = await migrateAsync(folder.path, ['check']);
    expect(code).toBe(1);
    expect(stdout).toContain('the suppression of MA101 suppresses nothing');
  });
});

test('--mark puts one line above a bridge that is left, and only once', async () => {
  const bridge = '  const kept = await syncToAsync(memory.get)(req.params.id);\n  res.json({ kept, ';
  const text = `const memory = new Map<unknown, unknown>();\n${smallApplication['src/checkout.ts']}`.replace(
    '  res.json({ ',
    bridge,
  );
  const folder = temporaryFolder({ ...smallApplication, 'src/checkout.ts': text });
  await migrateAsync(folder.path, ['--mark', '--all']);
  const marked = folder.read('src/checkout.ts');
  expect(marked).toMatch(
    /\n {2}\/\/ migrate-async MA101 [0-9a-f]{8}: .*\n {2}const kept = await syncToAsync\(memory\.get\)/,
  );
  await migrateAsync(folder.path, ['--mark', '--all']);
  expect(folder.read('src/checkout.ts')).toBe(marked);
});

test('the report points at tests that mock what is no longer called, and at what nothing waits for', async () => {
  const spy =
    "import { vi } from 'vitest';\nimport { Order } from './models.ts';\nvi.spyOn(Order.objects, 'get');\n";
  const floating = '  void syncToAsync(order.save)();\n  res.json({ ';
  const folder = temporaryFolder({
    ...smallApplication,
    'src/checkout.ts': (smallApplication['src/checkout.ts'] ?? '').replace('  res.json({ ', floating),
    'src/checkout.test.ts': spy,
  });
  const { stdout } = await migrateAsync(folder.path, ['--dry-run']);
  expect(stdout).toMatch(/^Worth a look$/m);
  expect(stdout).toMatch(/^ {2}src\/checkout\.ts:12:\d+ {2}MA202 /m);
  expect(stdout).toMatch(/^ {2}src\/checkout\.test\.ts:3:\d+ {2}MA203 /m);
});

test('calibrate stores what this machine measures, and later runs use it', async () => {
  const cache = temporaryFolder();
  const folder = temporaryFolder(smallApplication);
  const environment = { XDG_CACHE_HOME: cache.path };
  const { code, stdout } = await migrateAsync(folder.path, ['calibrate'], '', environment);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^an empty crossing {4}p50 \d/m);
  const explained = await migrateAsync(folder.path, ['explain', 'GET /orders/:id'], '', environment);
  expect(explained.stdout).toContain('measured on this machine');
  const stored = JSON.parse(cache.read('migrate-async/calibration.json'));
  cache.write(
    'migrate-async/calibration.json',
    JSON.stringify({ ...stored, machine: { ...stored.machine, cpu: 'Z80' } }),
  );
  const refused = await migrateAsync(folder.path, ['--dry-run'], '', environment);
  expect(refused.code).toBe(0);
  expect(refused.stderr).toContain('run calibrate again');
});

test('init writes a configuration that is valid, and never over one', async () => {
  const folder = temporaryFolder(smallApplication);
  expect((await migrateAsync(folder.path, ['init'])).code).toBe(0);
  expect((await migrateAsync(folder.path, ['--dry-run'])).code).toBe(0);
  const { code, stderr } = await migrateAsync(folder.path, ['init']);
  expect([code, stderr]).toEqual([
    3,
    'migrate-async: migrate-async.json exists already: nothing was written.\n',
  ]);
});

test('list names the frameworks and every code', async () => {
  const { code, stdout } = await migrateAsync(temporaryFolder().path, ['list']);
  expect(code).toBe(0);
  expect(stdout).toContain('express');
  expect(stdout).toMatch(/^ {2}MA101 {2}receiver-not-orm /m);
});
