import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from './requests.ts';

export interface Load {
  readonly rate: number;
  readonly count: number;
  readonly atOnce: number;
}

/**
 * Sends requests at even distances, however long the answers take, and waits for all of them.
 * @param next the next request; every one is sent once
 * @param rate requests a second
 * @param atOnce requests the server is given at a time; the others wait for their turn, and the wait counts
 * @returns milliseconds from sending to the end of the answer, one per request
 * @throws Error when an answer has an unexpected status: a window of errors measures nothing
 */
export async function generate(
  url: string,
  next: () => Call,
  { rate, count, atOnce }: Load,
): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const begun = performance.now();
  const sent: Promise<number>[] = [];
  try {
    for (let index = 0; index < count; index++) {
      await sleep(Math.max(0, begun + (1000 * index) / rate - performance.now()));
      sent.push(timed(agent, url, next()));
    }
    return await Promise.all(sent);
  } finally {
    await Promise.allSettled(sent);
    agent.destroy();
  }
}

async function timed(agent: Agent, url: string, call: Call): Promise<number> {
  const asked = performance.now();
  const { status, body } = await send(agent, url, call);
  if (status !== call.status)
    throw new Error(`${call.method} ${call.path}: ${status} instead of ${call.status}\n${body}`);
  return performance.now() - asked;
}

function send(
  agent: Agent,
  url: string,
  { method, path, headers, body }: Call,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const sent = request(
      `${url}${path}`,
      { method, headers: { ...headers, ...length }, agent },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('error', reject);
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}
