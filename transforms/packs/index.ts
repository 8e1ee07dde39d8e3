import { nodePromisify } from './node-promisify.ts';
import type { Pack } from './pack.ts';

export type { Pack } from './pack.ts';
export { packSites, rewritePack } from './rewrite-pack.ts';

/** Packs that come with the tool; a configuration may add its own, in the same form. */
export const packs: readonly Pack[] = [nodePromisify];
