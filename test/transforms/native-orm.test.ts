import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const require = createRequire(import.meta.url);
const runner = require.resolve('jscodeshift/bin/jscodeshift.js');
const transform = path.resolve(import.meta.dirname, '../../transforms/native-orm.ts');

const before = `import { syncToAsync } from '@migrate-async/runtime';
import { Post } from './models';

export const show = async (id: number) => await syncToAsync(Post.objects.get)({ id });
`;
const after = `import { Post } from './models';

export const show = async (id: number) => await Post.objects.aget({ id });
`;

describe('native-orm under the stock jscodeshift runner', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'native-orm-'));
    writeFileSync(path.join(folder, 'posts.ts'), before);
    writeFileSync(path.join(folder, 'plain.ts'), 'export const one = 1;\n');
    writeFileSync(path.join(folder, 'broken.ts'), `${before}export const = ;\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('rewrites what it can prove, leaves the rest and reports what does not parse', () => {
    const output = execFileSync(
      process.execPath,
      [runner, '--transform', transform, '--extensions', 'ts', '--no-babel', '--run-in-band', folder],
      { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '--import tsx --conditions=source' } },
    );

    expect(output).toMatch(/1 errors/);
    expect(output).toMatch(/1 ok/);
    expect(readFileSync(path.join(folder, 'posts.ts'), 'utf8')).toBe(after);
    expect(readFileSync(path.join(folder, 'plain.ts'), 'utf8')).toBe('export const one = 1;\n');
    expect(readFileSync(path.join(folder, 'broken.ts'), 'utf8')).toBe(`${before}export const = ;\n`);
  });
});
