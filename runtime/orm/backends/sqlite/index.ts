import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Backend } from '../../connections/backend.ts';
import { openDatabaseOnThreadsOnly } from '../threads-only.ts';
import { sqliteDialect } from './dialect.ts';
import { describeError, type SqliteSettings } from './driver.ts';
import { sqliteFeatures } from './features.ts';

const here = fileURLToPath(import.meta.url);
const driverModule = path.join(path.dirname(here), `driver${path.extname(here)}`);

/** The longest wait that `busy_timeout` takes, in milliseconds. */
const longestBusy = 2 ** 31 - 1;

/** SQLite through Node's own driver, or a better-sqlite3-compatible one; on bridge threads. */
export const sqlite: Backend = {
  features: sqliteFeatures,
  dialect: sqliteDialect,
  plan: ({ url, statementTimeout = 5_000 }) => {
    // 0 is no limit, as elsewhere; for SQLite itself it would be no patience.
    const settings: SqliteSettings = {
      url,
      busyTimeout: statementTimeout === 0 ? longestBusy : statementTimeout,
    };
    return { driver: driverModule, settings };
  },
  open: openDatabaseOnThreadsOnly,
  describeError,
};
