import { describe } from '../describe.ts';

// What a query set is told about how it runs, as an application wrote it.

/** @throws TypeError for what is no name; that there is such a database is found out when it is needed */
export function databaseName(given: unknown): string {
  if (typeof given === 'string') return given;
  throw new TypeError(`using() takes the name of a database, not ${describe(given)}.`);
}
/** A signal, or undefined for none. @throws TypeError for anything else */
export function abortSignal(given: unknown): AbortSignal | undefined {
  if (given === undefined || given instanceof AbortSignal) return given;
  throw new TypeError(`abortable() takes an AbortSignal, not ${describe(given)}.`);
}
