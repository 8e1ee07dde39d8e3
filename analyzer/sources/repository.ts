import { execFileSync } from 'node:child_process';
import { lstatSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';

/** Whether git keeps the history of a folder, as far as git itself will say. */
export type Repository =
  /** Absolute path of its top folder. */
  | { readonly kind: 'git'; readonly root: string }
  | { readonly kind: 'none' }
  /** There is a repository, but git will not work on it or is not installed: its own words. */
  | { readonly kind: 'refused'; readonly message: string };

/** The repository round a file or folder that exists. */
export function repositoryAround(target: string): Repository {
  const folder = statSync(target).isDirectory() ? target : path.dirname(target);
  try {
    return { kind: 'git', root: realpathSync(git(folder, ['rev-parse', '--show-toplevel']).trim()) };
  } catch (error) {
    return hasRepository(folder) ? { kind: 'refused', message: ownWords(error) } : { kind: 'none' };
  }
}

/**
 * Files that git tracks, or would track, relative to `root`. A repository inside, submodule or not, is its folder with
 * a `/` at the end: git says nothing about what is in it.
 * @param pathspec which of them, in git's own language
 */
export function trackedFiles(root: string, pathspec: string): string[] {
  const listed = git(root, ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', pathspec]);
  return listed.split('\0').flatMap((file) => {
    const stats = file === '' ? undefined : lstatSync(path.join(root, file), { throwIfNoEntry: false });
    if (stats === undefined) return [];
    return stats.isDirectory() && !file.endsWith('/') ? [`${file}/`] : [file];
  });
}

/**
 * Runs git in a folder and returns what it prints.
 * @throws Error with git's words in `stderr` when it fails
 */
export function git(folder: string, args: readonly string[]): string {
  // A hook's environment names the repository the hook runs in, which need not be the one that is asked about.
  const { GIT_DIR: _dir, GIT_WORK_TREE: _tree, GIT_INDEX_FILE: _index, ...environment } = process.env;
  return execFileSync('git', ['--no-optional-locks', '-C', folder, ...args], {
    encoding: 'utf8',
    env: environment,
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function hasRepository(start: string): boolean {
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (lstatSync(path.join(folder, '.git'), { throwIfNoEntry: false })) return true;
    if (folder === path.dirname(folder)) return false;
  }
}

function ownWords(error: unknown): string {
  const { code, stderr } = error as NodeJS.ErrnoException & { readonly stderr?: string };
  if (code === 'ENOENT') return 'git is not installed';
  return (stderr ?? '').split('\n')[0]?.replace(/^fatal: /, '') || String(error);
}
