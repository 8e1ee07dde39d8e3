import type { Node, TSEntityName } from '@babel/types';
import { type Exported, exportsOf } from './exports.ts';
import type { Binding } from './scopes.ts';
import type { SourceFile } from './source-file.ts';
import type { Sources } from './sources.ts';
import { type FunctionNode, isFunction, keyName, memberName, unwrapped, walk } from './tree.ts';
import {
  type ApiValue,
  type ClassNode,
  type ClassValue,
  constantText,
  type Environment,
  extendApi,
  type FunctionValue,
  type InstanceValue,
  noEnvironment,
  type Place,
  type Value,
} from './values.ts';

const none: readonly Value[] = [];

/** Values beyond this many steps of resolution are left unknown: real code is shallow, cycles are not. */
const deepest = 80;

/** Where a function is called: the call, and what its enclosing names stood for. */
export interface CallSite {
  readonly file: SourceFile;
  readonly call: Node & { type: 'CallExpression' | 'OptionalCallExpression' | 'NewExpression' };
}

/**
 * Says what an expression stands for, without a type checker and without running anything.
 *
 * Resolution is on demand and backwards: from a use to its declaration, across files, through constants, fields,
 * parameters (by their call sites) and returns. Several answers mean that any of them is possible; none means unknown.
 */
export class Evaluator {
  readonly sources: Sources;
  private readonly memo = new Map<Node, readonly Value[]>();
  private readonly active = new Set<Node>();
  private readonly importers = new Map<string, readonly SourceFile[]>();
  private depth = 0;

  constructor(sources: Sources) {
    this.sources = sources;
  }

  /** @returns what `node` may stand for in `file`; empty when unknown */
  evaluate(file: SourceFile, node: Node, environment: Environment = noEnvironment): readonly Value[] {
    const memoised = environment === noEnvironment;
    const known = memoised ? this.memo.get(node) : undefined;
    if (known !== undefined) return known;
    if (this.active.has(node) || this.depth >= deepest) return none;
    this.active.add(node);
    this.depth++;
    try {
      const values = this.resolve(file, node, environment);
      if (memoised) this.memo.set(node, values);
      return values;
    } finally {
      this.depth--;
      this.active.delete(node);
    }
  }

  /** What a file exports under `name`. */
  exported(file: SourceFile, name: string, seen: ReadonlySet<SourceFile> = new Set()): readonly Value[] {
    if (seen.has(file)) return none;
    const table = exportsOf(file);
    const own = table.names.get(name);
    if (own !== undefined) return this.exportedValue(file, own);
    for (const specifier of name === 'default' ? [] : table.stars) {
      const found = this.importedName(file, specifier, name, new Set([...seen, file]));
      if (found.length > 0) return found;
    }
    if (table.whole === undefined) return none;
    const whole = this.evaluate(file, table.whole);
    return name === 'default' ? whole : whole.flatMap((value) => this.member(value, name));
  }

  /** What reading `name` of a value gives. */
  member(value: Value, name: string): readonly Value[] {
    switch (value.kind) {
      case 'api':
        return [extendApi(value, { kind: 'member', name })];
      case 'module':
        return this.exported(value.file, name);
      case 'object':
        return this.objectMember(value, name);
      case 'array': {
        const element = value.node.elements[Number(name)];
        return element ? this.evaluate(value.file, element, value.environment) : none;
      }
      case 'class':
        return this.classMember(value, name, true, value);
      case 'instance':
        return this.classMember(value.of, name, false, value);
      case 'function':
      case 'constant':
        return none;
    }
  }

  /**
   * What calling a value gives.
   * @param site the call, whose arguments stand for the parameters
   */
  returned(value: Value, site: CallSite, environment: Environment = noEnvironment): readonly Value[] {
    if (value.kind === 'api')
      return [extendApi(value, { kind: 'call' }, { file: site.file, node: site.call })];
    if (value.kind !== 'function') return none;
    const inner = this.environmentOf(value, site, environment);
    return this.returnExpressions(value.node).flatMap((node) => this.evaluate(value.file, node, inner));
  }

  /** The expressions a function may return, of itself and not of functions inside it. */
  returnExpressions(node: FunctionNode): readonly Node[] {
    if (node.type === 'ArrowFunctionExpression' && node.body.type !== 'BlockStatement') return [node.body];
    const found: Node[] = [];
    walk(node.body, (inner) => {
      if (isFunction(inner) || inner.type === 'ClassBody') return false;
      if (inner.type === 'ReturnStatement' && inner.argument) found.push(inner.argument);
      return true;
    });
    return found;
  }

