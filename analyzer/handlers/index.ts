import type { Evaluator, Sources } from '../sources/index.ts';
import { configuredFramework, type HandlerPattern } from './frameworks/configured.ts';
import type { Discovery, Handler } from './handler.ts';
import { frameworks } from './registry.ts';
import { nameWrappers } from './routing/named-wrappers.ts';

export type { HandlerPattern } from './frameworks/configured.ts';
export type { Discovery, Framework, Handler, HandlerTarget, Middleware } from './handler.ts';

/**
 * Finds every request handler of a project, in the order of files and lines.
 * @param patterns ways of registering handlers that the project has made for itself
 */
export function discoverHandlers(
  sources: Sources,
  evaluator: Evaluator,
  patterns: readonly HandlerPattern[] = [],
): Discovery {
  nameWrappers(
    evaluator,
    patterns.filter((pattern) => 'wrapper' in pattern),
  );
  const all = patterns.length === 0 ? frameworks : [...frameworks, configuredFramework(patterns)];
  const found = all.map((framework) => framework.discover(sources, evaluator));
  return {
    handlers: merged(found.flatMap(({ handlers }) => handlers)),
    dynamic: distinct(found.flatMap(({ dynamic }) => dynamic)),
  };
}

/** One entry per registration and local path: several runs of the same line differ in where they end up only. */
function merged(handlers: readonly Handler[]): readonly Handler[] {
  const byKey = new Map<string, Handler>();
  for (const handler of handlers) {
    const { framework, method, location, target, paths } = handler;
    const place = target?.location;
    const key = JSON.stringify([
      framework,
      method,
      location,
      place,
      target?.name,
      paths.length === 1 ? paths : '',
    ]);
    const known = byKey.get(key);
    byKey.set(key, known === undefined ? handler : { ...known, paths: united(known.paths, paths) });
  }
  return [...byKey.values()].sort(
    ({ location: left }, { location: right }) =>
      compare(left.file, right.file) || left.line - right.line || left.column - right.column,
  );
}

function united(left: readonly string[], right: readonly string[]): readonly string[] {
  return [...new Set([...left, ...right])].sort();
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function distinct<Item>(items: readonly Item[]): readonly Item[] {
  const byText = new Map(items.map((item) => [JSON.stringify(item), item]));
  return [...byText.values()];
}
