import { createHash, type Hash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { everyFile, type FileList } from './file-list.ts';

/** Settings that git need not keep: a path may come out of them. */
const settings = ['.env', '.env.development', '.env.local'];

/** What package managers write when they install: types and shared configurations come out of what they installed. */
const installations = ['node_modules/.package-lock.json', 'node_modules/.yarn-integrity', 'node_modules/.modules.yaml', '.yarn-state.yml']; // biome-ignore format: data

/**
 * A text that changes whenever anything does that an analysis of the list may read: the contents of its sources, and
 * the time and size of every other file of the project.
 */
export function fingerprintOf(list: FileList): string {
  const hash = createHash('sha256');
  const sources = new Set(list.files);
  hash.update(JSON.stringify([list.root, list.files, list.selected, list.manifests, list.skipped]));
  for (const file of list.files) addContent(hash, path.join(list.root, file));
  for (const file of everyFile(list).sort()) {
    if (!sources.has(file)) addState(hash, list.root, file);
  }
  const folders = new Set(['', ...list.manifests.map((manifest) => manifest.replace(/package\.json$/, ''))]);
  for (const folder of folders) {
    for (const name of [...settings, ...installations]) addState(hash, list.root, folder + name);
    hash.update(JSON.stringify(installed(path.join(list.root, folder, 'node_modules'))));
  }
  return hash.digest('hex');
}

/** The packages there, without what tools keep beside them. */
function installed(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

function addContent(hash: Hash, file: string): void {
  try {
    const bytes = readFileSync(file);
    hash.update(`${bytes.length}\0`).update(bytes);
  } catch (error) {
    hash.update(`${(error as NodeJS.ErrnoException).code}\0`);
  }
}

function addState(hash: Hash, root: string, file: string): void {
  const stats = lstatSync(path.join(root, file), { bigint: true, throwIfNoEntry: false });
  hash.update(
    stats === undefined
      ? `${file}\0`
      : `${file}\0${stats.size}\0${stats.mtimeNs}\0${stats.ctimeNs}\0${stats.ino}\0`,
  );
}
