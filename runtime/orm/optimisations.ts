import { ImproperlyConfigured } from './errors.ts';

/** What makes the ORM fast without changing what it does, by the names it can be switched off by. */
export const optimisations = [
  /** Rows are read by code that is made for each statement. */
  'compiled-readers',
  /** New instances get their attributes from code that is made for each model. */
  'compiled-initialisers',
  /** A chain that was written before finds its query and its SQL. */
  'shape-cache',
  /** The extended protocol is spoken on the socket that `pg` opened: one write for all that is sent in one turn. */
  'own-protocol',
  /** Statements are parsed once per connection. */
  'prepared-statements',
  /** Quick reads share connections. */
  'shared-connections',
  /** Many rows are written from one array per column. */
  'column-arrays',
  /** Those arrays are sent as bytes where their values have a form that is cheaper to make than text. */
  'binary-columns',
] as const;
export type Optimisation = (typeof optimisations)[number];

const without = switchedOff(process.env.MIGRATE_ASYNC_WITHOUT ?? '');

/** The only place that knows what is switched off; bridge threads read the same environment. */
function switchedOff(setting: string): ReadonlySet<string> {
  if (setting === 'all') return new Set(optimisations);
  const wanted = setting.split(',').filter((name) => name !== '');
  const unknown = wanted.filter((name) => !(optimisations as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new ImproperlyConfigured(
      `MIGRATE_ASYNC_WITHOUT names ${unknown.join(', ')}; there are: ${optimisations.join(', ')}, all.`,
    );
  return new Set(wanted);
}

/** False when `MIGRATE_ASYNC_WITHOUT` names it, or says `all`. Whether a result is wrong because of it can be told so. */
export function optimises(name: Optimisation): boolean {
  return !without.has(name);
}
