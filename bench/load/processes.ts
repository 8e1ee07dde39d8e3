import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A server in a process of its own. */
export interface ServerProcess<Report = never> {
  readonly url: string;
  /** What the process reports since it was asked before. */
  ask(): Promise<Report>;
  stop(): Promise<void>;
}

/**
 * Starts a module of this folder that sends `{ url }` once it listens, and a report for every message it gets.
 * @throws Error when it ends before that, with its exit code
 */
export async function startProcess<Report>(
  module: string,
  args: readonly string[],
): Promise<ServerProcess<Report>> {
  const child = fork(fileURLToPath(new URL(module, import.meta.url)), args, {
    execArgv: ['--conditions=source', '--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (message: { url: string }) => resolve(message.url));
    child.once('exit', (code) => reject(new Error(`${module} ended with ${code} before it listened.`)));
  });
  return {
    url,
    async ask() {
      const answered = once(child, 'message');
      child.send('report');
      const [report] = await answered;
      return report as Report;
    },
    async stop() {
      child.disconnect();
      await ended;
    },
  };
}
