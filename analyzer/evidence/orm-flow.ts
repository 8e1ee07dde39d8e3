import type { Identifier, Node } from '@babel/types';
import {
  type Binding,
  type ClassValue,
  type Evaluator,
  type FunctionNode,
  isFunction,
  isRequire,
  keyName,
  memberName,
  type SourceFile,
  unwrapped,
  type Value,
  walk,
} from '../sources/index.ts';
import { originOf } from './bridge-origins.ts';
import type { Wrappers } from './bridge-wrappers.ts';
import { fromValue } from './orm-foreign.ts';
import { memberValue, returnedValue } from './orm-members.ts';
import { isModelClass, modelOf } from './orm-models.ts';
import { chainRoot, managerByName } from './orm-paths.ts';
import { contains, patternPart } from './orm-patterns.ts';
import { usesOrm } from './orm-presence.ts';
import { instanceOfClass, looksLikeModel, valueOfType } from './orm-types.ts';
import {
  elementOf,
  holdsRows,
  isLazyOperation,
  isQuerySource,
  joined,
  nothing,
  type OrmValue,
  other,
} from './orm-values.ts';

/** Steps of resolution after which a value is left unknown: real code is shallow, cycles are not. */
const deepest = 60;

type Call = Node & { type: 'CallExpression' | 'OptionalCallExpression' };

/**
 * Says what an expression stands for in terms of the ORM, by following where values come from.
 *
 * Strict where the evaluator is generous: a value counts only when everything it may be agrees.
 */
export class OrmFlow {
  readonly evaluator: Evaluator;
  readonly wrappers: Wrappers;
  /** Twins that the configuration adds. */
  readonly twins: Readonly<Record<string, string>>;
  private readonly memo = new Map<Node, OrmValue | undefined>();
  /** What a stronger proof has found variables to be. */
  private readonly taught = new Map<Binding, OrmValue>();
  private readonly active = new Set<Node>();
  private depth = 0;
  private isUsed: boolean | undefined;

  constructor(evaluator: Evaluator, wrappers: Wrappers, twins: Readonly<Record<string, string>> = {}) {
    this.evaluator = evaluator;
    this.wrappers = wrappers;
    this.twins = twins;
  }

  /** @returns what the expression is; `undefined` when it is not known, as everything is where nothing uses the ORM */
  value(file: SourceFile, expression: Node): OrmValue | undefined {
    const node = unwrapped(expression);
    if (this.memo.has(node)) return this.memo.get(node);
    if (this.active.has(node) || this.depth >= deepest) return undefined;
    this.isUsed ??= usesOrm(this.evaluator, this.wrappers.words);
    if (!this.isUsed) return undefined;
    this.active.add(node);
    this.depth++;
    try {
      const value = this.resolve(file, node);
      this.memo.set(node, value);
      return value;
    } finally {
      this.depth--;
      this.active.delete(node);
    }
  }

  /**
   * Takes over what another proof found an expression to be, for every use of the same name or path in `scope`.
   * @returns the nodes it holds for
   */
  teach(file: SourceFile, receiver: Node, value: OrmValue, scope: Node): readonly Node[] {
    const node = unwrapped(receiver);
    const binding = node.type === 'Identifier' ? file.scopes.bindingOf(node) : undefined;
    if (binding !== undefined && binding.assignments.length === 0) this.taught.set(binding, value);
    const text = file.textOf(node);
    const same: Node[] = [];
    walk(scope, (each) => {
      this.memo.delete(each);
      const isSame = each.type === node.type && file.textOf(each) === text;
      if (isSame && (node.type !== 'Identifier' || file.scopes.bindingOf(each) === binding)) same.push(each);
      return true;
    });
    for (const each of same) this.memo.set(each, value);
    this.memo.set(node, value);
    return [...same, node];
  }

  /** What calling the function gives, by its declared type or else by what it returns. */
  result(file: SourceFile, node: FunctionNode): OrmValue | undefined {
    const declared =
      node.returnType?.type === 'TSTypeAnnotation' ? node.returnType.typeAnnotation : undefined;
    const typed = declared && valueOfType(this.evaluator, file, declared);
    if (typed !== undefined) return typed;
    // What a generator yields is not what it returns.
    if (node.generator) return undefined;
    const returns = this.evaluator.returnExpressions(node);
    return returns.length === 0 ? nothing : joined(returns.map((returned) => this.value(file, returned)));
  }

