import { ValueError } from '../errors.ts';
import { requireFlags, requireNames, requireOptions } from '../options.ts';
import type { LockOptions } from '../types/queryset.ts';
import { type ChainStep, describeNames } from './chain.ts';

/** `selectForUpdate(…)`: rows are locked until the transaction ends. */
export function lockStep(options: LockOptions): ChainStep {
  requireOptions('selectForUpdate', options, ['nowait', 'skipLocked', 'of', 'noKey']);
  const { of = [], ...flags } = options;
  requireFlags('selectForUpdate', flags);
  requireNames('selectForUpdate', 'of', of);
  const { nowait = false, skipLocked = false, noKey = false } = flags;
  if (nowait && skipLocked) throw new ValueError('The nowait option cannot be used with skipLocked.');
  return {
    describe: (sink) => {
      sink.token(`lock ${nowait} ${skipLocked} ${noKey}`);
      describeNames(sink, of);
    },
    build: (query) => {
      query.locking = { nowait, skipLocked, of, noKey };
    },
  };
}
/** Takes the lock away: what deletes rows locks them anyway. */
export const unlockStep: ChainStep = {
  describe: (sink) => sink.token('unlock'),
  build: (query) => {
    query.locking = undefined;
  },
};
