import { type ExpressionNode, ResolvedNode } from '../expressions/node.ts';
import { resolvedArray } from '../expressions/subquery.ts';
import { ArrayField } from '../fields/structured.ts';
import { bindOuter } from '../query/outer.ts';
import type { Resolver } from '../query/resolver.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { compare, equalityLookups, type LookupBuilder, side } from './comparisons.ts';
import { never, type Operand, Test } from './operand.ts';

/** `lhs <operator> array`, with the array sent as one value of the column's own type. */
function arrayComparison(operator: '@>' | '<@' | '&&'): LookupBuilder {
  return (lhs, operand, resolver) => {
    // Nothing contains, is contained in or overlaps with null.
    if (operand.form === 'null') return never;
    const rhs = arraySide(lhs, operand, resolver);
    return new Test([lhs, rhs], (writer) =>
      writer.dialect.arrayComparison(operator, lhs.toSql(writer), rhs.toSql(writer)),
    );
  };
}

/** The array on the right-hand side: a value, a list with expressions in it, or all values of a query set. */
function arraySide(lhs: ExpressionNode, operand: Operand, resolver: Resolver): ExpressionNode {
  if (operand.form === 'items' && lhs.output instanceof ArrayField) {
    return new ArrayOfItems(lhs.output, operand.items, resolver);
  }
  if (operand.form === 'subquery') {
    const { query, owner } = operand;
    return resolvedArray(query, resolver.places.positionOf(owner), bindOuter(query, resolver));
  }
  return side(lhs, operand, resolver);
}

/** A list with expressions in it: it cannot be one parameter. */
class ArrayOfItems extends ResolvedNode {
  readonly output: ArrayField;
  readonly #items: readonly (ExpressionNode | undefined)[];

  constructor(output: ArrayField, items: readonly Operand[], resolver: Resolver) {
    super();
    this.output = output;
    const element = new Element(output.element);
    this.#items = items.map((item) => (item.form === 'null' ? undefined : side(element, item, resolver)));
  }
  override get children(): readonly ExpressionNode[] {
    return this.#items.filter((item) => item !== undefined);
  }
  toSql(writer: SqlWriter): string {
    const items = this.#items.map((item) => item?.toSql(writer) ?? 'NULL');
    return writer.dialect.arrayOf(`[${items.join(', ')}]`, this.output.castType());
  }
}

/** Stands for one element of the column, whose type its items are sent by. */
class Element extends ResolvedNode {
  readonly output: ArrayField['element'];

  constructor(output: ArrayField['element']) {
    super();
    this.output = output;
  }
  toSql(): string {
    throw new Error('an element stands for its type only');
  }
}

const exact: LookupBuilder = (lhs, operand, resolver, name) =>
  operand.form === 'items'
    ? compare(lhs, '=', arraySide(lhs, operand, resolver))
    : (equalityLookups.exact as LookupBuilder)(lhs, operand, resolver, name);

/** Lookups of array columns. */
export const arrayLookups: Readonly<Record<string, LookupBuilder>> = {
  exact,
  contains: arrayComparison('@>'),
  containedBy: arrayComparison('<@'),
  overlap: arrayComparison('&&'),
};
