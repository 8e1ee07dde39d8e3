import { createTwoFilesPatch } from 'diff';

/**
 * A unified diff that `git apply` and `patch -p1` accept.
 * @param path shown on both sides, with `/`
 */
export function unifiedDiff(path: string, before: string, after: string): string {
  // The library writes a rule above and a tab behind the two headings; git's form is what reviewers and tools know.
  const patch = createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, {
    context: 3,
  });
  return patch.replace(/^={10,}\n/, '').replace(/^(--- .*?)\t?\n(\+\+\+ .*?)\t?\n/, '$1\n$2\n');
}
