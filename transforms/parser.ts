import type { Parser } from 'jscodeshift';
import { parseSource } from '../analyzer/sources/index.ts';

/** The parser of the toolkit, as jscodeshift asks for it; it is not told the file's name, so it tries both dialects. */
export const babelParser: Parser = {
  parse(source: string) {
    const result = parseSource('file.tsx', source);
    if (result.status === 'parsed') return result.ast;
    const { message, line, column } = result.failure;
    throw new SyntaxError(`${message} (${line}:${column})`);
  },
};
