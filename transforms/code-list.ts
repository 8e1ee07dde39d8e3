import { type Code, codes, hints } from './codes.ts';

/** The list of all codes, as docs/codes/README.md has it. */
export function codeList(): string {
  return `# Codes

Every bridge is either rewritten or listed with one of these codes; \`migrate-async explain <file:line>\` says more about any one.
This list is generated from \`transforms/codes.ts\`.

## Why a bridge is left

${table(codes)}

## What to look at beside a rewritten bridge

${table(hints)}
`;
}

function table(entries: readonly Code[]): string {
  const rows = entries.map(({ code, name, summary }) => `| [${code}](${code}.md) | ${name} | ${summary} |`);
  return ['| code | name | meaning |', '|---|---|---|', ...rows].join('\n');
}
