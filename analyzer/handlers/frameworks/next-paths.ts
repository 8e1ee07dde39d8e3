import path from 'node:path';
import { constantText, type Evaluator, type Sources, textIfFile, type Value } from '../../sources/index.ts';
import { option } from '../routing/options.ts';
import { isUnknown, optionTexts } from '../routing/paths.ts';

/** One Next.js application of a project. */
export interface NextApplication {
  /** Folder of its package, with a slash at the end unless it is the root. */
  readonly folder: string;
  readonly basePath: string;
  /** What the names of pages and routes end with, without the dot before it: `pageExtensions`. */
  readonly extensions: readonly string[];
}

/**
 * Every package that depends on Next.js, and every folder below one that configures it: the packages of some
 * repositories are all listed at the top. The innermost first.
 */
export function nextApplications(sources: Sources, evaluator: Evaluator): readonly NextApplication[] {
  const folders = sources.manifests
    .filter((manifest) => dependsOnNext(sources.absolute(manifest)))
    .map((manifest) => manifest.slice(0, manifest.length - 'package.json'.length));
  const configured = sources.files
    .filter((file) => configurationFile.test(path.posix.basename(file)))
    .map((file) => file.slice(0, file.length - path.posix.basename(file).length))
    .filter((folder) => folders.some((above) => folder.startsWith(above)));
  return [...new Set([...folders, ...configured])]
    .sort((left, right) => right.length - left.length)
    .map((folder) => ({ folder, ...configurationOf(sources, evaluator, folder) }));
}

const configurationFile = /^next\.config\.[cm]?[jt]s$/;

function dependsOnNext(manifest: string): boolean {
  try {
    const content: { dependencies?: object; devDependencies?: object; peerDependencies?: object } =
      JSON.parse(textIfFile(manifest));
    return [content.dependencies, content.devDependencies, content.peerDependencies].some(
      (own) => own !== undefined && own !== null && 'next' in own,
    );
  } catch {
    return false;
  }
}

const usualExtensions = ['tsx', 'ts', 'jsx', 'js', 'mts', 'mjs', 'cts', 'cjs'];

function configurationOf(
  sources: Sources,
  evaluator: Evaluator,
  folder: string,
): Omit<NextApplication, 'folder'> {
  for (const extension of ['ts', 'mjs', 'js', 'cjs', 'mts']) {
    const file = sources.isListed(`${folder}next.config.${extension}`)
      ? sources.file(`${folder}next.config.${extension}`)
      : undefined;
    if (file === undefined) continue;
    const values = evaluator.exported(file, 'default').flatMap((value) => configIn(evaluator, value));
    const extensions = optionTexts(evaluator, values, 'pageExtensions')?.filter((text) => !isUnknown(text));
    return {
      basePath: constantText(option(evaluator, values, 'basePath')?.values ?? []) ?? '',
      extensions: extensions === undefined || extensions.length === 0 ? usualExtensions : extensions,
    };
  }
  return { basePath: '', extensions: usualExtensions };
}

/** The configuration itself, or what a function or a wrapper from outside is given. */
function configIn(evaluator: Evaluator, value: Value): readonly Value[] {
  if (value.kind === 'function')
    return evaluator
      .returnExpressions(value.node)
      .flatMap((node) => evaluator.evaluate(value.file, node, value.environment));
  const last = value.kind === 'api' ? value.steps.at(-1) : undefined;
  if (last?.kind !== 'call' || last.at === undefined || !('arguments' in last.at.node)) return [value];
  const { file, environment, node } = last.at;
  return node.arguments.flatMap((argument) => evaluator.evaluate(file, argument, environment));
}

/** What a file is to Next.js by where it stands. */
export type NextFile =
  | { readonly kind: 'route' | 'api'; readonly path: string }
  | { readonly kind: 'middleware' };

/** Sorts a file by its place: route handler, pages API, middleware, or none of these. */
export function nextFile(application: NextApplication, file: string): NextFile | undefined {
  const { folder, basePath, extensions } = application;
  if (!file.startsWith(folder)) return undefined;
  const inside = file.slice(folder.length).replace(/^src\//, '');
  const extension = extensions.find((own) => inside.endsWith(`.${own}`));
  if (extension === undefined) return undefined;
  const bare = inside.slice(0, -extension.length - 1);
  if (bare === 'middleware' || bare === 'proxy') return { kind: 'middleware' };
  if (inside.startsWith('app/') && path.posix.basename(bare) === 'route') {
    const own = appPath(bare.slice('app/'.length).split('/').slice(0, -1));
    return own === undefined ? undefined : { kind: 'route', path: basePath + own };
  }
  if (!inside.startsWith('pages/api/') && bare !== 'pages/api') return undefined;
  const own = bare.slice('pages'.length).replace(/\/index$/, '');
  return { kind: 'api', path: basePath + own };
}

/** The URL path of folders below `app`; `undefined` where a private folder keeps them out of routing. */
function appPath(folders: readonly string[]): string | undefined {
  const parts: string[] = [];
  for (const folder of folders) {
    if (folder.startsWith('_')) return undefined;
    if (/^\(\.{1,3}\)/.test(folder)) {
      const up = folder.match(/^(?:\(\.\.\))+/)?.[0].length ?? 0;
      if (folder.startsWith('(...)')) parts.length = 0;
      else parts.length = Math.max(0, parts.length - up / '(..)'.length);
      parts.push(folder.replace(/^(?:\(\.{1,3}\))+/, ''));
      continue;
    }
    if (/^\(.*\)$/.test(folder) || folder.startsWith('@')) continue;
    parts.push(folder.replace(/^%5F/i, '_'));
  }
  return `/${parts.join('/')}`;
}
