import { ValueError } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import { JsonField } from '../fields/structured.ts';
import { quote } from '../models/naming.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { Argument, ArgumentPath, ArgumentType, Expression } from '../types/expressions.ts';
import type { Column } from '../types/schema.ts';
import { requiredField } from './arguments.ts';
import { commonOutput } from './beside.ts';
import { inferredOutput } from './node.ts';
import { call, firstOutput, kind, own, several } from './functions.ts';

// Functions that choose among values, or make values of one type values of another.

const json = new JsonField();

const kinds = {
  coalesce: {
    ...kind('COALESCE', commonOutput),
    alike: true,
    empty: (values: readonly unknown[]) => {
      const first = values.find((value) => value !== null);
      return first === undefined ? null : first;
    },
  },
  greatest: { ...own('greatest', commonOutput), alike: true },
  least: { ...own('least', commonOutput), alike: true },
  // Of numbers of two types the server makes one that holds both: back to that of the first.
  nullIf: {
    ...kind('NULLIF', firstOutput, (values, dialect, [first, second]) =>
      asNumber(`NULLIF(${values.join(', ')})`, second?.output, first?.output, dialect),
    ),
    alike: true,
  },
  jsonArray: own('jsonArray', () => json),
};

/** A number of one type as one of another, which is what values beside it are sent as. */
function asNumber(sql: string, from: Field | undefined, to: Field | undefined, dialect: Dialect): string {
  if (from === undefined || to === undefined || from.castType() === to.castType()) return sql;
  return from.family === 'number' && to.family === 'number' ? dialect.cast(`(${sql})`, to) : sql;
}

/** The first argument that is not null. Strings name fields; text is written `Value('…')`. */
export function Coalesce<const A extends readonly Argument[]>(
  ...values: A
): Expression<ArgumentType<A[number]>, ArgumentPath<A[number]>, 'coalesce'> {
  return several(kinds.coalesce, 'Coalesce', values) as never;
}
/** The largest argument that is not null. */
export function Greatest<const A extends readonly Argument[]>(
  ...values: A
): Expression<ArgumentType<A[number]>, ArgumentPath<A[number]>, 'coalesce'> {
  return several(kinds.greatest, 'Greatest', values) as never;
}
/** The smallest argument that is not null. */
export function Least<const A extends readonly Argument[]>(
  ...values: A
): Expression<ArgumentType<A[number]>, ArgumentPath<A[number]>, 'coalesce'> {
  return several(kinds.least, 'Least', values) as never;
}
/** Null where both are equal, else the first. */
export function NullIf<const A extends Argument>(
  value: A,
  other: Argument,
): Expression<ArgumentType<A> | null, ArgumentPath<A>, 'nullable'> {
  return call(kinds.nullIf, [value, other]) as never;
}

/** The value as another type: `Cast('pages', fields.text())`. */
export function Cast<const A extends Argument, T>(
  value: A,
  type: Column<T, boolean, boolean, boolean>,
): Expression<PlainOf<T>, ArgumentPath<A>, 'mapped'> {
  const field = requiredField(type);
  // The declared type, length included: a cast that is asked for may shorten.
  return call(
    typed(`CAST ${field.databaseType()}`, field, ([sql], dialect) => dialect.declaredCast(`(${sql})`, field)),
    [value],
  ) as never;
}
/** An expression with its type given, where it cannot be told: `ExpressionWrapper(F('a').div(F('b')), { outputField })`. */
export function ExpressionWrapper<const A extends Argument, T>(
  value: A,
  options: { readonly outputField: Column<T, boolean, boolean, boolean> },
): Expression<PlainOf<T>, ArgumentPath<A>, 'mapped'> {
  const field = requiredField(options.outputField);
  return call(
    typed(`WRAP ${field.databaseType()}`, field, ([sql = ''], dialect, [inner]) =>
      asNumber(sql, inferredOutput(inner), field, dialect),
    ),
    [value],
  ) as never;
}
export type PlainOf<T> = T extends { readonly storedAs: string; readonly value: infer V } ? V : T;

function typed(name: string, field: Field, write: Parameters<typeof kind>[2]) {
  return kind(name, () => field, write);
}

/**
 * The text compared and ordered by the rules of a collation: `Collate('name', 'de-x-icu')`.
 *
 * @throws ValueError for what is no name of a collation
 */
export function Collate<const A extends Argument>(
  value: A,
  collation: string,
): Expression<string, ArgumentPath<A>, 'mapped'> {
  if (!/^[\w-]+$/.test(collation)) throw new ValueError(`Invalid collation name: '${collation}'.`);
  const of = kind(`COLLATE ${collation}`, firstOutput, ([sql]) => `${sql} COLLATE ${quote(collation)}`);
  return call(of, [value]) as never;
}

/** A JSON object of expressions by their keys: `JSONObject({ name: Lower('name'), pages: 'pages' })`. */
export function JSONObject<const E extends Readonly<Record<string, Argument>>>(
  entries: E,
): Expression<{ [K in keyof E]: unknown }, ArgumentPath<E[keyof E]>, 'value'> {
  const keys = Object.keys(entries);
  const of = kind(
    `JSON OBJECT ${JSON.stringify(keys)}`,
    () => json,
    (values, dialect) =>
      dialect.call(
        'jsonObject',
        values.flatMap((value, at) => [dialect.literal(keys[at] ?? ''), value]),
      ),
  );
  return call(of, Object.values(entries)) as never;
}
/** A JSON array of expressions. */
export function JSONArray<const A extends readonly Argument[]>(
  ...values: A
): Expression<unknown[], ArgumentPath<A[number]>, 'value'> {
  return call(kinds.jsonArray, values) as never;
}
