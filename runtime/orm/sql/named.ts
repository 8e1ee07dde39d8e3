import { createHash } from 'node:crypto';
import type { DriverRequest } from '../../bridge/messages.ts';
import type { WireValue } from '../protocol/outgoing.ts';

const names = new Map<string, string>();
/** Statements worth preparing are few: one per model and set of columns. */
const mostNames = 1_000;

/** Name to prepare `text` under; undefined once there are too many. */
function nameFor(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= mostNames) return known;
  const name = `ma_${createHash('sha1').update(text).digest('hex').slice(0, 20)}`;
  names.set(text, name);
  return name;
}

/** A statement whose text is the same for every row, and is therefore kept parsed. */
export function namedRequest(text: string, values: readonly WireValue[]): DriverRequest {
  return { text, values, name: nameFor(text) };
}
