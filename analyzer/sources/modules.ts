import { isBuiltin } from 'node:module';
import path from 'node:path';
import type { Cache } from 'get-tsconfig';
import { parsedExtensions } from './dialects.ts';
import { type FileList, isWithin, toPosix } from './file-list.ts';
import { textIfFile } from './read-file.ts';
import { type PathsMatcher, type PathsMatchers, pathsMatcher } from './tsconfig.ts';

/** Where a module specifier leads. */
export type ModuleTarget =
  | { readonly kind: 'file'; readonly path: string }
  /** A package that is not part of the project, or a module of Node itself. */
  | { readonly kind: 'package'; readonly name: string };

interface Workspace {
  readonly folder: string;
  readonly manifest: Manifest;
}

interface Manifest {
  readonly name?: string;
  readonly main?: string;
  readonly module?: string;
  readonly source?: string;
  readonly exports?: unknown;
  readonly imports?: Readonly<Record<string, unknown>>;
}

/** What a compiler may have turned a source extension into: `./a.js` in TypeScript means `./a.ts`. */
const sourceOf: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx', '.jsx'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};

const extensions = parsedExtensions.map((extension) => `.${extension}`);

/** The ORM is known by its twin registry, not by its source, even in a repository that holds that source. */
const knownByRegistry = /^@migrate-async\/runtime(?:$|\/)/;

/** Follows module specifiers to files: relative, tsconfig `paths`, workspace packages, `#imports`. */
export class ModuleResolver {
  private readonly root: string;
  private readonly exists: (file: string) => boolean;
  private readonly workspaces: ReadonlyMap<string, Workspace>;
  /** By folder of the importing file. */
  private readonly pathMatchers = new Map<string, PathsMatcher | undefined>();
  private readonly matchers: PathsMatchers = new Map();
  /** What specifiers lead to by a matcher: the same for every file it holds for. */
  private readonly mapped = new Map<PathsMatcher, Map<string, ModuleTarget | undefined>>();
  private readonly tsconfigCache: Cache = new Map();
  /** By importing file, then by specifier. */
  private readonly known = new Map<string, Map<string, ModuleTarget>>();

  constructor(list: FileList, exists: (file: string) => boolean) {
    this.root = list.root;
    this.exists = exists;
    this.workspaces = readWorkspaces(list);
  }

  /** @param from the importing file; @param specifier as written in the import */
  resolve(from: string, specifier: string): ModuleTarget {
    let known = this.known.get(from);
    if (known === undefined) {
      known = new Map();
      this.known.set(from, known);
    }
    let target = known.get(specifier);
    if (target === undefined) {
      target = this.find(from, path.posix.dirname(from), specifier);
      known.set(specifier, target);
    }
    return target;
  }

  private find(from: string, folder: string, specifier: string): ModuleTarget {
    const external: ModuleTarget = { kind: 'package', name: specifier };
    if (knownByRegistry.test(specifier)) return external;
    if (isBuiltin(specifier)) return { kind: 'package', name: specifier.replace(/^node:/, '') };
    if (path.isAbsolute(specifier)) {
      const inside = isWithin(this.root, specifier);
      return (inside && this.fileTarget(toPosix(path.relative(this.root, specifier)))) || external;
    }
    if (/^\.{1,2}\//.test(specifier) || specifier === '.' || specifier === '..') {
      const relative = path.posix.join(folder, specifier);
      return this.fileTarget(relative) ?? this.builtFrom(relative) ?? external;
    }
    return (
      this.mappedByConfig(from, specifier) ??
      (specifier.startsWith('#') ? this.subpathImport(folder, specifier) : this.workspaceModule(specifier)) ??
      external
    );
  }

  private fileTarget(candidate: string): ModuleTarget | undefined {
    const found = this.fileAt(candidate);
    return found === undefined ? undefined : { kind: 'file', path: found };
  }

  /** The source of build output that is not kept: `require('./dist/src/api')` in a file beside `src`. */
  private builtFrom(candidate: string): ModuleTarget | undefined {
    const guess = candidate.replace(/(^|\/)(?:dist|build|lib|out)\/(?:esm\/|cjs\/|src\/)?/, '$1src/');
    return guess === candidate ? undefined : this.fileTarget(guess);
  }

  private fileAt(candidate: string): string | undefined {
    const clean = path.posix.normalize(candidate);
    if (clean === '..' || clean.startsWith('../')) return undefined;
    const extension = path.posix.extname(clean);
    if (extensions.includes(extension) && this.exists(clean)) return clean;
    const stem = clean.slice(0, clean.length - extension.length);
    const compiled = (sourceOf[extension] ?? []).map((source) => stem + source);
    const added = extensions.map((own) => clean + own);
    const index = extensions.map((own) => path.posix.join(clean, `index${own}`));
    return [...compiled, ...added, ...index].find((file) => this.exists(file));
  }

