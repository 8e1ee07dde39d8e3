import { existsSync } from 'node:fs';

/**
 * A file of this package, which lies one folder higher once compiled.
 * @param path relative to the package's folder
 */
export function packageFile(path: string): URL {
  const found = [`../${path}`, `../../${path}`]
    .map((candidate) => new URL(candidate, import.meta.url))
    .find((url) => existsSync(url));
  if (found === undefined) throw new Error(`${path} of migrate-async is missing: install the package again.`);
  return found;
}
