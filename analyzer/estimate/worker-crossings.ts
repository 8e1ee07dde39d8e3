import { Worker } from 'node:worker_threads';
import type { Crossings } from './calibration.ts';

// What any bridge onto a thread costs at least: a message there, a structured clone back. Plain JavaScript as text,
// because the worker must start from a source file and from a published package alike.
const source = `
  const { parentPort } = require('node:worker_threads');
  const row = (id) => ({ id, title: 'a title of usual length', body: 'x'.repeat(80), at: new Date(0), open: true });
  parentPort.on('message', ({ id, rows, work }) => {
    const until = performance.now() + work;
    while (performance.now() < until);
    parentPort.postMessage({ id, rows: Array.from({ length: rows }, (_, index) => row(index)) });
  });
`;

/** Crossings onto one worker thread, as the runtime's lane is one. `close` ends the thread. */
export function workerCrossings(): Crossings & { close(): Promise<void> } {
  const worker = new Worker(source, { eval: true });
  const waiting = new Map<number, (answer: unknown) => void>();
  let next = 0;
  worker.on('message', (answer: { readonly id: number }) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  const cross = (rows: number, work: number) =>
    new Promise((resolve) => {
      const id = next++;
      waiting.set(id, resolve);
      worker.postMessage({ id, rows, work });
    });
  return {
    empty: () => cross(0, 0),
    rows: (count) => cross(count, 0),
    work: (milliseconds) => cross(0, milliseconds),
    async close() {
      await worker.terminate();
    },
  };
}
