import type { Identifier, ImportSpecifier, Node } from '@babel/types';
import { type Binding, contains, keyName, type SourceFile, span } from '../analyzer/sources/index.ts';
import type { Edit } from './edit.ts';
import type { NamedFunction } from './forms/form.ts';
import { removal } from './layout.ts';
import { partOf } from './unused-names.ts';

/**
 * Makes functions mean their twins: `getObjectOr404` becomes `agetObjectOr404`, in the import and at its uses.
 * @param beside imported names that keep their uses, and whose twins are imported beside them
 */
export function functionEdits(
  file: SourceFile,
  functions: readonly NamedFunction[],
  beside: readonly { readonly binding: Binding; readonly twin: string }[] = [],
): readonly Edit[] {
  const byBinding = new Map<Binding, NamedFunction[]>();
  for (const use of functions) {
    const binding = file.scopes.bindingOf(use.identifier);
    if (binding !== undefined) byBinding.set(binding, [...(byBinding.get(binding) ?? []), use]);
  }
  for (const { binding } of beside) if (!byBinding.has(binding)) byBinding.set(binding, []);
  return [...byBinding].flatMap(([binding, uses]) => {
    const twin = uses[0]?.twin ?? beside.find((each) => each.binding === binding)?.twin ?? '';
    return bindingEdits(file, binding, twin, uses);
  });
}

function bindingEdits(
  file: SourceFile,
  binding: Binding,
  twin: string,
  uses: readonly NamedFunction[],
): readonly Edit[] {
  const imported = importedAs(file, binding);
  const naming = (local: string) => uses.flatMap(({ identifier }) => renamed(file, identifier, local));
  const existing = localNameOf(file, binding, twin);
  if (binding.declaration.type === 'ImportDefaultSpecifier' && existing === undefined)
    return defaultEdits(file, binding, twin, uses);
  if (imported === undefined && existing === undefined) return naming(twin);
  // Replaced as a whole, so that the name it was counts as gone.
  if (existing !== undefined) return uses.map(({ identifier }) => ({ ...span(identifier), text: existing }));
  if (imported === undefined) return [];
  const everyUse = isEveryUse(binding, uses);
  if (!everyUse) return [...naming(twin), { start: imported.end, end: imported.end, text: `, ${twin}` }];
  const { start, end } = span(imported.key);
  const change = prefixed(imported.name, twin) ?? twin;
  const edit = change === twin ? { start, end, text: twin } : { start, end: start, text: change };
  return [edit, ...(imported.local === imported.name ? naming(twin) : [])];
}

function isEveryUse({ references }: Binding, uses: readonly NamedFunction[]): boolean {
  return references.every((reference) => uses.some(({ identifier }) => identifier === reference));
}

/** `import load from './load'`: the twin has a name, so it is imported in braces, beside the default or in its place. */
function defaultEdits(
  file: SourceFile,
  binding: Binding,
  twin: string,
  uses: readonly NamedFunction[],
): readonly Edit[] {
  const statement = file.parentOf(binding.declaration);
  const specifiers = statement?.type === 'ImportDeclaration' ? statement.specifiers : [];
  const named = specifiers.filter(({ type }) => type === 'ImportSpecifier');
  const { start, end } = span(binding.declaration);
  const naming = uses.flatMap(({ identifier }) => renamed(file, identifier, twin));
  const [first] = named;
  const last = named.at(-1);
  if (!isEveryUse(binding, uses)) {
    const at = last ? span(last).end : end;
    return [...naming, { start: at, end: at, text: last ? `, ${twin}` : `, { ${twin} }` }];
  }
  // Under the name it has, so that its uses stay as they are.
  const name = binding.name === prefixless(twin) ? twin : `${twin} as ${binding.name}`;
  const renames = name === twin ? naming : [];
  if (first === undefined) return [...renames, { start, end, text: `{ ${name} }` }];
  return [
    ...renames,
    ...removal(file, start, span(first).start, { kept: 'after' }),
    { start: span(first).start, end: span(first).start, text: `{ ${name}, ` },
  ];
}

