import { describe } from '../describe.ts';
import { metaKey } from '../models/registry.ts';
import { isOptions } from '../options.ts';

const built: ReadonlySet<unknown> = new Set([
  'expression',
  'condition',
  'ordering',
  'filteredRelation',
  'queryset',
  'rawQueryset',
  'manager',
]);

/**
 * Refuses what is no value that a server could take, and would be sent as the JSON of what it is made of.
 *
 * @throws TypeError for expressions, conditions, query sets and instances of models
 */
export function requirePlain(value: unknown): void {
  if (typeof value !== 'object' || value === null || isOptions(value)) return;
  if (metaKey in value)
    throw new TypeError(`A parameter of SQL is a plain value, not ${describe(value)}. Give its key.`);
  const { kind, label } = value as { readonly kind?: unknown; readonly label?: unknown };
  if (!built.has(kind)) return;
  const name = typeof label === 'string' ? `the expression ${label}()` : `a ${kind}`;
  throw new TypeError(`A parameter of SQL is a plain value, not ${name}.`);
}