  private resolve(file: SourceFile, node: Node): OrmValue | undefined {
    switch (node.type) {
      case 'Identifier':
        return this.identifier(file, node);
      case 'MemberExpression':
      case 'OptionalMemberExpression':
        return this.member(file, node);
      case 'CallExpression':
      case 'OptionalCallExpression':
        return this.call(file, node);
      case 'NewExpression':
        return this.constructed(file, node);
      case 'AwaitExpression':
        return this.value(file, node.argument);
      case 'AssignmentExpression':
        return node.operator === '=' ? this.value(file, node.right) : undefined;
      case 'ConditionalExpression':
        return joined([this.value(file, node.consequent), this.value(file, node.alternate)]);
      case 'LogicalExpression':
        // What is falsy has no members that anybody could call.
        if (node.operator === '&&') return this.value(file, node.right);
        return joined([this.value(file, node.left), this.value(file, node.right)]);
      case 'SequenceExpression': {
        const last = node.expressions.at(-1);
        return last && this.value(file, last);
      }
      case 'ArrayExpression':
        return this.array(file, node);
      case 'ObjectExpression':
        return { kind: 'shape', property: (name) => this.property(file, node, name) };
      case 'ThisExpression':
        return this.self(file, node);
      case 'NullLiteral':
        return nothing;
      case 'UnaryExpression':
        return node.operator === 'void' ? nothing : other;
      case 'TemplateLiteral':
      case 'BinaryExpression':
      case 'UpdateExpression':
      case 'RegExpLiteral':
        return other;
    }
    if (isFunction(node)) return { kind: 'closure', file, node };
    return /Literal$/.test(node.type) ? other : this.foreign(this.evaluator.evaluate(file, node));
  }

  private identifier(file: SourceFile, node: Identifier): OrmValue | undefined {
    const binding = file.scopes.bindingOf(node);
    if (binding === undefined) return this.foreign(this.evaluator.evaluate(file, node));
    const taught = this.taught.get(binding);
    if (taught !== undefined) return taught;
    const declared = this.declared(file, binding);
    if (binding.assignments.length === 0) return declared;
    const written = binding.assignments.map((by) => {
      if (by.type === 'AssignmentExpression' && by.left.type === 'Identifier' && by.operator === '=')
        return this.value(file, by.right);
      return by.type === 'VariableDeclarator' && by.init ? this.value(file, by.init) : undefined;
    });
    const { declaration } = binding;
    const bare = declaration.type === 'VariableDeclarator' && !declaration.init;
    // A declaration without a value says nothing but its type; `let orders = a; orders = orders.filter()` is a cycle
    // whose other entries decide.
    const all = bare && declared === undefined ? written : [declared, ...written];
    return joined(all) ?? (bare ? undefined : this.selfNarrowed(file, binding, declared));
  }

  /** `query = query.filter(…)`: written only from itself, so it stays what it was declared as. */
  private selfNarrowed(
    file: SourceFile,
    binding: Binding,
    declared: OrmValue | undefined,
  ): OrmValue | undefined {
    if (declared === undefined || !isQuerySource(declared)) return undefined;
    const fromItself = binding.assignments.every((by) => {
      if (by.type !== 'AssignmentExpression' || by.operator !== '=') return false;
      const root = chainRoot(by.right);
      return (
        root.type === 'Identifier' && file.scopes.bindingOf(root) === binding && this.isLazyChain(by.right)
      );
    });
    return fromItself ? declared : undefined;
  }

  private isLazyChain(node: Node): boolean {
    const inner = unwrapped(node);
    if (inner.type === 'Identifier') return true;
    if (inner.type === 'ConditionalExpression')
      return this.isLazyChain(inner.consequent) && this.isLazyChain(inner.alternate);
    if (inner.type !== 'CallExpression') return false;
    const callee = unwrapped(inner.callee);
    const name = memberName(callee);
    return (
      callee.type === 'MemberExpression' &&
      name !== undefined &&
      isLazyOperation(name) &&
      this.isLazyChain(callee.object)
    );
  }

  private declared(file: SourceFile, binding: Binding): OrmValue | undefined {
    const { declaration, identifier } = binding;
    switch (declaration.type) {
      case 'ImportSpecifier':
      case 'ImportDefaultSpecifier':
      case 'ImportNamespaceSpecifier':
        return this.imported(file, declaration, identifier);
      case 'VariableDeclarator':
        return this.declarator(file, declaration, binding.identifier);
      case 'ClassDeclaration':
      case 'ClassExpression': {
        const definition = { kind: 'class', file, node: declaration, environment: new Map() } as const;
        return fromValue(this, definition);
      }
      case 'CatchClause':
        return undefined;
    }
    if (!isFunction(declaration)) return undefined;
    if (binding.kind !== 'parameter') return { kind: 'closure', file, node: declaration };
    return this.parameter(file, declaration, binding.identifier);
  }