  /** The parameters of `callee` bound to the arguments of `site`. */
  environmentOf(callee: FunctionValue, site: CallSite, environment: Environment): Environment {
    const bound = new Map(callee.environment);
    callee.node.params.forEach((parameter, index) => {
      const argument = site.call.arguments[index];
      const pattern = parameter.type === 'TSParameterProperty' ? parameter.parameter : parameter;
      const name = pattern.type === 'AssignmentPattern' ? pattern.left : pattern;
      const binding = name.type === 'Identifier' ? callee.file.scopes.bindingOf(name) : undefined;
      if (binding === undefined || argument === undefined || argument.type === 'SpreadElement') return;
      const values = this.evaluate(site.file, argument, environment);
      if (values.length > 0) bound.set(binding, values);
    });
    return bound;
  }

  /** The elements of an array value that the source lists; `undefined` when some are not known. */
  elements(value: Value): readonly { readonly node: Node; readonly values: readonly Value[] }[] | undefined {
    if (value.kind !== 'array') return undefined;
    const found: { node: Node; values: readonly Value[] }[] = [];
    for (const element of value.node.elements) {
      if (element === null) continue;
      if (element.type !== 'SpreadElement') {
        found.push({ node: element, values: this.evaluate(value.file, element, value.environment) });
        continue;
      }
      const spread = this.evaluate(value.file, element.argument, value.environment);
      const inner = spread.length === 1 && spread[0] ? this.elements(spread[0]) : undefined;
      if (inner === undefined) return undefined;
      found.push(...inner);
    }
    return found;
  }

  /** Every call of a function that can be found by following its name, in its file and where it is exported to. */
  callSites(file: SourceFile, node: FunctionNode | ClassNode): readonly CallSite[] {
    const sites: CallSite[] = [];
    for (const reference of this.referencesTo(file, node)) {
      const callee = outermostCallee(reference.file, reference.node);
      const call = reference.file.parentOf(callee);
      if (call === undefined || !isCall(call) || call.callee !== callee) continue;
      sites.push({ file: reference.file, call });
    }
    return sites;
  }

  /** Every expression that means this declaration, across files. */
  referencesTo(file: SourceFile, node: Node): readonly Place[] {
    const places: Place[] = [];
    const parent = file.parentOf(node);
    const assigned = parent?.type === 'VariableDeclarator' && parent.init === node ? parent.id : undefined;
    const own = 'id' in node && node.id?.type === 'Identifier' ? node.id : undefined;
    const binding = [own, assigned]
      .map((name) => (name ? file.scopes.bindingOf(name) : undefined))
      .find(Boolean);
    for (const reference of binding?.references ?? []) places.push({ file, node: reference });
    if (parent?.type === 'CallExpression' && parent.callee === node) places.push({ file, node });
    for (const name of exportedNames(file, node, binding))
      places.push(...this.importedReferences(file, name));
    return places;
  }

  private importedReferences(file: SourceFile, name: string): Place[] {
    const places: Place[] = [];
    for (const importer of this.importersOf(file)) {
      places.push(
        ...importReferences(importer, name, (specifier) => this.leadsTo(importer, specifier, file)),
      );
    }
    return places;
  }

  /** The listed files that import or require `file`. */
  importersOf(file: SourceFile): readonly SourceFile[] {
    const known = this.importers.get(file.path);
    if (known !== undefined) return known;
    const found: SourceFile[] = [];
    // The last part of the specifier must stand in the importer's text, so the rest need not be parsed.
    for (const candidate of this.sources.mentioning(specifierEndings(file.path))) {
      const importer = candidate === file.path ? undefined : this.sources.file(candidate);
      if (importer && specifiersOf(importer).some((specifier) => this.leadsTo(importer, specifier, file)))
        found.push(importer);
    }
    this.importers.set(file.path, found);
    return found;
  }

  private leadsTo(importer: SourceFile, specifier: string, file: SourceFile): boolean {
    const target = this.sources.modules.resolve(importer.path, specifier);
    return target.kind === 'file' && target.path === file.path;
  }

