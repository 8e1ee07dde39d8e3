import type { Field } from '../fields/field.ts';
import { applyTransforms } from '../lookups/transforms.ts';
import type { Resolver } from '../query/resolver.ts';
import type { Expression } from '../types/expressions.ts';
import { argument } from './arguments.ts';
import { Computable } from './arithmetic.ts';
import type { ExpressionNode, ShapeSink } from './node.ts';

/** A part of a value that lookups know by a name, as an expression: the year of a date. */
export class PartOf extends Computable {
  readonly #name: string;
  readonly #inner: ExpressionNode;

  constructor(name: string, inner: ExpressionNode) {
    super();
    this.#name = name;
    this.#inner = inner;
  }
  override get children(): readonly ExpressionNode[] {
    return [this.#inner];
  }
  get output(): Field | undefined {
    return undefined;
  }
  describe(sink: ShapeSink): void {
    sink.token(`part ${this.#name}(`);
    this.#inner.describe(sink);
    sink.token(')');
  }
  resolve(resolver: Resolver): ExpressionNode {
    return applyTransforms(this.#inner.resolve(resolver), [this.#name]);
  }
  toSql(): string {
    throw new Error('a part is resolved before it is compiled');
  }
}

function part<T>(name: string) {
  return <const P extends string>(path: P | Expression<unknown, P>): Expression<T, P, 'mapped'> =>
    new PartOf(name, argument(path)) as unknown as Expression<T, P, 'mapped'>;
}

/** The year of a date or moment, as a number. */
export const ExtractYear = part<number>('year');
/** The year the ISO week of a date or moment belongs to. */
export const ExtractIsoYear = part<number>('isoYear');
export const ExtractMonth = part<number>('month');
export const ExtractDay = part<number>('day');
/** ISO week: 1 to 53. */
export const ExtractWeek = part<number>('week');
/** 1 (Sunday) to 7. */
export const ExtractWeekDay = part<number>('weekDay');
/** 1 (Monday) to 7. */
export const ExtractIsoWeekDay = part<number>('isoWeekDay');
export const ExtractQuarter = part<number>('quarter');
export const ExtractHour = part<number>('hour');
export const ExtractMinute = part<number>('minute');
/** The whole second. */
export const ExtractSecond = part<number>('second');
/** The day of a moment, as 'YYYY-MM-DD'. */
export const TruncDate = part<string>('date');
/** The time of day of a moment, as 'HH:MM:SS'. */
export const TruncTime = part<string>('time');
