import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import {
  connectionClosed,
  type DriverRequest,
  type RawResult,
  type ServiceTime,
} from '../../bridge/messages.ts';
import { Incoming } from './incoming.ts';
import { Outgoing } from './outgoing.ts';
import { WireResult } from './result.ts';
import { WireRows } from './rows.ts';
import { type ServerError, serverError } from './server-error.ts';

/** The connection broke while a request waited behind another: if it only reads, it can be sent elsewhere. */
export class StillWaitingError extends Error {}

/** Told once how a request ended. */
export type WireCallback = (error: Error | undefined, result: RawResult | undefined) => void;

/** Prepared statements one connection keeps; beyond it the one unused longest is closed. */
const statementLimit = 500;

/** A request on its way, and what has come back so far. */
class Exchange extends WireResult {
  readonly request: DriverRequest;
  readonly name: string | undefined;
  readonly done: WireCallback;
  /** True while the statement it names was sent to be parsed and the server has not said that it was. */
  parsing = false;
  /** True after it was sent again because the server had lost the statement. */
  repeated = false;
  /** When it was sent, for statements whose time is kept; milliseconds as of `performance.now`. */
  sent = 0;
  error: ServerError | undefined;

  constructor(request: DriverRequest, name: string | undefined, done: WireCallback) {
    super();
    this.request = request;
    this.name = name;
    this.done = done;
  }
}

/**
 * Speaks the extended query protocol on a socket that is connected and authenticated. Requests may be sent before
 * earlier ones are answered: each ends with a Sync of its own, so an error ends with the request that made it.
 */
export class WireSession {
  readonly #socket: Socket;
  readonly #outgoing = new Outgoing();
  readonly #incoming: Incoming;
  /** Requests that were sent and not answered, oldest first. */
  readonly #inFlight: Exchange[] = [];
  #head = 0;
  /** Statements the server has, in the order of their last use. */
  readonly #statements = new Map<string, true>();
  #status = 0x49;
  /** When the last request was answered. */
  #answeredAt = 0;
  #flushing = false;
  #closed: Error | undefined;