  private resolve(file: SourceFile, node: Node, environment: Environment): readonly Value[] {
    switch (node.type) {
      case 'Identifier':
        return this.identifier(file, node, environment);
      case 'ThisExpression':
        return this.receiverAround(file, node);
      case 'MemberExpression':
      case 'OptionalMemberExpression':
        return this.memberExpression(file, node, environment);
      case 'CallExpression':
      case 'OptionalCallExpression':
        return this.callExpression(file, node, environment);
      case 'NewExpression':
        return this.evaluate(file, node.callee, environment).flatMap((value) =>
          this.constructed(value, { file, node }),
        );
      case 'ConditionalExpression':
        return [
          ...this.evaluate(file, node.consequent, environment),
          ...this.evaluate(file, node.alternate, environment),
        ];
      case 'LogicalExpression':
        return [
          ...this.evaluate(file, node.left, environment),
          ...this.evaluate(file, node.right, environment),
        ];
      case 'SequenceExpression': {
        const last = node.expressions.at(-1);
        return last ? this.evaluate(file, last, environment) : none;
      }
      case 'AssignmentExpression':
        return this.evaluate(file, node.right, environment);
      case 'AwaitExpression':
        return this.evaluate(file, node.argument, environment);
      case 'ObjectExpression':
        return [{ kind: 'object', file, node, environment }];
      case 'ArrayExpression':
        return [{ kind: 'array', file, node, environment }];
      case 'StringLiteral':
      case 'NumericLiteral':
      case 'BooleanLiteral':
        return [{ kind: 'constant', value: node.value }];
      case 'NullLiteral':
        return [{ kind: 'constant', value: null }];
      case 'RegExpLiteral':
        return regularExpression(node.pattern, node.flags);
      case 'TemplateLiteral':
        return this.template(file, node, environment);
      case 'BinaryExpression':
        return this.concatenation(file, node, environment);
      case 'ClassDeclaration':
      case 'ClassExpression':
        return [{ kind: 'class', file, node, environment }];
    }
    if (isFunction(node)) return [this.functionValue(file, node, environment)];
    const inner = unwrapped(node);
    return inner === node ? none : this.evaluate(file, inner, environment);
  }

  private functionValue(
    file: SourceFile,
    node: FunctionNode,
    environment: Environment,
    self?: Value,
  ): FunctionValue {
    const value = { kind: 'function', file, node, environment } as const;
    return self === undefined ? value : { ...value, self };
  }

  private identifier(
    file: SourceFile,
    node: Node & { type: 'Identifier' },
    environment: Environment,
  ): readonly Value[] {
    const binding = file.scopes.bindingOf(node);
    if (binding === undefined) return this.global(file, node.name);
    const bound = environment.get(binding);
    if (bound !== undefined) return bound;
    const declared = this.declared(file, binding, environment);
    const written = binding.assignments.flatMap((by) => this.written(file, by, environment));
    return written.length === 0 ? declared : [...declared, ...written];
  }

  private global(file: SourceFile, name: string): readonly Value[] {
    if (name === 'undefined') return [{ kind: 'constant', value: null }];
    if (name === 'exports') return [{ kind: 'module', file }];
    return [{ kind: 'api', module: 'global', steps: [{ kind: 'member', name }] }];
  }

  private written(file: SourceFile, by: Node, environment: Environment): readonly Value[] {
    if (by.type === 'AssignmentExpression' && by.left.type === 'Identifier')
      return this.evaluate(file, by.right, environment);
    if (by.type === 'VariableDeclarator' && by.init) return this.evaluate(file, by.init, environment);
    return none;
  }

  private declared(file: SourceFile, binding: Binding, environment: Environment): readonly Value[] {
    const { declaration } = binding;
    switch (declaration.type) {
      case 'ImportSpecifier':
      case 'ImportDefaultSpecifier':
      case 'ImportNamespaceSpecifier':
        return this.imported(file, declaration);
      case 'TSImportEqualsDeclaration':
        return declaration.moduleReference.type === 'TSExternalModuleReference'
          ? this.moduleValue(file, declaration.moduleReference.expression.value)
          : none;
      case 'VariableDeclarator':
        return this.declarator(file, declaration, binding, environment);
      case 'ClassDeclaration':
      case 'ClassExpression':
        return [{ kind: 'class', file, node: declaration, environment }];
    }
    if (binding.kind === 'parameter' && isFunction(declaration))
      return this.parameter(file, declaration, binding);
    return isFunction(declaration) ? [this.functionValue(file, declaration, environment)] : none;
  }

