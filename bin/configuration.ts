import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { ErrorObject } from 'ajv';
import { closest, distance } from 'fastest-levenshtein';
import type { Configuration } from '../analyzer/configuration.ts';
import { statsOf } from '../analyzer/sources/read-file.ts';
import { UsageError } from './exit-code.ts';
import { packageFile } from './package-file.ts';

const fileName = 'migrate-async.json';

/** A configuration and where it stands; empty when there is none. */
export interface Configured {
  readonly configuration: Configuration;
  /** Absolute path of the folder that its globs count from. */
  readonly folder: string;
}

interface Found {
  readonly folder: string;
  readonly origin: string;
  readonly value: unknown;
}

/**
 * Reads the configuration that holds for a file or folder: that of the nearest folder which has one.
 * @param start absolute path; a link stands for what it leads to
 * @param root folder to look no further than
 * @throws UsageError when it is not JSON, has an unknown key or a value of the wrong kind
 */
export async function readConfiguration(start: string, root: string): Promise<Configured> {
  const found = findConfiguration(existsSync(start) ? realpathSync(start) : start, root);
  if (found === undefined) return { configuration: {}, folder: start };
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const validate = new Ajv2020({ strict: false, verbose: true }).compile<Configuration>(
    JSON.parse(readFileSync(packageFile('docs/schema/configuration.schema.json'), 'utf8')),
  );
  if (validate(found.value)) return { configuration: found.value, folder: found.folder };
  const [error] = validate.errors ?? [];
  throw new UsageError(`${found.origin}: ${error === undefined ? 'not a configuration' : explained(error)}`);
}

function findConfiguration(start: string, root: string): Found | undefined {
  for (let folder = start; ; folder = path.dirname(folder)) {
    const own = path.join(folder, fileName);
    if (isFile(own)) return { folder, origin: own, value: parsed(own) };
    const manifest = path.join(folder, 'package.json');
    const value = isFile(manifest) ? embedded(parsed(manifest)) : undefined;
    if (value !== undefined) return { folder, origin: `${manifest}, key migrate-async`, value };
    if (folder === root || folder === path.dirname(folder)) return undefined;
  }
}

/** A pipe that is called so would be waited for without end. */
function isFile(file: string): boolean {
  return statsOf(file)?.isFile() === true;
}

function embedded(manifest: unknown): unknown {
  if (typeof manifest !== 'object' || manifest === null) return undefined;
  return (manifest as Readonly<Record<string, unknown>>)['migrate-async'];
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UsageError(`${file} is not valid JSON: ${(error as Error).message}`);
  }
}

function explained(error: ErrorObject): string {
  const place = error.instancePath === '' ? '' : ` in ${error.instancePath.slice(1).replaceAll('/', '.')}`;
  if (error.keyword !== 'additionalProperties') {
    const where =
      error.instancePath === '' ? 'the configuration' : error.instancePath.slice(1).replaceAll('/', '.');
    return `${where} ${error.message ?? 'is wrong'}.`;
  }
  const unknown: string = error.params.additionalProperty;
  return `there is no key ${unknown}${place}.${suggestion(unknown, Object.keys(error.parentSchema?.properties ?? {}))}`;
}

/** The known key that was most likely meant, unless nothing comes close. */
function suggestion(unknown: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const nearest = closest(unknown, [...known]);
  if (distance(unknown, nearest) > Math.max(2, unknown.length / 3)) return ` Keys: ${known.join(', ')}.`;
  return ` Did you mean ${nearest}?`;
}
