import path from 'node:path';
import { expect, test } from 'vitest';
import { unifiedDiff } from '../../delivery/diff.ts';
import { temporaryFolder } from '../support/folder.ts';

test.each([
  ['line feeds', 'one\ntwo\nthree\n', 'one\n2\nthree\n'],
  ['CRLF', 'one\r\ntwo\r\nthree\r\n', 'one\r\n2\r\nthree\r\n'],
  ['no final line feed', 'one\ntwo', 'one\n2'],
  ['a byte order mark', '\uFEFFone\ntwo\n', '\uFEFFone\n2\n'],
  ['a path with a blank', 'one\n', '1\n'],
])('git applies the diff of a file with %s', (name, before, after) => {
  const file = name === 'a path with a blank' ? 'src/a b.ts' : 'src/a.ts';
  const folder = temporaryFolder({ [file]: before });
  folder.git('init', '--quiet');
  folder.git('config', 'core.autocrlf', 'false');
  const patch = folder.write('change.patch', unifiedDiff(file, before, after));
  folder.git('apply', path.relative(folder.path, patch));
  expect(folder.read(file)).toBe(after);
});
