import type { Node } from '@babel/types';
import type { Evaluator } from './evaluator.ts';
import { type Exported, exportsOf } from './exports.ts';
import type { SourceFile } from './source-file.ts';
import type { ListItem, Value } from './values.ts';

const none: readonly Value[] = [];

/** What a file exports under `name`: its own, what it passes on, or a part of what it is as a whole. */
export function exportedValues(
  evaluator: Evaluator,
  file: SourceFile,
  name: string,
  seen: ReadonlySet<SourceFile> = new Set(),
): readonly Value[] {
  if (seen.has(file)) return none;
  const passed = new Set([...seen, file]);
  const table = exportsOf(file);
  const own = table.names.get(name);
  if (own !== undefined) return exportedValue(evaluator, file, own, passed);
  for (const specifier of name === 'default' ? [] : table.stars) {
    const found = importedValues(evaluator, file, specifier, name, passed);
    if (found.length > 0) return found;
  }
  if (table.whole === undefined) return none;
  const whole = evaluator.evaluate(file, table.whole);
  return name === 'default' ? whole : whole.flatMap((value) => evaluator.member(value, name));
}

/** What `import { name } from 'specifier'` in `file` gives. */
export function importedValues(
  evaluator: Evaluator,
  file: SourceFile,
  specifier: string,
  name: string,
  seen?: ReadonlySet<SourceFile>,
): readonly Value[] {
  const target = evaluator.sources.modules.resolve(file.path, specifier);
  if (target.kind === 'package')
    return [{ kind: 'api', module: target.name, steps: [{ kind: 'member', name }] }];
  const module = evaluator.sources.file(target.path);
  return module === undefined ? none : exportedValues(evaluator, module, name, seen);
}

/** What `import * as name`, `require` and `import()` give. */
export function moduleValues(evaluator: Evaluator, file: SourceFile, specifier: string): readonly Value[] {
  const target = evaluator.sources.modules.resolve(file.path, specifier);
  if (target.kind === 'package') return [{ kind: 'api', module: target.name, steps: [] }];
  const module = evaluator.sources.file(target.path);
  if (module === undefined) return none;
  const { whole, names } = exportsOf(module);
  // `require` of a CommonJS module gives what it was set to; the names it was given live on that value.
  return whole === undefined || names.has('default')
    ? [{ kind: 'module', file: module }]
    : wholeValues(evaluator, module, whole);
}

/** Every export of a module, named ones by name. */
export function exportedItems(
  evaluator: Evaluator,
  file: SourceFile,
  seen: ReadonlySet<SourceFile> = new Set(),
): readonly (ListItem & { readonly name: string })[] {
  if (seen.has(file)) return [];
  const { names, stars } = exportsOf(file);
  const own = [...names].map(([name, exported]) => ({
    name,
    file,
    // Each name has a place of its own: runs for the elements of a list are told apart by theirs.
    node: exported.node,
    values: exportedValues(evaluator, file, name),
  }));
  const passedOn = stars.flatMap((specifier) => {
    const target = evaluator.sources.imported(file.path, specifier);
    if (target === undefined) return [];
    return exportedItems(evaluator, target, new Set([...seen, file])).filter(
      ({ name }) => name !== 'default',
    );
  });
  return [...own, ...passedOn];
}

function wholeValues(evaluator: Evaluator, module: SourceFile, whole: Node): readonly Value[] {
  const values = evaluator.evaluate(module, whole);
  return values.length > 0 ? values : [{ kind: 'module', file: module }];
}

function exportedValue(
  evaluator: Evaluator,
  file: SourceFile,
  exported: Exported,
  seen: ReadonlySet<SourceFile>,
): readonly Value[] {
  if (exported.kind === 'forwarded')
    return importedValues(evaluator, file, exported.specifier, exported.name, seen);
  if (exported.kind === 'namespace') return moduleValues(evaluator, file, exported.specifier);
  return evaluator.evaluate(file, exported.node);
}
