import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Times a warm editor takes to offer names inside `filter({ … })`, each after a key press, in milliseconds. */
export async function completionTimes(compiler: string, folder: string, times: number): Promise<number[]> {
  const server = new EditorServer(compiler);
  try {
    const file = path.join(folder, 'program.ts');
    const text = readFileSync(file, 'utf8');
    await server.request('open', { file, fileContent: text });
    const lines = text.split('\n');
    const last = lines.length;
    const measured: number[] = [];
    for (let time = -1; time < times; time++) {
      // A fresh call at the end of the file, as if it were being written.
      const before = `M${(time + 1) % 30}.objects.filter({ `;
      const end = time === -1 ? 1 : (lines[last - 1]?.length ?? 0) + 1;
      const inserted = `${before} });`;
      server.notify('change', {
        file,
        line: last,
        offset: 1,
        endLine: last,
        endOffset: end,
        insertString: inserted,
      });
      lines[last - 1] = inserted;
      const started = performance.now();
      const answer = await server.request('completionInfo', { file, line: last, offset: before.length + 1 });
      const took = performance.now() - started;
      const names = (answer as { entries: { name: string }[] }).entries.map(({ name }) => name);
      for (const wanted of ['title', 'pages__gte', 'first__title']) {
        if (!names.includes(wanted)) throw new Error(`completion does not offer ${wanted}`);
      }
      // The first one pays for checking the file, as opening it in an editor does.
      if (time >= 0) measured.push(took);
    }
    return measured;
  } finally {
    server.end();
  }
}

/** TypeScript's own editor server, spoken to over its standard streams. */
class EditorServer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, (body: unknown) => void>();
  #sequence = 0;
  #received = '';

  constructor(compiler: string) {
    this.#process = spawn(process.execPath, [
      path.join(compiler, 'lib/tsserver.js'),
      '--disableAutomaticTypingAcquisition',
    ]);
    this.#process.stdout.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk));
  }
  notify(command: string, parameters: object): void {
    this.#send(command, parameters);
  }
  /** Resolves with the answer's body; `open` has none and is followed by a question that does. */
  request(command: string, parameters: object): Promise<unknown> {
    const asked = this.#send(command, parameters);
    const sequence = command === 'open' ? this.#send('status', {}) : asked;
    return new Promise((resolve) => this.#waiting.set(sequence, resolve));
  }
  end(): void {
    this.#process.kill();
  }

  #send(command: string, parameters: object): number {
    const seq = ++this.#sequence;
    this.#process.stdin.write(
      `${JSON.stringify({ seq, type: 'request', command, arguments: parameters })}\n`,
    );
    return seq;
  }
  /** Messages stand on lines of their own, between headers. */
  #take(chunk: string): void {
    this.#received += chunk;
    const lines = this.#received.split('\n');
    this.#received = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('{')) continue;
      const message = JSON.parse(line) as { type: string; request_seq?: number; body?: unknown };
      if (message.type !== 'response' || message.request_seq === undefined) continue;
      this.#waiting.get(message.request_seq)?.(message.body);
      this.#waiting.delete(message.request_seq);
    }
  }
}
