import { describe } from '../describe.ts';
import { NotSupportedError, ValueError } from '../errors.ts';
import { ArrayField } from '../fields/structured.ts';
import { arraySlice, textSlice } from '../lookups/transforms.ts';
import type { ExpressionNode } from './node.ts';

/** Which part of a text or an array: the characters or elements from `start` up to `end`, that one left out. */
export interface Bounds {
  readonly start: number;
  /** Absent for all that follow. */
  readonly end: number | undefined;
}

/** @throws ValueError or TypeError for what are no bounds of a part */
export function boundsOf(start: unknown = 0, end?: unknown): Bounds {
  const [first, last] = [whole(start), end === undefined ? undefined : whole(end)];
  if (first < 0 || (last !== undefined && last < 0)) {
    throw new ValueError('Negative indexing is not supported.');
  }
  if (last !== undefined && last < first) {
    throw new ValueError('Slice stop must be greater than slice start.');
  }
  return { start: first, end: last };
}
function whole(bound: unknown): number {
  if (Number.isSafeInteger(bound)) return bound as number;
  throw new TypeError(`slice() takes whole numbers, not ${describe(bound)}.`);
}

/** @throws NotSupportedError for what is neither text nor an array */
export function sliceOf(expression: ExpressionNode, { start, end }: Bounds): ExpressionNode {
  const { output } = expression;
  if (output instanceof ArrayField) return arraySlice(output, expression, start, end);
  if (output?.family === 'text') return textSlice(expression, start, end);
  throw new NotSupportedError('This field does not support slicing.');
}
