import type { Identifier, Node } from '@babel/types';
import { type Binding, isFunction, memberName, type SourceFile, unwrapped } from '../sources/index.ts';
import { originOf } from './bridge-origins.ts';
import type { OrmFlow } from './orm-flow.ts';
import { fromValue } from './orm-foreign.ts';
import { parameter } from './orm-parameters.ts';
import { chainRoot } from './orm-paths.ts';
import { patternPart } from './orm-patterns.ts';
import { castValue, valueOfType } from './orm-types.ts';
import { elementOf, isLazyOperation, isQuerySource, joined, type OrmValue } from './orm-values.ts';
import { loopedOver } from './taken-parts.ts';

/** What a name stands for, by its declaration and everything that is written to it. */
export function identifier(flow: OrmFlow, file: SourceFile, node: Identifier): OrmValue | undefined {
  const binding = file.scopes.bindingOf(node);
  if (binding === undefined) return flow.foreign(flow.evaluator.evaluate(file, node));
  const taught = flow.taughtOf(binding);
  if (taught !== undefined) return taught;
  const declared = declaredAs(flow, file, binding);
  if (binding.assignments.length === 0) return declared;
  const written = binding.assignments.map((by) => {
    if (by.type === 'AssignmentExpression' && by.left.type === 'Identifier' && by.operator === '=')
      return flow.value(file, by.right);
    return by.type === 'VariableDeclarator' && by.init ? flow.value(file, by.init) : undefined;
  });
  const { declaration } = binding;
  const bare = declaration.type === 'VariableDeclarator' && !declaration.init;
  // A declaration without a value says nothing but its type; `let orders = a; orders = orders.filter()` is a cycle
  // whose other entries decide.
  const all = bare && declared === undefined ? written : [declared, ...written];
  return joined(all) ?? (bare ? undefined : selfNarrowed(flow, file, binding, declared));
}

/** `query = query.filter(…)`: written only from itself, so it stays what it was declared as. */
function selfNarrowed(
  flow: OrmFlow,
  file: SourceFile,
  binding: Binding,
  declared: OrmValue | undefined,
): OrmValue | undefined {
  if (declared === undefined || !isQuerySource(declared)) return undefined;
  const fromItself = binding.assignments.every((by) => {
    if (by.type !== 'AssignmentExpression' || by.operator !== '=') return false;
    const root = chainRoot(by.right);
    return (
      root.type === 'Identifier' && file.scopes.bindingOf(root) === binding && isLazyChain(flow, by.right)
    );
  });
  return fromItself ? declared : undefined;
}

function isLazyChain(flow: OrmFlow, node: Node): boolean {
  const inner = unwrapped(node);
  if (inner.type === 'Identifier') return true;
  if (inner.type === 'ConditionalExpression')
    return isLazyChain(flow, inner.consequent) && isLazyChain(flow, inner.alternate);
  if (inner.type !== 'CallExpression') return false;
  const callee = unwrapped(inner.callee);
  const name = memberName(callee);
  return (
    callee.type === 'MemberExpression' &&
    name !== undefined &&
    isLazyOperation(name) &&
    isLazyChain(flow, callee.object)
  );
}

function declaredAs(flow: OrmFlow, file: SourceFile, binding: Binding): OrmValue | undefined {
  const { declaration, identifier } = binding;
  switch (declaration.type) {
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
      return imported(flow, file, declaration, identifier);
    case 'VariableDeclarator':
      return declarator(flow, file, declaration, binding.identifier);
    case 'ClassDeclaration':
    case 'ClassExpression': {
      const definition = { kind: 'class', file, node: declaration, environment: new Map() } as const;
      return fromValue(flow, definition);
    }
    case 'CatchClause':
      return undefined;
  }
  if (!isFunction(declaration)) return undefined;
  if (binding.kind !== 'parameter') return { kind: 'closure', file, node: declaration };
  return parameter(flow, file, declaration, binding.identifier);
}

function imported(
  flow: OrmFlow,
  file: SourceFile,
  declaration: Node,
  identifier: Identifier,
): OrmValue | undefined {
  const statement = file.parentOf(declaration);
  if (statement?.type !== 'ImportDeclaration') return undefined;
  if (declaration.type !== 'ImportNamespaceSpecifier') {
    const name = declaration.type === 'ImportSpecifier' ? importedName(declaration) : 'default';
    const origin = originOf(flow.evaluator, file, statement.source.value, name);
    if (origin?.kind === 'local') return flow.value(origin.file, origin.node);
  }
  return flow.foreign(flow.evaluator.evaluate(file, identifier));
}

/** What `part`, a name or a pattern in what a declarator declares, stands for. */
export function declarator(
  flow: OrmFlow,
  file: SourceFile,
  declaration: Node & { type: 'VariableDeclarator' },
  part: Node,
): OrmValue | undefined {
  const { id, init } = declaration;
  const annotation = 'typeAnnotation' in id ? id.typeAnnotation : undefined;
  const typed =
    annotation?.type === 'TSTypeAnnotation'
      ? valueOfType(flow.evaluator, file, annotation.typeAnnotation)
      : undefined;
  const whole = init ? flow.value(file, init) : (looped(flow, file, declaration) ?? typed);
  // An array that starts empty is what its type says.
  const isBare = whole?.kind === 'tuple' && whole.elements.length === 0;
  const bare = typed ?? (init ? castValue(flow.evaluator, file, init) : undefined) ?? whole;
  return patternPart(flow, file, id, part, isBare ? bare : (whole ?? typed));
}

/** `for (const post of posts)`. */
function looped(flow: OrmFlow, file: SourceFile, declarator: Node): OrmValue | undefined {
  const source = loopedOver(file, declarator);
  return source && elementOf(flow.value(file, source));
}

function importedName(specifier: Node & { type: 'ImportSpecifier' }): string {
  return specifier.imported.type === 'Identifier' ? specifier.imported.name : specifier.imported.value;
}
