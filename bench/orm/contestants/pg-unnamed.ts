import { openWith } from './pg.ts';

export const open = openWith(false);
