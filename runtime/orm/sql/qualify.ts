import { quote } from '../models/naming.ts';
import type { ResolvedOrdering } from './ordering.ts';
import type { SqlWriter } from './writer.ts';

interface Qualification {
  readonly columns: readonly { readonly sql: string; readonly name: string | undefined }[];
  readonly ordering: readonly ResolvedOrdering[];
  /** SQL of what DISTINCT ON names. */
  readonly distinct: readonly string[];
  /** SQL of the condition on windows. */
  readonly condition: string;
  readonly writer: SqlWriter;
}
interface Qualified {
  /** What the inner query selects. */
  readonly inner: readonly string[];
  /** What the outer one does. */
  readonly columns: readonly string[];
  readonly where: string;
  readonly distinct: readonly string[];
  readonly ordering: readonly string[];
}

/**
 * Splits a query with a condition on windows in two, because windows are made after WHERE: the inner one computes
 * everything, the condition included, and the outer one keeps the rows that meet it.
 */
export function qualified({ columns, ordering, distinct, condition, writer }: Qualification): Qualified {
  const inner = columns.map(({ sql }, at) => `${sql} AS "col${at}"`);
  inner.push(`${condition} AS "qualified"`);
  const named = distinct.map((sql, at) => {
    const selected = columns.findIndex((column) => column.sql === sql);
    if (selected !== -1) return `"qualify"."col${selected}"`;
    inner.push(`${sql} AS "distinct${at}"`);
    return `"qualify"."distinct${at}"`;
  });
  const terms = ordering.map((term, at) => {
    if (term === 'random') return writer.dialect.random;
    const sql = term.expression.toSql(writer);
    const selected = columns.findIndex((column) => column.sql === sql);
    const kept = named[distinct.indexOf(sql)];
    // DISTINCT ON and ORDER BY must name the same column.
    if (kept !== undefined) return term.toSql(writer, kept);
    if (selected === -1) inner.push(`${sql} AS "order${at}"`);
    return term.toSql(writer, `"qualify"."${selected === -1 ? `order${at}` : `col${selected}`}"`);
  });
  return {
    inner,
    columns: columns.map(
      ({ name }, at) => `"qualify"."col${at}"${name === undefined ? '' : ` AS ${quote(name)}`}`,
    ),
    distinct: named,
    where: 'WHERE "qualify"."qualified"',
    ordering: terms,
  };
}
