import { type Dirent, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { parsedExtensions } from './dialects.ts';
import { statsOf, textIfFile } from './read-file.ts';
import { repositoryAround, trackedFiles } from './repository.ts';

export type SkipReason =
  | 'build-output'
  | 'declaration'
  | 'generated'
  | 'minified'
  | 'node-modules'
  | 'other-repository'
  | 'symbolic-link'
  | 'too-large'
  | 'unreadable'
  | 'unsupported-language'
  | 'utf-16';

/** A file that was found and deliberately not read. */
export interface SkippedFile {
  readonly path: string;
  readonly reason: SkipReason;
}

/** Which files a run works on. */
export interface FileList {
  /** The list is a part of a project whose other files were not looked for. */
  readonly isPart?: boolean;
  /** Absolute path that every other path is relative to: the repository, or else the project folder. */
  readonly root: string;
  /** Source files of the packages that hold the given paths, relative to the root, with `/`, sorted. */
  readonly files: readonly string[];
  /** Those below the given paths: what the run reports on and may rewrite; all of them when it is left out. */
  readonly selected?: readonly string[];
  /** Every package.json of the repository or project, which say where the workspaces are. */
  readonly manifests: readonly string[];
  readonly skipped: readonly SkippedFile[];
  /** Whether the list came from git. */
  readonly repository: boolean;
  /** Why git would not say anything about the repository that is there: its own words. */
  readonly refusal?: string;
}

/** A path that was asked for and holds nothing to work on. */
export class PathError extends Error {
  override readonly name = 'PathError';
}

/** Larger files are generated or data; DESIGN calls for this bound. Bytes. */
const largestFile = 1024 * 1024;

const sourceExtension = new RegExp(`\\.(?:${parsedExtensions.join('|')})$`, 'i');
const declaration = /\.d\.(?:ts|mts|cts|[^./]+\.ts)$/i;
const otherLanguages = /\.(?:vue|svelte|mdx|astro)$/i;
const minifiedName = /[.-]min\.[cm]?js$/i;
const outputFolders = new Set([
  'dist',
  'build',
  'out',
  'coverage',
  '.next',
  '.nuxt',
  '.output',
  '.turbo',
  '.vercel',
]);

/**
 * Lists the source files below `paths`: what git tracks or would track, or a walk that honours .gitignore.
 *
 * The rest of the package round each path is listed too: the routes that lead to a file rarely stand in it.
 *
 * @param paths files or folders, absolute or relative to `cwd`
 * @throws PathError when a path does not exist or holds no source file
 */
export function listFiles(paths: readonly string[], cwd: string): FileList {
  const targets = (paths.length > 0 ? paths : ['.']).map((given) => ({
    given,
    absolute: realPath(given, cwd),
  }));
  const start = targets[0]?.absolute ?? cwd;
  const repository = repositoryAround(start);
  const top = repository.kind === 'git' ? repository.root : undefined;
  const root = top ?? projectAround(start, undefined);
  const selected = new Set<string>();
  const found = new Set<string>();
  for (const { given, absolute } of targets) {
    if (!isWithin(root, absolute)) {
      throw new PathError(`${given} is outside ${root}: give paths of one project at a time.`);
    }
    const inScope = filesBelow(root, projectAround(absolute, root), top !== undefined);
    const below = inScope.filter((file) => isWithin(absolute, path.join(root, file)));
    if (!below.some((file) => sourceExtension.test(file) || otherLanguages.test(file))) {
      throw new PathError(emptyMessage(given, top !== undefined));
    }
    for (const file of inScope) found.add(file);
    for (const file of below) selected.add(file);
  }
  const { files, skipped } = sortOut(root, [...found].sort());
  return {
    root,
    files,
    selected: files.filter((file) => selected.has(file)),
    manifests: manifestsOf(top === undefined ? [...found] : trackedFiles(root, ':(glob)**/package.json')),
    skipped: skipped.filter(({ path: file }) => selected.has(file)),
    repository: top !== undefined,
    ...(repository.kind === 'refused' ? { refusal: repository.message } : {}),
  };
}

/**
 * Lists the package round a file whose text comes from elsewhere, the file among them; it need not exist.
 */
export function listAround(file: string, cwd: string): FileList {
  const given = path.resolve(cwd, file);
  const folder = existingFolder(path.dirname(given));
  const absolute = path.join(folder, path.relative(existingAncestor(path.dirname(given)), given));
  const repository = repositoryAround(folder);
  const top = repository.kind === 'git' ? repository.root : undefined;
  const root = top ?? projectAround(folder, undefined);
  const name = toPosix(path.relative(root, absolute));
  const listed = filesBelow(root, projectAround(folder, root), top !== undefined);
  const known = statsOf(absolute) !== undefined;
  const { files, skipped } = sortOut(root, [...new Set(known ? listed : [...listed, name])].sort());
  return {
    root,
    files,
    selected: files.filter((other) => other === name),
    manifests: manifestsOf(top === undefined ? listed : trackedFiles(root, ':(glob)**/package.json')),
    skipped: skipped.filter((other) => other.path === name),
    repository: top !== undefined,
  };
}

/** Every file of the project that is not ignored, of whatever kind, relative to the root. */
export function everyFile({ root, repository }: FileList): string[] {
  return repository ? trackedFiles(root, '.') : walkFolder(root, root);
}

function manifestsOf(files: readonly string[]): readonly string[] {
  return files.filter(
    (file) => path.posix.basename(file) === 'package.json' && !/(?:^|\/)node_modules\//.test(file),
  );
}

function emptyMessage(given: string, repository: boolean): string {
  const ignored = repository ? ' Files that git ignores are not looked at.' : '';
  return `${given} holds no JavaScript or TypeScript file.${ignored}`;
}

/** The nearest folder above a path that exists: an editor may name a file whose folder is not there yet. */
function existingAncestor(folder: string): string {
  const parent = path.dirname(folder);
  return folder === parent || statsOf(folder) ? folder : existingAncestor(parent);
}

function existingFolder(folder: string): string {
  return realpathSync(existingAncestor(folder));
}

function realPath(given: string, cwd: string): string {
  try {
    return realpathSync(path.resolve(cwd, given));
  } catch {
    throw new PathError(`${given} does not exist.`);
  }
}

function sortOut(root: string, found: readonly string[]): Pick<FileList, 'files' | 'skipped'> {
  const packageFolders = new Set(manifestsOf(found).map((file) => path.posix.dirname(file)));
  const files: string[] = [];
  const skipped: SkippedFile[] = [];
  for (const file of found) {
    if (file.endsWith('/')) {
      // What git lists as a folder is a repository of its own; a run is about one.
      const isReadable = entriesOf(path.join(root, file)) !== undefined;
      skipped.push({ path: file, reason: isReadable ? 'other-repository' : 'unreadable' });
    }
    if (otherLanguages.test(file)) skipped.push({ path: file, reason: 'unsupported-language' });
    if (!sourceExtension.test(file)) continue;
    const reason = skipReason(root, file, packageFolders);
    if (reason === undefined) files.push(file);
    else skipped.push({ path: file, reason });
  }
  return { files, skipped };
}

function skipReason(root: string, file: string, packageFolders: ReadonlySet<string>): SkipReason | undefined {
  if (/(?:^|\/)node_modules\//.test(file)) return 'node-modules';
  if (isBuildOutput(file, packageFolders)) return 'build-output';
  if (declaration.test(file)) return 'declaration';
  if (minifiedName.test(file)) return 'minified';
  const stats = lstatSync(path.join(root, file), { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  // The link's target is listed under its own name if it belongs to the project.
  if (stats.isSymbolicLink()) return 'symbolic-link';
  return stats.size > largestFile ? 'too-large' : undefined;
}

/** `build/` is output beside a package.json and an ordinary folder elsewhere. */
function isBuildOutput(file: string, packageFolders: ReadonlySet<string>): boolean {
  const segments = file.split('/');
  return segments.some(
    (segment, index) =>
      index < segments.length - 1 &&
      outputFolders.has(segment) &&
      (segment.startsWith('.') || packageFolders.has(segments.slice(0, index).join('/') || '.')),
  );
}

/**
 * The nearest folder that a package.json marks as a project, or the folder itself.
 * @param top folder to look no further than; without one, the person's own folder is no project
 */
function projectAround(target: string, top: string | undefined): string {
  const start = statSync(target).isDirectory() ? target : path.dirname(target);
  for (let folder = start; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if (folder !== start && folder === homedir()) break;
    if (statsOf(path.join(folder, 'package.json'))) return folder;
    if (folder === top) break;
  }
  return top ?? start;
}

function filesBelow(root: string, target: string, tracked: boolean): string[] {
  if (!tracked) return walkFolder(root, target);
  return trackedFiles(root, `:(literal)${toPosix(path.relative(root, target)) || '.'}`);
}

function walkFolder(root: string, target: string): string[] {
  if (!statSync(target).isDirectory()) return [toPosix(path.relative(root, target))];
  const found: string[] = [];
  const visit = (folder: string, rules: readonly FolderRules[]): void => {
    const own = [...rules, ...rulesOf(folder)];
    const entries = entriesOf(folder);
    if (entries === undefined) found.push(`${toPosix(path.relative(root, folder))}/`);
    for (const entry of entries ?? []) {
      const absolute = path.join(folder, entry.name);
      if (entry.name === 'node_modules' || entry.name === '.git') continue;
      if (isIgnored(own, absolute, entry.isDirectory())) continue;
      if (entry.isDirectory()) visit(absolute, own);
      else if (entry.isFile() || entry.isSymbolicLink()) found.push(toPosix(path.relative(root, absolute)));
    }
  };
  visit(target, foldersBetween(root, target).flatMap(rulesOf));
  return found;
}

/** What a folder holds; `undefined` when it may not be read. */
function entriesOf(folder: string): readonly Dirent[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (/^(?:EACCES|EPERM)$/.test((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

interface FolderRules {
  readonly folder: string;
  readonly rules: Ignore;
}

function rulesOf(folder: string): FolderRules[] {
  const text = textIfFile(path.join(folder, '.gitignore'));
  return text === '' ? [] : [{ folder, rules: ignore().add(text) }];
}

/** The innermost .gitignore that says something about a path decides, as in git. */
function isIgnored(rules: readonly FolderRules[], absolute: string, folder: boolean): boolean {
  for (let index = rules.length - 1; index >= 0; index--) {
    const own = rules[index];
    if (own === undefined) continue;
    const verdict = own.rules.test(toPosix(path.relative(own.folder, absolute)) + (folder ? '/' : ''));
    if (verdict.ignored || verdict.unignored) return verdict.ignored;
  }
  return false;
}

function foldersBetween(root: string, target: string): string[] {
  const folders: string[] = [];
  for (let folder = target; folder !== root && isWithin(root, folder); ) {
    folder = path.dirname(folder);
    folders.unshift(folder);
  }
  return folders;
}

export function isWithin(root: string, target: string): boolean {
  const relative = path.relative(root, target);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

export function toPosix(file: string): string {
  return path.sep === '/' ? file : file.split(path.sep).join('/');
}