  private imported(file: SourceFile, declaration: Node, identifier: Identifier): OrmValue | undefined {
    const statement = file.parentOf(declaration);
    if (statement?.type !== 'ImportDeclaration') return undefined;
    if (declaration.type !== 'ImportNamespaceSpecifier') {
      const name = declaration.type === 'ImportSpecifier' ? importedName(declaration) : 'default';
      const origin = originOf(this.evaluator, file, statement.source.value, name);
      if (origin?.kind === 'local') return this.value(origin.file, origin.node);
    }
    return this.foreign(this.evaluator.evaluate(file, identifier));
  }

  /** What `part`, a name or a pattern in what a declarator declares, stands for. */
  declarator(
    file: SourceFile,
    declaration: Node & { type: 'VariableDeclarator' },
    part: Node,
  ): OrmValue | undefined {
    const { id, init } = declaration;
    const annotation = 'typeAnnotation' in id ? id.typeAnnotation : undefined;
    const typed =
      annotation?.type === 'TSTypeAnnotation'
        ? valueOfType(this.evaluator, file, annotation.typeAnnotation)
        : undefined;
    const whole = init ? this.value(file, init) : (this.looped(file, declaration) ?? typed);
    // An array that starts empty is what its type says.
    const isBare = whole?.kind === 'tuple' && whole.elements.length === 0;
    return patternPart(this, file, id, part, isBare ? (typed ?? whole) : (whole ?? typed));
  }

  /** `for (const post of posts)`. */
  private looped(file: SourceFile, declarator: Node): OrmValue | undefined {
    const declaration = file.parentOf(declarator);
    const loop = declaration && file.parentOf(declaration);
    if (loop?.type !== 'ForOfStatement' || loop.left !== declaration) return undefined;
    return elementOf(this.value(file, loop.right));
  }

  /** What `part`, a name or a pattern in a parameter, stands for. */
  parameter(file: SourceFile, node: FunctionNode, part: Node): OrmValue | undefined {
    const index = node.params.findIndex((parameter) => contains(parameter, part));
    const parameter = node.params[index];
    if (parameter === undefined) return undefined;
    const pattern = parameter.type === 'TSParameterProperty' ? parameter.parameter : parameter;
    const target = pattern.type === 'AssignmentPattern' ? pattern.left : pattern;
    const annotation = 'typeAnnotation' in target ? target.typeAnnotation : undefined;
    const typed =
      annotation?.type === 'TSTypeAnnotation'
        ? valueOfType(this.evaluator, file, annotation.typeAnnotation)
        : undefined;
    return patternPart(this, file, target, part, typed ?? this.received(file, node, index));
  }

  /** What a parameter is given: elements when the function is a callback of a list, else the arguments of all calls. */
  private received(file: SourceFile, node: FunctionNode, index: number): OrmValue | undefined {
    const callback = this.callbackArgument(file, node, index);
    if (callback !== undefined) return callback;
    const sites = this.evaluator.callSites(file, node);
    if (sites.length === 0) return undefined;
    return joined(
      sites.map(({ file: caller, call }) => {
        const argument = call.arguments[index];
        return argument && argument.type !== 'SpreadElement' ? this.value(caller, argument) : undefined;
      }),
    );
  }

  private callbackArgument(file: SourceFile, node: FunctionNode, index: number): OrmValue | undefined {
    const call = file.parentOf(node);
    if (call?.type !== 'CallExpression' && call?.type !== 'OptionalCallExpression') return undefined;
    const callee = unwrapped(call.callee);
    if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return undefined;
    const name = memberName(callee) ?? '';
    // `Object.groupBy(posts, (post) => …)`, and `_.sortBy` and its like.
    const [first] = call.arguments;
    if (call.arguments[1] === node && index === 0 && first && !isFunction(first))
      return name === 'reduce' ? undefined : elementOf(this.value(file, first));
    if (first !== node) return undefined;
    if (name === 'then' && index === 0) return this.value(file, callee.object);
    const object = this.value(file, callee.object);
    if (object?.kind === 'map') return name === 'forEach' && index === 0 ? object.of : undefined;
    const element = () => elementOf(object);
    if (/^(?:reduce|reduceRight)$/.test(name)) return index === 1 ? element() : undefined;
    if (/^(?:sort|toSorted)$/.test(name)) return index < 2 ? element() : undefined;
    const iterates = /^(?:forEach|map|flatMap|filter|some|every|find|findIndex|findLast)$/.test(name);
    return iterates && index === 0 ? element() : undefined;
  }

