import type { Node, ObjectExpression } from '@babel/types';
import {
  exportsOf,
  type FunctionNode,
  isFunction,
  keyName,
  memberName,
  type SourceFile,
  span,
  unwrapped,
} from '../analyzer/sources/index.ts';
import type { Edit } from './edit.ts';

/** A sync function of the project that queries. */
export interface Target {
  readonly file: SourceFile;
  readonly node: FunctionNode;
}

/** Where a project function is declared, so that a twin can stand beside it. */
export interface TwinHome {
  readonly kind: 'statement' | 'class-member' | 'object-member' | 'whole';
  /** What the twin is written after, and a copy of. */
  readonly node: Node;
  /** Every place in it where the function is named. */
  readonly names: readonly Node[];
}

/** The name a function is called by; `undefined` when it has none that a twin could be named after. */
export function declaredName({ file, node }: Target): string | undefined {
  switch (node.type) {
    case 'FunctionDeclaration':
      return node.id?.name;
    case 'ClassMethod':
    case 'ClassPrivateMethod':
    case 'ObjectMethod':
      return keyName(node);
    default: {
      const parent = file.parentOf(node);
      if (parent?.type === 'VariableDeclarator')
        return parent.id.type === 'Identifier' ? parent.id.name : undefined;
      if (parent?.type === 'ObjectProperty') return keyName(parent);
      if (parent?.type !== 'AssignmentExpression') return undefined;
      // `module.exports = function load () { … }` is called by no name of the module's own.
      if (exportsOf(file).whole === node)
        return node.type === 'FunctionExpression' ? node.id?.name : undefined;
      return memberName(parent.left);
    }
  }
}

/** @returns where a twin of the function can stand; `undefined` when there is no such place */
export function homeOf({ file, node }: Target): TwinHome | undefined {
  const parent = file.parentOf(node);
  switch (node.type) {
    case 'ClassMethod':
    case 'ClassPrivateMethod':
      return { kind: 'class-member', node, names: [node.key] };
    case 'ObjectMethod':
      return node.kind === 'method' && isService(file, parent) && !node.computed
        ? { kind: 'object-member', node, names: [node.key] }
        : undefined;
    case 'FunctionDeclaration':
      return node.id ? statementHome(file, node, [node.id]) : undefined;
  }
  const own = node.type === 'FunctionExpression' && node.id ? [node.id] : [];
  switch (parent?.type) {
    case 'VariableDeclarator':
      return constHome(file, parent, own);
    case 'ObjectProperty':
      return parent.value === node && !parent.computed && isService(file, file.parentOf(parent))
        ? { kind: 'object-member', node: parent, names: [parent.key, ...own] }
        : undefined;
    case 'AssignmentExpression':
      return exportHome(file, parent, own);
    default:
      return undefined;
  }
}

function constHome(
  file: SourceFile,
  declarator: Node & { type: 'VariableDeclarator' },
  own: readonly Node[],
): TwinHome | undefined {
  const declaration = file.parentOf(declarator);
  // A declared type would be that of a sync function.
  if (declarator.id.type !== 'Identifier' || declarator.id.typeAnnotation) return undefined;
  if (declaration?.type !== 'VariableDeclaration' || declaration.declarations.length !== 1) return undefined;
  return declaration.kind === 'const' ? statementHome(file, declaration, [declarator.id, ...own]) : undefined;
}

/** `exports.load = function () { … };` */
function exportHome(
  file: SourceFile,
  assignment: Node & { type: 'AssignmentExpression' },
  own: readonly Node[],
): TwinHome | undefined {
  const name = memberName(assignment.left);
  if (exportsOf(file).whole === unwrapped(assignment.right)) return wholeHome(file, assignment, own);
  const exported = name === undefined ? undefined : exportsOf(file).names.get(name);
  const statement = file.parentOf(assignment);
  if (exported?.kind !== 'local' || exported.node !== unwrapped(assignment.right)) return undefined;
  if (assignment.left.type !== 'MemberExpression' || assignment.left.computed) return undefined;
  return statement?.type === 'ExpressionStatement' && file.parentOf(statement)?.type === 'Program'
    ? { kind: 'statement', node: statement, names: [assignment.left.property, ...own] }
    : undefined;
}

/** `module.exports = function load () { … };`: the twin is a member of the function. */
function wholeHome(
  file: SourceFile,
  assignment: Node & { type: 'AssignmentExpression' },
  own: readonly Node[],
): TwinHome | undefined {
  const statement = file.parentOf(assignment);
  return statement?.type === 'ExpressionStatement' && file.parentOf(statement)?.type === 'Program'
    ? { kind: 'whole', node: statement, names: own }
    : undefined;
}

/** Whether the function is the module: `module.exports = load`. */
export function isWhole({ file, node }: Target): boolean {
  const { whole } = exportsOf(file);
  if (whole === undefined || file.ast.program.body.some(({ type }) => type === 'TSExportAssignment'))
    return false;
  if (whole === node) return true;
  return (
    whole.type === 'Identifier' && file.scopes.bindingOf(whole)?.declaration === declarationOf({ file, node })
  );
}

/** Whether the function is what the module exports by default. */
export function isDefault({ file, node }: Target): boolean {
  const exported = exportsOf(file).names.get('default');
  if (exported?.kind !== 'local') return false;
  if (exported.node === node) return true;
  return (
    exported.node.type === 'Identifier' &&
    file.scopes.bindingOf(exported.node)?.declaration === declarationOf({ file, node })
  );
}

function declarationOf({ file, node }: Target): Node {
  const parent = file.parentOf(node);
  return parent?.type === 'VariableDeclarator' ? parent : node;
}

