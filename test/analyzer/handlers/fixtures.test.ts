import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixtureDiscovery } from './fixture.ts';

const root = path.resolve(import.meta.dirname, '../../../fixtures/handlers');

describe('every form of registration', () => {
  for (const name of readdirSync(root).sort()) {
    it(`finds ${name.replaceAll('-', ' ')}`, () => {
      const folder = path.join(root, name);
      const expected = JSON.parse(readFileSync(path.join(folder, 'expected.json'), 'utf8'));
      expect(fixtureDiscovery(folder)).toEqual(expected);
    });
  }
});
