/** A language as the parser knows it. */
export type Dialect = 'typescript' | 'tsx' | 'javascript';

/** First choice and the one retry, by extension: `.ts` may hold JSX by mistake, `.js` may hold types. */
export const dialectsOf: Readonly<Record<string, readonly [Dialect, Dialect]>> = {
  ts: ['typescript', 'tsx'],
  mts: ['typescript', 'tsx'],
  cts: ['typescript', 'tsx'],
  tsx: ['tsx', 'typescript'],
  js: ['javascript', 'typescript'],
  mjs: ['javascript', 'typescript'],
  cjs: ['javascript', 'typescript'],
  jsx: ['javascript', 'tsx'],
};

export const parsedExtensions: readonly string[] = Object.keys(dialectsOf);
