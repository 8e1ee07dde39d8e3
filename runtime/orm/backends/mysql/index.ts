import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Backend } from '../../connections/backend.ts';
import { openDatabaseOnThreadsOnly } from '../threads-only.ts';
import { mysqlDialect } from './dialect.ts';
import { describeError, type MysqlSettings } from './driver.ts';
import { mysqlFeatures } from './features.ts';

const here = fileURLToPath(import.meta.url);
const driverModule = path.join(path.dirname(here), `driver${path.extname(here)}`);

/** MySQL and MariaDB through `mysql2`, on bridge threads. */
export const mysql: Backend = {
  features: mysqlFeatures,
  dialect: mysqlDialect,
  urlForm: { pattern: /^(?:mysql|mariadb):\/\//i, example: 'mysql://user:password@host:3306/database' },
  plan: ({ url, password, statementTimeout, connectTimeout, ssl }) => {
    const settings: MysqlSettings = { url, password, statementTimeout, connectTimeout, ssl };
    return { driver: driverModule, settings };
  },
  open: openDatabaseOnThreadsOnly,
  describeError,
};