  private imported(file: SourceFile, specifier: Node): readonly Value[] {
    const declaration = file.parentOf(specifier);
    if (declaration?.type !== 'ImportDeclaration') return none;
    const source = declaration.source.value;
    if (specifier.type === 'ImportNamespaceSpecifier') return this.moduleValue(file, source);
    if (specifier.type === 'ImportDefaultSpecifier') return this.importedName(file, source, 'default');
    if (specifier.type !== 'ImportSpecifier') return none;
    const name =
      specifier.imported.type === 'Identifier' ? specifier.imported.name : specifier.imported.value;
    return this.importedName(file, source, name);
  }

  private importedName(
    file: SourceFile,
    specifier: string,
    name: string,
    seen?: ReadonlySet<SourceFile>,
  ): readonly Value[] {
    const target = this.sources.modules.resolve(file.path, specifier);
    if (target.kind === 'package')
      return [{ kind: 'api', module: target.name, steps: [{ kind: 'member', name }] }];
    const module = this.sources.file(target.path);
    return module === undefined ? none : this.exported(module, name, seen);
  }

  private moduleValue(file: SourceFile, specifier: string): readonly Value[] {
    const target = this.sources.modules.resolve(file.path, specifier);
    if (target.kind === 'package') return [{ kind: 'api', module: target.name, steps: [] }];
    const module = this.sources.file(target.path);
    if (module === undefined) return none;
    const { whole, names } = exportsOf(module);
    // `require` of a CommonJS module gives what it was set to; the names it was given live on that value.
    return whole === undefined || names.has('default')
      ? [{ kind: 'module', file: module }]
      : this.required(module, whole);
  }

  private required(module: SourceFile, whole: Node): readonly Value[] {
    const values = this.evaluate(module, whole);
    return values.length > 0 ? values : [{ kind: 'module', file: module }];
  }

  private exportedValue(file: SourceFile, exported: Exported): readonly Value[] {
    if (exported.kind === 'forwarded') return this.importedName(file, exported.specifier, exported.name);
    if (exported.kind === 'namespace') return this.moduleValue(file, exported.specifier);
    return this.evaluate(file, exported.node);
  }

  private declarator(
    file: SourceFile,
    declarator: Node & { type: 'VariableDeclarator' },
    binding: Binding,
    environment: Environment,
  ): readonly Value[] {
    const typed = () => this.typed(file, declarator.id);
    if (!declarator.init) {
      const looped = this.loopElement(file, declarator, environment);
      return looped.length > 0
        ? this.destructured(file, declarator.id, binding, looped, environment)
        : typed();
    }
    const values = this.evaluate(file, declarator.init, environment);
    const found = this.destructured(file, declarator.id, binding, values, environment);
    return found.length > 0 ? found : typed();
  }

  /** `for (const route of routes)`: each element the source lists. */
  private loopElement(file: SourceFile, declarator: Node, environment: Environment): readonly Value[] {
    const declaration = file.parentOf(declarator);
    const loop = declaration && file.parentOf(declaration);
    if (loop?.type !== 'ForOfStatement' || loop.left !== declaration) return none;
    return this.evaluate(file, loop.right, environment).flatMap((list) =>
      (this.elements(list) ?? []).flatMap(({ values }) => values),
    );
  }

  /** The part of `values` that `binding` takes out of a pattern. */
  private destructured(
    file: SourceFile,
    pattern: Node,
    binding: Binding,
    values: readonly Value[],
    environment: Environment,
  ): readonly Value[] {
    if (pattern === binding.identifier) return values;
    if (pattern.type === 'AssignmentPattern') {
      const given = this.destructured(file, pattern.left, binding, values, environment);
      return given.length > 0 || pattern.left !== binding.identifier
        ? given
        : this.evaluate(file, pattern.right, environment);
    }
    if (pattern.type === 'ObjectPattern') {
      for (const property of pattern.properties) {
        if (property.type === 'RestElement') {
          if (property.argument === binding.identifier) return values;
          continue;
        }
        if (!contains(property, binding.identifier)) continue;
        const name = keyName(property);
        const parts = name === undefined ? none : values.flatMap((value) => this.member(value, name));
        return this.destructured(file, property.value, binding, parts, environment);
      }
    }
    if (pattern.type === 'ArrayPattern') {
      const index = pattern.elements.findIndex(
        (element) => element !== null && contains(element, binding.identifier),
      );
      const element = pattern.elements[index];
      if (element) {
        const parts = values.flatMap((value) =>
          value.kind === 'array' ? this.member(value, String(index)) : none,
        );
        return this.destructured(file, element, binding, parts, environment);
      }
    }
    return none;
  }

