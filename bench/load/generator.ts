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

/** What callers saw who ask again as soon as they have their answer. */
export interface Sustained {
  /** Milliseconds, one per answer so far. */
  readonly latencies: readonly number[];
  /** Requests with another status than expected, or without an answer in time; they are not among the latencies. */
  readonly failed: number;
  /** Milliseconds since the first question. */
  readonly duration: number;
}

/**
 * So many callers ask, each at least once, and again as soon as it has its answer.
 *
 * @param next the next request; every one is sent once
 * @param callers requests in flight
 * @param duration milliseconds after which nobody asks any more
 * @param grace milliseconds after that in which the last answers may come
 * @param seen told what was seen so far, four times a second
 */
export async function sustain(
  url: string,
  next: () => Call,
  {
    callers,
    duration,
    grace,
  }: { readonly callers: number; readonly duration: number; readonly grace: number },
  seen: (so: Sustained) => void = () => {},
): Promise<Sustained> {
  const agent = new Agent({ keepAlive: true });
  const latencies: number[] = [];
  const begun = performance.now();
  let failed = 0;
  const sofar = () => ({ latencies, failed, duration: performance.now() - begun });
  const ticker = setInterval(() => seen(sofar()), 250);
  // Without its sockets, whatever is still asked fails.
  const late = setTimeout(() => agent.destroy(), duration + grace);
  const caller = async () => {
    do {
      const [call, asked] = [next(), performance.now()];
      const answer = await send(agent, url, call).catch(() => undefined);
      if (answer?.status === call.status) latencies.push(performance.now() - asked);
      else failed += 1;
    } while (performance.now() - begun < duration);
  };
  try {
    await Promise.all(Array.from({ length: callers }, caller));
    return sofar();
  } finally {
    clearInterval(ticker);
    clearTimeout(late);
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

/** @returns status and body of the answer to one request */
export function send(
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
