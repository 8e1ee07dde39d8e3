import type { File, Identifier, JSXIdentifier, Node } from '@babel/types';
import { isReference } from './identifier-roles.ts';
import { linkParent, parentOf, rootAt } from './places.ts';
import { type Binding, type BindingKind, Scope } from './scope.ts';
import { eachChild, isFunction } from './tree.ts';

export type { Binding, BindingKind } from './scope.ts';

/** Which declaration each identifier of one file means. */
export interface Scopes {
  /** The declaration an identifier refers to, or declares; `undefined` for a global. */
  bindingOf(identifier: Node): Binding | undefined;
  /** What the module declares at its top level, by name. */
  readonly topLevel: ReadonlyMap<string, Binding>;
  /** Everything in the file that declares the name, at whatever depth. */
  named(name: string): readonly Binding[];
  /** Whether `name` means the global of that name at `node`. */
  isGlobal(identifier: Node): boolean;
  parentOf(node: Node): Node | undefined;
}

const blockScopes = new Set([
  'BlockStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'SwitchStatement',
  'CatchClause',
  'ClassBody',
  'TSFunctionType',
  'TSConstructorType',
  'TSMethodSignature',
  'TSCallSignatureDeclaration',
  'TSConstructSignatureDeclaration',
  'TSDeclareFunction',
  'TSDeclareMethod',
  'TSMappedType',
  'TSIndexSignature',
  'TSTypeAliasDeclaration',
  'TSInterfaceDeclaration',
  'TSConditionalType',
]);

/**
 * Resolves every identifier of a parsed file to its declaration, in one walk of the tree, which gives every node its
 * parent and takes the parser's positions off: from then on `lineOf` and its kin know the places.
 */
export function resolveScopes(ast: File, text: string): Scopes {
  const builder = new ScopeBuilder();
  builder.build(ast, text);
  return builder;
}

class ScopeBuilder implements Scopes {
  private readonly bindings = new Map<Node, Binding>();
  private readonly root = new Scope(undefined, true);
  private readonly pending: { readonly node: Identifier | JSXIdentifier; readonly scope: Scope }[] = [];
  private readonly writes: { readonly node: Identifier; readonly scope: Scope; readonly by: Node }[] = [];

  get topLevel(): ReadonlyMap<string, Binding> {
    return this.root.bindings;
  }

  bindingOf(identifier: Node): Binding | undefined {
    return this.bindings.get(identifier);
  }

  named(name: string): readonly Binding[] {
    const found = new Set<Binding>();
    for (const binding of this.bindings.values()) if (binding.name === name) found.add(binding);
    return [...found];
  }

  isGlobal(identifier: Node): boolean {
    return identifier.type === 'Identifier' && !this.bindings.has(identifier);
  }

  parentOf(node: Node): Node | undefined {
    return parentOf(node);
  }

