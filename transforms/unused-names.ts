import type { Identifier, Node } from '@babel/types';
import { type Binding, type SourceFile, span, unwrapped, walk } from '../analyzer/sources/index.ts';
import type { Edit } from './edit.ts';
import { importRemoval, listRemoval, type Range, statementRemoval } from './list-removal.ts';

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
export function partOf(declaration: Node, identifier: Identifier): Node {
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
