import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A server in a process of its own. */
export interface ServerProcess<Report = never> {
  readonly url: string;
  /** What the process reports since it was asked to `report` before; `look` lets that time go on. */
  ask(question?: 'report' | 'look'): Promise<Report>;
  stop(): Promise<void>;
}

/**
 * Starts a module that sends `{ url }` once it listens, and a report for every message it gets.
 *
 * @param module file in this folder, or the URL of one that was compiled
 * @throws Error when it ends before that, with its exit code
 */
export async function startProcess<Report>(
  module: string,
  args: readonly string[],
): Promise<ServerProcess<Report>> {
  const child = fork(fileURLToPath(new URL(module, import.meta.url)), args, {
    execArgv: module.endsWith('.ts') ? ['--conditions=source', '--import', 'tsx'] : [],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    // Ctrl-C is for whoever started it: it ends by losing its parent, or when it is stopped.
    detached: true,
  });
  const ended = once(child, 'exit');
  // Errors of requests are the answers' business.
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    words = (words + chunk).slice(-4000);
  });
  const lost = ended.then(() => Promise.reject(new Error(`${module} ended before it answered.\n${words}`)));
  lost.catch(() => undefined);
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (message: { url: string }) => resolve(message.url));
    child.once('exit', (code) =>
      reject(new Error(`${module} ended with ${code} before it listened.\n${words}`)),
    );
  });
  return {
    url,
    async ask(question = 'report') {
      const answered = once(child, 'message');
      child.send(question);
      const [report] = await Promise.race([answered, lost]);
      return report as Report;
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