function statementHome(file: SourceFile, node: Node, names: readonly Node[]): TwinHome | undefined {
  const parent = file.parentOf(node);
  if (parent?.type === 'Program') return { kind: 'statement', node, names };
  return parent?.type === 'ExportNamedDeclaration' || parent?.type === 'ExportDefaultDeclaration'
    ? { kind: 'statement', node: parent, names }
    : undefined;
}

/** An object literal that stands for one thing of the module: exported whole, or kept under a `const` without a type. */
export function isService(file: SourceFile, object: Node | undefined): object is ObjectExpression {
  if (object?.type !== 'ObjectExpression') return false;
  if (exportsOf(file).whole === object) return true;
  const parent = file.parentOf(object);
  if (parent?.type === 'ExportDefaultDeclaration') return true;
  if (parent?.type !== 'VariableDeclarator' || parent.id.type !== 'Identifier') return false;
  const declaration = file.parentOf(parent);
  if (parent.id.typeAnnotation || declaration?.type !== 'VariableDeclaration') return false;
  return declaration.kind === 'const' && statementHome(file, declaration, []) !== undefined;
}

/** What already goes by the twin's name where the twin would stand. */
export function siblingNamed(target: Target, twin: string): 'function' | 'other' | undefined {
  const { file } = target;
  const home = homeOf(target);
  if (home?.kind === 'class-member' || home?.kind === 'object-member') {
    const owner = file.parentOf(home.node);
    const members =
      owner?.type === 'ClassBody' ? owner.body : owner?.type === 'ObjectExpression' ? owner.properties : [];
    const found = (members as readonly Node[]).find(
      (each) => 'key' in each && keyName(each as never) === twin,
    );
    return found === undefined ? undefined : isFunctionMember(found) ? 'function' : 'other';
  }
  const exported = exportsOf(file).names.get(twin);
  if (exported?.kind === 'local' && isFunction(unwrapped(exported.node))) return 'function';
  const declaration = file.scopes.topLevel.get(twin)?.declaration;
  if (declaration === undefined) return exported === undefined ? undefined : 'other';
  if (declaration.type === 'FunctionDeclaration') return 'function';
  const init = declaration.type === 'VariableDeclarator' ? declaration.init : undefined;
  return init && isFunction(unwrapped(init)) ? 'function' : 'other';
}

function isFunctionMember(member: Node): boolean {
  if (member.type === 'ClassMethod' || member.type === 'ObjectMethod') return member.kind === 'method';
  return member.type === 'ObjectProperty' && isFunction(unwrapped(member.value));
}

/** Whether whatever is written beside the function is exported under its name: `export function`, `exports.f = …`. */
export function exportsAlong(target: Target): boolean {
  const home = homeOf(target);
  if (home === undefined) return false;
  const { file } = target;
  if (home.kind === 'object-member') return exportsOf(file).whole === file.parentOf(home.node);
  if (isWhole(target) || isDefault(target)) return true;
  if (home.node.type === 'ExportNamedDeclaration' || home.node.type === 'ExpressionStatement') return true;
  return exportEdits(target, '').length > 0;
}

/**
 * Exports the twin the way its original is: `export { load }` gains `aload`, so does `module.exports = { load }`, and
 * `exports.load = load` is followed by one of its own.
 */
export function exportEdits(target: Target, twin: string): readonly Edit[] {
  const { file } = target;
  const name = declaredName(target);
  const named = name === undefined ? undefined : file.scopes.topLevel.get(name);
  // A method may be called like a function of the module.
  const binding = named?.declaration === declarationOf(target) ? named : undefined;
  const edits: Edit[] = [];
  const { whole } = exportsOf(file);
  const assigned = whole?.type === 'Identifier' && isWhole(target) ? file.parentOf(whole) : undefined;
  const statement = assigned && file.parentOf(assigned);
  if (statement !== undefined) {
    const { end } = span(statement);
    const line = /\r\n|\n|\r/.exec(file.text)?.[0] ?? '\n';
    const close = file.text[end - 1] === ';' ? ';' : '';
    edits.push({ start: end, end, text: `${line}module.exports.${twin} = ${twin}${close}` });
  }
  for (const reference of binding?.references ?? []) {
    const parent = file.parentOf(reference);
    const isExported =
      parent !== undefined &&
      (parent.type === 'ExportSpecifier'
        ? parent.exported.type === 'Identifier' && parent.exported.name === name
        : exportsUnder(file, parent, reference, name));
    if (!isExported) continue;
    const { end } = span(parent.type === 'AssignmentExpression' ? (file.parentOf(parent) ?? parent) : parent);
    const text =
      parent.type === 'AssignmentExpression'
        ? `${assignmentLine(file, parent)}${twin} = ${twin}${file.text[end - 1] === ';' ? ';' : ''}`
        : `, ${twin}`;
    edits.push({ start: end, end, text });
  }
  return edits;
}

/** `module.exports = { load }`, `module.exports = { load: load }` and `exports.load = load`. */
function exportsUnder(file: SourceFile, parent: Node, reference: Node, name: string | undefined): boolean {
  const exported = name === undefined ? undefined : exportsOf(file).names.get(name);
  if (exported?.kind !== 'local' || exported.node !== reference) return false;
  if (parent.type === 'ObjectProperty') return keyName(parent) === name;
  return (
    parent.type === 'AssignmentExpression' &&
    memberName(parent.left) === name &&
    file.parentOf(parent)?.type === 'ExpressionStatement'
  );
}

/** `exports.` of the next line, laid out as the statement is. */
function assignmentLine(file: SourceFile, assignment: Node & { type: 'AssignmentExpression' }): string {
  const { left } = assignment;
  const owner = left.type === 'MemberExpression' ? file.textOf(left.object) : 'exports';
  return `${/\r\n|\n|\r/.exec(file.text)?.[0] ?? '\n'}${owner}.`;
}
