import type { Identifier, ImportDeclaration, ImportSpecifier, Node } from '@babel/types';
import {
  type Binding,
  contains,
  keyName,
  type SourceFile,
  span,
  unwrapped,
  walk,
} from '../analyzer/sources/index.ts';
import type { Edit } from './edit.ts';
import type { NamedFunction } from './forms/form.ts';
import { commentsIn, lineRemoval, nextSignificant, removal } from './layout.ts';

type Range = { readonly start: number; readonly end: number };

/**
 * Removes the names that lose their last use: import specifiers, destructured requires, aliases and helpers, and
 * whatever those in turn were the last to use.
 * @param touched names that edits may have taken uses of
 * @param edits what is edited already
 */
export function cleanup(
  file: SourceFile,
  touched: ReadonlySet<Binding>,
  edits: readonly Edit[],
): readonly Edit[] {
  const gone: Range[] = edits.filter(({ start, end }) => end > start);
  const dead = new Set<Binding>();
  const queue = [...touched];
  for (let binding = queue.pop(); binding !== undefined; binding = queue.pop()) {
    if (dead.has(binding) || !isUnused(binding, gone) || !isRemovable(file, binding)) continue;
    dead.add(binding);
    if (binding.kind === 'import' && binding.declaration.type !== 'TSImportEqualsDeclaration') continue;
    const owner = goneWith(file, binding, dead);
    gone.push(span(owner));
    walk(owner, (node) => {
      const used = node.type === 'Identifier' ? file.scopes.bindingOf(node) : undefined;
      if (used !== undefined && used !== binding) queue.push(used);
      return true;
    });
  }
  return removals(file, dead);
}

/** What goes with a name: its declaration, or only its part of a pattern while others of it stay. */
function goneWith(file: SourceFile, { declaration, identifier }: Binding, dead: ReadonlySet<Binding>): Node {
  const part = partOf(declaration, identifier);
  if (part === declaration || declaration.type !== 'VariableDeclarator') return declaration;
  if (declaration.id.type !== 'ObjectPattern') return declaration;
  const isWhole = declaration.id.properties.every((property) => {
    const value = property.type === 'ObjectProperty' ? property.value : property.argument;
    const name = value.type === 'AssignmentPattern' ? value.left : value;
    const binding = name.type === 'Identifier' ? file.scopes.bindingOf(name) : undefined;
    return binding !== undefined && dead.has(binding);
  });
  return isWhole ? declaration : part;
}

function isUnused(binding: Binding, gone: readonly Range[]): boolean {
  return binding.references.every((reference) => {
    const { start, end } = span(reference);
    return gone.some((range) => range.start <= start && end <= range.end);
  });
}

function isRemovable(file: SourceFile, { declaration, assignments, kind }: Binding): boolean {
  if (kind === 'import') return true;
  // A helper that wraps and nothing else; one that is exported has uses that cannot be seen here.
  if (declaration.type === 'FunctionDeclaration')
    return (
      assignments.length === 0 && /^(?:Program|BlockStatement)$/.test(file.parentOf(declaration)?.type ?? '')
    );
  if (declaration.type !== 'VariableDeclarator' || assignments.length > 0) return false;
  const statement = file.parentOf(declaration);
  if (statement?.type !== 'VariableDeclaration') return false;
  const holder = file.parentOf(statement);
  const inList =
    holder?.type === 'Program' || holder?.type === 'BlockStatement' || holder?.type === 'StaticBlock';
  if (!inList || declaration.init == null || !isIdle(declaration.init)) return false;
  const { id } = declaration;
  return (
    id.type === 'Identifier' ||
    (id.type === 'ObjectPattern' && !id.properties.some(({ type }) => type === 'RestElement'))
  );
}

/** Whether nobody can tell that the initial value is no longer evaluated; loading a module counts as idle. */
function isIdle(expression: Node): boolean {
  const node = unwrapped(expression);
  switch (node.type) {
    case 'Identifier':
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      return true;
    case 'MemberExpression':
      return !node.computed && isIdle(node.object);
    case 'AwaitExpression':
      return isIdle(node.argument);
    case 'CallExpression':
      return (
        (node.callee.type === 'Import' ||
          (node.callee.type === 'Identifier' && /require|__import/.test(node.callee.name))) &&
        node.arguments.every((argument) => argument.type === 'StringLiteral' || isIdle(argument))
      );
    default:
      return false;
  }
}

function removals(file: SourceFile, dead: ReadonlySet<Binding>): readonly Edit[] {
  const edits: Edit[] = [];
  const lists = new Map<Node, Node[]>();
  for (const { declaration, identifier } of dead) {
    const owner = ownerOf(file, declaration);
    lists.set(owner, [...(lists.get(owner) ?? []), partOf(declaration, identifier)]);
  }
  const declarators = new Map<Node, Node[]>();
  for (const [owner, parts] of lists) {
    if (owner.type === 'ImportDeclaration') edits.push(...importRemoval(file, owner, parts));
    else if (owner.type === 'VariableDeclarator') {
      const statement = file.parentOf(owner) ?? owner;
      const { id } = owner;
      if (id.type === 'ObjectPattern' && id.properties.length > parts.length)
        edits.push(...listRemoval(file, id.properties, parts));
      else declarators.set(statement, [...(declarators.get(statement) ?? []), owner]);
    } else edits.push(...statementRemoval(file, owner));
  }
  for (const [statement, parts] of declarators) {
    const all = statement.type === 'VariableDeclaration' ? statement.declarations : [];
    edits.push(
      ...(all.length > parts.length ? listRemoval(file, all, parts) : statementRemoval(file, statement)),
    );
  }
  return edits;
}

