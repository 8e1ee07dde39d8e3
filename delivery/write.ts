import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setImmediate as signalsDelivered } from 'node:timers/promises';

/** A file to replace: what it must hold now and what it will hold. */
export interface Replacement {
  /** Absolute. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

export type WriteResult =
  | { readonly status: 'written' }
  | {
      readonly status: 'failed';
      readonly reason: 'changed-meanwhile' | 'not-utf8' | 'not-writable' | 'io-error' | 'unit';
      readonly message: string;
    };

interface Prepared {
  readonly path: string;
  readonly target: string;
  readonly temporary: string;
}

export interface ReplaceOptions {
  /** Asked before each replacement; once true, the files not yet replaced stay as they are. */
  readonly stopped?: () => boolean;
  /** Paths that are replaced together or not at all. */
  readonly units?: readonly (readonly string[])[];
}

/**
 * Replaces files so that each is at every moment either the old one or the new one, whatever happens.
 *
 * All new contents reach the disk before the first file is replaced, so what can fail has failed by then. Mode, owner and
 * the target of a symbolic link are kept.
 *
 * @returns one result per replacement that was tried, by path
 */
export async function replaceFiles(
  replacements: readonly Replacement[],
  { stopped = () => false, units = [] }: ReplaceOptions = {},
): Promise<ReadonlyMap<string, WriteResult>> {
  const results = new Map<string, WriteResult>();
  const prepared = new Map<string, Prepared>();
  for (const replacement of replacements) {
    await signalsDelivered();
    if (stopped()) break;
    const outcome = prepare(replacement);
    if ('status' in outcome) results.set(replacement.path, outcome);
    else prepared.set(replacement.path, outcome);
  }
  for (const unit of units) failTogether(unit, prepared, results);
  for (const group of groupsOf(prepared, units)) {
    await signalsDelivered();
    const halted = stopped();
    for (const { path, target, temporary } of group) {
      if (halted) rmSync(temporary, { force: true });
      else results.set(path, swap(target, temporary));
    }
  }
  return results;
}

/** Files in the groups that nothing may come between. */
function groupsOf(
  prepared: ReadonlyMap<string, Prepared>,
  units: readonly (readonly string[])[],
): readonly (readonly Prepared[])[] {
  const grouped = new Set(units.flat());
  const alone = [...prepared.values()].filter(({ path }) => !grouped.has(path)).map((file) => [file]);
  return [...units.map((unit) => unit.flatMap((path) => prepared.get(path) ?? [])), ...alone];
}

/** When one file of a unit cannot be replaced, none of them is. */
function failTogether(
  unit: readonly string[],
  prepared: Map<string, Prepared>,
  results: Map<string, WriteResult>,
): void {
  const failing = unit.find((path) => results.has(path));
  if (failing === undefined) return;
  for (const path of unit) {
    const own = prepared.get(path);
    if (own === undefined) continue;
    rmSync(own.temporary, { force: true });
    prepared.delete(path);
    results.set(path, failed('unit', `it belongs together with ${failing}, which cannot be written`));
  }
}

function prepare(replacement: Replacement): Prepared | WriteResult {
  try {
    const target = realpathSync(replacement.path);
    const { mode, uid, gid } = statSync(target);
    if (!isWritable(target, mode)) return failed('not-writable', 'the file is read-only');
    const onDisk = readFileSync(target);
    if (!onDisk.equals(Buffer.from(replacement.before, 'utf8')))
      return failed(...difference(onDisk, replacement.before));
    return {
      path: replacement.path,
      target,
      temporary: writeBeside(target, replacement.after, { mode, uid, gid }),
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return failed(
      code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'not-writable' : 'io-error',
      message,
    );
  }
}

/** Root may write anything, but a file without any write bit says that nobody should. */
function isWritable(target: string, mode: number): boolean {
  if ((mode & 0o222) === 0) return false;
  try {
    accessSync(target, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function difference(onDisk: Buffer, before: string): ['changed-meanwhile' | 'not-utf8', string] {
  return onDisk.toString('utf8') === before
    ? ['not-utf8', 'the file is not valid UTF-8']
    : ['changed-meanwhile', 'the file changed while it was being analysed'];
}

interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Puts the new contents on the disk next to the file they will replace, and says where. */
function writeBeside(target: string, text: string, { mode, uid, gid }: Ownership): string {
  const temporary = path.join(
    path.dirname(target),
    `.${path.basename(target)}.${randomBytes(4).toString('hex')}.tmp`,
  );
  try {
    writeDurably(temporary, text, mode);
    keepOwner(temporary, uid, gid);
    return temporary;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function writeDurably(file: string, text: string, mode: number): void {
  const descriptor = openSync(file, 'wx', mode);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  // The process's umask may have taken bits away on creation.
  chmodSync(file, mode);
}

function keepOwner(file: string, uid: number, gid: number): void {
  const own = statSync(file);
  if (own.uid !== uid || own.gid !== gid) chownSync(file, uid, gid);
}

function swap(target: string, temporary: string): WriteResult {
  try {
    renameSync(temporary, target);
    return { status: 'written' };
  } catch (error) {
    rmSync(temporary, { force: true });
    return failed('io-error', (error as Error).message);
  }
}

function failed(reason: (WriteResult & { status: 'failed' })['reason'], message: string): WriteResult {
  return { status: 'failed', reason, message };
}
