import { FieldError } from '../errors.ts';
import { DateField, DateTimeField } from '../fields/dates.ts';
import type { Field } from '../fields/field.ts';
import type { Resolver } from '../query/resolver.ts';
import type { SqlWriter } from '../sql/writer.ts';
import type { Expression } from '../types/expressions.ts';
import { Computable } from './arithmetic.ts';
import { FieldReference } from './field-reference.ts';
import { ExpressionNode, type ShapeSink } from './node.ts';

const dateUnits = ['year', 'quarter', 'month', 'week', 'day'] as const;
const timeUnits = ['hour', 'minute', 'second'] as const;
type DateUnit = (typeof dateUnits)[number];
export type Unit = DateUnit | (typeof timeUnits)[number];

/** A date or moment moved back to the start of its unit, in the active zone, UTC. Weeks start on Monday. */
export class Truncation extends Computable {
  readonly unit: Unit;
  readonly inner: ExpressionNode;

  constructor(unit: Unit, inner: ExpressionNode) {
    super();
    this.unit = unit;
    this.inner = inner;
  }
  override get children(): readonly ExpressionNode[] {
    return [this.inner];
  }
  get output(): Field | undefined {
    return this.inner.output;
  }
  describe(sink: ShapeSink): void {
    sink.token(`trunc ${this.unit}(`);
    this.inner.describe(sink);
    sink.token(')');
  }
  resolve(resolver: Resolver): Truncation {
    const inner = this.inner.resolve(resolver);
    const { output } = inner;
    const truncatable =
      output instanceof DateTimeField ||
      (output instanceof DateField && (dateUnits as readonly string[]).includes(this.unit));
    if (!truncatable) {
      const name = this.inner instanceof FieldReference ? `'${this.inner.name}'` : 'the expression';
      throw new FieldError(
        `Cannot truncate ${name} to the ${this.unit}: it is not a field with such a part.`,
      );
    }
    return new Truncation(this.unit, inner);
  }
  toSql(writer: SqlWriter): string {
    const { inner } = this;
    return writer.dialect.truncate(this.unit, { sql: inner.toSql(writer), field: inner.output });
  }
}

type Truncated<P extends string> = Expression<unknown, P, 'field'>;

function truncation(unit: Unit): <const P extends string>(path: P) => Truncated<P> {
  return (path) => {
    const given: unknown = path;
    const inner = given instanceof ExpressionNode ? given : new FieldReference(path);
    return new Truncation(unit, inner) as unknown as Truncated<typeof path>;
  };
}

/** The first of January of the year the date or moment lies in. */
export const TruncYear = truncation('year');
export const TruncQuarter = truncation('quarter');
export const TruncMonth = truncation('month');
/** The Monday of the week the date or moment lies in. */
export const TruncWeek = truncation('week');
export const TruncDay = truncation('day');
export const TruncHour = truncation('hour');
export const TruncMinute = truncation('minute');
export const TruncSecond = truncation('second');
