import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { WorkerReply, WorkerRequest } from './messages.ts';

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;
export type ThreadRequest = Unnumbered<WorkerRequest>;
type Answered = Extract<WorkerReply, { result: unknown }>;

/** A reply that says the request failed, with what the driver said about it. */
export class ThreadRequestError extends Error {
  readonly fields: object;
  readonly usable: boolean;

  constructor(fields: object, usable: boolean) {
    super((fields as { message?: string }).message ?? 'the request failed');
    this.fields = fields;
    this.usable = usable;
  }
}

interface Pending {
  resolve(reply: Answered): void;
  reject(error: Error): void;
}

/**
 * A worker thread, and the two ways to wait for it: blocking this thread (`request`) or not (`requestAsync`).
 * Requests are answered in the order they were made, whichever way each of them is waited for.
 */
export class Thread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #replies = new Int32Array(new SharedArrayBuffer(4));
  readonly #pending = new Map<number, Pending>();
  #requests = 0;
  #failure: Error | undefined;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#worker = new Worker(bootstrap(), {
      eval: true,
      // Nothing the application preloads may run in the worker: a module loader hook starts up with the help of the
      // main thread, which is blocked while it waits for the worker's first answer.
      execArgv: [],
      env: { ...process.env, NODE_OPTIONS: '' },
      workerData: { port: port2, replies: this.#replies.buffer },
      transferList: [port2],
    });
    this.#port.on('message', (reply: WorkerReply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('The bridge thread is gone.')));
    // A waiting thread must not keep a finished program alive; a pending request must.
    this.#port.unref();
    this.#worker.unref();
  }

  get usable(): boolean {
    return this.#failure === undefined;
  }

  /** Sends a request and holds this thread, event loop included, until it is answered. */
  request(request: ThreadRequest): Answered {
    if (this.#failure !== undefined) throw this.#failure;
    const id = this.#send(request);
    for (;;) {
      const seen = Atomics.load(this.#replies, 0);
      const received = receiveMessageOnPort(this.#port) as { message: WorkerReply } | undefined;
      if (received === undefined) {
        Atomics.wait(this.#replies, 0, seen);
      } else if (received.message.id === id) {
        return outcome(received.message);
      } else {
        this.#settle(received.message);
      }
    }
  }

  /** Sends a request; the event loop stays free. */
  requestAsync(request: ThreadRequest): Promise<Answered> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#send(request);
    return new Promise((resolve, reject) => {
      if (this.#pending.size === 0) this.#port.ref();
      this.#pending.set(id, { resolve, reject });
    });
  }

  /** Ends the thread. Its connections must be closed before: a thread that waits on a socket dies with it. */
  async terminate(): Promise<void> {
    this.#failure ??= new Error('The bridge thread is gone.');
    await this.#worker.terminate();
    this.#port.close();
  }

  #send(request: ThreadRequest): number {
    const id = ++this.#requests;
    this.#port.postMessage({ ...request, id });
    return id;
  }

  #settle(reply: WorkerReply): void {
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#port.unref();
    try {
      pending.resolve(outcome(reply));
    } catch (error) {
      pending.reject(error as Error);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
    this.#port.unref();
  }
}

function outcome(reply: WorkerReply): Answered {
  if ('error' in reply) throw new ThreadRequestError(reply.error, reply.usable);
  return reply;
}

/** First code of the worker. From TypeScript source it needs tsx, whose CommonJS hook needs no other thread. */
function bootstrap(): string {
  const here = fileURLToPath(import.meta.url);
  const quoted = (text: string) => JSON.stringify(text);
  if (!here.endsWith('.ts')) {
    const worker = pathToFileURL(path.join(path.dirname(here), 'worker.js')).href;
    return `const { pathToFileURL } = require('node:url');
      import(${quoted(worker)}).then(({ serve }) =>
        serve(require('node:worker_threads').workerData, (file) => import(pathToFileURL(file).href)));`;
  }
  const tsx = createRequire(here).resolve('tsx/cjs/api');
  return `require(${quoted(tsx)}).register();
    require(${quoted(path.join(path.dirname(here), 'worker.ts'))})
      .serve(require('node:worker_threads').workerData, async (file) => require(file));`;
}