  private member(
    file: SourceFile,
    node: Node & { type: 'MemberExpression' | 'OptionalMemberExpression' },
  ): OrmValue | undefined {
    const name = memberName(node);
    if (name === undefined) return this.indexed(this.value(file, node.object));
    if (node.object.type === 'Super')
      return this.foreign(this.evaluator.evaluate(file, node)) ?? managerByName(node);
    const object = this.value(file, node.object);
    const found = object && memberValue(this, object, name);
    if (found === undefined && object?.kind === 'shape' && object.isDeclared === true) return undefined;
    if (found === undefined && this.mayHoldRows(file, node.object)) return undefined;
    if (object === undefined && this.mayBeRow(file, node.object)) return managerByName(node);
    return found ?? this.foreign(this.evaluator.evaluate(file, node)) ?? managerByName(node);
  }

  /** Whether some of the ways that lead to an expression give a row: what it is on the others, nobody knows. */
  private mayBeRow(file: SourceFile, node: Node): boolean {
    return this.possibleModels(file, node).length > 0;
  }

  /** The models whose rows an expression may give by some of the ways that lead to it. */
  possibleModels(file: SourceFile, node: Node): readonly ClassValue[] {
    const given = this.givenTo(file, node).flatMap((value) =>
      value?.kind === 'instance' && value.model.definition ? [value.model.definition] : [],
    );
    const found = this.evaluator
      .evaluate(file, node)
      .flatMap((value) =>
        value.kind === 'instance' && isModelClass(this.evaluator, value.of) ? [value.of] : [],
      );
    return [...given, ...found];
  }

  /** What the calls of its function give a parameter. */
  private givenTo(file: SourceFile, node: Node): readonly (OrmValue | undefined)[] {
    const binding = node.type === 'Identifier' ? file.scopes.bindingOf(node) : undefined;
    const { declaration } = binding ?? {};
    if (binding?.kind !== 'parameter' || declaration === undefined || !isFunction(declaration)) return [];
    const index = declaration.params.indexOf(binding.identifier);
    return this.evaluator.callSites(file, declaration).map(({ file: caller, call }) => {
      const argument = call.arguments[index];
      return argument && argument.type !== 'SpreadElement' ? this.value(caller, argument) : undefined;
    });
  }

  /** `rows[index]`; which member of anything else it is, only run time knows. */
  private indexed(object: OrmValue | undefined): OrmValue | undefined {
    return object?.kind === 'list' || object?.kind === 'tuple' ? elementOf(object) : undefined;
  }

  private call(file: SourceFile, node: Call): OrmValue | undefined {
    const [first] = node.arguments;
    if (this.wrappers.of(file, node.callee) !== undefined) return first && this.value(file, first);
    const callee = unwrapped(node.callee);
    // A call that loads a module gives that module, whatever the function that loads it is.
    if (callee.type === 'Import' || isRequire(file, callee))
      return this.foreign(this.evaluator.evaluate(file, node));
    const method = memberName(callee);
    if (callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression') {
      const settled = this.settled(file, callee, method, node);
      if (settled !== undefined) return settled;
      if (method === 'bind' || method === 'call' || method === 'apply') {
        const target = this.value(file, callee.object);
        if (target !== undefined) return method === 'bind' ? target : returnedValue(this, target);
      }
    }
    const target = this.value(file, node.callee);
    if (this.mayHoldRows(file, node)) return undefined;
    const returned = target && returnedValue(this, target, node, file);
    return returned ?? this.foreign(this.evaluator.evaluate(file, node));
  }

  /** Whether code from elsewhere is handed rows: it may give them back. */
  private isGivenRows(
    file: SourceFile,
    { arguments: given }: Call | (Node & { type: 'NewExpression' }),
  ): boolean {
    return given.some((argument) => {
      const handed = argument.type === 'SpreadElement' ? argument.argument : argument;
      return holdsRows(this.value(file, handed));
    });
  }

