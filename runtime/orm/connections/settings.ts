import { ImproperlyConfigured } from '../errors.ts';
import { closeMatches } from '../lookups/suggestions.ts';
import type { Backend, DatabaseSettings } from './backend.ts';
import { type PoolSettings, poolSettings } from './pool.ts';

type Check = (value: unknown) => string | undefined;

const anything: Check = () => undefined;
const text: Check = (value) => {
  if (typeof value !== 'string') return 'must be a text';
  return value === '' ? empty : undefined;
};
const empty =
  'is empty. Give the address of the database; where it is read from the environment (process.env.DATABASE_URL), set that variable';
const yesOrNo: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
const milliseconds: Check = (value) =>
  typeof value === 'number' && value >= 0 ? undefined : 'must be milliseconds, 0 or more';
const count =
  (least: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least
      ? undefined
      : `must be a whole number, ${least} or more`;

const settingChecks: Readonly<Record<keyof DatabaseSettings, Check>> = {
  engine: anything,
  url: text,
  password: (value) =>
    typeof value === 'string' || typeof value === 'function' ? undefined : 'must be a text or a function',
  native: yesOrNo,
  pool: (value) => (typeof value === 'object' && value !== null ? undefined : 'must be an object'),
  connectTimeout: milliseconds,
  statementTimeout: milliseconds,
  cancelTimeout: milliseconds,
  ssl: anything,
  preparedStatements: yesOrNo,
  serverSideCursors: yesOrNo,
};
const poolChecks: Readonly<Record<keyof PoolSettings, Check>> = {
  min: count(0),
  max: count(1),
  timeout: milliseconds,
  maxIdle: milliseconds,
  maxLifetime: milliseconds,
  check: yesOrNo,
  quickRead: milliseconds,
};
/** Django's settings for connections that a request keeps; here the pool keeps them. */
const persistent = ['connMaxAge', 'CONN_MAX_AGE', 'conn_max_age'];

/**
 * Refuses settings that mean nothing: a misspelt limit would be no limit.
 *
 * @throws ImproperlyConfigured naming the setting, and what was meant where that can be guessed
 */
export function requireSettings(alias: string, settings: DatabaseSettings, { urlForm }: Backend): void {
  check(`the database '${alias}'`, settings, settingChecks);
  if (settings.url === undefined) throw new ImproperlyConfigured(`The database '${alias}' has no url.`);
  // Not shown: it may hold a password.
  if (urlForm?.pattern.test(settings.url) === false)
    throw new ImproperlyConfigured(`url of the database '${alias}' must be like ${urlForm.example}.`);
  if (settings.pool === undefined) return;
  check(`the pool of '${alias}'`, settings.pool, poolChecks);
  const { min, max } = poolSettings(settings);
  if (min > max)
    throw new ImproperlyConfigured(`The pool of '${alias}': min (${min}) is more than max (${max}).`);
}

function check(whose: string, given: object, checks: Readonly<Record<string, Check>>): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(checks, name)) throw new ImproperlyConfigured(unknown(whose, name, checks));
    const wrong = checks[name]?.(value);
    if (wrong !== undefined) throw new ImproperlyConfigured(`${name} of ${whose} ${wrong}.`);
  }
}
function unknown(whose: string, name: string, checks: object): string {
  if (persistent.includes(name)) return "Pooling doesn't support persistent connections.";
  const [close] = closeMatches(name, Object.keys(checks));
  const hint = close === undefined ? '' : ` Did you mean ${close}?`;
  return `There is no setting ${name} for ${whose}.${hint}`;
}
