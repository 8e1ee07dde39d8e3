import type { Identifier, Node } from '@babel/types';
import {
  type Binding,
  type Evaluator,
  type FunctionNode,
  isFunction,
  isRequire,
  keyName,
  memberName,
  type SourceFile,
  unwrapped,
  type Value,
} from '../sources/index.ts';
import { moduleSpecifier, originOf } from './bridge-origins.ts';

/** What makes a call of something a bridge. */
export interface Wrapper {
  /** Why it is not certain that calling it only wraps. */
  readonly doubt: Doubt | undefined;
  /** The project function that does the wrapping, when it is not the wrapper itself. */
  readonly helper: Helper | undefined;
}

export interface Doubt {
  readonly code: string;
  readonly reason: string;
}

/** A function that wraps what it is given. */
export interface Helper {
  readonly file: SourceFile;
  readonly node: FunctionNode;
  /** Second argument of the wrapper inside. */
  readonly options: Node | undefined;
}

/** Which names mean the wrapper. */
export interface WrapperNames {
  /** Imported names. */
  readonly names: ReadonlySet<string>;
  /** Modules whose default export is the wrapper. */
  readonly defaults: ReadonlySet<string>;
}

const certain: Wrapper = { doubt: undefined, helper: undefined };

const conditional: Doubt = {
  code: 'MA105',
  reason: 'which function wraps here depends on a condition',
};

/** Says which expressions mean the wrapper, in any file; one per run. */
export class Wrappers {
  private readonly evaluator: Evaluator;
  private readonly named: WrapperNames;
  private readonly known = new Map<Binding, Wrapper | undefined>();
  private readonly helpers = new Map<FunctionNode, Wrapper>();

  constructor(evaluator: Evaluator, named: WrapperNames) {
    this.evaluator = evaluator;
    this.named = named;
  }

  /** What a file has to hold for a wrapper to be named in it. */
  get words(): readonly string[] {
    return [...this.named.names, ...this.named.defaults, 'sync-to-async'];
  }

  /** Makes `node` known as a function that wraps what it is given. */
  addHelper(node: FunctionNode, wrapper: Wrapper): void {
    this.helpers.set(node, wrapper);
  }

  /** Forgets what names were found to mean, so that helpers found since then count. */
  forget(): void {
    this.known.clear();
  }

  /** What `node` is when it is the wrapper, or may be. */
  of(file: SourceFile, expression: Node): Wrapper | undefined {
    const node = unwrapped(expression);
    switch (node.type) {
      case 'Identifier':
        return this.identifier(file, node);
      case 'MemberExpression':
      case 'OptionalMemberExpression':
        return this.member(file, node);
      case 'SequenceExpression': {
        const last = node.expressions.at(-1);
        const idle = node.expressions.slice(0, -1).every((part) => /Literal$/.test(part.type));
        return last && idle ? this.of(file, last) : undefined;
      }
      case 'AwaitExpression':
        return this.of(file, node.argument);
      case 'CallExpression':
        // What a module is as a whole: `module.exports = syncToAsync`.
        return isRequire(file, node.callee) ? this.evaluated(file, node) : undefined;
      case 'ConditionalExpression':
        return this.either(file, [node.consequent, node.alternate]);
      case 'LogicalExpression':
        return this.either(file, [node.left, node.right]);
      case 'ArrowFunctionExpression':
      case 'FunctionExpression':
      case 'FunctionDeclaration':
        return this.helpers.get(node);
      default:
        return undefined;
    }
  }

  /** Whether reading `name` of an imported module, or importing it, gives the wrapper. */
  isName(name: string): boolean {
    return this.named.names.has(name);
  }

  private either(file: SourceFile, nodes: readonly Node[]): Wrapper | undefined {
    const found = nodes.map((node) => this.of(file, node));
    if (found.every((wrapper) => wrapper === undefined)) return undefined;
    if (found.every((wrapper) => wrapper !== undefined && wrapper.doubt === undefined)) return found[0];
    return { doubt: conditional, helper: undefined };
  }