  /** What a parameter receives: the arguments of the function's calls, else its declared type. */
  private parameter(file: SourceFile, node: FunctionNode, binding: Binding): readonly Value[] {
    const index = node.params.findIndex((parameter) => contains(parameter, binding.identifier));
    const parameter = node.params[index];
    if (parameter === undefined) return none;
    const pattern = parameter.type === 'TSParameterProperty' ? parameter.parameter : parameter;
    const received = this.argumentsFor(file, node, index);
    const found = this.destructured(file, pattern, binding, received, noEnvironment);
    return found.length > 0
      ? found
      : this.typed(file, pattern.type === 'AssignmentPattern' ? pattern.left : pattern);
  }

  private argumentsFor(file: SourceFile, node: FunctionNode, index: number): readonly Value[] {
    const callback = this.iterated(file, node, index);
    if (callback.length > 0) return callback;
    const callee = constructorClass(file, node) ?? node;
    return this.callSites(file, callee).flatMap(({ file: caller, call }) => {
      const argument = call.arguments[index];
      return argument && argument.type !== 'SpreadElement' ? this.evaluate(caller, argument) : none;
    });
  }

  /** `routes.forEach((route) => …)`: each element the source lists. */
  private iterated(file: SourceFile, node: FunctionNode, index: number): readonly Value[] {
    const call = file.parentOf(node);
    if (index !== 0 || call?.type !== 'CallExpression' || call.arguments[0] !== node) return none;
    const callee = unwrapped(call.callee);
    if (callee.type !== 'MemberExpression') return none;
    if (!/^(?:forEach|map|flatMap|filter|some|every|find)$/.test(memberName(callee) ?? '')) return none;
    return this.evaluate(file, callee.object).flatMap((list) =>
      (this.elements(list) ?? []).flatMap(({ values }) => values),
    );
  }

  /** The value a type annotation promises: an instance of the class or foreign type it names. */
  private typed(file: SourceFile, pattern: Node): readonly Value[] {
    if (!('typeAnnotation' in pattern) || pattern.typeAnnotation?.type !== 'TSTypeAnnotation') return none;
    return this.typeValue(file, pattern.typeAnnotation.typeAnnotation);
  }

  /** What a value of the type `node` is: an instance of the project class or of the foreign type it names. */
  typeValue(file: SourceFile, node: Node): readonly Value[] {
    if (node.type === 'TSUnionType') return node.types.flatMap((part) => this.typeValue(file, part));
    if (node.type === 'TSParenthesizedType') return this.typeValue(file, node.typeAnnotation);
    if (node.type !== 'TSTypeReference') return none;
    const wrapper = node.typeName.type === 'Identifier' ? node.typeName.name : '';
    const argument = node.typeParameters?.params[0];
    if (argument && /^(?:Promise|Readonly|NonNullable|Awaited)$/.test(wrapper))
      return this.typeValue(file, argument);
    return this.entity(file, node.typeName).flatMap((value): readonly Value[] => {
      if (value.kind === 'class') return [{ kind: 'instance', of: value }];
      if (value.kind === 'api' && value.module !== 'global') return [extendApi(value, { kind: 'instance' })];
      return none;
    });
  }

  private entity(file: SourceFile, name: TSEntityName): readonly Value[] {
    if (name.type === 'Identifier') return this.evaluate(file, name);
    if (name.type !== 'TSQualifiedName') return none;
    return this.entity(file, name.left).flatMap((value) => this.member(value, name.right.name));
  }

  private memberExpression(
    file: SourceFile,
    node: Node & { type: 'MemberExpression' | 'OptionalMemberExpression' },
    environment: Environment,
  ): readonly Value[] {
    if (node.object.type === 'Super') return this.superMember(file, node);
    const objects = this.evaluate(file, node.object, environment);
    const name = memberName(node) ?? constantText(this.evaluate(file, node.property, environment));
    if (name === undefined) return objects.flatMap((value) => this.anyMember(value));
    if (node.object.type === 'Identifier' && node.object.name === 'module' && name === 'exports') {
      if (file.scopes.isGlobal(node.object)) return this.moduleExports(file);
    }
    return objects.flatMap((value) => this.member(value, name));
  }

  private moduleExports(file: SourceFile): readonly Value[] {
    const { whole } = exportsOf(file);
    return whole === undefined ? [{ kind: 'module', file }] : this.evaluate(file, whole);
  }

