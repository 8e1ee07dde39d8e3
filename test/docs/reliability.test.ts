import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../..', import.meta.url);
const page = readFileSync(new URL('docs/reliability.md', root), 'utf8');
const rows = page.split('\n').filter((line) => /^\|(?! *(?:fault|aborted|mistake|-|\|))/.test(line));
const named = [...page.matchAll(/`([\w/-]+\.test\.ts)` › `([^`]+)`/g)].map(([, file = '', title = '']) => ({
  file,
  title,
}));

test('every guarantee names a test', () => {
  expect(rows.length).toBeGreaterThan(40);
  for (const row of rows) expect(row, row).toMatch(/\.test\.ts` › `/);
});
test.each(named)('$file has the test "$title"', ({ file, title }) => {
  const path = new URL(`test/runtime/${file}`, root);
  expect(existsSync(path)).toBe(true);
  const declared = ['test', 'behaviour', ')'].flatMap((kind) =>
    ["'", '"', '`'].flatMap((quote) => [
      `${kind}(${quote}${title}${quote}`,
      `${kind}(\n    ${quote}${title}${quote}`,
    ]),
  );
  const source = readFileSync(path, 'utf8').replace(/\n\s+/g, '\n    ');
  expect(declared.some((form) => source.includes(form))).toBe(true);
});
test('no test of faults is left out', () => {
  const listed = new Set(named.map(({ file }) => file));
  for (const file of ['backends', 'network', 'pool', 'abort', 'restart', 'long-run', 'odd-use']) {
    expect(listed).toContain(`faults/${file}.test.ts`);
  }
  expect(listed).toContain('bridge/leaving-clients.test.ts');
  expect(listed).toContain('bridge/dying-threads.test.ts');
});
