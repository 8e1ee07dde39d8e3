import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { toPosix } from '../analyzer/sources/file-list.ts';
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
    color: wantsColor(process.env, process.stdout.isTTY === true),
    top,
    displayPath: (file) => toPosix(path.relative(terminal.cwd, path.join(root, file))),
  };
}

/** `NO_COLOR` says no, `FORCE_COLOR` says yes, and otherwise it is for people at a terminal. */
function wantsColor({ NO_COLOR, FORCE_COLOR, TERM }: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0';
  return isTerminal && TERM !== 'dumb';
}

/** Files from which a run takes long enough that a person wants to hear what it does. */
const manyFiles = 500;

/** Says that a long run has begun. */
export function announce(terminal: Terminal, files: number): void {
  if (files >= manyFiles) terminal.progress(`Reading ${files} files…`);
}
