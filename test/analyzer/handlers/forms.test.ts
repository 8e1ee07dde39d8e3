import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../../fixtures/handlers');

interface Forms {
  readonly last: number;
  /** Forms that are shown in the fixture of another one. */
  readonly shared?: Readonly<Record<number, string>>;
}

/** The numbered forms in which handlers are registered, by the letters that the folders of their fixtures begin with. */
const forms: Readonly<Record<string, Forms>> = {
  ex: { last: 31 },
  f: { last: 12 },
  k: {
    last: 14,
    shared: {
      5: 'k04-nested-routers',
      12: 'k11-redirect-generator-host',
      13: 'k11-redirect-generator-host',
    },
  },
  h: { last: 13 },
  n: { last: 12, shared: { 3: 'n02-verbs-and-mapping' } },
  x: { last: 10, shared: { 6: 'x05-pages-are-no-handlers', 10: 'x01-route-exports' } },
  p: { last: 3 },
  t: { last: 4, shared: { 2: 't01-routers' } },
};

describe('the list of forms', () => {
  const folders = readdirSync(root);
  for (const [letters, { last, shared }] of Object.entries(forms)) {
    for (let number = 1; number <= last; number++) {
      it(`has a fixture for ${letters.toUpperCase()}${number}`, () => {
        const prefix = shared?.[number] ?? `${letters}${String(number).padStart(2, '0')}-`;
        expect(folders.filter((name) => name.startsWith(prefix))).not.toEqual([]);
      });
    }
  }
});
