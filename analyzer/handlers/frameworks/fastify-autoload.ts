import path from 'node:path';
import {
  type ApiValue,
  constantText,
  type Evaluator,
  isTestFile,
  type Sources,
  type Value,
} from '../../sources/index.ts';
import { option } from '../routing/options.ts';
import { isUnknown, joinPaths, optionTexts } from '../routing/paths.ts';

/** One file that @fastify/autoload registers. */
export interface Loaded {
  readonly values: readonly Value[];
  readonly prefix: string;
  /** Files whose hooks run before it, outermost first. */
  readonly hooks: readonly (readonly Value[])[];
}

export function isAutoload(value: ApiValue): boolean {
  return value.module === '@fastify/autoload' || value.module === 'fastify-autoload';
}

/**
 * The plugins below a folder, as @fastify/autoload finds them: a folder with an index file is that file, each folder
 * adds its name to the prefix, `autohooks` files run before what stands beside (and, cascading, below) them.
 * @returns `undefined` when the folder is not known
 */
export function autoloaded(
  sources: Sources,
  evaluator: Evaluator,
  options: readonly Value[],
): readonly Loaded[] | undefined {
  const folder = constantText(option(evaluator, options, 'dir')?.values ?? []);
  if (folder === undefined || !path.isAbsolute(folder)) return undefined;
  const inside = path.relative(sources.root, folder).split(path.sep).join('/');
  if (inside.startsWith('..')) return undefined;
  const settings: Settings = {
    sources,
    evaluator,
    prefix: optionTexts(evaluator, option(evaluator, options, 'options')?.values ?? [], 'prefix')?.[0] ?? '',
    named: !isFalse(option(evaluator, options, 'dirNameRoutePrefix')?.values),
    parameters: isTrue(option(evaluator, options, 'routeParams')?.values),
    hooks: isTrue(option(evaluator, options, 'autoHooks')?.values),
    cascade: isTrue(option(evaluator, options, 'cascadeHooks')?.values),
    ignored: patterns(option(evaluator, options, 'ignorePattern')?.values),
    wanted: patterns(option(evaluator, options, 'matchFilter')?.values),
    index: patterns(option(evaluator, options, 'indexPattern')?.values)[0] ?? /^index(?:\.[cm]?[jt]s)$/i,
  };
  const files = sources.files.filter((file) => inside === '' || file.startsWith(`${inside}/`));
  return folderPlugins(settings, inside, files, '', []);
}

interface Settings {
  readonly sources: Sources;
  readonly evaluator: Evaluator;
  readonly prefix: string;
  readonly named: boolean;
  readonly parameters: boolean;
  readonly hooks: boolean;
  readonly cascade: boolean;
  readonly ignored: readonly RegExp[];
  readonly wanted: readonly RegExp[];
  readonly index: RegExp;
}

function folderPlugins(
  settings: Settings,
  folder: string,
  files: readonly string[],
  prefix: string,
  above: readonly (readonly Value[])[],
): readonly Loaded[] {
  const names = files.map((file) => ({ file, rest: file.slice(folder === '' ? 0 : folder.length + 1) }));
  const own = names.filter(({ rest }) => !rest.includes('/'));
  const hookFile = settings.hooks && own.find(({ rest }) => /^[_.]?auto_?hooks(?:\.[cm]?[jt]s)$/i.test(rest));
  const hooks = hookFile ? [...above, plugin(settings, hookFile.file)] : above;
  const index = own.find(({ rest }) => settings.index.test(rest));
  const loaded = (index ? [index] : own)
    .filter(({ file, rest }) => file !== (hookFile ? hookFile.file : '') && isWanted(settings, file, rest))
    .flatMap(({ file }) => loadedFile(settings, file, prefix, hooks));
  const folders = new Set(
    names.filter(({ rest }) => rest.includes('/')).map(({ rest }) => rest.split('/')[0] ?? ''),
  );
  const below = [...folders].flatMap((name) => {
    const inner = folder === '' ? name : `${folder}/${name}`;
    const ownFiles = files.filter((file) => file.startsWith(`${inner}/`));
    const next = settings.named ? joinPaths(prefix, segment(settings, name)) : prefix;
    return folderPlugins(settings, inner, ownFiles, next, settings.cascade ? hooks : []);
  });
  return [...loaded, ...below];
}

function segment(settings: Settings, name: string): string {
  if (!settings.parameters) return name;
  return name.startsWith('__') ? `:${name.slice(2)}` : name.replace(/^_/, ':').replace(/-_/g, '-:');
}

function isWanted(settings: Settings, file: string, name: string): boolean {
  if (isTestFile(file) || /\.(?:test|spec)\./.test(name) || name.endsWith('.d.ts')) return false;
  const path = `/${file}`;
  if (settings.ignored.some((pattern) => pattern.test(name) || pattern.test(path))) return false;
  return settings.wanted.length === 0 || settings.wanted.some((pattern) => pattern.test(path));
}

function loadedFile(
  settings: Settings,
  file: string,
  prefix: string,
  hooks: readonly (readonly Value[])[],
): readonly Loaded[] {
  const { evaluator, sources } = settings;
  const module = sources.file(file);
  if (module === undefined) return [];
  const values = plugin(settings, file);
  const named = (name: string) =>
    constantText([
      ...evaluator.exported(module, name),
      ...values.flatMap((value) => evaluator.member(value, name)),
    ]);
  if (/^false$/.test(String(named('autoload')))) return [];
  const override = named('prefixOverride');
  const automatic = named('autoPrefix');
  const own =
    override ??
    joinPaths(settings.prefix, automatic === undefined ? prefix : joinPaths(parent(prefix), automatic));
  return isUnknown(own) ? [] : [{ values, prefix: own, hooks }];
}

/** `autoPrefix` stands in place of the folder's name. */
function parent(prefix: string): string {
  return prefix.split('/').slice(0, -1).join('/');
}

function plugin(settings: Settings, file: string): readonly Value[] {
  const module = settings.sources.file(file);
  return module === undefined ? [] : settings.evaluator.exported(module, 'default');
}

function isFalse(values: readonly Value[] | undefined): boolean {
  return values?.some((value) => value.kind === 'constant' && value.value === false) === true;
}

function isTrue(values: readonly Value[] | undefined): boolean {
  return values?.some((value) => value.kind === 'constant' && value.value === true) === true;
}

function patterns(values: readonly Value[] | undefined): readonly RegExp[] {
  return (values ?? []).flatMap((value) => {
    if (value.kind !== 'constant') return [];
    if (value.value instanceof RegExp) return [value.value];
    return typeof value.value === 'string'
      ? [new RegExp(value.value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))]
      : [];
  });
}
