import type { DriverRequest } from '../../bridge/messages.ts';

/** A statement with `?` for every parameter, for drivers that know no `$1`. */
export interface Positional {
  readonly text: string;
  /** Which value each `?` stands for, from 0. */
  readonly places: readonly number[];
}

/** Whether a backslash in a string escapes what follows it. */
export type StringStyle = 'standard' | 'backslash';

const known = { standard: new Map<string, Positional>(), backslash: new Map<string, Positional>() };
const mostKnown = 2_000;
const tokens = {
  standard: /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|\$(\d+)/g,
  backslash: /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|\$(\d+)/g,
};

/** Rewrites `$1` as `?`; strings, quoted names and comments stay as they are. */
export function positional(text: string, style: StringStyle = 'standard'): Positional {
  const found = known[style].get(text);
  if (found !== undefined) return found;
  const places: number[] = [];
  const rewritten = text.replace(tokens[style], (token, digits: string | undefined) => {
    if (digits === undefined) return token;
    places.push(Number(digits) - 1);
    return '?';
  });
  const made = { text: rewritten, places };
  if (known[style].size < mostKnown) known[style].set(text, made);
  return made;
}

/** Values of a request in the order of its `?`. */
export function inOrder({ places }: Positional, request: DriverRequest): DriverRequest['values'] {
  return places.map((place) => request.values[place] ?? null);
}

/** First word of a statement, as servers name it: `SELECT`, `INSERT`, `COMMIT`. */
export function commandOf(text: string): string {
  return /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? '';
}
