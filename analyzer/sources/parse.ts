import { type ParserOptions, type ParserPlugin, parse } from '@babel/parser';
import type { File } from '@babel/types';
import { type Dialect, dialectsOf } from './dialects.ts';

/** Why a file could not be parsed: the parser's own words and where. */
export interface ParseFailure {
  readonly path: string;
  readonly message: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
}

export type ParseResult =
  | { readonly status: 'parsed'; readonly ast: File }
  | { readonly status: 'failed'; readonly failure: ParseFailure };

const shared: readonly ParserPlugin[] = [
  'decoratorAutoAccessors',
  'explicitResourceManagement',
  'importAttributes',
];

const dialects: Readonly<Record<Dialect, readonly ParserPlugin[]>> = {
  typescript: ['typescript', ...shared],
  tsx: ['typescript', 'jsx', ...shared],
  javascript: ['jsx', ...shared],
};

/**
 * Parses the raw text of one file, so that every offset counts UTF-16 units of that text.
 * @param path decides the dialect by its extension
 * @param options `tokens` keeps the token list, which only the verifier needs
 * @returns the tree, or where and why parsing failed in the file's own dialect
 */
export function parseSource(
  path: string,
  text: string,
  options: { readonly tokens?: boolean } = {},
): ParseResult {
  const [first, second] = dialectsOf[extensionOf(path)] ?? dialectsOf.ts ?? ['typescript', 'tsx'];
  const result = parseDialect(path, text, first, options);
  if (result.status === 'parsed') return result;
  const retried = parseDialect(path, text, second, options);
  if (retried.status === 'parsed') return retried;
  const standard = parseDialect(path, text, first, options, 'decorators');
  return standard.status === 'parsed' ? standard : result;
}

export function extensionOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1).toLowerCase();
}

function parseDialect(
  path: string,
  text: string,
  dialect: Dialect,
  { tokens = false }: { readonly tokens?: boolean },
  // Those of TypeScript may stand at parameters, where the standard allows none; but they take a computed member that
  // follows them, `@Column() [key]: string`, for a part of themselves.
  decorators: 'decorators' | 'decorators-legacy' = 'decorators-legacy',
): ParseResult {
  const options: ParserOptions = {
    sourceType: 'unambiguous',
    allowReturnOutsideFunction: true,
    allowAwaitOutsideFunction: true,
    allowSuperOutsideMethod: true,
    allowUndeclaredExports: true,
    allowNewTargetOutsideFunction: true,
    attachComment: false,
    tokens,
    plugins: [decorators, ...dialects[dialect]],
  };
  try {
    return { status: 'parsed', ast: parseFrom(text, options) };
  } catch (error) {
    // The parser is recursive: nesting beyond the call stack is the file's fault, not the run's.
    if (error instanceof RangeError)
      return {
        status: 'failed',
        failure: { path, message: 'Nested too deeply to be parsed.', line: 1, column: 1 },
      };
    if (!isParserError(error)) throw error;
    return {
      status: 'failed',
      failure: {
        path,
        message: error.message.replace(/ \(\d+:\d+\)$/, ''),
        line: error.loc.line,
        column: error.loc.column + 1,
      },
    };
  }
}

/** The parser knows `#!` at the very start only: behind a byte order mark it is told to count from one. */
function parseFrom(text: string, options: ParserOptions): File {
  return text.startsWith('\uFEFF#!')
    ? parse(text.slice(1), { ...options, startIndex: 1, startColumn: 1 })
    : parse(text, options);
}

interface ParserError extends Error {
  readonly loc: { readonly line: number; readonly column: number };
}

function isParserError(error: unknown): error is ParserError {
  return (
    error instanceof SyntaxError && 'loc' in error && typeof error.loc === 'object' && error.loc !== null
  );
}
