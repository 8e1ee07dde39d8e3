import { ProgrammingError } from '../errors.ts';

/**
 * DISTINCT ON keeps the first row of each value, so that the ordering has to begin with those values, in whatever order.
 * The server says so, too; here is said what to do about it.
 *
 * @param distinct SQL of the values
 * @param ordering SQL of what rows are ordered by; undefined for chance
 * @throws ProgrammingError when it begins with something else
 */
export function requireInitial(distinct: readonly string[], ordering: readonly (string | undefined)[]): void {
  const other = ordering.findIndex((sql) => sql === undefined || !distinct.includes(sql));
  if (other === -1) return;
  const leading = new Set(ordering.slice(0, other));
  if (distinct.every((sql) => leading.has(sql))) return;
  throw new ProgrammingError(
    'SELECT DISTINCT ON expressions must match initial ORDER BY expressions: orderBy() has to begin with what distinct() names.',
  );
}
