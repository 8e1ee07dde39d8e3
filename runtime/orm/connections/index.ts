import { isDeepStrictEqual } from 'node:util';
import { mainLane, processLane } from '../../bridge/lane.ts';
import { endIdleThreads } from '../../bridge/threads.ts';
import { currentContext } from '../../context.ts';
import { mysql } from '../backends/mysql/index.ts';
import { postgresql } from '../backends/postgresql/index.ts';
import { sqlite } from '../backends/sqlite/index.ts';
import { ConnectionDoesNotExist, ImproperlyConfigured, TransactionManagementError } from '../errors.ts';
import { requireOptions } from '../options.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { Backend, DatabaseSettings } from './backend.ts';
import { requireSettings } from './settings.ts';
import { type CloseOptions, closeOptions, DatabaseWrapper } from './wrapper.ts';

/** Back ends by the name used in settings; one line each. */
const backends: Readonly<Partial<Record<DatabaseSettings['engine'], Backend>>> = {
  postgresql,
  sqlite,
  mysql,
};

const wrappers = new Map<string, DatabaseWrapper>();
/** Those that `acloseAll` closed. */
const closed = new Set<string>();

/**
 * Says which databases there are. Nothing is connected yet. Other settings for an alias that was configured
 * before replace the old ones, whose connections are closed when they are given back.
 *
 * @param databases settings by alias; `default` is used where no alias is named
 * @throws ImproperlyConfigured for an engine without a back end, or a setting that means nothing; nothing is changed then
 */
export function configureDatabases(databases: Readonly<Record<string, DatabaseSettings>>): void {
  const made = new Map<string, DatabaseWrapper>();
  for (const [alias, settings] of Object.entries(databases)) {
    const backend = Object.hasOwn(backends, settings.engine) ? backends[settings.engine] : undefined;
    if (backend === undefined) {
      const known = Object.keys(backends).join(', ');
      throw new ImproperlyConfigured(`'${settings.engine}' isn't an available engine; there is: ${known}.`);
    }
    requireSettings(alias, settings, backend);
    made.set(alias, new DatabaseWrapper(alias, settings, backend));
  }
  for (const [alias, wrapper] of made) {
    const replaced = wrappers.get(alias);
    // A module that is loaded twice says the same twice.
    if (
      replaced !== undefined &&
      isDeepStrictEqual(replaced.settings, wrapper.settings) &&
      !replaced.pool.closed
    )
      continue;
    wrappers.set(alias, wrapper);
    closed.delete(alias);
    // What it has under way is finished; what it keeps open would be kept for nobody.
    replaced?.aclose().catch(() => undefined);
  }
}

/** The SQL of a database. One that is not configured is only a mistake once something is sent to it. */
export function dialectOf(alias: string): Dialect {
  return wrappers.get(alias)?.dialect ?? postgresql.dialect;
}

function missing(alias: string): string {
  if (!closed.has(alias)) return `The connection '${alias}' doesn't exist.`;
  return `The connection '${alias}' was closed by connections.acloseAll(); configureDatabases() opens it again.`;
}

/** The configured databases. */
export const connections = {
  /**
   * @param alias as given to `configureDatabases`
   * @throws ConnectionDoesNotExist for any other
   */
  get(alias = 'default'): DatabaseWrapper {
    const wrapper = wrappers.get(alias);
    if (wrapper === undefined) throw new ConnectionDoesNotExist(missing(alias));
    return wrapper;
  },
  /** Closes the running code's blocking connections. */
  closeAll(): void {
    for (const wrapper of wrappers.values()) wrapper.close();
  },
  /**
   * Closes every connection and ends the bridge threads; call it when a server shuts down. What is under way is
   * finished, what comes is refused.
   *
   * @param options `timeout`: milliseconds to wait for what is under way before it is dropped; without end when absent
   * @throws TransactionManagementError inside a block, which would have to wait for itself
   */
  async acloseAll(options: CloseOptions = {}): Promise<void> {
    requireOptions('acloseAll', options, closeOptions);
    if ((currentContext()?.blocks?.size ?? 0) > 0) {
      throw new TransactionManagementError(
        "connections.acloseAll() would wait for the 'atomic' block that it is called in.",
      );
    }
    const closing = [...wrappers];
    await Promise.all(closing.map(([, wrapper]) => wrapper.aclose(options)));
    // One that was configured in the meantime stays.
    for (const [alias, wrapper] of closing) {
      if (wrappers.get(alias) !== wrapper) continue;
      wrappers.delete(alias);
      closed.add(alias);
    }
    await Promise.all([mainLane.reset(), processLane.reset()]);
    await endIdleThreads();
  },
};