  build(ast: File, text: string): void {
    rootAt(ast.program, text);
    const stack: { readonly node: Node; readonly scope: Scope }[] = [{ node: ast.program, scope: this.root }];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { node, scope } = next;
      const inner = this.enter(node, scope);
      const below: Node[] = [];
      eachChild(node, (child) => below.push(child));
      for (let index = below.length - 1; index >= 0; index--) {
        const child = below[index] as Node;
        linkParent(child, node);
        stack.push({ node: child, scope: belongsOutside(node, child) ? scope : inner });
      }
    }
    this.link();
  }

  private isName(node: Identifier | JSXIdentifier): boolean {
    const parent = this.parentOf(node);
    return parent !== undefined && isReference(node, parent, (inner) => this.parentOf(inner));
  }

  /** Declares what `node` declares and returns the scope of what is below it. */
  private enter(node: Node, scope: Scope): Scope {
    if (isFunction(node)) return this.enterFunction(node, scope);
    switch (node.type) {
      case 'Identifier':
      case 'JSXIdentifier':
        if (this.isName(node)) this.pending.push({ node, scope });
        return scope;
      case 'VariableDeclaration':
        this.declareVariables(node, scope);
        return scope;
      case 'ClassDeclaration':
        if (node.id) this.declare(node.id, 'class', node, scope);
        return scope;
      case 'ClassExpression': {
        const own = new Scope(scope, false);
        if (node.id) this.declare(node.id, 'class', node, own);
        return own;
      }
      case 'ImportSpecifier':
      case 'ImportDefaultSpecifier':
      case 'ImportNamespaceSpecifier':
        this.declare(node.local, 'import', node, scope);
        return scope;
      case 'TSImportEqualsDeclaration':
        this.declare(node.id, 'import', node, scope);
        return scope;
      case 'TSEnumDeclaration':
        this.declare(node.id, 'enum', node, scope);
        return scope;
      case 'TSModuleDeclaration':
        if (node.id.type === 'Identifier') this.declare(node.id, 'namespace', node, scope);
        return new Scope(scope, true);
      case 'TSTypeAliasDeclaration':
      case 'TSInterfaceDeclaration':
        this.declareType(node.id, node, scope);
        break;
      case 'TSTypeParameter':
        this.declareTypeParameter(node, scope);
        return scope;
      case 'CatchClause': {
        const own = new Scope(scope, false);
        if (node.param) this.declarePattern(node.param, 'catch', node, own);
        return own;
      }
      case 'StaticBlock':
        return new Scope(scope, true);
      case 'AssignmentExpression':
        this.recordWrites(node.left, scope, node);
        return scope;
      case 'UpdateExpression':
        this.recordWrites(node.argument, scope, node);
        return scope;
      case 'ForInStatement':
      case 'ForOfStatement':
        if (node.left.type !== 'VariableDeclaration') this.recordWrites(node.left, scope, node);
        break;
      case 'TSFunctionType':
      case 'TSConstructorType':
      case 'TSMethodSignature':
      case 'TSCallSignatureDeclaration':
      case 'TSConstructSignatureDeclaration':
      case 'TSIndexSignature':
      case 'TSDeclareMethod':
        return this.enterSignature(node, scope);
      case 'TSDeclareFunction':
        if (node.id) this.declareType(node.id, node, scope);
        return this.enterSignature(node, scope);
    }
    return blockScopes.has(node.type) ? new Scope(scope, false) : scope;
  }

  private enterFunction(node: Node, scope: Scope): Scope {
    let outer = scope;
    if (node.type === 'FunctionDeclaration' && node.id) this.declare(node.id, 'function', node, scope);
    if (node.type === 'FunctionExpression' && node.id) {
      outer = new Scope(scope, false);
      this.declare(node.id, 'function', node, outer);
    }
    const own = new Scope(outer, true);
    if ('params' in node) {
      for (const parameter of node.params as Node[]) this.declarePattern(parameter, 'parameter', node, own);
    }
    return own;
  }

  /** Parameter names of a signature without a body are visible in that signature only. */
  private enterSignature(node: Node, scope: Scope): Scope {
    const own = new Scope(scope, false);
    const parameters = 'parameters' in node ? node.parameters : 'params' in node ? node.params : [];
    for (const parameter of parameters as Node[]) this.declarePattern(parameter, 'parameter', node, own);
    return own;
  }

  private declareVariables(node: Node & { type: 'VariableDeclaration' }, scope: Scope): void {
    const kind = node.kind === 'await using' ? 'using' : node.kind;
    const target = kind === 'var' ? scope.hoisting() : scope;
    for (const declarator of node.declarations) this.declarePattern(declarator.id, kind, declarator, target);
  }

  private declarePattern(pattern: Node, kind: BindingKind, declaration: Node, scope: Scope): void {
    switch (pattern.type) {
      case 'Identifier':
        if (pattern.name !== 'this') this.declare(pattern, kind, declaration, scope);
        return;
      case 'ObjectPattern':
        for (const property of pattern.properties) {
          this.declarePattern(
            property.type === 'RestElement' ? property.argument : property.value,
            kind,
            declaration,
            scope,
          );
        }
        return;
      case 'ArrayPattern':
        for (const element of pattern.elements)
          if (element) this.declarePattern(element, kind, declaration, scope);
        return;
      case 'AssignmentPattern':
        this.declarePattern(pattern.left, kind, declaration, scope);
        return;
      case 'RestElement':
        this.declarePattern(pattern.argument, kind, declaration, scope);
        return;
      case 'TSParameterProperty':
        this.declarePattern(pattern.parameter, kind, declaration, scope);
        return;
    }
  }

  private declare(identifier: Identifier, kind: BindingKind, declaration: Node, scope: Scope): void {
    const known = scope.bindings.get(identifier.name);
    if (known !== undefined && known.kind !== 'type') {
      // Overloads, merged declarations and repeated `var`: one binding, later values count as assignments.
      this.bindings.set(identifier, known);
      if (declaration.type === 'VariableDeclarator' && declaration.init) known.assignments.push(declaration);
      return;
    }
    const binding = { name: identifier.name, kind, identifier, declaration, references: [], assignments: [] };
    scope.bindings.set(identifier.name, binding);
    this.bindings.set(identifier, binding);
  }

  private declareType(identifier: Identifier, declaration: Node, scope: Scope): void {
    if (scope.bindings.has(identifier.name)) return;
    this.declare(identifier, 'type', declaration, scope);
  }

  private declareTypeParameter(node: Node & { type: 'TSTypeParameter' }, scope: Scope): void {
    const name: unknown = node.name;
    if (typeof name !== 'string') return;
    // The parser gives a type parameter's name as text: stand in for the identifier it has no node for.
    const identifier = { type: 'Identifier', name, start: node.start, end: node.end } as Identifier;
    linkParent(identifier, node);
    if (!scope.bindings.has(name)) this.declare(identifier, 'type', node, scope);
  }

  private recordWrites(target: Node, scope: Scope, by: Node): void {
    switch (target.type) {
      case 'Identifier':
        this.writes.push({ node: target, scope, by });
        return;
      case 'ObjectPattern':
        for (const property of target.properties) {
          this.recordWrites(property.type === 'RestElement' ? property.argument : property.value, scope, by);
        }
        return;
      case 'ArrayPattern':
        for (const element of target.elements) if (element) this.recordWrites(element, scope, by);
        return;
      case 'AssignmentPattern':
        this.recordWrites(target.left, scope, by);
        return;
      case 'RestElement':
        this.recordWrites(target.argument, scope, by);
        return;
      case 'TSNonNullExpression':
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'TSTypeAssertion':
      case 'ParenthesizedExpression':
        this.recordWrites(target.expression, scope, by);
    }
  }

  private link(): void {
    for (const { node, scope } of this.pending) {
      if (this.bindings.has(node)) continue;
      const binding = scope.find(node.name);
      if (binding === undefined) continue;
      binding.references.push(node);
      this.bindings.set(node, binding);
    }
    for (const { node, scope, by } of this.writes) scope.find(node.name)?.assignments.push(by);
  }
}

/** Decorators and a class's heritage are evaluated outside the scope that the class or function opens. */
function belongsOutside(node: Node, child: Node): boolean {
  return isFunction(node) && 'key' in node && node.key === child;
}
