import { frameworks } from '../analyzer/handlers/registry.ts';
import { codes, hints, transforms } from '../transforms/index.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** `migrate-async list`: the frameworks whose handlers are found and the codes that reports may hold. */
export function listKnown(terminal: Terminal): ExitCode {
  const rows = [...codes, ...hints].map(
    ({ code, name, summary }) => `  ${code}  ${name.padEnd(26)}  ${summary}`,
  );
  const names = transforms.map(({ name, description }) => `  ${name.padEnd(16)}  ${description}`);
  terminal.print(
    `Transforms\n${names.join('\n')}\n\nFrameworks\n  ${frameworks.map(({ name }) => name).join(', ')}\n\nCodes\n${rows.join('\n')}\n`,
  );
  return exitCode.done;
}
