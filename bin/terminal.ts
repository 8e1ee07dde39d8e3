import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import pc from 'picocolors';
import type { TerminalOptions } from '../report/index.ts';

/** Where a command reads from and writes to: the process, or what a test gives. */
export interface Terminal {
  readonly cwd: string;
  /** All of standard input. */
  input(): Promise<Buffer>;
  /** Results, and nothing else. */
  print(text: string): void;
  /** Notes and errors. */
  complain(text: string): void;
  /** What is going on, for a person who waits; nobody else sees it. */
  progress(text: string): void;
}

export const processTerminal: Terminal = {
  cwd: process.cwd(),
  input: () => buffer(process.stdin),
  print: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(`migrate-async: ${text}\n`),
  progress: (text) => {
    if (process.stderr.isTTY) process.stderr.write(`${text}\n`);
  },
};

/** How to print a report whose paths are relative to `root`. */
export function terminalOptions(terminal: Terminal, root: string, top: number): TerminalOptions {
  return {
    color: pc.isColorSupported && process.stdout.isTTY === true,
    top,
    displayPath: (file) => path.relative(terminal.cwd, path.join(root, file)).split(path.sep).join('/'),
  };
}

/** Files from which a run takes long enough that a person wants to hear what it does. */
const manyFiles = 500;

/** Says that a long run has begun. */
export function announce(terminal: Terminal, files: number): void {
  if (files >= manyFiles) terminal.progress(`Reading ${files} files…`);
}
