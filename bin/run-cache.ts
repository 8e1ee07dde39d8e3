import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { FileList } from '../analyzer/sources/file-list.ts';
import { fingerprintOf } from '../analyzer/sources/fingerprint.ts';
import { ownVersion } from './version.ts';

/** Results kept for one project or, without `node_modules`, for one person; and the room they may take, in bytes. */
const most = { results: 24, bytes: 96 * 1024 * 1024 };

/** What a result depends on beside the files of the project. */
export interface Question {
  readonly list: FileList;
  /** Plain data: the verb and its options, the configuration, the calibration, the contents of trace files. */
  readonly given: unknown;
}

/**
 * The result of an earlier run that was asked the same of the same files, else that of `work`, which is kept.
 *
 * Whole results are kept, not facts of single files: what a handler costs depends on every file it reaches. Whatever
 * goes wrong with the cache, the answer is worked out as if there were none.
 * @param work gives plain data that JSON can hold
 */
export async function remembered<T>({ list, given }: Question, work: () => Promise<T>): Promise<T> {
  const folder = cacheFolder(list.root);
  const asked = JSON.stringify([
    ownVersion(),
    ownCode(),
    process.versions.node,
    list.root,
    list.selected,
    given,
  ]);
  const file = path.join(folder, `${sha256(asked)}.json`);
  const fingerprint = fingerprintOf(list);
  const known = read<T>(file, fingerprint);
  if (known !== undefined) return known;
  const value = await work();
  // A file that changed while it was being read must not speak for what it was before.
  if (fingerprintOf(list) === fingerprint) write(folder, file, fingerprint, value);
  return value;
}

/** `node_modules/.cache` of the project, where tools keep such things, else the person's own cache. */
function cacheFolder(root: string): string {
  const modules = path.join(root, 'node_modules');
  if (isWritable(modules)) return path.join(modules, '.cache', 'migrate-async');
  const caches = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
  return path.join(caches, 'migrate-async', 'results');
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}

function read<T>(file: string, fingerprint: string): T | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    const header = text.slice(0, text.indexOf('\n'));
    const body = text.slice(header.length + 1);
    if (header !== headerOf(fingerprint, body)) return undefined;
    const now = new Date();
    utimesSync(file, now, now);
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Says what the body is the answer to, and that it is all there. */
function headerOf(fingerprint: string, body: string): string {
  return `migrate-async 1 ${fingerprint} ${sha256(body)}`;
}

function write(folder: string, file: string, fingerprint: string, value: unknown): void {
  const body = JSON.stringify(value);
  const unfinished = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(unfinished, `${headerOf(fingerprint, body)}\n${body}`);
    renameSync(unfinished, file);
    makeRoom(folder);
  } catch {
    // A cache that cannot be written is no reason for a run to fail.
    removeIfThere(unfinished);
  }
}

function removeIfThere(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Where nothing could be written there is nothing to remove.
  }
}

/** Removes what was used longest ago. */
function makeRoom(folder: string): void {
  const kept = readdirSync(folder)
    .map((name) => ({ file: path.join(folder, name), stats: statSync(path.join(folder, name)) }))
    .sort((left, right) => right.stats.mtimeMs - left.stats.mtimeMs);
  let bytes = 0;
  for (const [index, { file, stats }] of kept.entries()) {
    bytes += stats.size;
    if (index > 0 && (index >= most.results || bytes > most.bytes)) removeIfThere(file);
  }
}

/** In a checkout the code changes without its version: its files count with their times. */
function ownCode(): readonly string[] {
  const top = new URL('../', import.meta.url);
  const isCheckout = statSync(new URL('bin/program.ts', top), { throwIfNoEntry: false }) !== undefined;
  if (!isCheckout) return [];
  return ['analyzer', 'bin', 'delivery', 'report', 'runtime', 'transforms'].flatMap((name) => {
    const folder = new URL(`${name}/`, top);
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(?:ts|json)$/.test(file) && !/(?:^|[\\/])(?:node_modules|dist)[\\/]/.test(file))
      .map((file) => `${file} ${statSync(new URL(file.split(path.sep).join('/'), folder)).mtimeMs}`)
      .sort();
  });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
