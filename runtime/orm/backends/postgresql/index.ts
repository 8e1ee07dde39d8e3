import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Backend, ConnectSettings } from '../../connections/backend.ts';
import { postgresqlDialect } from './dialect.ts';
import { describeError, openDriver, type PostgresqlSettings } from './driver.ts';
import { postgresqlFeatures } from './features.ts';

const here = fileURLToPath(import.meta.url);
const driverModule = path.join(path.dirname(here), `driver${path.extname(here)}`);

function driverSettings(settings: ConnectSettings): PostgresqlSettings {
  const { url, password, connectTimeout, statementTimeout, ssl, preparedStatements } = settings;
  return { url, password, connectTimeout, statementTimeout, ssl, preparedStatements };
}

/** PostgreSQL through `pg`: native on the event loop, blocking through a worker thread. */
export const postgresql: Backend = {
  features: postgresqlFeatures,
  dialect: postgresqlDialect,
  // `pg` takes the folder of a socket, too.
  urlForm: {
    pattern: /^(?:postgres(?:ql)?:\/\/|socket:|\/)/i,
    example: 'postgresql://user:password@host:5432/database',
  },
  plan: (settings) => ({ driver: driverModule, settings: driverSettings(settings) }),
  open: (settings) => openDriver(driverSettings(settings)),
  describeError,
};