function prefixless(twin: string): string {
  return twin.slice(1);
}

/** Writes another name where a function is named; `{ load }` becomes `{ load: aload }`. */
function renamed(file: SourceFile, identifier: Identifier, local: string): readonly Edit[] {
  const { start, end } = span(identifier);
  if (identifier.name === local) return [];
  const property = file.parentOf(identifier);
  if (property?.type === 'ObjectProperty' && property.shorthand)
    return [{ start: end, end, text: `: ${local}` }];
  const prefix = prefixed(identifier.name, local);
  return prefix === undefined ? [{ start, end, text: local }] : [{ start, end: start, text: prefix }];
}

function prefixed(name: string, longer: string): string | undefined {
  return longer.endsWith(name) ? longer.slice(0, longer.length - name.length) : undefined;
}

interface ImportedName {
  /** Where the imported name is written. */
  readonly key: Node;
  readonly name: string;
  readonly local: string;
  /** Where another name can be added. */
  readonly end: number;
}

function importedAs(file: SourceFile, binding: Binding): ImportedName | undefined {
  const { declaration, identifier } = binding;
  if (declaration.type === 'ImportSpecifier')
    return {
      key: declaration.imported,
      name: nameOf(declaration),
      local: binding.name,
      end: span(declaration).end,
    };
  if (declaration.type !== 'VariableDeclarator' || declaration.id.type !== 'ObjectPattern') return undefined;
  const property = partOf(declaration, identifier);
  if (property.type !== 'ObjectProperty' || !file.parentOf(declaration)) return undefined;
  return { key: property.key, name: keyName(property) ?? '', local: binding.name, end: span(property).end };
}

function nameOf(specifier: ImportSpecifier): string {
  return specifier.imported.type === 'Identifier' ? specifier.imported.name : specifier.imported.value;
}

/**
 * Whether the twin's name, written where its original is named, means the twin: nothing between there and the top of the
 * file declares it, and nothing at the top but the twin itself.
 */
export function isTwinFree(file: SourceFile, use: Identifier, twin: string): boolean {
  const binding = file.scopes.bindingOf(use);
  const isImported =
    binding !== undefined && (binding.kind === 'import' || importedAs(file, binding) !== undefined);
  const existing = binding && localNameOf(file, binding, twin);
  const isTwin = !isImported || existing !== undefined;
  return file.scopes
    .named(existing ?? twin)
    .every((other) =>
      file.scopes.topLevel.get(other.name) === other
        ? isTwin
        : other.kind === 'type' || !isSeenFrom(file, other, use),
    );
}

function isSeenFrom(file: SourceFile, { declaration, identifier }: Binding, use: Node): boolean {
  const isDeclaration = /^(?:Function|Class)Declaration$/.test(declaration.type);
  const home = file.functionAround(isDeclaration ? declaration : identifier);
  return home === undefined || contains(home, use);
}

/** The name the twin is imported or required under already, from the same module by any statement. */
function localNameOf(file: SourceFile, binding: Binding, twin: string): string | undefined {
  const statement = file.parentOf(binding.declaration);
  if (statement?.type === 'ImportDeclaration') {
    for (const other of file.ast.program.body) {
      if (other.type !== 'ImportDeclaration' || other.source.value !== statement.source.value) continue;
      if (other.importKind === 'type') continue;
      for (const specifier of other.specifiers)
        if (specifier.type === 'ImportSpecifier' && nameOf(specifier) === twin) return specifier.local.name;
    }
    return undefined;
  }
  if (binding.declaration.type !== 'VariableDeclarator' || binding.declaration.id.type !== 'ObjectPattern')
    return undefined;
  for (const property of binding.declaration.id.properties) {
    if (
      property.type === 'ObjectProperty' &&
      keyName(property) === twin &&
      property.value.type === 'Identifier'
    )
      return property.value.name;
  }
  return undefined;
}
