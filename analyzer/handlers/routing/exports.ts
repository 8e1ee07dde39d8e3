import type { Node } from '@babel/types';
import { type Evaluator, exportsOf, noEnvironment, type SourceFile, unwrapped } from '../../sources/index.ts';
import type { Operand } from './operands.ts';

/** One export of a file: the exported name in it and what it is. */
export interface ExportedOperand {
  readonly name: string;
  readonly file: SourceFile;
  /** What a reader would point at: the name where it is declared, or the specifier that passes it on. */
  readonly token: Node;
  readonly operand: Operand;
}

/** Every named export of a file, and the default one; of `export * from`, what stands behind it. */
export function exportedOperands(
  evaluator: Evaluator,
  file: SourceFile,
  seen: ReadonlySet<SourceFile> = new Set(),
): readonly ExportedOperand[] {
  const { names, whole } = exportsOf(file);
  const named = [...names.keys()].flatMap((name) => exportedOperand(evaluator, file, name) ?? []);
  const found = [...named, ...passedOn(evaluator, file, new Set([...seen, file]))];
  if (names.has('default') || whole === undefined) return found;
  return [...found, exportedOperand(evaluator, file, 'default')].filter((own) => own !== undefined);
}

/** The named exports of the modules that `export * from` passes on: the statement is what a reader would point at. */
function passedOn(
  evaluator: Evaluator,
  file: SourceFile,
  seen: ReadonlySet<SourceFile>,
): readonly ExportedOperand[] {
  const own = new Set(exportsOf(file).names.keys());
  return file.ast.program.body.flatMap((statement) => {
    if (statement.type !== 'ExportAllDeclaration') return [];
    const target = evaluator.sources.imported(file.path, statement.source.value);
    if (target === undefined || seen.has(target)) return [];
    return exportedOperands(evaluator, target, seen)
      .filter(({ name }) => name !== 'default' && !own.has(name))
      .map((exported) => ({ ...exported, file, token: statement }));
  });
}

export function exportedOperand(
  evaluator: Evaluator,
  file: SourceFile,
  name: string,
): ExportedOperand | undefined {
  const { names, whole } = exportsOf(file);
  const exported = names.get(name);
  if (exported === undefined && (name !== 'default' || whole === undefined)) return undefined;
  const values = evaluator.exported(file, name);
  const token = specifierOf(file, name) ?? (exported?.kind === 'local' ? exported.node : whole);
  if (token === undefined) return undefined;
  const isForeign = values.length > 0 && values.every((value) => value.kind === 'api');
  const place = isForeign ? declaredPlace(evaluator, file, name, 0) : undefined;
  const written = exported?.kind === 'local' ? initialiser(file, exported.node) : token;
  const operand = { ...(place ?? { file, node: written }), environment: noEnvironment, values };
  return { name, file, token, operand };
}

/** Where the name of an export is declared, through the files that pass it on. */
function declaredPlace(
  evaluator: Evaluator,
  file: SourceFile,
  name: string,
  depth: number,
): Pick<Operand, 'file' | 'node'> | undefined {
  const exported = exportsOf(file).names.get(name);
  if (exported === undefined || depth > 10) return undefined;
  if (exported.kind === 'forwarded') {
    const next = evaluator.sources.imported(file.path, exported.specifier);
    return next && declaredPlace(evaluator, next, exported.name, depth + 1);
  }
  if (exported.kind === 'namespace') return undefined;
  const declaration = file.scopes.bindingOf(exported.node)?.declaration;
  // What is imported and then exported again is declared where it comes from.
  const statement = declaration && file.parentOf(declaration);
  if (declaration?.type === 'ImportSpecifier' && statement?.type === 'ImportDeclaration') {
    const next = evaluator.sources.imported(file.path, statement.source.value);
    const { imported } = declaration;
    const own = imported.type === 'Identifier' ? imported.name : imported.value;
    return (next && declaredPlace(evaluator, next, own, depth + 1)) ?? { file, node: exported.node };
  }
  return { file, node: exported.node };
}

/** The expression a name is declared with. */
function initialiser(file: SourceFile, node: Node): Node {
  const declaration = node.type === 'Identifier' ? file.scopes.bindingOf(node)?.declaration : undefined;
  if (declaration?.type === 'VariableDeclarator' && declaration.id.type === 'Identifier' && declaration.init)
    return unwrapped(declaration.init);
  return unwrapped(node);
}

/** `export { a as name }`, with or without `from`. */
function specifierOf(file: SourceFile, name: string): Node | undefined {
  for (const statement of file.ast.program.body) {
    if (statement.type !== 'ExportNamedDeclaration') continue;
    for (const specifier of statement.specifiers) {
      const { exported } = specifier;
      const own = exported.type === 'Identifier' ? exported.name : exported.value;
      if (own === name) return exported;
    }
  }
  return undefined;
}
