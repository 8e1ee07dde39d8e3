import { express } from './frameworks/express.ts';
import type { Framework } from './handler.ts';

/** Every framework whose handlers can be found. */
export const frameworks: readonly Framework[] = [express];
