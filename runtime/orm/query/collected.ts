import { ValueError } from '../errors.ts';
import type { Subqueried } from '../expressions/condition.ts';
import type { ShapeSink } from '../expressions/node.ts';
import type { Query } from './query.ts';

/** What a query set offers to the query around it. */
export interface SubqueryParts {
  /** Identifies the query: equal numbers, equal SQL. */
  readonly shape: number;
  readonly query: Query;
  readonly values: readonly unknown[];
  /** The database that it says it is on; undefined goes along with the query around it. */
  readonly database: string | undefined;
}
/** @throws ValueError for a query on one database that is part of one on another */
export function requireSame(outer: string, inner: string): void {
  if (outer === inner) return;
  throw new ValueError(
    `Subqueries aren't allowed across different databases: the inner query is on '${inner}', not on '${outer}'. Read its rows first, with list() or alist().`,
  );
}
/** Key under which query sets and managers offer their parts. */
export const subqueryParts = Symbol('subquery parts');

/** Marks a value that is encoded already. */
export const encoded = Symbol('encoded');

// biome-ignore lint/suspicious/noControlCharactersInRegex: what separates tokens, and what marks it inside one
const separators = /[\u001e\u001f]/;
const everySeparator = new RegExp(separators, 'g');

/** One walk over what a chain call was given: the tokens its SQL depends on, and the values it does not. */
export class Collected implements ShapeSink {
  #key = '';
  readonly owners: object[] = [];
  readonly values: unknown[] = [];
  /** The one that a subquery says it is on. */
  database: string | undefined = undefined;
  readonly #subqueries = new Map<object, SubqueryParts>();
  readonly #outside: ReadonlyMap<object, 'above' | 'below'>;

  /** @param outside values that turned out not to fit their column, from an earlier walk */
  constructor(outside: ReadonlyMap<object, 'above' | 'below'> = new Map()) {
    this.#outside = outside;
  }
  /** All tokens, so that no two different lists of tokens have the same key. */
  get key(): string {
    return this.#key;
  }
  token(token: string): void {
    // Names of JSON keys may hold any character, the separator too.
    this.#key += `${separators.test(token) ? token.replace(everySeparator, '\u001e$&') : token}\u001f`;
  }
  value(owner: object, value: unknown): void {
    this.owners.push(owner);
    this.values.push(value);
  }
  subquery(owner: object, queryset: Subqueried): void {
    const parts = (queryset as unknown as { [subqueryParts](): SubqueryParts })[subqueryParts]();
    this.token(`subquery${parts.shape}`);
    this.#subqueries.set(owner, parts);
    if (parts.database !== undefined) {
      if (this.database !== undefined) requireSame(this.database, parts.database);
      this.database = parts.database;
    }
    // The owner stands for the place of the first value; the others follow it.
    const owners =
      parts.values.length === 0 ? [owner] : parts.values.map((_value, at) => (at === 0 ? owner : {}));
    owners.forEach((each, at) => {
      this.owners.push(each);
      this.values.push({ [encoded]: parts.values[at] });
    });
  }
  outside(owner: object): 'above' | 'below' | undefined {
    return this.#outside.get(owner);
  }
  queryOf(owner: object): Query | undefined {
    return this.#subqueries.get(owner)?.query;
  }
  /** The values that a subquery brings. */
  valuesOf(owner: object): readonly unknown[] {
    return this.#subqueries.get(owner)?.values ?? [];
  }
}
