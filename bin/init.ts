import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type ExitCode, exitCode, UsageError } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** `migrate-async init`: a configuration to start from, with the schema that editors complete it by. */
export function writeConfiguration(terminal: Terminal): ExitCode {
  const file = path.join(terminal.cwd, 'migrate-async.json');
  if (existsSync(file)) throw new UsageError('migrate-async.json exists already: nothing was written.');
  const $schema = './node_modules/migrate-async/docs/schema/configuration.schema.json';
  writeFileSync(file, `${JSON.stringify({ $schema, latencies: { hosts: {} } }, undefined, 2)}\n`, {
    flag: 'wx',
  });
  terminal.print(
    'migrate-async.json written: name the hosts you know the latency of under latencies.hosts.\n',
  );
  return exitCode.done;
}
