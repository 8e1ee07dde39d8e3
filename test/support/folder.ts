import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** A real folder for one test, removed when the test ends. */
export interface Folder {
  readonly path: string;
  write(file: string, text: string | Buffer, mode?: number): string;
  read(file: string): string;
  git(...args: readonly string[]): string;
  /** Makes it a repository with everything in it committed. */
  commitAll(): void;
}

export function temporaryFolder(files: Readonly<Record<string, string>> = {}): Folder {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'migrate-async-test-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const folder: Folder = {
    path: root,
    write(file, text, mode) {
      const absolute = path.join(root, file);
      mkdirSync(path.dirname(absolute), { recursive: true });
      writeFileSync(absolute, text);
      if (mode !== undefined) chmodSync(absolute, mode);
      return absolute;
    },
    read: (file) => readFileSync(path.join(root, file), 'utf8'),
    git: (...args) =>
      execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    commitAll() {
      folder.git('init', '--quiet', '--initial-branch=main');
      folder.git('add', '--all');
      folder.git(
        '-c',
        'user.name=Test',
        '-c',
        'user.email=test@example.com',
        'commit',
        '--quiet',
        '--message=start',
      );
    },
  };
  for (const [file, text] of Object.entries(files)) folder.write(file, text);
  return folder;
}