  /** `handlers[name]` with an unknown name: any of the listed members. */
  private anyMember(value: Value): readonly Value[] {
    if (value.kind !== 'object') return none;
    return value.node.properties.flatMap((property) => {
      if (property.type === 'SpreadElement') return none;
      return this.evaluate(
        value.file,
        property.type === 'ObjectMethod' ? property : property.value,
        value.environment,
      );
    });
  }

  private superMember(file: SourceFile, node: Node): readonly Value[] {
    const name = memberName(node);
    const around = file.classAround(node);
    if (name === undefined || !around?.superClass) return none;
    return this.evaluate(file, around.superClass).flatMap((value) =>
      value.kind === 'class' ? this.classMember(value, name, false, value) : this.member(value, name),
    );
  }

  private callExpression(
    file: SourceFile,
    node: Node & { type: 'CallExpression' | 'OptionalCallExpression' },
    environment: Environment,
  ): readonly Value[] {
    const first = node.arguments[0];
    if (node.callee.type === 'Import' || this.isRequire(file, node.callee)) {
      return first?.type === 'StringLiteral' ? this.moduleValue(file, first.value) : none;
    }
    const callee = unwrapped(node.callee);
    const method = memberName(callee);
    if (first && method === 'freeze' && this.isGlobalObject(file, callee))
      return this.evaluate(file, first, environment);
    if (
      method === 'bind' &&
      (callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression')
    ) {
      const bound = this.evaluate(file, callee.object, environment).filter(({ kind }) => kind === 'function');
      if (bound.length > 0) return bound;
    }
    return this.evaluate(file, node.callee, environment).flatMap((value) =>
      this.returned(value, { file, call: node }, environment),
    );
  }

  private isRequire(file: SourceFile, callee: Node): boolean {
    return callee.type === 'Identifier' && callee.name === 'require' && file.scopes.isGlobal(callee);
  }

  private isGlobalObject(file: SourceFile, callee: Node): boolean {
    if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return false;
    return callee.object.name === 'Object' && file.scopes.isGlobal(callee.object);
  }

  private constructed(value: Value, created: Place): readonly Value[] {
    if (value.kind === 'api') return [extendApi(value, { kind: 'new' }, created)];
    return value.kind === 'class' ? [{ kind: 'instance', of: value, created }] : none;
  }

  private objectMember(value: Value & { kind: 'object' }, name: string): readonly Value[] {
    const { file, node, environment } = value;
    for (const property of [...node.properties].reverse()) {
      if (property.type === 'SpreadElement') {
        const spread = this.evaluate(file, property.argument, environment).flatMap((inner) =>
          this.member(inner, name),
        );
        if (spread.length > 0) return spread;
        continue;
      }
      if (keyName(property) !== name) continue;
      if (property.type === 'ObjectProperty') return this.evaluate(file, property.value, environment);
      const method = this.functionValue(file, property, environment, value);
      return property.kind === 'get' ? this.gotten(method) : [method];
    }
    return none;
  }

  /** What a getter returns. */
  private gotten(getter: FunctionValue): readonly Value[] {
    return this.returnExpressions(getter.node).flatMap((node) =>
      this.evaluate(getter.file, node, getter.environment),
    );
  }

  private classMember(owner: ClassValue, name: string, isStatic: boolean, self: Value): readonly Value[] {
    for (const member of owner.node.body.body) {
      if (!('static' in member) || Boolean(member.static) !== isStatic) continue;
      if (member.type === 'ClassMethod' || member.type === 'ClassPrivateMethod') {
        if (keyName({ key: member.key, computed: 'computed' in member && member.computed === true }) !== name)
          continue;
        if (member.kind === 'set') continue;
        const method = this.functionValue(owner.file, member, owner.environment, self);
        return member.kind === 'get' ? this.gotten(method) : [method];
      }
      if (
        member.type !== 'ClassProperty' &&
        member.type !== 'ClassPrivateProperty' &&
        member.type !== 'ClassAccessorProperty'
      )
        continue;
      if (keyName({ key: member.key, computed: 'computed' in member && member.computed === true }) !== name)
        continue;
      const initial = member.value ? this.evaluate(owner.file, member.value, owner.environment) : none;
      if (initial.length > 0) return initial;
      const assigned = isStatic ? none : this.assignedField(owner, name);
      return assigned.length > 0 ? assigned : this.typed(owner.file, member);
    }
    const assigned = isStatic ? none : this.assignedField(owner, name);
    return assigned.length > 0 ? assigned : this.inheritedMember(owner, name, isStatic, self);
  }

  private inheritedMember(owner: ClassValue, name: string, isStatic: boolean, self: Value): readonly Value[] {
    if (!owner.node.superClass) return none;
    return this.evaluate(owner.file, owner.node.superClass, owner.environment).flatMap((value) => {
      if (value.kind === 'class') return this.classMember(value, name, isStatic, self);
      if (value.kind !== 'api') return none;
      return [extendApi(isStatic ? value : extendApi(value, { kind: 'instance' }), { kind: 'member', name })];
    });
  }

  /** `this.name = …` in any method, and `constructor(private name: Type)`. */
  private assignedField(owner: ClassValue, name: string): readonly Value[] {
    const found: Value[] = [];
    for (const member of owner.node.body.body) {
      if (member.type !== 'ClassMethod') continue;
      for (const parameter of member.params) {
        if (parameter.type !== 'TSParameterProperty') continue;
        const inner =
          parameter.parameter.type === 'AssignmentPattern' ? parameter.parameter.left : parameter.parameter;
        if (inner.type === 'Identifier' && inner.name === name)
          found.push(...this.evaluate(owner.file, inner));
      }
      walk(member.body, (node) => {
        if (node.type === 'FunctionExpression' || node.type === 'FunctionDeclaration') return false;
        if (node.type !== 'AssignmentExpression' || node.left.type !== 'MemberExpression') return true;
        if (node.left.object.type !== 'ThisExpression' || memberName(node.left) !== name) return true;
        found.push(...this.evaluate(owner.file, node.right, owner.environment));
        return true;
      });
    }
    return found;
  }

  /** What `this` means at `node`: the object literal or an instance of the class around it. */
  private receiverAround(file: SourceFile, node: Node): readonly Value[] {
    for (let above = file.parentOf(node); above !== undefined; above = file.parentOf(above)) {
      if (
        above.type === 'ClassMethod' ||
        above.type === 'ClassPrivateMethod' ||
        above.type === 'ClassProperty' ||
        above.type === 'ClassPrivateProperty'
      ) {
        const around = file.classAround(above);
        if (around === undefined) return none;
        const owner: ClassValue = { kind: 'class', file, node: around, environment: noEnvironment };
        return above.static ? [owner] : [{ kind: 'instance', of: owner } satisfies InstanceValue];
      }
      if (above.type === 'StaticBlock') {
        const around = file.classAround(above);
        return around ? [{ kind: 'class', file, node: around, environment: noEnvironment }] : none;
      }
      if (above.type === 'ObjectMethod') {
        const object = file.parentOf(above);
        return object?.type === 'ObjectExpression'
          ? [{ kind: 'object', file, node: object, environment: noEnvironment }]
          : none;
      }
      if (above.type === 'FunctionExpression' || above.type === 'FunctionDeclaration') {
        const property = file.parentOf(above);
        const object = property?.type === 'ObjectProperty' ? file.parentOf(property) : undefined;
        return object?.type === 'ObjectExpression'
          ? [{ kind: 'object', file, node: object, environment: noEnvironment }]
          : none;
      }
    }
    return none;
  }

  private template(
    file: SourceFile,
    node: Node & { type: 'TemplateLiteral' },
    environment: Environment,
  ): readonly Value[] {
    let text = node.quasis[0]?.value.cooked ?? '';
    for (let index = 0; index < node.expressions.length; index++) {
      const expression = node.expressions[index];
      const part = expression ? constantText(this.evaluate(file, expression, environment)) : undefined;
      if (part === undefined) return none;
      text += part + (node.quasis[index + 1]?.value.cooked ?? '');
    }
    return [{ kind: 'constant', value: text }];
  }

  private concatenation(
    file: SourceFile,
    node: Node & { type: 'BinaryExpression' },
    environment: Environment,
  ): readonly Value[] {
    if (node.operator !== '+' || node.left.type === 'PrivateName') return none;
    const left = constantText(this.evaluate(file, node.left, environment));
    const right = constantText(this.evaluate(file, node.right, environment));
    return left === undefined || right === undefined ? none : [{ kind: 'constant', value: left + right }];
  }
}

/** Whether an API value is the one `steps` name, from a module that `isModule` accepts. */
export function isApi(value: Value, isModule: (name: string) => boolean): value is ApiValue {
  return value.kind === 'api' && isModule(value.module);
}

function regularExpression(pattern: string, flags: string): readonly Value[] {
  try {
    return [{ kind: 'constant', value: new RegExp(pattern, flags) }];
  } catch {
    return none;
  }
}

function isCall(node: Node): node is CallSite['call'] {
  return (
    node.type === 'CallExpression' || node.type === 'OptionalCallExpression' || node.type === 'NewExpression'
  );
}

/** Casts and parentheses round a callee change nothing: `(f as any)(x)` calls `f`. */
function outermostCallee(file: SourceFile, node: Node): Node {
  let outer = node;
  for (
    let above = file.parentOf(outer);
    above !== undefined && unwrapped(above) === unwrapped(outer);
    above = file.parentOf(above)
  ) {
    outer = above;
  }
  return outer;
}

function constructorClass(file: SourceFile, node: FunctionNode): ClassNode | undefined {
  return node.type === 'ClassMethod' && node.kind === 'constructor' ? file.classAround(node) : undefined;
}

function contains(outer: Node, inner: Node): boolean {
  return (outer.start ?? 0) <= (inner.start ?? -1) && (inner.end ?? 0) <= (outer.end ?? -1);
}

/** The names a declaration or expression is exported under. */
function exportedNames(file: SourceFile, node: Node, binding: Binding | undefined): string[] {
  const names: string[] = [];
  const { names: table, whole } = exportsOf(file);
  for (const [name, exported] of table) {
    if (exported.kind !== 'local') continue;
    const meant =
      exported.node === node || (binding !== undefined && file.scopes.bindingOf(exported.node) === binding);
    if (meant) names.push(name);
  }
  if (
    whole !== undefined &&
    (whole === node || (binding !== undefined && file.scopes.bindingOf(whole) === binding))
  ) {
    names.push('default', '*');
  }
  return names;
}

/** Uses of an imported name: named, default, namespace members, required. */
function importReferences(
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
      if (specifier.type === 'ImportNamespaceSpecifier') add(namespaceUses(importer, binding, name));
      else if (importedName(specifier) === name) add(binding.references);
    }
  }
  walk(importer.ast.program, (node) => {
    if (node.type !== 'CallExpression' || node.arguments[0]?.type !== 'StringLiteral') return true;
    const isRequire = node.callee.type === 'Identifier' && node.callee.name === 'require';
    if ((isRequire || node.callee.type === 'Import') && leads(node.arguments[0].value))
      add(requiredUses(importer, node, name));
    return true;
  });
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
    return parent && memberName(parent) === name ? [parent] : [];
  });
}

