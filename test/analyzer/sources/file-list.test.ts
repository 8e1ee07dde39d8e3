import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listFiles } from '../../../analyzer/sources/index.ts';

const work = mkdtempSync(path.join(tmpdir(), 'file-list-'));
afterAll(() => rmSync(work, { recursive: true }));

function git(folder: string, ...args: readonly string[]): void {
  const own = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'protocol.file.allow=always'];
  execFileSync('git', ['-C', folder, ...own, ...args], { stdio: 'pipe' });
}

function repository(name: string, file: string): string {
  const folder = path.join(work, name);
  mkdirSync(folder, { recursive: true });
  git(folder, 'init', '-q');
  writeFileSync(path.join(folder, file), 'export const one = 1;\n');
  git(folder, 'add', '-A');
  git(folder, 'commit', '-qm', 'Begin');
  return folder;
}

describe('a repository inside the one that is read', () => {
  let top: string;
  beforeAll(() => {
    const library = repository('library', 'library.ts');
    top = repository('top', 'app.ts');
    git(top, 'submodule', '--quiet', 'add', library, 'vendor/library');
    repository('top/scratch', 'draft.ts');
  });

  it('is left to a run of its own, and named, whether it is a submodule or not', () => {
    const { files, skipped } = listFiles(['.'], top);
    expect(files).toEqual(['app.ts']);
    expect(skipped).toEqual([
      { path: 'scratch/', reason: 'other-repository' },
      { path: 'vendor/library/', reason: 'other-repository' },
    ]);
  });

  it('is read when it is what is asked for', () => {
    expect(listFiles(['vendor/library'], top).files).toEqual(['library.ts']);
  });
});
