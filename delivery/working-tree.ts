import { git } from '../analyzer/sources/index.ts';

/**
 * Files among `files` that differ from the last commit, so that replacing them would mix somebody's work with ours.
 * @param root top folder of the repository, absolute
 * @param files relative to the root
 * @returns the files, relative to the root; untracked ones count, because nothing could bring them back
 */
export function dirtyFiles(root: string, files: readonly string[]): readonly string[] {
  if (files.length === 0) return [];
  const status = git(root, ['status', '--porcelain', '-z', '--no-renames', '--untracked-files=all']);
  const wanted = new Set(files);
  // Each entry is two status letters, a blank and the path.
  return status
    .split('\0')
    .map((entry) => entry.slice(3))
    .filter((path) => wanted.has(path));
}
