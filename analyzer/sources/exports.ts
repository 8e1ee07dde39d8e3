import type { Node } from '@babel/types';
import type { SourceFile } from './source-file.ts';
import { keyName, memberName, unwrapped } from './tree.ts';

/** What one exported name of a file stands for. */
export type Exported =
  /** An expression or declaration of this file. */
  | { readonly kind: 'local'; readonly node: Node }
  /** A name of another module: `export { a as b } from './c'`. */
  | { readonly kind: 'forwarded'; readonly specifier: string; readonly name: string; readonly node: Node }
  /** Another module's namespace: `export * as c from './c'`. */
  | { readonly kind: 'namespace'; readonly specifier: string; readonly node: Node };

/** Everything a file exports, ES modules and CommonJS alike. */
export interface ExportTable {
  readonly names: ReadonlyMap<string, Exported>;
  /** Modules whose every name is exported from here: `export * from './c'`. */
  readonly stars: readonly string[];
  /** The expression `module.exports` or `export =` was set to, where there is one. */
  readonly whole: Node | undefined;
}

const tables = new WeakMap<SourceFile, ExportTable>();

/** Reads the export table of a file; computed once per parsed file. */
export function exportsOf(file: SourceFile): ExportTable {
  let table = tables.get(file);
  if (table === undefined) {
    table = readExports(file);
    tables.set(file, table);
  }
  return table;
}

function readExports(file: SourceFile): ExportTable {
  const names = new Map<string, Exported>();
  const stars: string[] = [];
  let whole: Node | undefined;
  for (const statement of file.ast.program.body) {
    switch (statement.type) {
      case 'ExportDefaultDeclaration':
        names.set('default', { kind: 'local', node: statement.declaration });
        break;
      case 'ExportAllDeclaration':
        stars.push(statement.source.value);
        break;
      case 'ExportNamedDeclaration':
        readNamed(statement, names);
        break;
      case 'TSExportAssignment':
        whole = statement.expression;
        break;
      case 'ExpressionStatement':
        whole = readCommonJs(file, statement.expression, names) ?? whole;
        break;
      case 'VariableDeclaration':
        for (const { init } of statement.declarations) {
          // `const api = (module.exports = {})`
          if (init) whole = readCommonJs(file, unwrapped(init), names) ?? whole;
        }
        break;
    }
  }
  return { names, stars, whole };
}

function readNamed(statement: Node & { type: 'ExportNamedDeclaration' }, names: Map<string, Exported>): void {
  const { declaration, source } = statement;
  if (declaration?.type === 'VariableDeclaration') {
    for (const declarator of declaration.declarations) readDeclared(declarator.id, names);
  } else if (declaration && 'id' in declaration && declaration.id?.type === 'Identifier') {
    names.set(declaration.id.name, { kind: 'local', node: declaration.id });
  }
  for (const specifier of statement.specifiers) {
    const exported = textOf(specifier.exported);
    if (specifier.type === 'ExportNamespaceSpecifier' && source) {
      names.set(exported, { kind: 'namespace', specifier: source.value, node: specifier });
    } else if (specifier.type === 'ExportSpecifier') {
      names.set(
        exported,
        source
          ? { kind: 'forwarded', specifier: source.value, name: textOf(specifier.local), node: specifier }
          : { kind: 'local', node: specifier.local },
      );
    }
  }
}

function readDeclared(pattern: Node, names: Map<string, Exported>): void {
  if (pattern.type === 'Identifier') names.set(pattern.name, { kind: 'local', node: pattern });
  else if (pattern.type === 'ObjectPattern') {
    for (const property of pattern.properties) {
      readDeclared(property.type === 'RestElement' ? property.argument : property.value, names);
    }
  } else if (pattern.type === 'ArrayPattern') {
    for (const element of pattern.elements) if (element) readDeclared(element, names);
  } else if (pattern.type === 'AssignmentPattern') readDeclared(pattern.left, names);
}

/** `module.exports = x`, `exports.a = x`, `module.exports.a = x`, chains of them; returns what the whole was set to. */
function readCommonJs(file: SourceFile, expression: Node, names: Map<string, Exported>): Node | undefined {
  if (expression.type !== 'AssignmentExpression' || expression.operator !== '=') return undefined;
  const value = assignedValue(expression);
  let whole: Node | undefined;
  for (let link: Node = expression; link.type === 'AssignmentExpression'; link = unwrapped(link.right)) {
    const target = unwrapped(link.left);
    if (isModuleExports(file, target)) {
      whole = value;
      readProperties(value, names);
    } else if (target.type === 'MemberExpression' && isExportsObject(file, unwrapped(target.object))) {
      const name = memberName(target);
      if (name !== undefined) names.set(name, { kind: 'local', node: value });
    }
  }
  return whole;
}

function assignedValue(expression: Node & { type: 'AssignmentExpression' }): Node {
  let value = unwrapped(expression.right);
  while (value.type === 'AssignmentExpression') value = unwrapped(value.right);
  return value;
}

function readProperties(value: Node, names: Map<string, Exported>): void {
  if (value.type !== 'ObjectExpression') return;
  for (const property of value.properties) {
    if (property.type === 'SpreadElement') continue;
    const name = keyName(property);
    if (name === undefined) continue;
    names.set(name, { kind: 'local', node: property.type === 'ObjectMethod' ? property : property.value });
  }
}

function isExportsObject(file: SourceFile, node: Node): boolean {
  return (
    (node.type === 'Identifier' && node.name === 'exports' && file.scopes.isGlobal(node)) ||
    isModuleExports(file, node) ||
    isAlias(file, node)
  );
}

/** A name that `module.exports` was given once and for all: `const api = module.exports; api.list = …`. */
function isAlias(file: SourceFile, node: Node): boolean {
  const binding = node.type === 'Identifier' ? file.scopes.bindingOf(node) : undefined;
  const { declaration } = binding ?? {};
  if (declaration?.type !== 'VariableDeclarator' || declaration.id !== binding?.identifier) return false;
  const init = declaration.init && unwrapped(declaration.init);
  if (init?.type === 'AssignmentExpression') return isModuleExports(file, unwrapped(init.left));
  const isExports = init?.type === 'Identifier' && init.name === 'exports' && file.scopes.isGlobal(init);
  return init !== undefined && init !== null && (isExports || isModuleExports(file, init));
}

function isModuleExports(file: SourceFile, node: Node): boolean {
  if (node.type !== 'MemberExpression' || memberName(node) !== 'exports') return false;
  return (
    node.object.type === 'Identifier' && node.object.name === 'module' && file.scopes.isGlobal(node.object)
  );
}

function textOf(name: Node): string {
  return name.type === 'StringLiteral' ? name.value : name.type === 'Identifier' ? name.name : '';
}
