import { existsSync, readFileSync } from 'node:fs';

/** The version in this package's manifest, which lies one folder higher once compiled. */
export function ownVersion(): string {
  const manifest = ['../package.json', '../../package.json']
    .map((path) => new URL(path, import.meta.url))
    .find(existsSync);
  if (manifest === undefined)
    throw new Error('The package.json of migrate-async is missing: install the package again.');
  const { version }: { version: string } = JSON.parse(readFileSync(manifest, 'utf8'));
  return version;
}
