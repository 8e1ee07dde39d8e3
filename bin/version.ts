import { readFileSync } from 'node:fs';
import { packageFile } from './package-file.ts';

/** The version in this package's manifest. */
export function ownVersion(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
  return version;
}