/** `require('./x')` used at once, kept under a name, or taken apart. */
function requiredUses(file: SourceFile, call: Node, name: string): Node[] {
  const awaited = file.parentOf(call);
  const value = awaited?.type === 'AwaitExpression' ? awaited : call;
  const parent = file.parentOf(value);
  if (parent === undefined) return [];
  if (name === '*' && isCall(parent) && parent.callee === value) return [value];
  if (memberName(parent) === name) return [parent];
  if (parent.type !== 'VariableDeclarator') return [];
  if (parent.id.type === 'Identifier') {
    const binding = file.scopes.bindingOf(parent.id);
    if (binding === undefined) return [];
    return name === '*' ? [...binding.references] : namespaceUses(file, binding, name);
  }
  if (parent.id.type !== 'ObjectPattern') return [];
  return parent.id.properties.flatMap((property) => {
    if (property.type === 'RestElement' || keyName(property) !== name || property.value.type !== 'Identifier')
      return [];
    return [...(file.scopes.bindingOf(property.value)?.references ?? [])];
  });
}

/** What an import of the file must end with, whatever stands before it. */
function specifierEndings(file: string): string[] {
  const parts = file.split('/');
  const stem = (parts.pop() ?? '').replace(/\.[^.]+$/, '');
  const folder = parts.at(-1);
  return stem === 'index' && folder !== undefined
    ? ['index', folder, "'.'", '"."', "'..'", '".."', "'./'", '"./"']
    : [stem];
}

/** Every module specifier in a file. */
export function specifiersOf(file: SourceFile): readonly string[] {
  const found: string[] = [];
  walk(file.ast.program, (node) => {
    if (
      (node.type === 'ImportDeclaration' ||
        node.type === 'ExportNamedDeclaration' ||
        node.type === 'ExportAllDeclaration') &&
      node.source
    ) {
      found.push(node.source.value);
    }
    if (node.type !== 'CallExpression' || node.arguments[0]?.type !== 'StringLiteral') return true;
    if (
      node.callee.type === 'Import' ||
      (node.callee.type === 'Identifier' && node.callee.name === 'require')
    ) {
      found.push(node.arguments[0].value);
    }
    return true;
  });
  return found;
}
