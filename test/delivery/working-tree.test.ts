import { expect, test } from 'vitest';
import { dirtyFiles } from '../../delivery/working-tree.ts';
import { temporaryFolder } from '../support/folder.ts';

test('only files that were asked for and differ from the last commit are dirty', () => {
  const folder = temporaryFolder({
    'a.ts': 'a',
    'b.ts': 'b',
    'c d.ts': 'c',
    'old name.ts': 'a long enough text to be renamed',
  });
  folder.commitAll();
  folder.write('b.ts', 'changed');
  folder.write('c d.ts', 'changed');
  folder.write('new.ts', 'untracked');
  folder.git('mv', 'old name.ts', 'renamed.ts');
  expect(dirtyFiles(folder.path, ['a.ts', 'c d.ts', 'new.ts', 'renamed.ts']).toSorted()).toEqual([
    'c d.ts',
    'new.ts',
    'renamed.ts',
  ]);
});

test('a renamed file does not make another one look changed', () => {
  const folder = temporaryFolder({ 'zz src/a.ts': 'a long enough text to be renamed', 'src/a.ts': 'a' });
  folder.commitAll();
  folder.git('mv', 'zz src/a.ts', 'zz src/b.ts');
  expect(dirtyFiles(folder.path, ['src/a.ts'])).toEqual([]);
});

test('a clean tree has no dirty files', () => {
  const folder = temporaryFolder({ 'a.ts': 'a' });
  folder.commitAll();
  expect(dirtyFiles(folder.path, ['a.ts'])).toEqual([]);
});
