import { performance } from 'node:perf_hooks';
import { type QueryEvent, queryChannel } from '../../instrumentation.ts';
import { type ActiveSpan, isTracing, startSpan } from '../../tracing.ts';
import type { DatabaseSettings } from './backend.ts';
import { statementShape } from './statement-shape.ts';

/** What the statements of one database have in common, for whoever observes them. */
export class Watch {
  readonly #alias: string;
  readonly #server: Readonly<Record<string, string | number>>;

  constructor(alias: string, settings: DatabaseSettings) {
    this.#alias = alias;
    this.#server = { 'db.system.name': settings.engine, ...serverOf(settings.url) };
  }

  /** Notes that a statement is sent; undefined while nobody wants to know. */
  statement(sql: string, path: QueryEvent['path']): WatchedStatement | undefined {
    if (!queryChannel.hasSubscribers && !isTracing()) return undefined;
    return new WatchedStatement(this.#alias, sql, path, this.#span(sql, path));
  }
  /** Notes that somebody waits for a connection. */
  wait(): ActiveSpan | undefined {
    return startSpan('wait for connection', 'internal', () => ({
      'db.client.connection.pool.name': this.#alias,
    }));
  }
  #span(sql: string, path: QueryEvent['path']): ActiveSpan | undefined {
    const { operation, collection, summary } = statementShape(sql);
    return startSpan(summary, 'client', () => ({
      ...this.#server,
      'db.query.text': sql,
      'db.query.summary': summary,
      'db.operation.name': operation,
      ...(collection === undefined ? {} : { 'db.collection.name': collection }),
      'migrate_async.path': path,
    }));
  }
}

/** One statement under way. */
export class WatchedStatement {
  readonly #event: Pick<QueryEvent, 'alias' | 'sql' | 'path' | 'start'>;
  readonly #span: ActiveSpan | undefined;

  constructor(alias: string, sql: string, path: QueryEvent['path'], span: ActiveSpan | undefined) {
    this.#event = { alias, sql, path, start: performance.now() };
    this.#span = span;
  }
  end(failure?: { readonly error: unknown }): void {
    this.#span?.end(failure);
    if (!queryChannel.hasSubscribers) return;
    const event: QueryEvent = {
      ...this.#event,
      duration: performance.now() - this.#event.start,
      ...failure,
    };
    queryChannel.publish(event);
  }
}

/** Where the database is; nothing for an address that is no URL, such as a file. */
function serverOf(url: string): Record<string, string | number> {
  if (!URL.canParse(url)) return {};
  const { hostname, port, pathname } = new URL(url);
  const namespace = decodeURIComponent(pathname.slice(1));
  return {
    ...(hostname === '' ? {} : { 'server.address': hostname }),
    ...(port === '' ? {} : { 'server.port': Number(port) }),
    ...(namespace === '' ? {} : { 'db.namespace': namespace }),
  };
}