  /** Whether a chain goes through code from elsewhere that was handed rows: `head(posts).author`. */
  private mayHoldRows(file: SourceFile, expression: Node, depth = 0): boolean {
    const node = unwrapped(expression);
    if (depth > deepest) return false;
    const within = (inner: Node) => this.mayHoldRows(file, inner, depth + 1);
    switch (node.type) {
      case 'MemberExpression':
      case 'OptionalMemberExpression':
        return within(node.object);
      case 'AwaitExpression':
        return within(node.argument);
      case 'CallExpression':
      case 'OptionalCallExpression': {
        const isForeign = this.value(file, node.callee)?.kind === 'foreign';
        return (isForeign && this.isGivenRows(file, node)) || within(node.callee);
      }
      case 'NewExpression':
        return this.value(file, node)?.kind !== 'instance' && this.isGivenRows(file, node);
      case 'Identifier': {
        const declaration = file.scopes.bindingOf(node)?.declaration;
        return declaration?.type === 'VariableDeclarator' && declaration.init
          ? within(declaration.init)
          : false;
      }
      default:
        return false;
    }
  }

  /** `Promise.all([…])`, `p.then(f)`, `rows.map(f)`: what comes out follows from what goes in. */
  private settled(
    file: SourceFile,
    callee: Node & { type: 'MemberExpression' | 'OptionalMemberExpression' },
    method: string | undefined,
    node: Call,
  ): OrmValue | undefined {
    const [first] = node.arguments;
    if (callee.object.type === 'Identifier' && file.scopes.isGlobal(callee.object)) {
      if (callee.object.name === 'Promise' && method === 'all') return first && this.value(file, first);
      if (callee.object.name === 'Promise' && method === 'resolve') return first && this.value(file, first);
      if (callee.object.name === 'Array' && method === 'from' && node.arguments.length === 1) {
        const of = first && elementOf(this.value(file, first));
        return of && { kind: 'list', of };
      }
    }
    const isCallback = first !== undefined && isFunction(first);
    if (method === 'catch' || method === 'finally') return this.value(file, callee.object);
    if (method === 'then' && isCallback) return this.result(file, first);
    if (method === 'map' && isCallback) {
      const of = this.result(file, first);
      return of && { kind: 'list', of };
    }
    return undefined;
  }

  private constructed(file: SourceFile, node: Node & { type: 'NewExpression' }): OrmValue | undefined {
    const target = this.value(file, node.callee);
    if (target?.kind === 'model') return { kind: 'instance', model: target.model };
    if (target?.kind === 'foreign' && node.callee.type === 'Identifier') {
      if (looksLikeModel(file, target.value.module, node.callee))
        return { kind: 'instance', model: { name: node.callee.name, definition: undefined } };
    }
    if (this.isGivenRows(file, node)) return undefined;
    return this.foreign(this.evaluator.evaluate(file, node));
  }

  private array(file: SourceFile, node: Node & { type: 'ArrayExpression' }): OrmValue | undefined {
    const isSpread = node.elements.some((element) => element?.type === 'SpreadElement');
    const elements = node.elements.map((element) => {
      if (element === null) return nothing;
      return element.type === 'SpreadElement'
        ? elementOf(this.value(file, element.argument))
        : this.value(file, element);
    });
    if (!isSpread) return { kind: 'tuple', elements };
    // Behind a spread nobody can count.
    const of = joined(elements);
    return of && { kind: 'list', of };
  }

  private property(
    file: SourceFile,
    node: Node & { type: 'ObjectExpression' },
    name: string,
  ): OrmValue | undefined {
    for (const property of [...node.properties].reverse()) {
      if (property.type === 'SpreadElement') return undefined;
      if (keyName(property) !== name) continue;
      if (property.type === 'ObjectProperty') return this.value(file, property.value);
      return property.kind === 'method' ? { kind: 'closure', file, node: property } : undefined;
    }
    return undefined;
  }

  private self(file: SourceFile, node: Node): OrmValue | undefined {
    const [value, ...more] = this.evaluator.evaluate(file, node);
    if (value === undefined || more.length > 0) return undefined;
    if (value.kind === 'instance') return instanceOfClass(this.evaluator, value.of);
    return value.kind === 'class' && isModelClass(this.evaluator, value)
      ? { kind: 'model', model: modelOf(value) }
      : undefined;
  }

  /** The evaluator's answer in terms of the ORM: all of it must mean the same. */
  foreign(values: readonly Value[]): OrmValue | undefined {
    return joined(values.map((value) => fromValue(this, value)));
  }
}

function importedName(specifier: Node & { type: 'ImportSpecifier' }): string {
  return specifier.imported.type === 'Identifier' ? specifier.imported.name : specifier.imported.value;
}
