import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A running PgBouncer in transaction mode. */
export interface PgBouncer {
  /** The address of a database of the server behind it, by way of it. */
  through(databaseUrl: string): string;
  /** @param signal SIGTERM unless it is to go without a farewell */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** What `pgbouncer --version` says first; undefined where it is not installed. */
export function pgbouncerVersion(): string | undefined {
  const { status, stdout } = spawnSync('pgbouncer', ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0] : undefined;
}

/** Said where something is left out because there is no PgBouncer. */
export const noPgbouncer =
  'PgBouncer is not installed (Debian package pgbouncer): what runs behind it is left out.';

/**
 * Starts PgBouncer in front of a server: transaction mode, few server connections handed out in turn, and nothing
 * forgiven (no start-up parameter is ignored).
 *
 * @param serverUrl address of the server, as the user that may connect
 * @param settings further lines of its configuration
 */
export async function startPgbouncer(
  serverUrl: string,
  settings: Readonly<Record<string, string | number>> = {},
): Promise<PgBouncer> {
  const server = new URL(serverUrl);
  const folder = mkdtempSync(path.join(tmpdir(), 'migrate-async-pgbouncer-'));
  const port = await freePort();
  const users = path.join(folder, 'users.txt');
  const configuration = path.join(folder, 'pgbouncer.ini');
  writeFileSync(users, `"${server.username}" "${decodeURIComponent(server.password)}"\n`);
  const all = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: users,
    pool_mode: 'transaction',
    default_pool_size: 10,
    max_client_conn: 300,
    // Whatever one transaction leaves behind in its session, the next one does not find.
    server_round_robin: 1,
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  writeFileSync(
    configuration,
    `[databases]\n* = host=${server.hostname} port=${server.port}\n[pgbouncer]\n${lines.join('\n')}\n`,
  );
  const identity = unprivileged();
  chmodSync(folder, 0o755);
  for (const file of [users, configuration]) if (identity.uid) chownSync(file, identity.uid, identity.uid);
  const bouncer = spawn('pgbouncer', [configuration], { ...identity, stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = () => void bouncer.kill('SIGKILL');
  process.once('exit', kill);
  await new Promise<void>((resolve, reject) => {
    let words = '';
    bouncer.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      words = (words + chunk).slice(-4_000);
      if (words.includes('process up')) resolve();
    });
    bouncer.once('error', reject);
    bouncer.once('exit', () => reject(new Error(`PgBouncer did not start:\n${words}`)));
  });
  return {
    through(databaseUrl) {
      const url = new URL(databaseUrl);
      url.hostname = '127.0.0.1';
      url.port = String(port);
      return url.href;
    },
    async stop(signal = 'SIGTERM') {
      process.removeListener('exit', kill);
      if (bouncer.exitCode === null && bouncer.signalCode === null) {
        bouncer.kill(signal);
        await once(bouncer, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PgBouncer refuses to run as root. */
function unprivileged(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const uid = Number(spawnSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).stdout);
  return { uid, gid: uid };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
