import { execFileSync } from 'node:child_process';

/**
 * Files among `files` that differ from the last commit, so that replacing them would mix somebody's work with ours.
 * @param root top folder of the repository, absolute
 * @param files relative to the root
 * @returns the files, relative to the root; untracked ones count, because nothing could bring them back
 */
export function dirtyFiles(root: string, files: readonly string[]): readonly string[] {
  if (files.length === 0) return [];
  const status = execFileSync('git', ['-C', root, 'status', '--porcelain', '-z', '--untracked-files=all'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const wanted = new Set(files);
  // Each entry is two status letters, a blank and the path; a rename is followed by the path it had.
  const paths = status.split('\0').map((entry) => (/^.. /.test(entry) ? entry.slice(3) : entry));
  return paths.filter((path) => wanted.has(path));
}
