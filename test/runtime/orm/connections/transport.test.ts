import { chmodSync, chownSync, copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { asyncContext } from '@migrate-async/runtime';
import { configureDatabases, connections, type DatabaseSettings } from '@migrate-async/runtime/orm';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../../fixtures/postgres/server.ts';

const certificate = fileURLToPath(new URL('../../../../fixtures/postgres/tls/server', import.meta.url));
const ca = readFileSync(`${certificate}.crt`, 'utf8');

// A server of its own: it gets a certificate, and its password changes.
let server: PostgresServer;
let url: URL;
let admin: pg.Client;
beforeAll(async () => {
  server = await startPostgres();
  url = new URL(server.url);
  admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  const { rows } = await admin.query<{ data_directory: string }>('show data_directory');
  const folder = rows[0]?.data_directory ?? '';
  for (const part of ['crt', 'key']) {
    const file = path.join(folder, `server.${part}`);
    copyFileSync(`${certificate}.${part}`, file);
    chmodSync(file, 0o600);
    const { uid, gid } = statSync(folder);
    if (uid !== statSync(file).uid) chownSync(file, uid, gid);
  }
  await admin.query('alter system set ssl = on');
  await admin.query('select pg_reload_conf()');
});
afterEach(() => connections.acloseAll());
afterAll(async () => {
  await admin.end();
  await server.stop();
});

function configure(settings: Partial<DatabaseSettings>): void {
  configureDatabases({ default: { engine: 'postgresql', url: url.href, pool: { max: 1 }, ...settings } });
}
const ask = async (sql: string) => {
  const cursor = await connections.get().acursor();
  await cursor.aexecute(sql);
  return cursor.fetchOne()?.[0];
};
const askBlocking = (sql: string) => {
  const cursor = connections.get().cursor();
  cursor.execute(sql);
  return cursor.fetchOne()?.[0];
};
const encrypted = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';
/** A statement is aborted, and its connection is used again: the request to cancel it arrived. */
async function expectCancelled(): Promise<void> {
  const before = await ask('select pg_backend_pid()');
  const controller = new AbortController();
  const gone = new Error('gone');
  const slow = asyncContext({ signal: controller.signal }, () => ask('select pg_sleep(60)'));
  await expect
    .poll(async () => {
      const { rowCount } = await admin.query(
        "select 1 from pg_stat_activity where state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()",
      );
      return rowCount;
    })
    .toBe(1);
  controller.abort(gone);
  await expect(slow).rejects.toBe(gone);
  expect(await ask('select pg_backend_pid()')).toBe(before);
}

describe('encrypted', () => {
  const ways: Readonly<Record<string, () => Partial<DatabaseSettings>>> = {
    'by the URL': () => ({ url: `${url.href}?sslmode=no-verify` }),
    'by a certificate that is trusted': () => ({ ssl: { ca } }),
    'without a look at the certificate': () => ({ ssl: { rejectUnauthorized: false } }),
    'from the first byte': () => ({ url: `${url.href}?sslmode=no-verify&sslnegotiation=direct` }),
  };
  test.each(Object.keys(ways))('%s: both paths, and requests to cancel', async (way) => {
    configure(ways[way]?.() ?? {});
    expect([await ask(encrypted), askBlocking(encrypted)]).toEqual(['t', 't']);
    await expectCancelled();
  });
  test('a certificate that nobody trusts is refused on both paths', async () => {
    configure({ ssl: true });
    await expect(ask(encrypted)).rejects.toThrow(/self-signed certificate/);
    expect(() => askBlocking(encrypted)).toThrow(/self-signed certificate/);
  });
});

test('through a socket of the file system: both paths, and requests to cancel', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'migrate-async-socket-'));
  // The server listens on TCP only; what arrives at the file is passed on by another process than the blocked one.
  const forwarding = new Worker(
    `const { createServer, connect } = require('node:net');
     const { workerData: { file, port }, parentPort } = require('node:worker_threads');
     createServer((client) => {
       const upstream = connect(port, '127.0.0.1');
       client.pipe(upstream).pipe(client);
       client.on('error', () => upstream.destroy());
       upstream.on('error', () => client.destroy());
     }).listen(file, () => parentPort.postMessage('ready'));`,
    { eval: true, workerData: { file: path.join(folder, '.s.PGSQL.5432'), port: Number(url.port) } },
  );
  await new Promise((resolve) => forwarding.once('message', resolve));
  try {
    configure({ url: `postgres://${url.username}:${url.password}@${encodeURIComponent(folder)}/postgres` });
    expect([await ask('select 1'), askBlocking('select 2')]).toEqual(['1', '2']);
    await expectCancelled();
  } finally {
    await connections.acloseAll();
    await forwarding.terminate();
    rmSync(folder, { recursive: true });
  }
});

describe('passwords', () => {
  const withoutPassword = () => {
    const bare = new URL(url);
    bare.password = '';
    return bare.href;
  };
  const change = (password: string) => admin.query(`alter user postgres password '${password}'`);
  afterAll(() => change(url.password));

  test('beside the URL, as a text', async () => {
    configure({ url: withoutPassword(), password: url.password });
    expect([await ask('select 1'), askBlocking('select 2')]).toEqual(['1', '2']);
  });
  test('from a function, which is asked for each connection', async () => {
    let current = url.password;
    let asked = 0;
    const password = () => {
      asked += 1;
      return current;
    };
    configure({ url: withoutPassword(), password, pool: { max: 2, maxLifetime: 0 } });
    expect(await ask('select 1')).toBe('1');
    current = 'next';
    await change(current);
    // An open connection would go on; these are replaced after every statement.
    expect(await ask('select 2')).toBe('2');
    expect(asked).toBe(2);
    expect(askBlocking('select 3')).toBe('3');
    expect(asked).toBe(3);
    current = 'wrong';
    await expect(ask('select 4')).rejects.toMatchObject({ name: 'OperationalError', code: '28P01' });
    current = 'next';
    expect(await ask('select 5')).toBe('5');
  });
  test('from an async function, which blocking operations cannot wait for', async () => {
    await change(url.password);
    configure({ url: withoutPassword(), password: async () => url.password });
    expect(await ask('select 1')).toBe('1');
    expect(() => askBlocking('select 2')).toThrow(/cannot wait for an async password function/);
    configure({ url: withoutPassword(), password: async () => url.password, native: false });
    expect(await ask('select 3')).toBe('3');
  });
  test('a function that fails fails the statement, and the place in the pool is free again', async () => {
    let fail = true;
    const password = () => {
      if (fail) throw new RangeError('the vault is closed');
      return url.password;
    };
    configure({ url: withoutPassword(), password });
    await expect(ask('select 1')).rejects.toThrow(/the vault is closed/);
    expect(() => askBlocking('select 1')).toThrow(/the vault is closed/);
    fail = false;
    expect(await ask('select 2')).toBe('2');
  });
});
