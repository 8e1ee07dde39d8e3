import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import type { Span } from '../analyzer/traces/index.ts';
import { UsageError } from './exit-code.ts';

/** A file of traces that is there; what is in it is read on demand. */
export interface TraceFile {
  /** As the person wrote it. */
  readonly name: string;
  /** SHA-256 of the file: what an answer that is kept depends on. */
  readonly digest: string;
  /** @param complain is told what had to be left out */
  spans(complain: (message: string) => void): Promise<readonly Span[]>;
}

/** How much smaller compression may have made a file: spans repeat themselves. */
const mostShrunk = 50;

/** Above this many bytes a file is read line by line: no text can hold what is twice as long. */
const longestText = 256 * 1024 * 1024;

/**
 * A trace file as it lies on disk, compressed or not.
 * @throws UsageError when it cannot be read
 */
export async function traceFile(name: string, cwd: string): Promise<TraceFile> {
  const file = path.resolve(cwd, name);
  return readable(name, async () => {
    const digest = createHash('sha256');
    for await (const piece of createReadStream(file)) digest.update(piece);
    return {
      name,
      digest: digest.digest('hex'),
      spans: (complain) => readable(name, () => spansIn(name, file, complain)),
    };
  });
}

async function spansIn(
  name: string,
  file: string,
  complain: (message: string) => void,
): Promise<readonly Span[]> {
  const { readTraces, TraceError, TraceLines } = await import('../analyzer/traces/index.ts');
  const compressed = isCompressed(file);
  try {
    if (statSync(file).size * (compressed ? mostShrunk : 1) <= longestText) {
      const content = readFileSync(file);
      return readTraces(name, (compressed ? gunzipSync(content) : content).toString('utf8'), complain);
    }
    const reader = new TraceLines(name);
    const spans: Span[] = [];
    const plain = createReadStream(file);
    for await (const line of linesOf(compressed ? plain.pipe(createGunzip()) : plain)) {
      for (const span of reader.line(line)) spans.push(span);
    }
    reader.end(complain);
    return spans;
  } catch (error) {
    if (error instanceof TraceError) throw new UsageError(error.message);
    throw error;
  }
}

function linesOf(input: Readable): AsyncIterable<string> {
  return createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}

/** By the first two bytes, whatever it is called. */
function isCompressed(file: string): boolean {
  const start = Buffer.alloc(2);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, start, 0, 2, 0);
  } finally {
    closeSync(handle);
  }
  return start[0] === 0x1f && start[1] === 0x8b;
}

async function readable<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${name} cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}.`);
  }
}
