import type { Expression } from '../types/expressions.ts';
import type { Column, Plain } from '../types/schema.ts';
import { fieldOf } from './arguments.ts';
import { type RawParameters, RawSql, rawParts } from './raw.ts';

/**
 * SQL of the application's own as an expression: `RawSQL('pages * %s', [2])`.
 *
 * @param sql an expression; never text that came from a request
 * @param parameters values of `%s` in order, or of `%(name)s` by name
 * @param options `outputField` where the server's own type will not do
 * @throws ValueError when placeholders and parameters do not match
 */
export function RawSQL<T = unknown>(
  sql: string,
  parameters: RawParameters = [],
  options: { readonly outputField?: Column<T, boolean, boolean, boolean, boolean> } = {},
): Expression<Plain<T>, never, 'value'> {
  return new RawSql(rawParts(sql, parameters), fieldOf(options.outputField)) as never;
}
