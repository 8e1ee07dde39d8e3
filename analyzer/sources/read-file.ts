import { readFileSync, statSync } from 'node:fs';

/**
 * What a file holds.
 * @returns `undefined` when there is none, or something that is no file: a pipe would be waited for without end
 * @throws the error of the system when it is there and may not be read
 */
export function readIfFile(absolute: string): Buffer | undefined {
  try {
    return statSync(absolute, { throwIfNoEntry: false })?.isFile() ? readFileSync(absolute) : undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (/^(?:ENOENT|EISDIR|ENOTDIR|ELOOP|ENAMETOOLONG)$/.test(code ?? '')) return undefined;
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
