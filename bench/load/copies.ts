import { spawnSync } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from '../../analyzer/analysis.ts';
import type { RunReport } from '../../report/run-report.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The storefront twice: as it is, and with every bridge rewritten that can be, whatever its handler's verdict: what a
 * handler that should stay would have gained can only be seen where it was rewritten.
 * @param workspace an empty folder
 * @returns the folders, original first, and the ranking of the original
 */
export function copies(workspace: string): {
  readonly folders: readonly [string, string];
  readonly endpoints: readonly Endpoint[];
} {
  const folders = [
    path.join(workspace, 'original/storefront'),
    path.join(workspace, 'rewritten/storefront'),
  ] as const;
  for (const folder of folders) {
    cpSync(path.join(root, 'fixtures/apps/storefront'), folder, {
      recursive: true,
      filter: (source) => !source.includes('node_modules'),
    });
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(workspace, 'node_modules'));
  const cwd = path.join(workspace, 'rewritten');
  writeFileSync(path.join(cwd, '.gitignore'), 'node_modules\n');
  const command = [path.join(root, 'bin/migrate-async.js'), '--all', '--force', '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1e9,
  });
  if (status !== 0) throw new Error(`The storefront could not be rewritten (${status}):\n${stderr}`);
  const { analysis } = JSON.parse(stdout) as RunReport;
  return { folders, endpoints: analysis.endpoints };
}
