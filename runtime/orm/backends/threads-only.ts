import type { Driver } from '../../bridge/messages.ts';
import { NotSupportedError } from '../errors.ts';

/** `open` of a back end that has no native path. */
export async function openDatabaseOnThreadsOnly(): Promise<Driver> {
  throw new NotSupportedError('This database backend has no connections outside bridge threads.');
}
