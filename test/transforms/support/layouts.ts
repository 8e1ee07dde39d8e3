/** One way a file may be laid out: fixtures are stored plain, the rest is made from them. */
export interface Layout {
  readonly name: string;
  readonly apply: (text: string) => string;
}

export const layouts: readonly Layout[] = [
  { name: 'as stored', apply: (text) => text },
  { name: 'with CRLF', apply: (text) => text.replace(/\r?\n/g, '\r\n') },
  {
    name: 'with tabs',
    apply: (text) => text.replace(/^(?: {2})+/gm, (indent) => '\t'.repeat(indent.length / 2)),
  },
  { name: 'with a byte order mark', apply: (text) => `\uFEFF${text}` },
  { name: 'without a final newline', apply: (text) => text.replace(/\n+$/, '') },
];
