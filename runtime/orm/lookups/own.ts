import { NotSupportedError } from '../errors.ts';
import { AppliedFunction } from '../expressions/func.ts';
import { FunctionCall } from '../expressions/functions.ts';
import { AppliedLookup, LookupNode, TransformNode } from '../expressions/lookup.ts';
import type { ExpressionNode } from '../expressions/node.ts';
import { fieldFor, NullLiteral, Parameter } from '../expressions/value.ts';
import { FieldDescription } from '../fields/description.ts';
import type { Field } from '../fields/field.ts';
import { BigIntegerField, IntegerField } from '../fields/numbers.ts';
import { ArrayField, wireArray } from '../fields/structured.ts';
import type { Resolver } from '../query/resolver.ts';
import type { Predicate } from '../query/where.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { noNull, side } from './comparisons.ts';
import { comparisonEncoder } from './encode.ts';
import { ListParameter, Literal, type Operand, OutsideRange, Test } from './operand.ts';
import { findRegistered, type Registrable, registeredNames } from './registered.ts';

type LookupClass = (new (
  left: ExpressionNode,
  right: ExpressionNode,
) => LookupNode) & {
  readonly acceptsNull?: boolean;
  readonly operandField?: unknown;
  prepare?(value: unknown): unknown;
};
type TransformClass = (new (inner: ExpressionNode) => TransformNode) & { readonly bilateral?: boolean };

function extendsClass(given: Registrable, base: { readonly prototype: object }): boolean {
  return (given.prototype as unknown) instanceof (base as never);
}
/** Class of the transform of an application's own that a value comes from. */
function classOf(value: ExpressionNode): unknown {
  return value instanceof AppliedFunction ? value.func.constructor : undefined;
}

/** The lookup of an application's own by that name; undefined when there is none. */
export function ownLookup(lhs: ExpressionNode, name: string): LookupClass | undefined {
  const found = findRegistered(lhs.output, classOf(lhs), name);
  return found !== undefined && extendsClass(found, LookupNode)
    ? (found as unknown as LookupClass)
    : undefined;
}
export function ownNames(lhs: ExpressionNode): string[] {
  return registeredNames(lhs.output, classOf(lhs));
}

/** A transform of an application's own, applied; undefined when there is none of that name. */
export function ownTransform(inner: ExpressionNode, name: string): ExpressionNode | undefined {
  const found = findRegistered(inner.output, classOf(inner), name);
  if (found === undefined || extendsClass(found, LookupNode)) return undefined;
  return applied(found, inner);
}
function applied(transform: Registrable, inner: ExpressionNode): ExpressionNode {
  if (extendsClass(transform, TransformNode)) {
    const func = new (transform as unknown as TransformClass)(inner);
    return new AppliedFunction(func, [inner]);
  }
  const made: unknown = (transform as unknown as (value: ExpressionNode) => unknown)(inner);
  // Its argument is resolved, and so is a plain function of it.
  if (made instanceof FunctionCall) return made;
  throw new TypeError('A function that is registered as a transform gives a function of the database.');
}

/** The operand of a lookup behind a transform that is to be applied to both sides. */
export function bilateral(lhs: ExpressionNode, operand: Operand, resolver: Resolver): Operand {
  if (!(lhs instanceof AppliedFunction)) return operand;
  const [inner] = lhs.children;
  if (inner === undefined) return operand;
  const transform = classOf(lhs) as TransformClass;
  // Innermost first, as on the left.
  const given = bilateral(inner, operand, resolver);
  if (transform.bilateral !== true || given.form === 'null') return given;
  if (given.form === 'subquery') {
    throw new NotSupportedError('Bilateral transformations on nested querysets are not implemented.');
  }
  if (given.form === 'list' || given.form === 'items') {
    throw new NotSupportedError(
      'Bilateral transformations on lists are not supported: combine conditions with Q(…).or(…).',
    );
  }
  const right =
    given.form === 'expression' ? given.expression : typedSide(inner, inner.output, given, resolver);
  return { form: 'expression', expression: applied(transform as unknown as Registrable, right) };
}

/** The condition that a lookup of an application's own makes of two sides. */
export function ownPredicate(
  Lookup: LookupClass,
  lhs: ExpressionNode,
  operand: Operand,
  resolver: Resolver,
): Predicate {
  if (operand.form === 'null' && Lookup.acceptsNull !== true) {
    throw noNull();
  }
  const { operandField } = Lookup;
  const field = operandField instanceof FieldDescription ? operandField.field : lhs.output;
  const right = typedSide(lhs, field, operand, resolver, (value) => Lookup.prepare?.(value) ?? value);
  const condition = new AppliedLookup(new Lookup(lhs, right), lhs, right);
  return new Test([condition], (writer) => condition.toSql(writer));
}

/** The right side with a type the server is told, because what it stands in is the application's SQL. */
function typedSide(
  lhs: ExpressionNode,
  field: Field | undefined,
  operand: Operand,
  resolver: Resolver,
  prepare: (value: unknown) => unknown = (value) => value,
): ExpressionNode {
  switch (operand.form) {
    case 'null':
      return new NullLiteral();
    case 'boolean':
      return new Literal(field ?? fieldFor(operand.value), operand.value);
    case 'items':
      throw new TypeError("A lookup of an application's own takes no list with expressions in it.");
    case 'value': {
      const of = wide(field) ?? fieldFor(prepare(operand.sample));
      const encode = encoder(field ?? of);
      return new Parameter(
        resolver.place(operand.owner, (value) => encode(prepare(value))),
        of,
      );
    }
    case 'list': {
      const of = field ?? fieldFor(operand.sample);
      if (of.family === 'array' || of.family === 'json') {
        return new Parameter(
          resolver.place(operand.owner, (values) => of.toWire(prepare(values))),
          of,
        );
      }
      const encode = encoder(of);
      const text = (values: unknown) =>
        wireArray(
          [...(values as Iterable<unknown>)].map((value) => (value === null ? null : encode(prepare(value)))),
        );
      return new TypedList(resolver.place(operand.owner, text), of);
    }
    default:
      return side(lhs, operand, resolver);
  }
}

/** A list as an array of the type of its values. */
class TypedList extends ListParameter {
  override toSql(writer: SqlWriter): string {
    return writer.dialect.cast(super.toSql(writer), new ArrayField(this.element));
  }
}

/** Whole numbers as the widest of their types: the value need not be one that the column could hold. */
function wide(field: Field | undefined): Field | undefined {
  return field instanceof IntegerField ? largest : field;
}
const largest = new BigIntegerField();

/** Encoder of values; a number beyond the range of the column is for the server to compare. */
function encoder(field: Field): (value: unknown) => string {
  const compared = comparisonEncoder(field);
  return (value) => {
    try {
      return compared(value);
    } catch (error) {
      if (error instanceof OutsideRange) return field.encode(value);
      throw error;
    }
  };
}
