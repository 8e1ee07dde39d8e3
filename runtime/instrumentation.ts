import { channel } from 'node:diagnostics_channel';

/** One statement sent to a database, published when it is answered. */
export interface QueryEvent {
  readonly alias: string;
  readonly sql: string;
  readonly path: 'blocking' | 'bridged' | 'native';
  /** Milliseconds since the process started, as `performance.now()`. */
  readonly start: number;
  /** Milliseconds, the wait for a connection excluded. */
  readonly duration: number;
  readonly error?: unknown;
}

/** One run-time passage through a bridge, published when it is over. */
export interface CrossingEvent {
  /** A method reference is executed on the bridge's thread; a closure holds the event loop while it runs. */
  readonly form: 'reference' | 'closure';
  /** Name of what was bridged, for example `get`. */
  readonly operation: string;
  readonly threadSensitive: boolean;
  /** Which lane it ran on; equal numbers share a thread and its connections. */
  readonly lane: number;
  readonly start: number;
  /** Milliseconds, the wait for the lane included. */
  readonly duration: number;
  /** Milliseconds spent behind earlier work of the same lane, or waiting for a thread. */
  readonly queued: number;
  /** Milliseconds a closure held the event loop; 0 for a method reference. */
  readonly held: number;
  readonly error?: unknown;
}

/** One wait for a pooled connection, published when it is over. */
export interface PoolEvent {
  readonly alias: string;
  readonly start: number;
  readonly duration: number;
  readonly error?: unknown;
}

/** Names for `diagnostics_channel.subscribe`. */
export const channels = {
  query: 'migrate-async:query',
  crossing: 'migrate-async:crossing',
  pool: 'migrate-async:pool',
} as const;

export const queryChannel = channel(channels.query);
export const crossingChannel = channel(channels.crossing);
export const poolChannel = channel(channels.pool);
