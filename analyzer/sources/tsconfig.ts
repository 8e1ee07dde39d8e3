import path from 'node:path';
import { type Cache, createPathsMatcher, getTsconfig, type TsConfigResult } from 'get-tsconfig';
import { isWithin } from './file-list.ts';
import { readIfFile, statsOf } from './read-file.ts';

export type PathsMatcher = (specifier: string) => string[];

/** Matchers of a run by the file they come from, so that a folder shares that of its project. */
export type PathsMatchers = Map<string, PathsMatcher | undefined>;

/**
 * The `paths` and `baseUrl` that hold in a folder.
 * @param packageFolder where a package that a configuration extends is kept, as an absolute path, if in the project
 */
export function pathsMatcher(
  folder: string,
  root: string,
  cache: Cache,
  matchers: PathsMatchers,
  packageFolder: (name: string) => string | undefined,
): PathsMatcher | undefined {
  for (const name of ['tsconfig.json', 'jsconfig.json']) {
    const config = configFor(folder, name, root, cache, packageFolder);
    if (config === undefined) continue;
    if (!matchers.has(config.path)) matchers.set(config.path, matcherOf(config));
    return matchers.get(config.path);
  }
  return undefined;
}

/** None for settings of the wrong kind, which the compiler refuses, too. */
function matcherOf(config: TsConfigResult): PathsMatcher | undefined {
  try {
    return createPathsMatcher(config) ?? undefined;
  } catch {
    return undefined;
  }
}

function configFor(
  folder: string,
  name: string,
  root: string,
  cache: Cache,
  packageFolder: (name: string) => string | undefined,
): TsConfigResult | undefined {
  try {
    if (leadsToNoFile(folder, name)) return undefined;
    const config = getTsconfig(folder, name, cache);
    if (config === null) return undefined;
    if (!isWithin(root, config.path)) return undefined;
    // A solution file only refers to others: the aliases of the code stand in one of those.
    return hasPaths(config) ? config : (referredTo(config, cache) ?? config);
  } catch {
    // What is extended is often a package that is not installed; what the file itself says still holds.
    return readAlone(nearest(folder, name, root), packageFolder, 0);
  }
}

/** Whether the nearest thing of that name is a pipe or a socket: reading it would wait for ever. */
function leadsToNoFile(folder: string, name: string): boolean {
  for (let current = folder; ; current = path.dirname(current)) {
    const stats = statsOf(path.join(current, name));
    if (stats !== undefined && !stats.isDirectory()) return !stats.isFile();
    if (current === path.dirname(current)) return false;
  }
}

function hasPaths({ config }: TsConfigResult): boolean {
  return config.compilerOptions?.paths !== undefined || config.compilerOptions?.baseUrl !== undefined;
}

function referredTo(config: TsConfigResult, cache: Cache): TsConfigResult | undefined {
  for (const reference of config.config.references ?? []) {
    const target = path.resolve(path.dirname(config.path), reference.path);
    const isFile = target.endsWith('.json');
    try {
      const own = getTsconfig(
        isFile ? path.dirname(target) : target,
        isFile ? path.basename(target) : 'tsconfig.json',
        cache,
      );
      if (own !== null && hasPaths(own)) return own;
    } catch {
      // The next reference may be readable.
    }
  }
  return undefined;
}

function nearest(folder: string, name: string, root: string): string | undefined {
  for (let current = folder; isWithin(root, current); current = path.dirname(current)) {
    const file = path.join(current, name);
    if (statsOf(file)?.isFile()) return file;
    if (current === path.dirname(current)) return undefined;
  }
  return undefined;
}

interface PlainConfig {
  readonly extends?: string | readonly string[];
  readonly compilerOptions?: { readonly paths?: Record<string, string[]>; readonly baseUrl?: string };
}

function readAlone(
  file: string | undefined,
  packageFolder: (name: string) => string | undefined,
  depth: number,
): TsConfigResult | undefined {
  const own = file === undefined || depth > 5 ? undefined : readPlain(file);
  if (file === undefined || own === undefined) return undefined;
  const { paths, baseUrl } = own.compilerOptions ?? {};
  if (paths !== undefined || baseUrl !== undefined) {
    const compilerOptions = { ...(paths && { paths }), ...(baseUrl !== undefined && { baseUrl }) };
    return { path: file, config: { compilerOptions } };
  }
  for (const extended of [own.extends ?? []].flat()) {
    if (typeof extended !== 'string') continue;
    const found = readAlone(extendedFile(file, extended, packageFolder), packageFolder, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function extendedFile(
  file: string,
  extended: string,
  packageFolder: (name: string) => string | undefined,
): string | undefined {
  const named = (target: string) => (target.endsWith('.json') ? target : `${target}.json`);
  if (extended.startsWith('.')) return named(path.resolve(path.dirname(file), extended));
  const name = extended.split('/', extended.startsWith('@') ? 2 : 1).join('/');
  const folder = packageFolder(name);
  return folder && path.join(folder, named(extended.slice(name.length + 1) || 'tsconfig.json'));
}

/** Reads JSON with comments and trailing commas. */
function readPlain(file: string): PlainConfig | undefined {
  try {
    const text =
      readIfFile(file)
        ?.toString('utf8')
        .replace(/^\uFEFF/, '') ?? '';
    const bare = text.replace(
      /("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
      (_, quoted?: string) => quoted ?? '',
    );
    const config: unknown = JSON.parse(bare.replace(/,(\s*[}\]])/g, '$1'));
    return typeof config === 'object' && config !== null ? config : undefined;
  } catch {
    return undefined;
  }
}
