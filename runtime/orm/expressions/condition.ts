import { ValueError } from '../errors.ts';
import { isInstance } from '../lookups/encode.ts';
import { lackingToken } from '../lookups/held-by-rows.ts';
import { subqueryParts } from '../query/collected.ts';
import type { Connector } from '../query/joins.ts';
import { ExpressionNode, type ShapeSink } from './node.ts';

/** One lookup as written: `pages__gt: 100`. */
export class Leaf {
  readonly path: string;
  readonly value: unknown;

  constructor(path: string, value: unknown) {
    if (value === undefined) {
      throw new ValueError(`The value of '${path}' is undefined; use null to look for rows without a value.`);
    }
    this.path = path;
    this.value = isReadOnce(value) ? [...value] : value;
  }
  /** True for an `in` list with null in it: null is in no list, but excluding the list excludes it. */
  get namesNull(): boolean {
    const { value } = this;
    if (this.lastName !== 'in' || typeof value !== 'object' || value === null || isSubqueried(value))
      return false;
    return Symbol.iterator in value && [...(value as Iterable<unknown>)].includes(null);
  }
  #items: readonly (Leaf | ExpressionNode)[] | undefined;
  /** Elements of a list that holds expressions, each as an operand of its own; undefined for other values. */
  get items(): readonly (Leaf | ExpressionNode)[] | undefined {
    if (this.#items !== undefined) return this.#items;
    const list = listOf(this);
    if (list === undefined || !list.some((each) => each instanceof ExpressionNode)) return undefined;
    // Kept, because each is looked up by identity between the walk and the resolution.
    this.#items = list.map((each) => (each instanceof ExpressionNode ? each : new Leaf(this.path, each)));
    return this.#items;
  }
  /** Last name of the path: a lookup, or a field. */
  get lastName(): string {
    return this.path.slice(this.path.lastIndexOf('__') + 1).replace(/^_+/, '');
  }
}

/** True for a generator and its like: it is looked at more than once, and would be empty the second time. */
function isReadOnce(value: unknown): value is Iterable<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Symbol.iterator in value &&
    'next' in value &&
    typeof value.next === 'function'
  );
}

/** A lookup on an expression: `GreaterThan(Length('title'), 5)`. */
export class Comparison {
  readonly left: ExpressionNode;
  /** The name of the lookup, and the other side. */
  readonly leaf: Leaf;

  constructor(left: ExpressionNode, lookup: string, right: unknown) {
    this.left = left;
    this.leaf = new Leaf(lookup, right);
  }
  describe(sink: ShapeSink): void {
    sink.token('compare(');
    this.left.describe(sink);
    describeLeaf(this.leaf, sink);
    sink.token(')');
  }
}

export type ConditionPart = Leaf | Comparison | Condition | ExpressionNode;

/** `Q({ … })`: conditions that can be combined before they are used. */
export class Condition {
  readonly kind = 'condition';
  readonly connector: Connector;
  readonly negated: boolean;
  readonly parts: readonly ConditionPart[];

  constructor(parts: readonly ConditionPart[], connector: Connector = 'AND', negated = false) {
    this.parts = parts;
    this.connector = connector;
    this.negated = negated;
  }
  /**
   * The condition that all of `where` holds.
   *
   * @throws TypeError for anything but an object of lookups: a list, a date or a promise would hold none, and match
   *   every row
   */
  static of(where: unknown): Condition {
    if (!isLookups(where)) {
      throw new TypeError('Conditions are given as objects of lookups or as Q(…).');
    }
    return new Condition(Object.entries(where).map(([path, value]) => new Leaf(path, value)));
  }
  and(other: Combinable): Condition {
    return this.#combine(other, 'AND');
  }
  or(other: Combinable): Condition {
    return this.#combine(other, 'OR');
  }
  xor(other: Combinable): Condition {
    return this.#combine(other, 'XOR');
  }
  /** The opposite; twice it is what it was, though exclude() asks of related rows what filter() does not. */
  not(): Condition {
    return new Condition(this.parts, this.connector, !this.negated);
  }
  get empty(): boolean {
    return this.parts.length === 0;
  }
  /** An empty condition says nothing, so it changes nothing it is combined with. */
  #combine(given: Combinable, connector: Connector): Condition {
    const other = conditionFrom(given);
    if (this.empty) return other;
    return other.empty ? this : new Condition([this, other], connector);
  }

  describe(sink: ShapeSink): void {
    sink.token(`${this.negated ? '!' : ''}${this.connector}(`);
    for (const part of this.parts) {
      if (part instanceof Leaf) describeLeaf(part, sink);
      else part.describe(sink);
    }
    sink.token(')');
  }
}