  private identifier(file: SourceFile, node: Identifier): Wrapper | undefined {
    const binding = file.scopes.bindingOf(node);
    if (binding === undefined) return undefined;
    if (this.known.has(binding)) return this.known.get(binding);
    // Set first: a name that is defined by itself must not be followed for ever.
    this.known.set(binding, undefined);
    const wrapper = this.binding(file, binding);
    this.known.set(binding, wrapper);
    return wrapper;
  }

  private binding(file: SourceFile, binding: Binding): Wrapper | undefined {
    const declared = this.declared(file, binding);
    if (binding.kind === 'import' || binding.assignments.length === 0) return declared;
    const written = binding.assignments.map((by) => {
      const value =
        by.type === 'AssignmentExpression' ? by.right : by.type === 'VariableDeclarator' ? by.init : null;
      return value ? this.of(file, value) : undefined;
    });
    const all = hasInitialValue(binding) ? [declared, ...written] : written;
    if (all.every((wrapper) => wrapper === undefined)) return undefined;
    return { doubt: conditional, helper: undefined };
  }

  private declared(file: SourceFile, binding: Binding): Wrapper | undefined {
    const { declaration } = binding;
    switch (declaration.type) {
      case 'ImportSpecifier':
      case 'ImportDefaultSpecifier': {
        const statement = file.parentOf(declaration);
        if (statement?.type !== 'ImportDeclaration' || statement.importKind === 'type') return undefined;
        return this.imported(file, statement.source.value, importedName(declaration), binding.name);
      }
      case 'VariableDeclarator': {
        if (!declaration.init) return undefined;
        if (declaration.id.type === 'Identifier') return this.of(file, declaration.init);
        return (
          this.destructured(file, declaration.id, declaration.init, binding) ??
          this.evaluated(file, binding.identifier)
        );
      }
      case 'FunctionDeclaration':
        return this.helpers.get(declaration);
      case 'TSImportEqualsDeclaration': {
        // `import wrap = runtime.syncToAsync;`
        const named = declaration.moduleReference;
        if (named.type === 'TSExternalModuleReference') return this.evaluated(file, declaration.id);
        if (named.type !== 'TSQualifiedName' || named.left.type !== 'Identifier') return undefined;
        return this.memberOf(file, named.left, named.right.name, binding.name);
      }
    }
    if (binding.kind === 'parameter' && isFunction(declaration))
      return this.loadedParameter(file, declaration, binding);
    return undefined;
  }

  /** An imported name: the wrapper by its name, or by what a project file exports under it. */
  imported(file: SourceFile, specifier: string, name: string, localName: string): Wrapper | undefined {
    if (this.isName(name)) return certain;
    const origin = originOf(this.evaluator, file, specifier, name, (passed) => this.isName(passed));
    if (origin?.kind === 'local') return this.of(origin.file, origin.node);
    if (origin === undefined) return undefined;
    if (this.isName(origin.name)) return certain;
    return origin.name === 'default' && this.isDefault(origin.module, localName) ? certain : undefined;
  }

  private isDefault(module: string, localName: string): boolean {
    if (this.named.defaults.has(module) || this.isName(localName)) return true;
    const last =
      module
        .split('/')
        .at(-1)
        ?.replace(/\.[cm]?[jt]sx?$/, '') ?? '';
    return [...this.named.names].some((name) => simplified(name) === simplified(last));
  }

  private destructured(file: SourceFile, pattern: Node, init: Node, binding: Binding): Wrapper | undefined {
    if (pattern.type !== 'ObjectPattern') return undefined;
    for (const property of pattern.properties) {
      if (property.type === 'RestElement') continue;
      const target = property.value.type === 'AssignmentPattern' ? property.value.left : property.value;
      const name = keyName(property);
      if (target !== binding.identifier || name === undefined) continue;
      const wrapper = this.memberOf(file, init, name, binding.name);
      return wrapper && property.value.type === 'AssignmentPattern'
        ? { doubt: conditional, helper: undefined }
        : wrapper;
    }
    return undefined;
  }

