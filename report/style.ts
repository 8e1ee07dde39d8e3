import pc from 'picocolors';
import type { Boundary, Endpoint } from '../analyzer/analysis.ts';

export interface TerminalOptions {
  readonly color: boolean;
  /** Rows of the ranking at most; the rest is counted. */
  readonly top: number;
  /** Turns a path of the report into one the reader can open from where they are. */
  readonly displayPath: (path: string) => string;
}

/** How the parts of a terminal report look. */
export interface Style {
  readonly palette: ReturnType<typeof pc.createColors>;
  readonly path: (path: string) => string;
}

export function styleOf({ color, displayPath }: TerminalOptions): Style {
  return { palette: pc.createColors(color), path: displayPath };
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Sections with a blank line between them, those with nothing to say left out. */
export function joined(sections: readonly string[]): string {
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** A closure may hold many operations; the place says where the rest can be read. Characters. */
const longestName = 72;

export function shortened(what: string): string {
  return what.length <= longestName ? what : `${what.slice(0, longestName - 1).trimEnd()}…`;
}

export function boundaryLine({ location, what, code, kind }: Boundary, { path }: Style): string {
  const reason = code === undefined ? kind : `${code} ${kind}`;
  return `${path(location.file)}:${location.line}:${location.column}  ${shortened(what)}  (${reason})`;
}

export function endpointTitle({ method, paths, handler }: Endpoint): string {
  return `${method} ${paths[0] ?? ''}${handler ? `  ${handler.name}` : ''}`;
}