/** An object of names and what they are to be: not a list, an instance, or an object that has nothing to say. */
export function isLookups(where: unknown): where is object {
  if (typeof where !== 'object' || where === null || Symbol.iterator in where || isInstance(where))
    return false;
  const prototype = Object.getPrototypeOf(where);
  // A plain object, of whatever realm, or one of a class of the application's that has something to say.
  return prototype === null || Object.getPrototypeOf(prototype) === null || Object.keys(where).length > 0;
}

/** What `and`, `or` and `xor` take: another condition, an expression that is one, or lookups as `filter` takes them. */
type Combinable = Condition | ExpressionNode | object;

/**
 * What an application wrote where a condition belongs.
 *
 * @throws TypeError when it is none
 */
export function conditionFrom(given: Combinable): Condition {
  if (given instanceof Condition) return given;
  if (given instanceof ExpressionNode) return new Condition([given]);
  return Condition.of(given);
}

/** What `filter` and `Q` are given: conditions, expressions that are some, and lookups, all of which must hold. */
export function conditionOf(parts: readonly unknown[]): Condition {
  const conditions = parts
    .filter((part) => part !== undefined)
    .map((part) => {
      if (part instanceof Condition) return part;
      if (part instanceof ExpressionNode) return new Condition([part]);
      return Condition.of(part);
    })
    .filter((condition) => !condition.empty);
  const [only] = conditions;
  return conditions.length === 1 && only !== undefined ? only : new Condition(conditions);
}

/** A query set or manager used as a value. */
export interface Subqueried {
  readonly kind: 'queryset' | 'manager';
}

export function isSubqueried(value: unknown): value is Subqueried {
  return typeof value === 'object' && value !== null && subqueryParts in value;
}

function describeLeaf(leaf: Leaf, sink: ShapeSink): void {
  sink.token(leaf.path);
  const { value } = leaf;
  const side = sink.outside(leaf);
  const { items } = leaf;
  const list = listOf(leaf);
  if (side !== undefined) sink.token(side);
  else if (value === null) sink.token('null');
  else if (typeof value === 'boolean') sink.token(value ? 'true' : 'false');
  else if (value instanceof ExpressionNode) value.describe(sink);
  else if (isSubqueried(value)) sink.subquery(leaf, value);
  else if (items !== undefined) {
    sink.token(leaf.namesNull ? 'items or null(' : 'items(');
    for (const item of items) {
      if (item instanceof Leaf) describeLeaf(item, sink);
      else item.describe(sink);
    }
    sink.token(')');
  } else if (list !== undefined) {
    sink.token(`${list.length === 0 ? 'none' : 'list'}${leaf.namesNull ? ' or null' : ''}`);
    describeLacking(list, sink);
    sink.value(leaf, list);
  } else {
    sink.token(typeof value === 'object' ? (isInstance(value) ? 'instance' : 'object') : typeof value);
    describeLacking([value], sink);
    sink.value(leaf, value);
  }
}

function describeLacking(given: readonly unknown[], sink: ShapeSink): void {
  const lacking = lackingToken(given);
  if (lacking !== undefined) sink.token(lacking);
}

/** Values of a list operand; an `in` list leaves nulls out, for null is in no list. */
export function listOf(leaf: Leaf): unknown[] | undefined {
  const { value } = leaf;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || isInstance(value)) {
    return undefined;
  }
  // A query set can be iterated too, but that would read it.
  if (!(Symbol.iterator in value) || isSubqueried(value)) return undefined;
  const list = [...(value as Iterable<unknown>)];
  return leaf.lastName === 'in' ? list.filter((each) => each !== null) : list;
}