  /** `import('x').then(({ syncToAsync }) => …)`. */
  private loadedParameter(file: SourceFile, node: FunctionNode, binding: Binding): Wrapper | undefined {
    const call = file.parentOf(node);
    const [pattern] = node.params;
    if (call?.type !== 'CallExpression' || call.arguments[0] !== node || pattern === undefined)
      return undefined;
    if (memberName(call.callee) !== 'then' || call.callee.type !== 'MemberExpression') return undefined;
    return moduleSpecifier(file, call.callee.object) === undefined
      ? undefined
      : this.destructured(file, pattern, call.callee.object, binding);
  }

  private member(
    file: SourceFile,
    node: Node & { type: 'MemberExpression' | 'OptionalMemberExpression' },
  ): Wrapper | undefined {
    const name = memberName(node);
    if (name === undefined || node.object.type === 'Super') return undefined;
    const wrapper = this.memberOf(file, node.object, name, name);
    if (wrapper !== undefined) return wrapper;
    const values = this.evaluator.evaluate(file, node);
    const found = values.map((value) => this.value(value));
    if (values.length > 0 && found.every((each) => each === undefined)) return undefined;
    if (found.length > 0)
      return found.every((each) => each !== undefined) ? found[0] : { doubt: conditional, helper: undefined };
    if (!this.isName(name) || isParameter(file, node.object)) return undefined;
    return {
      doubt: { code: 'MA120', reason: `where ${file.textOf(node)} comes from is not known` },
      helper: undefined,
    };
  }

  /** What the evaluator makes of an expression that no shorter way leads through. */
  private evaluated(file: SourceFile, node: Node): Wrapper | undefined {
    const found = this.evaluator.evaluate(file, node).map((value) => this.value(value));
    const [first, ...others] = found;
    return first !== undefined && others.every((other) => other !== undefined) ? first : undefined;
  }

  private memberOf(file: SourceFile, object: Node, name: string, localName: string): Wrapper | undefined {
    const specifier = moduleSpecifier(file, object);
    if (specifier !== undefined) {
      const wrapper = this.imported(file, specifier, name, localName);
      if (wrapper !== undefined) return wrapper;
    }
    for (const value of this.evaluator.evaluate(file, object)) {
      // A namespace object passed about, such as `export * as database from './database'`.
      if (value.kind === 'module' && this.isName(name)) return certain;
      if (value.kind === 'api' && value.steps.length === 0 && this.isName(name)) return certain;
      if (value.kind !== 'object' && value.kind !== 'module') continue;
      const found = this.evaluator.member(value, name).map((each) => this.value(each));
      if (found.length === 1 && found[0] !== undefined) return found[0];
    }
    return undefined;
  }

  private value(value: Value): Wrapper | undefined {
    if (value.kind === 'function') return this.helpers.get(value.node);
    const [last, ...before] = value.kind === 'api' ? [...value.steps].reverse() : [];
    if (value.kind !== 'api' || value.module === 'global' || last?.kind !== 'member') return undefined;
    return this.isName(last.name) && before.every((step) => step.kind === 'member') ? certain : undefined;
  }
}

function hasInitialValue(binding: Binding): boolean {
  return binding.declaration.type !== 'VariableDeclarator' || binding.declaration.init != null;
}

function isParameter(file: SourceFile, node: Node): boolean {
  const inner = unwrapped(node);
  return inner.type === 'Identifier' && file.scopes.bindingOf(inner)?.kind === 'parameter';
}

function importedName(specifier: Node): string {
  if (specifier.type !== 'ImportSpecifier') return 'default';
  return specifier.imported.type === 'Identifier' ? specifier.imported.name : specifier.imported.value;
}

/** `sync-to-async`, `sync_to_async` and `syncToAsync` are one name to whoever names a file. */
function simplified(name: string): string {
  return name.replace(/[-_.]/g, '').toLowerCase();
}
