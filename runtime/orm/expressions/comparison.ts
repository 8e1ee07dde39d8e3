import { JsonField } from '../fields/structured.ts';
import { quote, requireCollation } from '../models/naming.ts';
import type {
  Argument,
  ArgumentPath,
  ArgumentType,
  Expression,
  OutputOptions,
} from '../types/expressions.ts';
import type { Column, Plain } from '../types/schema.ts';
import { argument, requiredField } from './arguments.ts';
import { commonOutput } from './beside.ts';
import {
  asNumber,
  call,
  callWith,
  type FunctionKind,
  firstOutput,
  kind,
  own,
  several,
  wrapped,
} from './functions.ts';

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

/** What is never null where one argument is a value, else as nullable as the fields. */
type Chosen<A extends readonly Argument[], T> = Expression<
  Plain<T>,
  ArgumentPath<A[number]>,
  [ArgumentType<A[number]>] extends [never]
    ? 'chosen'
    : null extends ArgumentType<A[number]>
      ? 'chosen'
      : 'value'
>;

interface Choice {
  <const A extends readonly Argument[]>(
    ...values: A
  ): Expression<ArgumentType<A[number]>, ArgumentPath<A[number]>, 'coalesce'>;
  <const A extends readonly Argument[], T>(...given: [...values: A, options: OutputOptions<T>]): Chosen<A, T>;
}
function choice(called: string, of: FunctionKind): Choice {
  return (...given: readonly unknown[]) => several(of, called, given) as never;
}
/** The first argument that is not null. Strings name fields; text is written `Value('…')`. */
export const Coalesce = choice('Coalesce', kinds.coalesce);
/** The largest argument that is not null. */
export const Greatest = choice('Greatest', kinds.greatest);
/** The smallest argument that is not null. */
export const Least = choice('Least', kinds.least);
/** Null where both are equal, else the first. */
export function NullIf<const A extends Argument, T = unknown>(
  value: A,
  other: Argument,
  options?: OutputOptions<T>,
): unknown extends T
  ? Expression<ArgumentType<A> | null, ArgumentPath<A>, 'nullable'>
  : Expression<Plain<T> | null, ArgumentPath<A>, 'value'> {
  return callWith(kinds.nullIf, 'NullIf', [value, other], options) as never;
}

/** The value as another type: `Cast('pages', fields.text())`. */
export function Cast<const A extends Argument, T>(
  value: A,
  type: Column<T, boolean, boolean, boolean, boolean>,
): Expression<PlainOf<T> | Extract<ArgumentType<A>, null>, ArgumentPath<A>, 'mapped'> {
  const field = requiredField(type);
  // The declared type, length included: a cast that is asked for may shorten.
  const of = kind(
    `CAST ${field.typeName} ${field.databaseType()}`,
    () => field,
    ([sql], dialect) => dialect.declaredCast(`(${sql})`, field),
  );
  return call(of, [value]) as never;
}
/** An expression with its type given, where it cannot be told: `ExpressionWrapper(F('a').div(F('b')), { outputField })`. */
export function ExpressionWrapper<const A extends Argument, T>(
  value: A,
  options: { readonly outputField: Column<T, boolean, boolean, boolean, boolean> },
): Expression<PlainOf<T>, ArgumentPath<A>, 'mapped'> {
  return wrapped(argument(value), requiredField(options.outputField)) as never;
}
export type PlainOf<T> = T extends { readonly storedAs: string; readonly value: infer V } ? V : T;

/**
 * The text compared and ordered by the rules of a collation: `Collate('name', 'de-x-icu')`.
 *
 * @throws ValueError for what is no name of a collation
 */
export function Collate<const A extends Argument>(
  value: A,
  collation: string,
): Expression<string, ArgumentPath<A>, 'mapped'> {
  requireCollation(collation);
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
