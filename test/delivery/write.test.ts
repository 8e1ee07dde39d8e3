import { lstatSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { replaceFiles } from '../../delivery/write.ts';
import { temporaryFolder } from '../support/folder.ts';

describe('replacing files', () => {
  test('leaves a file alone that changed since it was read', async () => {
    const folder = temporaryFolder({ 'a.ts': 'newer' });
    const file = path.join(folder.path, 'a.ts');
    const results = await replaceFiles([{ path: file, before: 'old', after: 'new' }]);
    expect(results.get(file)).toMatchObject({ status: 'failed', reason: 'changed-meanwhile' });
    expect(folder.read('a.ts')).toBe('newer');
  });

  test('leaves a file alone that is not UTF-8, because decoding it lost bytes', async () => {
    const folder = temporaryFolder();
    const bytes = Buffer.from([0x61, 0xff, 0x62]);
    const file = folder.write('latin.js', bytes);
    const results = await replaceFiles([{ path: file, before: bytes.toString('utf8'), after: 'x' }]);
    expect(results.get(file)).toMatchObject({ status: 'failed', reason: 'not-utf8' });
  });

  test('leaves a read-only file alone and still replaces the others', async () => {
    const folder = temporaryFolder({ 'b.ts': 'b' });
    const locked = folder.write('a.ts', 'a', 0o444);
    const open = path.join(folder.path, 'b.ts');
    const results = await replaceFiles([
      { path: locked, before: 'a', after: 'A' },
      { path: open, before: 'b', after: 'B' },
    ]);
    expect(results.get(locked)).toMatchObject({ status: 'failed', reason: 'not-writable' });
    expect(results.get(open)).toEqual({ status: 'written' });
    expect([folder.read('a.ts'), folder.read('b.ts')]).toEqual(['a', 'B']);
  });

  test('replaces none of the files that belong together when one of them cannot be', async () => {
    const folder = temporaryFolder({ 'b.ts': 'b', 'c.ts': 'c' });
    const locked = folder.write('a.ts', 'a', 0o444);
    const [second, third] = ['b.ts', 'c.ts'].map((name) => path.join(folder.path, name)) as [string, string];
    const replacements = [locked, second, third].map((file) => ({
      path: file,
      before: path.basename(file, '.ts'),
      after: 'new',
    }));
    const results = await replaceFiles(replacements, { units: [[locked, second]] });
    expect(results.get(second)).toMatchObject({ status: 'failed', reason: 'unit' });
    expect(results.get(third)).toEqual({ status: 'written' });
    expect([folder.read('a.ts'), folder.read('b.ts'), folder.read('c.ts')]).toEqual(['a', 'b', 'new']);
    expect(readdirSync(folder.path).sort()).toEqual(['a.ts', 'b.ts', 'c.ts']);
  });

  test('keeps the mode of the file and leaves nothing else behind', async () => {
    const folder = temporaryFolder();
    const file = folder.write('run.js', 'old', 0o755);
    await replaceFiles([{ path: file, before: 'old', after: 'new' }]);
    expect(statSync(file).mode & 0o777).toBe(0o755);
    expect(readdirSync(folder.path)).toEqual(['run.js']);
  });

  test('writes through a symbolic link and keeps the link', async () => {
    const folder = temporaryFolder({ 'real.ts': 'old' });
    const link = path.join(folder.path, 'link.ts');
    symlinkSync('real.ts', link);
    await replaceFiles([{ path: link, before: 'old', after: 'new' }]);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(folder.read('real.ts')).toBe('new');
  });

  test('keeps a byte order mark, CRLF and a missing final line feed', async () => {
    const before = '\uFEFFa;\r\nb;';
    const folder = temporaryFolder({ 'a.ts': before });
    const file = path.join(folder.path, 'a.ts');
    await replaceFiles([{ path: file, before, after: `${before}c;` }]);
    expect(folder.read('a.ts')).toBe('\uFEFFa;\r\nb;c;');
  });

  test('an interruption leaves the files that were not reached as they were, and no temporary ones', async () => {
    const folder = temporaryFolder({ 'a.ts': 'a', 'b.ts': 'b' });
    const [first, second] = ['a.ts', 'b.ts'].map((name) => path.join(folder.path, name)) as [string, string];
    let asked = 0;
    // Two questions while preparing, one before the first replacement: the fourth comes before the second one.
    const results = await replaceFiles(
      [
        { path: first, before: 'a', after: 'A' },
        { path: second, before: 'b', after: 'B' },
      ],
      { stopped: () => ++asked > 3 },
    );
    expect([...results.keys()]).toEqual([first]);
    expect([folder.read('a.ts'), folder.read('b.ts')]).toEqual(['A', 'b']);
    expect(readdirSync(folder.path).sort()).toEqual(['a.ts', 'b.ts']);
  });
});
