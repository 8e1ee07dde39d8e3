import { ValueError } from '../errors.ts';
import { requireOptions } from '../options.ts';

export interface ZoneOptions {
  /** Time zone by its IANA name, such as `Europe/Paris`; the active one, UTC, when absent. */
  readonly timeZone?: string;
}

/**
 * The time zone of some options. It stands in the SQL, so that equal expressions are equal text.
 *
 * @param call name of what was given the options
 * @param more options beside the zone
 * @throws ValueError when there is no such zone; TypeError for other options
 */
export function zoneOf(
  call: string,
  options: ZoneOptions = {},
  more: readonly string[] = [],
): string | undefined {
  requireOptions(call, options, ['timeZone', ...more]);
  const zone = options.timeZone;
  if (zone === undefined || zone === 'UTC') return undefined;
  try {
    // Names only: an offset such as +02:00 means the opposite in SQL.
    if (/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(zone)) {
      new Intl.DateTimeFormat('en', { timeZone: zone });
      return zone;
    }
  } catch {
    // Not a zone either.
  }
  throw new ValueError(`'${zone}' is not the name of a time zone.`);
}
