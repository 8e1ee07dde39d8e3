import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where packages that are only compared with are installed; git does not see it. */
export const peersFolder = fileURLToPath(new URL('.peers', import.meta.url));

/**
 * Installs the packages a benchmark compares with, on its first run. They are no dependencies of the project.
 *
 * @param wanted npm specifications by the name to install under: `{ 'typescript-5.9': 'npm:typescript@~5.9.3' }`
 * @returns folder whose node_modules holds them
 */
export function installPeers(wanted: Readonly<Record<string, string>>): string {
  mkdirSync(peersFolder, { recursive: true });
  const manifestFile = path.join(peersFolder, 'package.json');
  const manifest: Manifest = existsSync(manifestFile)
    ? (JSON.parse(readFileSync(manifestFile, 'utf8')) as Manifest)
    : { private: true, type: 'module', dependencies: {} };
  const missing = Object.entries(wanted).filter(
    ([name, spec]) =>
      manifest.dependencies[name] !== spec || !existsSync(path.join(peersFolder, 'node_modules', name)),
  );
  if (missing.length === 0) return peersFolder;
  Object.assign(manifest.dependencies, Object.fromEntries(missing));
  writeFileSync(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], {
    cwd: peersFolder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return peersFolder;
}

interface Manifest {
  readonly private: true;
  readonly type: string;
  readonly dependencies: Record<string, string>;
}
