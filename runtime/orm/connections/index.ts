import { mainLane, processLane } from '../../bridge/lane.ts';
import { endIdleThreads } from '../../bridge/threads.ts';
import { postgresql } from '../backends/postgresql/index.ts';
import { sqlite } from '../backends/sqlite/index.ts';
import { ConnectionDoesNotExist, ImproperlyConfigured } from '../errors.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { Backend, DatabaseSettings } from './backend.ts';
import { DatabaseWrapper } from './wrapper.ts';

/** Back ends by the name used in settings; one line each. */
const backends: Readonly<Partial<Record<DatabaseSettings['engine'], Backend>>> = {
  postgresql,
  sqlite,
};

const wrappers = new Map<string, DatabaseWrapper>();

/**
 * Says which databases there are. Nothing is connected yet. Settings of an alias that was configured before replace
 * the old ones; close its connections first.
 *
 * @param databases settings by alias; `default` is used where no alias is named
 * @throws ImproperlyConfigured for an engine without a back end
 */
export function configureDatabases(databases: Readonly<Record<string, DatabaseSettings>>): void {
  for (const [alias, settings] of Object.entries(databases)) {
    const backend = Object.hasOwn(backends, settings.engine) ? backends[settings.engine] : undefined;
    if (backend === undefined) {
      const known = Object.keys(backends).join(', ');
      throw new ImproperlyConfigured(`'${settings.engine}' isn't an available engine; there is: ${known}.`);
    }
    wrappers.set(alias, new DatabaseWrapper(alias, settings, backend));
  }
}

/** The SQL of a database. One that is not configured is only a mistake once something is sent to it. */
export function dialectOf(alias: string): Dialect {
  return wrappers.get(alias)?.dialect ?? postgresql.dialect;
}

/** The configured databases. */
export const connections = {
  /**
   * @param alias as given to `configureDatabases`
   * @throws ConnectionDoesNotExist for any other
   */
  get(alias = 'default'): DatabaseWrapper {
    const wrapper = wrappers.get(alias);
    if (wrapper === undefined) throw new ConnectionDoesNotExist(`The connection '${alias}' doesn't exist.`);
    return wrapper;
  },
  /** Closes the running code's blocking connections. */
  closeAll(): void {
    for (const wrapper of wrappers.values()) wrapper.close();
  },
  /** Closes every connection and ends the bridge threads; call it when a server shuts down. */
  async acloseAll(): Promise<void> {
    await Promise.all([...wrappers.values()].map((wrapper) => wrapper.aclose()));
    wrappers.clear();
    await Promise.all([mainLane.reset(), processLane.reset()]);
    await endIdleThreads();
  },
};
