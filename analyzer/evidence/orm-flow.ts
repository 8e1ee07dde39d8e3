import type { Node } from '@babel/types';
import {
  type Binding,
  type ClassValue,
  type Evaluator,
  type FunctionNode,
  isFunction,
  keyName,
  memberName,
  type SourceFile,
  unwrapped,
  type Value,
  walk,
} from '../sources/index.ts';
import { Wrappers } from './bridge-wrappers.ts';
import { call, constructed, mayHoldRows } from './orm-calls.ts';
import { fromValue } from './orm-foreign.ts';
import { memberValue } from './orm-members.ts';
import { isModelClass, modelOf } from './orm-models.ts';
import { identifier } from './orm-names.ts';
import { givenTo } from './orm-parameters.ts';
import { managerByName } from './orm-paths.ts';
import { usesOrm } from './orm-presence.ts';
import { castValue, instanceOfClass, valueOfType } from './orm-types.ts';
import { elementOf, joined, nothing, type OrmValue, other } from './orm-values.ts';

/** Steps of resolution after which a value is left unknown: real code is shallow, cycles are not. */
const deepest = 60;

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
  private believer: OrmFlow | undefined;
  private readonly believesCasts: boolean;

  constructor(
    evaluator: Evaluator,
    wrappers: Wrappers,
    twins: Readonly<Record<string, string>> = {},
    believesCasts = false,
  ) {
    this.evaluator = evaluator;
    this.wrappers = wrappers;
    this.twins = twins;
    this.believesCasts = believesCasts;
  }

  /** The same, where casts are taken for the truth: a reason to be careful, and no proof. */
  get believing(): OrmFlow {
    this.believer ??= new OrmFlow(this.evaluator, this.wrappers, this.twins, true);
    return this.believer;
  }

  /** @returns what the expression is; `undefined` when it is not known, as everything is where nothing uses the ORM */
  value(file: SourceFile, expression: Node): OrmValue | undefined {
    const found = this.proven(file, unwrapped(expression));
    return found === undefined && this.believesCasts ? castValue(this.evaluator, file, expression) : found;
  }

  private proven(file: SourceFile, node: Node): OrmValue | undefined {
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

  /** What `teach` was told of a variable. */
  taughtOf(binding: Binding): OrmValue | undefined {
    return this.taught.get(binding);
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
        return identifier(this, file, node);
      case 'MemberExpression':
      case 'OptionalMemberExpression':
        return this.member(file, node);
      case 'CallExpression':
      case 'OptionalCallExpression':
        return call(this, file, node);
      case 'NewExpression':
        return constructed(this, file, node);
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

  private member(
    file: SourceFile,
    node: Node & { type: 'MemberExpression' | 'OptionalMemberExpression' },
  ): OrmValue | undefined {
    const name = memberName(node);
    if (name === undefined) return this.indexed(this.value(file, node.object));
    if (node.object.type === 'Super')
      return this.foreign(this.evaluator.evaluate(file, node)) ?? managerByName(node);
    const object = this.value(file, node.object);
    const found = (object && memberValue(this, object, name)) ?? this.field(file, node.object, name);
    if (found === undefined && object?.kind === 'shape' && object.isDeclared === true) return undefined;
    if (found === undefined && mayHoldRows(this, file, node.object)) return undefined;
    if (object === undefined && this.mayBeRow(file, node.object)) return managerByName(node);
    return found ?? this.foreign(this.evaluator.evaluate(file, node)) ?? managerByName(node);
  }

  /** `this.posts`, where the class sets the field where it declares it and nowhere else: what it is set to. */
  private field(file: SourceFile, owner: Node, name: string): OrmValue | undefined {
    const [value, ...more] = owner.type === 'ThisExpression' ? this.evaluator.evaluate(file, owner) : [];
    if (more.length > 0 || (value?.kind !== 'instance' && value?.kind !== 'class')) return undefined;
    const definition = value.kind === 'instance' ? value.of : value;
    const declared = definition.node.body.body.find(
      (member) =>
        (member.type === 'ClassProperty' || member.type === 'ClassPrivateProperty') &&
        Boolean(member.static) === (value.kind === 'class') &&
        keyName(member) === name,
    );
    const init = declared && 'value' in declared ? declared.value : undefined;
    if (!init || this.evaluator.member(value, name).length !== 1) return undefined;
    return this.value(definition.file, init);
  }

  /** Whether some of the ways that lead to an expression give a row: what it is on the others, nobody knows. */
  private mayBeRow(file: SourceFile, node: Node): boolean {
    return this.possibleModels(file, node).length > 0;
  }

  /** The models whose rows an expression may give by some of the ways that lead to it. */
  possibleModels(file: SourceFile, node: Node): readonly ClassValue[] {
    const given = givenTo(this, file, node).flatMap((value) =>
      value?.kind === 'instance' && value.model.definition ? [value.model.definition] : [],
    );
    const found = this.evaluator
      .evaluate(file, node)
      .flatMap((value) =>
        value.kind === 'instance' && isModelClass(this.evaluator, value.of) ? [value.of] : [],
      );
    return [...given, ...found];
  }

  /** `rows[index]`; which member of anything else it is, only run time knows. */
  private indexed(object: OrmValue | undefined): OrmValue | undefined {
    return object?.kind === 'list' || object?.kind === 'tuple' ? elementOf(object) : undefined;
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

const flows = new WeakMap<Evaluator, OrmFlow>();

/** The data flow of a run; whoever knows the wrappers gives them, so that what crosses a bridge is followed too. */
export function ormFlow(
  evaluator: Evaluator,
  wrappers?: Wrappers,
  twins?: Readonly<Record<string, string>>,
): OrmFlow {
  const known = flows.get(evaluator);
  if (known !== undefined && (wrappers === undefined || known.wrappers === wrappers)) return known;
  const names = new Set(['syncToAsync']);
  const flow = new OrmFlow(
    evaluator,
    wrappers ?? new Wrappers(evaluator, { names, defaults: new Set() }),
    twins,
  );
  flows.set(evaluator, flow);
  return flow;
}
