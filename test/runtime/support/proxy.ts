import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What becomes of a piece of traffic: passed on, taken apart, swallowed, cut short, or answered with a broken connection. */
export type Verdict =
  | 'pieces'
  | 'pass'
  | 'drop'
  | 'reset'
  | { readonly first: number }
  | { readonly after: Promise<void> };
export type Direction = 'toServer' | 'toClient';
/** Decides on each piece of traffic, in the order it arrives. */
export type Rule = (direction: Direction, data: Buffer) => Verdict;

/** A TCP proxy in front of a server, whose network can be made to fail at will. */
export interface NetworkProxy {
  /** The given URL, with the proxy's address. */
  readonly url: string;
  readonly connections: number;
  /** Replaces the rule; the default passes everything. */
  rule: Rule;
  /** Resets every connection. */
  reset(): void;
  close(): Promise<void>;
}

const pass: Rule = () => 'pass';

/** Starts a proxy in front of the server that `url` names. */
export async function startProxy(url: string): Promise<NetworkProxy> {
  const target = new URL(url);
  const pairs = new Set<readonly [client: Socket, server: Socket]>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    forward(client, upstream, 'toServer');
    forward(upstream, client, 'toClient');
  });
  function forward(from: Socket, to: Socket, direction: Direction): void {
    let tail = Promise.resolve();
    const inOrder = (work: () => void | Promise<void>) => {
      tail = tail.then(work);
    };
    from.on('data', (data) => {
      const verdict = proxy.rule(direction, data);
      if (verdict === 'drop') return;
      if (verdict === 'reset') return broken(from, to);
      if (verdict === 'pieces') return inOrder(() => inPieces(to, data));
      if (verdict === 'pass') return inOrder(() => void to.write(data));
      if ('after' in verdict) {
        tail = tail.then(() => verdict.after);
        return inOrder(() => void to.write(data));
      }
      inOrder(() => void to.write(data.subarray(0, verdict.first), () => broken(from, to)));
    });
    from.on('error', () => to.destroy());
    from.on('end', () => inOrder(() => void to.end()));
    from.on('close', () => {
      inOrder(() => void to.destroy());
      for (const pair of pairs) if (pair.includes(from)) pairs.delete(pair);
    });
  }
  /** One byte at a time, each in a packet of its own as far as the system lets us. */
  async function inPieces(to: Socket, data: Buffer): Promise<void> {
    to.setNoDelay(true);
    for (const byte of data) await new Promise<void>((resolve) => to.write(Buffer.of(byte), () => resolve()));
  }
  function broken(...sockets: readonly Socket[]): void {
    for (const socket of sockets) socket.resetAndDestroy();
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = new URL(url);
  address.hostname = '127.0.0.1';
  address.port = String((server.address() as AddressInfo).port);
  const proxy: NetworkProxy = {
    url: address.href,
    rule: pass,
    get connections() {
      return pairs.size;
    },
    reset() {
      for (const pair of [...pairs]) broken(...pair);
    },
    async close() {
      server.close();
      for (const pair of [...pairs]) broken(...pair);
      await once(server, 'close').catch(() => undefined);
    },
  };
  return proxy;
}

/** Lets everything pass until a piece of traffic that holds `text`, and decides on that one, once. */
export function at(direction: Direction, text: string, verdict: Verdict, afterwards: Rule = pass): Rule {
  let met = false;
  return (towards, data) => {
    if (met) return afterwards(towards, data);
    if (towards !== direction || !data.includes(text)) return 'pass';
    met = true;
    return verdict;
  };
}
