import type pg from 'pg';
import { connectionClosed, type DriverRequest, type RawRow } from '../../../bridge/messages.ts';
import type { PostgresqlSession, SessionCallback } from './driver.ts';

/** Values stay the text they came as. */
const asText = { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig;

/** The protocol as `pg` speaks it: one statement at a time, every result described. What the own session is held against. */
export class ClientSession implements PostgresqlSession {
  readonly #client: pg.Client;
  #usable = true;

  /** @param client connected */
  constructor(client: pg.Client) {
    this.#client = client;
    const broken = () => {
      this.#usable = false;
    };
    // 'error' comes at once and 'end' when the socket is closed, which may be a turn of the event loop later.
    client.once('error', broken);
    client.once('end', broken);
  }

  get usable(): boolean {
    return this.#usable;
  }
  get inTransaction(): boolean {
    const status = (
      this.#client as unknown as { getTransactionStatus(): string | null }
    ).getTransactionStatus();
    return status === 'T' || status === 'E';
  }

  send({ text, values }: DriverRequest, name: string | undefined, done: SessionCallback): void {
    if (!this.#usable) {
      done(new Error(connectionClosed), undefined);
      return;
    }
    const query = {
      text,
      ...(name === undefined ? {} : { name }),
      ...(values.length === 0 ? {} : { values: [...values] }),
      rowMode: 'array' as const,
      types: asText,
    };
    this.#client.query<(string | null)[]>(query).then(
      (answer) => {
        // Several statements in one text have several answers, of which the last counts.
        const results = [answer].flat();
        const last = results.at(-1) as pg.QueryArrayResult<(string | null)[]>;
        done(undefined, {
          command: last.command ?? '',
          rowCount: last.rowCount ?? 0,
          rows: last.rows as readonly RawRow[],
          columns: last.fields.map((field) => field.name),
          types: last.fields.map((field) => field.dataTypeID),
        });
      },
      (error: Error) => done(error, undefined),
    );
  }
}
