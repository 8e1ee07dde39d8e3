/** A value as messages show it: strings quoted, objects by their class. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (value === null || typeof value !== 'object') return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid date' : value.toISOString();
  const { name } = value.constructor ?? {};
  return `<${typeof name === 'string' ? name : 'object'}>`;
}
/** As `describe`, with strings bare. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? value : describe(value);
}