function ownerOf(file: SourceFile, declaration: Node): Node {
  const parent = file.parentOf(declaration);
  return parent?.type === 'ImportDeclaration' ? parent : declaration;
}

/** What is taken out of the owner: the specifier, or the property of the pattern. */
function partOf(declaration: Node, identifier: Identifier): Node {
  if (declaration.type !== 'VariableDeclarator' || declaration.id.type !== 'ObjectPattern')
    return declaration;
  const property = declaration.id.properties.find(
    (each) =>
      each.type === 'ObjectProperty' &&
      (each.value === identifier ||
        (each.value.type === 'AssignmentPattern' && each.value.left === identifier)),
  );
  return property ?? declaration;
}

function importRemoval(
  file: SourceFile,
  statement: ImportDeclaration,
  parts: readonly Node[],
): readonly Edit[] {
  const left = statement.specifiers.filter((specifier) => !parts.includes(specifier));
  if (left.length === 0) return statementRemoval(file, statement);
  const named = statement.specifiers.filter(({ type }) => type === 'ImportSpecifier');
  const namedParts = parts.filter(({ type }) => type === 'ImportSpecifier');
  const edits: Edit[] = [];
  const [first, second] = statement.specifiers;
  const keepsNamed = named.length > namedParts.length;
  if (named.length > 0 && !keepsNamed && first) {
    // `import orm, { syncToAsync } from`: the braces go with their last name.
    const brace = file.text.indexOf('}', span(named.at(-1) ?? first).end);
    edits.push(...removal(file, span(first).end, brace + 1, { kept: 'before' }));
    return edits;
  }
  if (keepsNamed) edits.push(...listRemoval(file, named, namedParts));
  if (first && second && first.type === 'ImportDefaultSpecifier' && parts.includes(first)) {
    const rest =
      second.type === 'ImportSpecifier' ? file.text.indexOf('{', span(first).end) : span(second).start;
    edits.push(...removal(file, span(first).start, rest, { kept: 'after' }));
  } else if (first && second?.type === 'ImportNamespaceSpecifier' && parts.includes(second)) {
    edits.push(...removal(file, span(first).end, span(second).end, { kept: 'before' }));
  }
  return edits;
}

/** Removes items of a comma-separated list with their commas; the line of one that stands alone goes with it. */
function listRemoval(file: SourceFile, all: readonly Node[], parts: readonly Node[]): readonly Edit[] {
  const edits: Edit[] = [];
  const lastKept = all.findLastIndex((item) => !parts.includes(item));
  all.forEach((item, index) => {
    if (!parts.includes(item)) return;
    const { start, end } = span(item);
    const comma = nextSignificant(file, end);
    const followed = file.text[comma] === ',' ? comma + 1 : end;
    const ownComments = commentsIn(file, start, followed);
    if (ownComments.length > 0) edits.push(...removal(file, start, followed, { kept: 'before' }));
    else edits.push({ ...itemRange(file, start, followed, all[index + 1]), text: '' });
    // The comma of the last item that stays would trail where none did.
    if (index === lastKept + 1 && file.text[nextSignificant(file, span(all.at(-1) ?? item).end)] !== ',') {
      const kept = all[lastKept];
      if (kept === undefined) return;
      const own = nextSignificant(file, span(kept).end);
      const toItem = commentsIn(file, own, start).length === 0 && !/[\r\n]/.test(file.text.slice(own, start));
      edits.push({ start: own, end: toItem ? start : own + 1, text: '' });
    }
  });
  return edits;
}

function itemRange(file: SourceFile, start: number, end: number, next: Node | undefined): Range {
  const line = lineRemoval(file.text, start, end);
  if (/[\r\n]/.test(file.text.slice(line.start, start) + file.text.slice(end, line.end))) return line;
  if (next === undefined) {
    const blanks = /[ \t]*$/.exec(file.text.slice(0, start))?.[0].length ?? 0;
    return { start: file.text[end - 1] === ',' ? start - blanks : start, end };
  }
  const comments = commentsIn(file, end, span(next).start);
  const stop = comments[0]?.start ?? span(next).start;
  return /[\r\n]/.test(file.text.slice(end, stop)) ? { start, end } : { start, end: stop };
}

/** Removes a statement with its line; comments inside it or after it on the line stay. */
function statementRemoval(file: SourceFile, statement: Node): readonly Edit[] {
  const { start, end } = span(statement);
  const inside = commentsIn(file, start, end);
  if (inside.length === 0) return [{ ...lineRemoval(file.text, start, end), text: '' }];
  const edits: Edit[] = [];
  let from = start;
  for (const comment of inside) {
    const at = { start: comment.start ?? 0, end: comment.end ?? 0 };
    edits.push({ start: from, end: at.start, text: '' });
    from = at.end;
    const isLast = comment === inside.at(-1);
    if (comment.type === 'CommentLine' && !(isLast && /^[^\S\r\n]*[\r\n]/.test(file.text.slice(end))))
      edits.push({ start: from, end: from, text: '\n' });
    else if (!isLast) edits.push({ start: from, end: from, text: ' ' });
  }
  edits.push({ start: from, end, text: '' });
  return edits;
}

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
