import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { startTimer } from '../timer.ts';
import type { ConnectionStatus, WorkerReply, WorkerRequest } from './messages.ts';
import { Patience } from './patience.ts';

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;
export type ThreadRequest = Unnumbered<WorkerRequest>;
type Answered = Extract<WorkerReply, { result: unknown }>;

/** A reply that says the request failed, with what the driver said about it. */
export class ThreadRequestError extends Error {
  readonly fields: object;
  readonly status: ConnectionStatus;

  constructor(fields: object, status: ConnectionStatus) {
    super((fields as { message?: string }).message ?? 'the request failed');
    this.fields = fields;
    this.status = status;
  }
}

interface Pending {
  resolve(reply: Answered): void;
  reject(error: Error): void;
}

/** Milliseconds that a blocked caller waits before it asks whether the thread still lives. */
const lifeSignInterval = 500;

/**
 * A worker thread, and the two ways to wait for it: blocking this thread (`request`) or not (`requestAsync`).
 * Requests are answered in the order they were made, whichever way each of them is waited for.
 */
export class Thread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #replies = new Int32Array(new SharedArrayBuffer(4));
  readonly #patience = new Patience();
  readonly #pending = new Map<number, Pending>();
  /** Open connections that no lane uses now, by what they are connected to. */
  readonly kept = new Map<object, number>();
  #requests = 0;
  #failure: Error | undefined;
  /** Whether the port says that its other side is there. */
  #portTells = false;

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
    this.#worker.on('exit', () => this.#fail(threadIsGone()));
    // A waiting thread must not keep a finished program alive; a pending request must.
    this.#keepAlive(false);
  }

  get usable(): boolean {
    return this.#failure === undefined;
  }

  /** Sends a request and holds this thread, event loop included, until it is answered. */
  request(request: ThreadRequest): Answered {
    if (this.#failure !== undefined) throw this.#failure;
    const id = this.#send(request);
    for (let silent = false; ; ) {
      const seen = Atomics.load(this.#replies, 0);
      const received = receiveMessageOnPort(this.#port) as { message: WorkerReply } | undefined;
      if (received === undefined) {
        if (silent && this.#isGone()) this.#fail(threadIsGone());
        if (this.#failure !== undefined) throw this.#failure;
        silent = !this.#patience.wait(this.#replies, seen, lifeSignInterval);
      } else if (received.message.id === id) {
        return outcome(received.message);
      } else {
        this.#settle(received.message);
        if (this.#failure !== undefined) throw this.#failure;
      }
    }
  }

  /** Sends a request; the event loop stays free. */
  requestAsync(request: ThreadRequest): Promise<Answered> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#send(request);
    return new Promise((resolve, reject) => {
      if (this.#pending.size === 0) this.#keepAlive(true);
      this.#pending.set(id, { resolve, reject });
    });
  }

  /**
   * Closes a connection once everything asked of it before is answered.
   *
   * @param timeout milliseconds to wait for that before the thread is ended with all it owns; without end when absent
   */
  async closeConnection(connection: number, timeout?: number): Promise<void> {
    const late = timeout === undefined ? undefined : startTimer(() => this.terminate(), timeout);
    try {
      await this.requestAsync({ kind: 'close', connection });
    } finally {
      clearTimeout(late);
    }
  }

  /** Ends the thread. Its connections must be closed before: a thread that waits on a socket dies with it. */
  async terminate(): Promise<void> {
    this.#failure ??= threadIsGone();
    await this.#worker.terminate();
    this.#port.close();
  }

  #send(request: ThreadRequest): number {
    const id = ++this.#requests;
    const told = post(this.#port, { ...request, id });
    this.#portTells ||= told;
    return id;
  }
  /**
   * Whether the thread ended, asked while this one is blocked: events of the worker, `exit` included, come later. A
   * thread that runs out of memory says nothing at its end, and whoever is blocked would wait for ever.
   */
  #isGone(): boolean {
    return this.#portTells && !post(this.#port, { id: 0, kind: 'lifeSign' });
  }

  #settle(reply: WorkerReply): void {
    if (reply.id === 0) this.#fail(new Error(failureText(reply)));
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#keepAlive(false);
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
    this.#keepAlive(false);
  }
  /** The worker, too: the port of one that dies closes first, and the program would end before it is told. */
  #keepAlive(pending: boolean): void {
    for (const each of [this.#port, this.#worker]) {
      if (pending) each.ref();
      else each.unref();
    }
  }
}

/**
 * Sends a message. Node tells whether the other side of the port is there, though its documentation does not say so
 * (`MessagePort::PostMessage` in src/node_messaging.cc; seen on 20, 22 and 24); where it tells nothing, nothing is
 * concluded from it.
 */
function post(port: MessagePort, request: WorkerRequest): boolean {
  return (port.postMessage(request) as unknown) === true;
}
function threadIsGone(): Error {
  return new Error('The bridge thread is gone.');
}
function outcome(reply: WorkerReply): Answered {
  if ('error' in reply) throw new ThreadRequestError(reply.error, reply);
  return reply;
}

function failureText(reply: WorkerReply): string {
  return 'error' in reply
    ? String((reply.error as { message?: unknown }).message)
    : 'The bridge thread failed.';
}

/** First code of the worker. From TypeScript source it needs tsx, whose CommonJS hook needs no other thread. */
function bootstrap(): string {
  const here = fileURLToPath(import.meta.url);
  const quoted = (text: string) => JSON.stringify(text);
  const file = path.join(path.dirname(here), `worker${path.extname(here)}`);
  const loading = here.endsWith('.ts')
    ? `require(${quoted(createRequire(here).resolve('tsx/cjs/api'))}).register();
       const load = async (file) => require(file);`
    : `const { pathToFileURL } = require('node:url');
       const load = (file) => import(pathToFileURL(file).href);`;
  return `const { workerData } = require('node:worker_threads');
    (async () => {
      ${loading}
      (await load(${quoted(file)})).serve(workerData, load);
    })().catch((error) => {
      const message = 'The bridge thread did not start: ' + error;
      workerData.port.postMessage({ id: 0, error: { message }, usable: false, inTransaction: false });
      const replies = new Int32Array(workerData.replies);
      Atomics.add(replies, 0, 1);
      Atomics.notify(replies, 0);
    });`;
}
