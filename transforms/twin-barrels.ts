import type { Node } from '@babel/types';
import { type Evaluator, exportsOf, type SourceFile } from '../analyzer/sources/index.ts';
import { declaredName, exportsAlong, type Target } from './twin-homes.ts';

/** A place that passes a function on under its own name, and has to pass its twin on, too. */
export interface Barrel {
  readonly file: SourceFile;
  /** What the twin is named after: an export specifier, or the import it is exported from. */
  readonly specifier: Node & { readonly type: 'ExportSpecifier' | 'ImportSpecifier' };
}

/** Barrels that pass on what barrels pass on. */
const deepest = 10;

/** Every `export { load } from './load'` that leads to the function, and `import` with `export` of the same. */
export function barrelsOf(evaluator: Evaluator, target: Target): readonly Barrel[] {
  const name = declaredName(target);
  return name === undefined || !exportsAlong(target) ? [] : passingOn(evaluator, target.file, name, 0);
}

function passingOn(evaluator: Evaluator, from: SourceFile, name: string, depth: number): readonly Barrel[] {
  if (depth > deepest) return [];
  return evaluator.importersOf(from).flatMap((file) => {
    const own = specifiersIn(evaluator, file, from, name);
    const isStar = exportsOf(file).stars.some((star) => evaluator.sources.imported(file.path, star) === from);
    if (own.length === 0 && !isStar) return [];
    return [...own.map((specifier) => ({ file, specifier })), ...passingOn(evaluator, file, name, depth + 1)];
  });
}

function specifiersIn(
  evaluator: Evaluator,
  file: SourceFile,
  from: SourceFile,
  name: string,
): readonly Barrel['specifier'][] {
  return file.ast.program.body.flatMap((statement): Barrel['specifier'][] => {
    const leads = (specifier: string) => evaluator.sources.imported(file.path, specifier) === from;
    if (statement.type === 'ExportNamedDeclaration' && statement.exportKind !== 'type') {
      const { source } = statement;
      if (source ? !leads(source.value) : !isImportedFrom(file, name, leads)) return [];
      return statement.specifiers.flatMap((specifier) =>
        specifier.type === 'ExportSpecifier' &&
        specifier.local.name === name &&
        specifier.exported.type === 'Identifier' &&
        specifier.exported.name === name
          ? [specifier]
          : [],
      );
    }
    if (statement.type !== 'ImportDeclaration' || !leads(statement.source.value)) return [];
    const passed = exportsOf(file).names.get(name);
    if (passed?.kind !== 'local') return [];
    return statement.specifiers.flatMap((specifier) =>
      specifier.type === 'ImportSpecifier' &&
      specifier.local.name === name &&
      specifier.imported.type === 'Identifier' &&
      specifier.imported.name === name
        ? [specifier]
        : [],
    );
  });
}

function isImportedFrom(file: SourceFile, name: string, leads: (specifier: string) => boolean): boolean {
  const declaration = file.scopes.topLevel.get(name)?.declaration;
  const statement = declaration && file.parentOf(declaration);
  return statement?.type === 'ImportDeclaration' && leads(statement.source.value);
}