  /** @param socket connected, authenticated, and read by nobody else */
  constructor(socket: Socket) {
    this.#socket = socket;
    this.#incoming = new Incoming((type, bytes, start, end) => this.#receive(type, bytes, start, end));
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#incoming.feed(chunk);
      } catch (error) {
        // What cannot be understood leaves the connection in an unknown state.
        socket.destroy(error as Error);
        this.#end(error as Error);
      }
    });
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new Error('Connection terminated unexpectedly')));
  }

  /** Requests that are not answered yet. */
  get pending(): number {
    return this.#inFlight.length - this.#head;
  }
  /** True when the last answer said that a transaction is open. */
  get inTransaction(): boolean {
    return this.#status !== 0x49;
  }
  get usable(): boolean {
    return this.#closed === undefined;
  }

  /**
   * Sends a request; everything that is sent in the same turn of the event loop goes out in one write, at its end.
   *
   * @param name where the server keeps the parsed statement; undefined to have it parsed for this one time
   */
  send(request: DriverRequest, name: string | undefined, done: WireCallback): void {
    if (this.#closed !== undefined) {
      done(new Error(connectionClosed), undefined);
      return;
    }
    this.#write(new Exchange(request, name, done));
  }

  #write(exchange: Exchange): void {
    const { name } = exchange;
    // Before the mark: what is closed here stays closed, even when nothing of the request is sent.
    if (name !== undefined && !this.#statements.has(name)) this.#makeRoom();
    const mark = this.#outgoing.length;
    try {
      this.#encode(exchange);
    } catch (error) {
      // Half a message would make the rest unreadable: nothing of this request is sent.
      this.#outgoing.rewind(mark);
      if (exchange.parsing && name !== undefined) this.#statements.delete(name);
      exchange.done(error as Error, undefined);
      return;
    }
    if (exchange.request.service !== undefined) exchange.sent = performance.now();
    this.#inFlight.push(exchange);
    if (this.#flushing) return;
    this.#flushing = true;
    whenPolled(flush, this);
  }
  #encode(exchange: Exchange): void {
    const { name } = exchange;
    const { text, values, describe } = exchange.request;
    const out = this.#outgoing;
    if (name === undefined && values.length === 0) {
      out.query(text);
      return;
    }
    if (name === undefined) {
      out.parse('', text);
    } else if (this.#statements.has(name)) {
      this.#statements.delete(name);
      this.#statements.set(name, true);
    } else {
      exchange.parsing = true;
      this.#statements.set(name, true);
      out.parse(name, text);
    }
    out.bind(name ?? '', values);
    if (describe !== false) out.describePortal();
    out.execute();
    out.sync();
  }
  /** Not meant to be called from outside: writes what was collected. */
  flushNow(): void {
    this.#flushing = false;
    if (this.#outgoing.length === 0 || this.#closed !== undefined) return;
    this.#socket.write(this.#outgoing.take());
    // Nearly always the kernel has taken it all at once; a socket that still waits for that goes on reading the bytes.
    if (this.#socket.writableLength > 0) this.#outgoing.giveAway();
  }
  #makeRoom(): void {
    if (this.#statements.size < statementLimit) return;
    for (const [oldest] of this.#statements) {
      this.#statements.delete(oldest);
      this.#outgoing.closeStatement(oldest);
      return;
    }
  }

  #receive(type: number, bytes: Buffer, start: number, end: number): void {
    const exchange = this.#inFlight[this.#head];
    switch (type) {
      case 0x44: // DataRow
        exchange?.wire.add(bytes, start, end);
        return;
      case 0x43: // CommandComplete
        if (exchange !== undefined) readTag(exchange, bytes, start, end);
        return;
      case 0x5a: // ReadyForQuery
        this.#status = bytes[start] as number;
        if (exchange !== undefined) this.#answered(exchange);
        return;
      case 0x31: // ParseComplete
        if (exchange !== undefined) exchange.parsing = false;
        return;
      case 0x54: // RowDescription
        if (exchange === undefined) return;
        // A simple query of several statements describes each; the last one counts.
        exchange.wire = new WireRows();
        describeColumns(exchange, bytes, start);
        return;
      case 0x45: // ErrorResponse
        this.#failed(exchange, serverError(bytes, start, end));
        return;
      case 0x47: // CopyInResponse
        this.#outgoing.copyFail('COPY FROM STDIN is not offered here');
        this.flushNow();
        return;
      default:
        // BindComplete, NoData, notices, notifications, settings: nothing to do.
        return;
    }
  }

  #failed(exchange: Exchange | undefined, error: ServerError): void {
    // Without a request it is the server's farewell: it is about to close the connection.
    if (exchange === undefined) {
      this.#end(error);
      return;
    }
    exchange.error ??= error;
    if (exchange.parsing && exchange.name !== undefined) this.#statements.delete(exchange.name);
    // After FATAL nothing follows, not even for the requests behind this one.
    if (error.severity === 'FATAL' || error.severity === 'PANIC') this.#end(error);
  }

  #answered(exchange: Exchange): void {
    this.#shift();
    const { error } = exchange;
    const { service } = exchange.request;
    if (service !== undefined) this.#keepTime(service, exchange.sent);
    if (error === undefined) {
      exchange.done(undefined, exchange);
    } else if (this.#lostStatement(exchange, error)) {
      exchange.repeated = true;
      exchange.error = undefined;
      exchange.wire = new WireRows();
      this.#write(exchange);
    } else exchange.done(error, undefined);
  }
  /** The server began with a request when it had answered the one before. Slow ones are more often our own fault. */
  #keepTime(service: ServiceTime, sent: number): void {
    const now = performance.now();
    const took = now - Math.max(sent, this.#answeredAt);
    this.#answeredAt = now;
    const { typical } = service;
    service.typical = took < typical ? took : typical + (took - typical) * 0.05;
  }
  /**
   * True when the statement failed before it ran because what was prepared is gone or no longer fits the tables
   * (DEALLOCATE, DISCARD, ALTER TABLE). Outside a transaction it can be sent again.
   */
  #lostStatement(exchange: Exchange, error: ServerError): boolean {
    const { name } = exchange;
    if (name === undefined) return false;
    const gone = error.code === '26000';
    const outdated = error.code === '0A000' && error.routine === 'RevalidateCachedQuery';
    if (!gone && !outdated) return false;
    this.#statements.delete(name);
    // One the server forgot, too: a request in front of this one may have had it parsed again since.
    this.#outgoing.closeStatement(name);
    return !exchange.repeated && this.#status === 0x49;
  }

  #shift(): void {
    this.#head += 1;
    if (this.#head === this.#inFlight.length) {
      this.#inFlight.length = 0;
      this.#head = 0;
    } else if (this.#head > 256) {
      this.#inFlight.splice(0, this.#head);
      this.#head = 0;
    }
  }
  #end(error: Error): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    const waiting = this.#inFlight.splice(this.#head);
    this.#inFlight.length = 0;
    this.#head = 0;
    const behind = new StillWaitingError(error.message, { cause: error });
    for (const [at, exchange] of waiting.entries()) {
      exchange.done(exchange.error ?? (at === 0 ? error : behind), undefined);
    }
  }
}

/**
 * Runs when every socket that had something to read has been read: what was asked for because of the answers goes out
 * together. As it is when this module is loaded: tests put clocks of their own in its place, and would stop queries.
 */
const whenPolled = setImmediate;

function flush(session: WireSession): void {
  session.flushNow();
}

/** `INSERT 0 5`, `SELECT 3`, `BEGIN`: the words before the numbers, and the last number. */
function readTag(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
  // What nearly every statement answers is recognised without making text.
  if (bytes[start] === 0x53 && bytes[start + 6] === 0x20) {
    exchange.command = 'SELECT';
    exchange.rowCount = digits(bytes, start + 7, end - 1);
    return;
  }
  const tag = bytes.toString('latin1', start, end - 1);
  const numbers = / [\d ]+$/.exec(tag);
  if (numbers === null) {
    exchange.command = tag;
    exchange.rowCount = 0;
    return;
  }
  exchange.command = tag.slice(0, numbers.index);
  exchange.rowCount = Number(tag.slice(tag.lastIndexOf(' ') + 1));
}
function digits(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 10 + (bytes[at] as number) - 48;
  return value;
}

/** A column is its name, then eighteen bytes: table and attribute (6), type (4), size and modifier (6), format (2). */
function describeColumns(exchange: Exchange, bytes: Buffer, start: number): void {
  const count = bytes.readUInt16BE(start);
  const columns: string[] = [];
  const types: number[] = [];
  let at = start + 2;
  for (let index = 0; index < count; index += 1) {
    const stop = bytes.indexOf(0, at);
    columns.push(bytes.toString('utf8', at, stop));
    types.push(bytes.readUInt32BE(stop + 7));
    at = stop + 19;
  }
  exchange.columns = columns;
  exchange.types = types;
}
