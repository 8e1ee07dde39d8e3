import pg from 'pg';

/** The undocumented part of pg that sends a CancelRequest; `Client.cancel` is a wrapper around it. */
interface CancelConnection {
  readonly stream: { destroy(): void };
  once(event: 'connect' | 'sslconnect' | 'end' | 'error', listener: () => void): void;
  connect(portOrPath: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processID: number, secretKey: number): void;
}
interface ConnectedClient {
  readonly processID: number;
  readonly secretKey: number;
  readonly sslNegotiation?: string;
}

/**
 * Asks the server, over a socket of its own, to give up what `client` runs.
 *
 * The answer is that the server closes that socket, which it does after it has sent the signal. Whoever uses the
 * connection again before that risks that the signal strikes the next statement (libpq's PQcancel waits likewise).
 *
 * @returns resolved when the server has acted, or when it could not be reached
 */
export function requestCancel(client: pg.Client, signal: AbortSignal): Promise<void> {
  const { processID, secretKey, sslNegotiation } = client as unknown as ConnectedClient;
  const { host, port, ssl } = client;
  const helper = new pg.Client({
    host,
    port,
    ssl,
    ...(sslNegotiation === 'direct' ? { sslnegotiation: sslNegotiation } : {}),
  });
  const { connection } = helper as unknown as { connection: CancelConnection };
  return new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    };
    const giveUp = () => connection.stream.destroy();
    const send = () => connection.cancel(processID, secretKey);
    connection.once('connect', () => {
      if (!ssl) send();
      else if (sslNegotiation !== 'direct') connection.requestSsl();
    });
    connection.once('sslconnect', send);
    connection.once('error', done);
    connection.once('end', done);
    signal.addEventListener('abort', giveUp, { once: true });
    if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
    else connection.connect(port, host);
  });
}
