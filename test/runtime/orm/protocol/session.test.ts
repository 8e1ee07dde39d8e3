import { connect, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { DriverRequest, RawResult } from '../../../../runtime/bridge/messages.ts';
import { Outgoing } from '../../../../runtime/orm/protocol/outgoing.ts';
import { WireSession } from '../../../../runtime/orm/protocol/session.ts';
import { type TestDatabase, testDatabase } from '../../../support/database.ts';

// The session is compared with `pg`, which reads the same server by other means, behind a relay that cuts what the
// server sends wherever it likes.

let database: TestDatabase;
let reference: pg.Client;
let relay: Relay;
const opened: pg.Client[] = [];

beforeAll(async () => {
  database = await testDatabase();
  reference = new pg.Client({ connectionString: database.url });
  await reference.connect();
  await reference.query("SET TIME ZONE 'UTC'");
  relay = await Relay.start(database.url);
});
afterEach(async () => {
  for (const client of opened.splice(0)) await client.end();
});
afterAll(async () => {
  await relay.stop();
  await reference.end();
  await database.drop();
});

describe('rows', () => {
  test('values of every type arrive as pg reads them, wherever the stream is cut', async () => {
    const { session } = await open();
    await send(session, { text: "SET TIME ZONE 'UTC'", values: [] });
    await fc.assert(
      fc.asyncProperty(rowsOfAllTypes, fc.array(fc.integer({ min: 1, max: 700 })), async (rows, cuts) => {
        relay.cuts = cuts;
        const json = JSON.stringify(rows);
        const text = `SELECT ${columns.map(([name]) => name).join(', ')} FROM json_to_recordset($1) AS r (${columns
          .map(([name, type]) => `${name} ${type}`)
          .join(', ')})`;
        const expected = await reference.query({ text, values: [json], rowMode: 'array', types: asText });
        const result = await send(session, { text, values: [json], name: 'fuzz' });
        expect(result.rows).toEqual(expected.rows);
        expect(result.columns).toEqual(expected.fields.map((field) => field.name));
        expect(result.types).toEqual(expected.fields.map((field) => field.dataTypeID));
        expect(result.rowCount).toBe(expected.rowCount);
      }),
      { numRuns: 60, seed: 374 },
    );
  });

  test('a row larger than any buffer arrives whole', async () => {
    relay.cuts = [];
    const { session } = await open();
    const { rows } = await send(session, { text: "SELECT repeat('äx', 3000000), $1::text", values: ['end'] });
    expect(rows[0]?.[0]).toBe('äx'.repeat(3_000_000));
    expect(rows[0]?.[1]).toBe('end');
  });

  test('parameters may be text, bytes and null, of any length', async () => {
    const { session } = await open();
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 5000 }).filter((text) => !text.includes('\0')),
        fc.uint8Array({ maxLength: 5000 }),
        async (text, bytes) => {
          const { rows } = await send(session, {
            text: 'SELECT $1::text, $2::bytea, $3::text',
            values: [text, bytes, null],
            name: 'parameters',
          });
          expect(rows).toEqual([[text, `\\x${Buffer.from(bytes).toString('hex')}`, null]]);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  test.each([
    ['bytes', (size: number) => new Uint8Array(size)],
    ['text of three bytes a character', (size: number) => '語'.repeat(Math.floor(size / 3))],
  ])('a last parameter that fills the buffer (%s) leaves a whole message', (_what, made) => {
    // Beyond twice the first size the buffer is made as large as the value asks for.
    for (let size = 8_000; size < 20_000; size += 997) {
      const out = new Outgoing();
      out.bind('', [made(size)]);
      const message = out.take();
      expect(message.length).toBe(1 + message.readInt32BE(1));
      expect(message.readInt16BE(message.length - 2)).toBe(0);
    }
  });

  test('a result without columns and one without rows are told apart', async () => {
    const { session } = await open();
    expect((await send(session, { text: 'SELECT FROM generate_series(1, 3)', values: [] })).rows).toEqual([
      [],
      [],
      [],
    ]);
    const none = await send(session, { text: 'SELECT 1 AS one WHERE false', values: [] });
    expect([none.rows, none.columns, none.command, none.rowCount]).toEqual([[], ['one'], 'SELECT', 0]);
  });

  test('the names of columns are left out where they are not asked for', async () => {
    const { session } = await open();
    const request = { text: 'SELECT $1::int AS one', values: ['1'], name: 'plain', describe: false };
    const result = await send(session, request);
    expect([result.rows, result.columns]).toEqual([[['1']], []]);
  });
});

describe('commands', () => {
  test('tags are split into the command and its count', async () => {
    const { session } = await open();
    const commands = [
      ['CREATE TEMPORARY TABLE tagged (id integer)', 'CREATE TABLE', 0],
      ['INSERT INTO tagged VALUES (1), (2), (3)', 'INSERT', 3],
      ['UPDATE tagged SET id = id + 1 WHERE id < 3', 'UPDATE', 2],
      ['SELECT * FROM tagged', 'SELECT', 3],
      ['BEGIN', 'BEGIN', 0],
      ['SAVEPOINT s', 'SAVEPOINT', 0],
      ['COMMIT', 'COMMIT', 0],
      ['DELETE FROM tagged', 'DELETE', 3],
      ['', '', 0],
    ] as const;
    for (const [text, command, rowCount] of commands) {
      expect(await send(session, { text, values: [] })).toMatchObject({ command, rowCount });
    }
  });

  test('of several statements in one text the last one answers', async () => {
    const { session } = await open();
    const result = await send(session, { text: 'SELECT 1 AS a; SELECT 2 AS b, 3 AS c', values: [] });
    expect([result.rows, result.columns]).toEqual([[['2', '3']], ['b', 'c']]);
  });

  test('whether a transaction is open is known after each answer', async () => {
    const { session } = await open();
    expect(session.inTransaction).toBe(false);
    await send(session, { text: 'BEGIN', values: [] });
    expect(session.inTransaction).toBe(true);
    await expect(send(session, { text: 'SELECT 1/0', values: [] })).rejects.toThrow('division by zero');
    expect(session.inTransaction).toBe(true);
    await send(session, { text: 'ROLLBACK', values: [] });
    expect(session.inTransaction).toBe(false);
  });

  test('COPY is refused, and the connection goes on', async () => {
    const { session } = await open();
    await send(session, { text: 'CREATE TEMPORARY TABLE copied (id integer)', values: [] });
    await expect(send(session, { text: 'COPY copied FROM STDIN', values: [] })).rejects.toThrow(
      /COPY FROM STDIN/,
    );
    await send(session, { text: 'COPY copied TO STDOUT', values: [] });
    expect((await send(session, { text: 'SELECT 1', values: [] })).rows).toEqual([['1']]);
  });

  test('notices and notifications in between disturb nothing', async () => {
    const { session } = await open();
    await send(session, { text: 'LISTEN news', values: [] });
    await reference.query("NOTIFY news, 'something'");
    const result = await send(session, {
      text: "DO $$ BEGIN RAISE NOTICE 'note'; END $$; SELECT 5",
      values: [],
    });
    expect(result.rows).toEqual([['5']]);
  });
});

describe('requests sent before earlier ones are answered', () => {
  test('are answered in order, and an error ends with the request that made it', async () => {
    relay.cuts = [3, 50, 1, 9];
    const { session } = await open();
    const answers = await Promise.allSettled(
      Array.from({ length: 200 }, (_each, index) =>
        send(session, { text: 'SELECT 100 / $1::int', values: [String(index % 10)], name: 'pipeline' }),
      ),
    );
    for (const [index, answer] of answers.entries()) {
      if (index % 10 === 0) expect(answer).toMatchObject({ status: 'rejected', reason: { code: '22012' } });
      else
        expect(answer).toMatchObject({
          status: 'fulfilled',
          value: { rows: [[String(Math.trunc(100 / (index % 10)))]] },
        });
    }
    expect(session.pending).toBe(0);
  });

  test('a statement that cannot be parsed fails every time it is sent', async () => {
    const { session } = await open();
    const request = { text: 'SELECT nothing_there', values: [], name: 'wrong' };
    const answers = await Promise.allSettled([send(session, request), send(session, request)]);
    expect(answers.map((answer) => answer.status === 'rejected' && answer.reason.code)).toEqual([
      '42703',
      '42703',
    ]);
    await expect(send(session, request)).rejects.toMatchObject({ code: '42703' });
  });

  test('all fail when the connection breaks, each once, and so does whatever comes later', async () => {
    const { session } = await open();
    const running = [1, 2, 3].map(() => send(session, { text: 'SELECT pg_sleep(10)', values: [] }));
    relay.cut();
    for (const each of running) await expect(each).rejects.toThrow();
    expect(session.usable).toBe(false);
    await expect(send(session, { text: 'SELECT 1', values: [] })).rejects.toThrow('the connection is closed');
  });
});

describe('prepared statements', () => {
  test('are parsed once', async () => {
    const { session } = await open();
    for (let index = 0; index < 3; index += 1) {
      await send(session, { text: 'SELECT $1::int', values: ['1'], name: 'once' });
    }
    const { rows } = await send(session, { text: 'SELECT name FROM pg_prepared_statements', values: [] });
    expect(rows).toEqual([['once']]);
  });

  test('one that failed to run is not parsed again', async () => {
    const { session } = await open();
    const request = (divisor: string) => ({ text: 'SELECT 1 / $1::int', values: [divisor], name: 'kept' });
    await expect(send(session, request('0'))).rejects.toMatchObject({ code: '22012' });
    expect((await send(session, request('1'))).rows).toEqual([['1']]);
  });

  test('one the server forgot is sent again', async () => {
    const { session } = await open();
    const request = { text: 'SELECT $1::int', values: ['7'], name: 'forgotten' };
    await send(session, request);
    await send(session, { text: 'DEALLOCATE ALL', values: [] });
    expect((await send(session, request)).rows).toEqual([['7']]);
  });

  test('one the server forgot is sent again by each of the requests that were under way', async () => {
    const { session } = await open();
    const request = { text: 'SELECT $1::int', values: ['7'], name: 'forgotten' };
    await send(session, request);
    await send(session, { text: 'DEALLOCATE ALL', values: [] });
    for (let round = 0; round < 2; round += 1) {
      const answers = await Promise.all([1, 2, 3].map(() => send(session, request)));
      expect(answers.map(({ rows }) => rows)).toEqual([[['7']], [['7']], [['7']]]);
    }
  });

  test('one that no longer fits its table is parsed anew', async () => {
    const { session } = await open();
    await send(session, { text: 'CREATE TEMPORARY TABLE changing (a integer)', values: [] });
    await send(session, { text: 'INSERT INTO changing VALUES (1)', values: [] });
    const request = { text: 'SELECT * FROM changing', values: [], name: 'changing' };
    expect((await send(session, request)).rows).toEqual([['1']]);
    await send(session, { text: 'ALTER TABLE changing ADD b integer DEFAULT 2', values: [] });
    expect((await send(session, request)).rows).toEqual([['1', '2']]);
  });

  test('inside a transaction it fails once, for the transaction is lost, and works afterwards', async () => {
    const { session } = await open();
    const request = { text: 'SELECT $1::int', values: ['7'], name: 'inside' };
    await send(session, request);
    await send(session, { text: 'BEGIN', values: [] });
    await send(session, { text: 'DEALLOCATE ALL', values: [] });
    await expect(send(session, request)).rejects.toMatchObject({ code: '26000' });
    await send(session, { text: 'ROLLBACK', values: [] });
    expect((await send(session, request)).rows).toEqual([['7']]);
  });

  test('no more than five hundred are kept', async () => {
    const { session } = await open();
    for (let index = 0; index < 510; index += 1) {
      await send(session, { text: `SELECT ${index}`, values: [], name: `many${index}` });
    }
    const { rows } = await send(session, { text: 'SELECT count(*) FROM pg_prepared_statements', values: [] });
    expect(rows).toEqual([['500']]);
    expect((await send(session, { text: 'SELECT 0', values: [], name: 'many0' })).rows).toEqual([['0']]);
  });

  test('one that made room for a request that could not be sent is not taken for there', async () => {
    const { session } = await open();
    for (let index = 0; index < 500; index += 1) {
      await send(session, { text: `SELECT ${index}`, values: [], name: `full${index}` });
    }
    const wrong = { text: 'SELECT $1', values: [7 as unknown as string], name: 'wrong' };
    await expect(send(session, wrong)).rejects.toThrow(RangeError);
    expect((await send(session, { text: 'SELECT 0', values: [], name: 'full0' })).rows).toEqual([['0']]);
  });
});

test('errors carry what the server said', async () => {
  const { session } = await open();
  await send(session, {
    text: 'CREATE TEMPORARY TABLE strict (id integer CONSTRAINT small CHECK (id < 5))',
    values: [],
  });
  await expect(
    send(session, { text: 'INSERT INTO strict VALUES ($1)', values: ['9'] }),
  ).rejects.toMatchObject({
    code: '23514',
    constraint: 'small',
    table: 'strict',
    severity: 'ERROR',
    detail: 'Failing row contains (9).',
    message: 'new row for relation "strict" violates check constraint "small"',
  });
});

/** Name, type, and values as JSON gives them to the server. */
const columns = [
  ['whole', 'integer', fc.integer()],
  ['large', 'bigint', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)],
  ['exact', 'numeric', fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)],
  ['floating', 'double precision', fc.double().map(String)],
  ['yes', 'boolean', fc.boolean()],
  ['words', 'text', fc.string({ unit: 'grapheme', maxLength: 200 }).map((text) => text.replaceAll('\0', ''))],
  ['day', 'date', fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') })],
  [
    'moment',
    'timestamptz',
    fc.constantFrom(
      'infinity',
      '-infinity',
      '0044-03-15 12:00+00 BC',
      '12345-01-02 03:04:05.678901+00',
      '1999-12-31 23:59:59.9+05:30',
    ),
  ],
  ['list', 'integer[]', fc.constantFrom('{}', '{1,NULL,3}', '{{1,2},{3,4}}')],
  ['id', 'uuid', fc.uuid()],
] as const;
const rowsOfAllTypes = fc.array(
  fc.record(
    Object.fromEntries(columns.map(([name, , values]) => [name, fc.option(values as fc.Arbitrary<unknown>)])),
  ),
  { maxLength: 40 },
);
const asText = { getTypeParser: () => (text: string) => text };

async function open(): Promise<{ session: WireSession }> {
  const client = new pg.Client({ connectionString: relay.url });
  client.on('error', () => {});
  await client.connect();
  opened.push(client);
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  stream.removeAllListeners('data');
  return { session: new WireSession(stream) };
}

function send(session: WireSession, request: DriverRequest): Promise<RawResult> {
  return new Promise((resolve, reject) => {
    session.send(request, request.name, (error, result) =>
      result === undefined ? reject(error) : resolve(result),
    );
  });
}

/** Passes bytes on between a client and the server, in pieces of the sizes asked for. */
class Relay {
  /** Sizes of the next pieces, over and over; empty passes on what comes as it comes. */
  cuts: readonly number[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly url: string;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    const own = new URL(target);
    own.port = String((server.address() as { port: number }).port);
    own.hostname = '127.0.0.1';
    this.url = own.href;
    server.on('connection', (client) => {
      const upstream = connect(Number(target.port), target.hostname);
      for (const socket of [client, upstream]) {
        socket.setNoDelay(true);
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          client.destroy();
          upstream.destroy();
        });
      }
      client.on('data', (bytes) => upstream.write(bytes));
      upstream.on('data', (bytes) => {
        let at = 0;
        for (let index = 0; at < bytes.length; index += 1) {
          const size = this.cuts[index % Math.max(1, this.cuts.length)] ?? bytes.length;
          client.write(bytes.subarray(at, at + size));
          at += size;
        }
      });
    });
  }
  static async start(url: string): Promise<Relay> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Relay(server, new URL(url));
  }
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
