import { FullResultSet } from '../errors.ts';

/** SQL of a condition; undefined when every row meets it. */
export function condition(write: () => string): string | undefined {
  try {
    return write();
  } catch (error) {
    if (error instanceof FullResultSet) return undefined;
    throw error;
  }
}
