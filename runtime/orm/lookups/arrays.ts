import { type LookupBuilder, side } from './comparisons.ts';
import { never, Test } from './operand.ts';

/** `lhs <operator> array`, with the array sent as one value of the column's own type. */
function arrayComparison(operator: '@>' | '<@' | '&&'): LookupBuilder {
  return (lhs, operand, resolver) => {
    // Nothing contains, is contained in or overlaps with null.
    if (operand.form === 'null') return never;
    const rhs = side(lhs, operand, resolver);
    return new Test([lhs, rhs], (writer) =>
      writer.dialect.arrayComparison(operator, lhs.toSql(writer), rhs.toSql(writer)),
    );
  };
}

/** Lookups of array columns. */
export const arrayLookups: Readonly<Record<string, LookupBuilder>> = {
  contains: arrayComparison('@>'),
  containedBy: arrayComparison('<@'),
  overlap: arrayComparison('&&'),
};
