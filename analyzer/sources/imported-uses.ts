import type { Node } from '@babel/types';
import { type Call, callsOf } from './calls.ts';
import { exportsOf } from './exports.ts';
import type { Binding } from './scopes.ts';
import type { SourceFile } from './source-file.ts';
import { keyName, memberName, unwrapped } from './tree.ts';
import type { Place } from './values.ts';

/** The names under which a file passes on what it imports. */
export function forwardedNames(
  importer: SourceFile,
  name: string,
  leads: (specifier: string) => boolean,
): readonly string[] {
  const { names, stars } = exportsOf(importer);
  const found: string[] = [];
  for (const [exported, entry] of names) {
    if (entry.kind === 'forwarded' && entry.name === name && leads(entry.specifier)) found.push(exported);
    if (entry.kind !== 'local') continue;
    const declaration = importer.scopes.bindingOf(entry.node)?.declaration;
    const statement = declaration && importer.parentOf(declaration);
    if (statement?.type !== 'ImportDeclaration' || !leads(statement.source.value)) continue;
    if (declaration !== undefined && importedName(declaration) === name) found.push(exported);
  }
  if (name !== 'default' && name !== '*' && stars.some(leads)) found.push(name);
  return found;
}

/** Uses of an imported name: named, default, namespace members, required. */
export function importReferences(
  importer: SourceFile,
  name: string,
  leads: (specifier: string) => boolean,
): Place[] {
  const places: Place[] = [];
  const add = (nodes: readonly Node[]) => places.push(...nodes.map((node) => ({ file: importer, node })));
  for (const statement of importer.ast.program.body) {
    if (statement.type !== 'ImportDeclaration' || !leads(statement.source.value)) continue;
    for (const specifier of statement.specifiers) {
      const binding = importer.scopes.bindingOf(specifier.local);
      if (binding === undefined) continue;
      // A CommonJS module taken as a namespace is what `module.exports` was set to.
      if (specifier.type === 'ImportNamespaceSpecifier')
        add(name === '*' ? binding.references : namespaceUses(importer, binding, name));
      else if (importedName(specifier) === name) add(binding.references);
    }
  }
  for (const { call, specifier } of callsOf(importer).modules) {
    if (leads(specifier)) add(requiredUses(importer, call, name));
  }
  return places;
}

function importedName(specifier: Node): string | undefined {
  if (specifier.type === 'ImportDefaultSpecifier') return 'default';
  if (specifier.type !== 'ImportSpecifier') return undefined;
  return specifier.imported.type === 'Identifier' ? specifier.imported.name : specifier.imported.value;
}

function namespaceUses(file: SourceFile, binding: Binding, name: string): Node[] {
  return binding.references.flatMap((reference) => {
    const parent = file.parentOf(reference);
    if (parent?.type === 'VariableDeclarator' && parent.init === reference)
      return takenApart(file, parent.id, name);
    return parent && memberName(parent) === name ? [parent] : [];
  });
}

/** Uses of the name that a pattern takes out: `const { list: all } = api`. */
function takenApart(file: SourceFile, pattern: Node, name: string): Node[] {
  if (pattern.type !== 'ObjectPattern') return [];
  return pattern.properties.flatMap((property) => {
    if (property.type === 'RestElement' || keyName(property) !== name || property.value.type !== 'Identifier')
      return [];
    return [...(file.scopes.bindingOf(property.value)?.references ?? [])];
  });
}

/** `require('./x')` used at once, kept under a name, or taken apart. */
function requiredUses(file: SourceFile, call: Node, name: string): Node[] {
  const awaited = file.parentOf(call);
  const value = awaited?.type === 'AwaitExpression' ? awaited : call;
  const parent = file.parentOf(outermost(file, value));
  if (parent === undefined) return [];
  if (name === '*' && (isCall(parent) || parent.type === 'ObjectProperty')) return [value];
  if (memberName(parent) === name) return [parent];
  if (parent.type !== 'VariableDeclarator') return [];
  if (parent.id.type === 'Identifier') {
    const binding = file.scopes.bindingOf(parent.id);
    if (binding === undefined) return [];
    return name === '*' ? [...binding.references] : namespaceUses(file, binding, name);
  }
  return takenApart(file, parent.id, name);
}

/** Casts and parentheses round an expression change nothing: `(f as any)(x)` calls `f`. */
export function outermost(file: SourceFile, node: Node): Node {
  let outer = node;
  for (
    let above = file.parentOf(outer);
    above !== undefined && unwrapped(above) !== above && unwrapped(above) === unwrapped(outer);
    above = file.parentOf(above)
  ) {
    outer = above;
  }
  return outer;
}

export function isCall(node: Node): node is Call {
  return (
    node.type === 'CallExpression' || node.type === 'OptionalCallExpression' || node.type === 'NewExpression'
  );
}
