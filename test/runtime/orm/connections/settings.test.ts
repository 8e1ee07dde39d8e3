import { configureDatabases, connections, ImproperlyConfigured } from '@migrate-async/runtime/orm';
import { afterEach, expect, test } from 'vitest';

const url = 'postgres://nobody@127.0.0.1:1/nowhere';
const configure = (settings: object) => () =>
  configureDatabases({ default: { engine: 'postgresql', url, ...settings } });
afterEach(() => connections.acloseAll());

test('373 a connection is kept by the pool, not by a request', () => {
  for (const name of ['connMaxAge', 'CONN_MAX_AGE']) {
    expect(configure({ [name]: 60 })).toThrow(
      new ImproperlyConfigured("Pooling doesn't support persistent connections."),
    );
  }
});
test.each([
  [
    { statmentTimeout: 50 },
    "There is no setting statmentTimeout for the database 'default'. Did you mean statementTimeout?",
  ],
  [{ pool: { size: 5 } }, "There is no setting size for the pool of 'default'."],
  [
    { pool: { maxLifeTime: 5 } },
    "There is no setting maxLifeTime for the pool of 'default'. Did you mean maxLifetime?",
  ],
  [{ pool: { max: 0 } }, "max of the pool of 'default' must be a whole number, 1 or more."],
  [{ pool: { max: '10' } }, "max of the pool of 'default' must be a whole number, 1 or more."],
  [{ pool: { max: Number.NaN } }, "max of the pool of 'default' must be a whole number, 1 or more."],
  [{ pool: { min: 3, max: 2 } }, "The pool of 'default': min (3) is more than max (2)."],
  [{ pool: { min: 11 } }, "The pool of 'default': min (11) is more than max (10)."],
  [{ pool: 10 }, "pool of the database 'default' must be an object."],
  [{ url: undefined }, "The database 'default' has no url."],
  [
    { url: '' },
    "url of the database 'default' is empty. Give the address of the database; where it is read from the environment (process.env.DATABASE_URL), set that variable.",
  ],
  [{ url: 5432 }, "url of the database 'default' must be a text."],
  ...['notaurl', 'localhost:5432/shop', 'http://localhost/shop', 'mysql://localhost/shop'].map(
    (given): [object, string] => [
      { url: given },
      "url of the database 'default' must be like postgresql://user:password@host:5432/database.",
    ],
  ),
  [
    { engine: 'mysql', url: 'postgresql://localhost/shop' },
    "url of the database 'default' must be like mysql://user:password@host:3306/database.",
  ],
  [{ connectTimeout: '2s' }, "connectTimeout of the database 'default' must be milliseconds, 0 or more."],
  [{ native: 'false' }, "native of the database 'default' must be true or false."],
  [{ constructor: 1 }, "There is no setting constructor for the database 'default'."],
])('a setting that means nothing is refused: %o', (settings, message) => {
  expect(configure(settings)).toThrow(new ImproperlyConfigured(message));
});
test('what is absent takes its default, undefined too', () => {
  configure({ pool: { min: undefined, max: 3 }, statementTimeout: undefined })();
  expect(connections.get().pool.size).toBe(0);
});
test.each(['postgresql://a@h/b', 'POSTGRES://h', 'postgres://%2Fvar%2Frun/b', 'socket:/run?db=b', '/run b'])(
  'a server can be named by %s',
  (given) => {
    expect(configure({ url: given })).not.toThrow();
  },
);
test('nothing is configured when one of the databases cannot be', () => {
  expect(() =>
    configureDatabases({
      fine: { engine: 'postgresql', url },
      wrong: { engine: 'oracle' as never, url },
    }),
  ).toThrow(ImproperlyConfigured);
  expect(() => connections.get('fine')).toThrow("The connection 'fine' doesn't exist.");
});
test('the same settings twice are the same database', () => {
  configure({ pool: { max: 3 } })();
  const first = connections.get();
  configure({ pool: { max: 3 } })();
  expect(connections.get()).toBe(first);
  configure({ pool: { max: 4 } })();
  expect(connections.get()).not.toBe(first);
});
