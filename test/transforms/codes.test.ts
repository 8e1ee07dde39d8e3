import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeList } from '../../transforms/code-list.ts';
import { codes, hints } from '../../transforms/index.ts';

const root = path.resolve(import.meta.dirname, '../..');
const pages = path.join(root, 'docs/codes');

describe('the codes', () => {
  it.each([...codes, ...hints])('$code $name has a page', ({ code, name }) => {
    const page = path.join(pages, `${code}.md`);
    expect(existsSync(page)).toBe(true);
    expect(readFileSync(page, 'utf8')).toMatch(new RegExp(`^# ${code} ${name}\n`));
  });

  it('are listed in docs/codes/README.md as they are in the code', () => {
    expect(readFileSync(path.join(pages, 'README.md'), 'utf8')).toBe(codeList());
  });

  it('are all that the transforms give', () => {
    const known = new Set([...codes, ...hints].map(({ code }) => code));
    const folders = ['transforms', 'transforms/forms', 'analyzer/evidence'].map((folder) =>
      path.join(root, folder),
    );
    const sources = folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.ts'))
        .map((name) => readFileSync(path.join(folder, name), 'utf8')),
    );
    const used = new Set(sources.join('\n').match(/(?<=')MA\d{3}(?=')/g));
    expect([...used].filter((code) => !known.has(code))).toEqual([]);
  });
});