  private mappedByConfig(from: string, specifier: string): ModuleTarget | undefined {
    const matcher = this.matcherFor(from);
    if (matcher === undefined) return undefined;
    let known = this.mapped.get(matcher);
    if (known === undefined) {
      known = new Map();
      this.mapped.set(matcher, known);
    }
    if (!known.has(specifier)) known.set(specifier, this.matched(matcher, specifier));
    return known.get(specifier);
  }

  private matched(matcher: PathsMatcher, specifier: string): ModuleTarget | undefined {
    for (const absolute of matcher(specifier)) {
      if (!isWithin(this.root, absolute)) continue;
      const target = this.fileTarget(toPosix(path.relative(this.root, absolute)));
      if (target !== undefined) return target;
    }
    return undefined;
  }

  private matcherFor(from: string): PathsMatcher | undefined {
    const folder = path.posix.dirname(from);
    if (!this.pathMatchers.has(folder)) {
      const { root, tsconfigCache, matchers } = this;
      const absolute = path.join(root, folder);
      const found = pathsMatcher(absolute, root, tsconfigCache, matchers, (name) => this.packageFolder(name));
      this.pathMatchers.set(folder, found);
    }
    return this.pathMatchers.get(folder);
  }

  private packageFolder(name: string): string | undefined {
    const workspace = this.workspaces.get(name);
    return workspace && path.join(this.root, workspace.folder);
  }

  private subpathImport(folder: string, specifier: string): ModuleTarget | undefined {
    for (const workspace of this.workspaces.values()) {
      if (!isWithin(`/${workspace.folder}`, `/${folder}`)) continue;
      const mapped = mappedTarget(workspace.manifest.imports, specifier);
      if (mapped !== undefined)
        return this.fileTarget(path.posix.join(workspace.folder, sourceGuess(mapped)));
    }
    return undefined;
  }

  private workspaceModule(specifier: string): ModuleTarget | undefined {
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    const workspace = this.workspaces.get(name);
    if (workspace === undefined) return undefined;
    const subpath = specifier.slice(name.length + 1);
    for (const candidate of entryCandidates(workspace.manifest, subpath)) {
      const target = this.fileTarget(path.posix.join(workspace.folder, candidate));
      if (target !== undefined) return target;
    }
    return undefined;
  }
}

function readWorkspaces(list: FileList): ReadonlyMap<string, Workspace> {
  const workspaces = new Map<string, Workspace>();
  for (const file of list.manifests) {
    try {
      const manifest: Manifest = JSON.parse(textIfFile(path.join(list.root, file)));
      const folder = path.posix.dirname(file);
      workspaces.set(manifest.name ?? folder, { folder, manifest });
    } catch {
      // A manifest that is not JSON names no package; whoever runs the package manager hears of it there.
    }
  }
  return workspaces;
}

/** Where a workspace keeps the source of an entry: declared source, mapped exports, then the usual places. */
function entryCandidates(manifest: Manifest, subpath: string): string[] {
  const exported = mappedTarget(manifest.exports, subpath === '' ? '.' : `./${subpath}`);
  const declared = subpath === '' ? [manifest.source, manifest.module, manifest.main] : [];
  const plain = subpath === '' ? ['src/index', 'index'] : [subpath, `src/${subpath}`];
  const known = [exported, ...declared].filter((entry) => typeof entry === 'string');
  return [...known, ...known.map(sourceGuess), ...plain];
}

/** Looks a key up in an `exports` or `imports` map and takes its source or its first condition. */
function mappedTarget(map: unknown, key: string): string | undefined {
  if (typeof map === 'string') return key === '.' ? map : undefined;
  if (typeof map !== 'object' || map === null) return undefined;
  const entries = Object.entries(map);
  if (!entries.some(([name]) => name.startsWith('.') || name.startsWith('#')))
    return key === '.' ? condition(map) : undefined;
  for (const [pattern, target] of entries) {
    const [before = '', after] = pattern.split('*');
    if (after === undefined ? pattern !== key : !(key.startsWith(before) && key.endsWith(after))) continue;
    const rest = after === undefined ? '' : key.slice(before.length, key.length - after.length);
    return condition(target)?.replace('*', rest);
  }
  return undefined;
}

/** Conditions within conditions beyond this are not looked at. */
const deepestCondition = 20;

function condition(target: unknown, depth = 0): string | undefined {
  if (typeof target === 'string') return target;
  if (typeof target !== 'object' || target === null || depth > deepestCondition) return undefined;
  const conditions = target as Readonly<Record<string, unknown>>;
  const preferred = ['source', 'development', 'import', 'module', 'require', 'default', 'types'];
  for (const name of [...preferred, ...Object.keys(conditions)]) {
    const found = condition(conditions[name], depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The source that a compiled entry was most likely built from. */
function sourceGuess(entry: string): string {
  return entry
    .replace(/^(\.\/)?(?:dist|build|lib|out)\/(?:esm\/|cjs\/|src\/)?/, '$1src/')
    .replace(/\.d\.ts$/, '.js');
}
