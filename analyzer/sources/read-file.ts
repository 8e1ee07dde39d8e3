import { readFileSync, type Stats, statSync } from 'node:fs';

/** What a path that leads nowhere fails with; one below a file (`app.ts/package.json`) with ENOTDIR. */
const leadsNowhere = /^(?:ENOENT|EISDIR|ENOTDIR|ELOOP|ENAMETOOLONG)$/;

/**
 * What stands at a path.
 * @returns `undefined` when nothing does
 * @throws the error of the system when that cannot be told
 */
export function statsOf(absolute: string): Stats | undefined {
  try {
    return statSync(absolute, { throwIfNoEntry: false });
  } catch (error) {
    if (leadsNowhere.test((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/**
 * What a file holds.
 * @returns `undefined` when there is none, or something that is no file: a pipe would be waited for without end
 * @throws the error of the system when it is there and may not be read
 */
export function readIfFile(absolute: string): Buffer | undefined {
  try {
    return statsOf(absolute)?.isFile() ? readFileSync(absolute) : undefined;
  } catch (error) {
    if (leadsNowhere.test((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** The text of a file that is read for what it may add; empty when it cannot be read. */
export function textIfFile(absolute: string): string {
  try {
    return readIfFile(absolute)?.toString('utf8') ?? '';
  } catch {
    return '';
  }
}
