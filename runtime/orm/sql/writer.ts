import { ValueError } from '../errors.ts';
import type { Field, Wire } from '../fields/field.ts';
import { quote } from '../models/naming.ts';
import { constantAt } from '../query/constants.ts';
import type { TableAlias } from '../query/joins.ts';
import type { OuterBindings } from '../query/outer.ts';
import type { Dialect } from './dialect.ts';

/** Where one parameter of a statement comes from: a place among the query's values, or a value made for the SQL. */
export interface ParameterSource {
  readonly place: number;
  readonly finish: ((value: unknown) => Wire) | undefined;
}

type Finish = (value: unknown) => Wire;
type Convert = (text: string) => Wire;
interface Marked extends ParameterSource {
  /** What the database wants done to the text. */
  readonly convert: Convert | undefined;
}

function finished({ place, finish: after, convert }: Marked): ParameterSource {
  const finish = place < 0 ? constant(place, after) : after;
  if (convert === undefined) return { place, finish };
  const converted = (value: unknown) => {
    const wire = finish === undefined ? (value as Wire) : finish(value);
    return wire === null || wire === undefined ? null : convert(wire);
  };
  return { place, finish: converted };
}

/** A value that is known already. */
function constant(place: number, finish: Finish | undefined): Finish {
  const value = constantAt(place);
  return () => (finish === undefined ? (value as Wire) : finish(value));
}

// NUL stands around the number of a parameter: names and literals with NUL are refused, so nothing else has it.
const mark = '\0';
const parameterMark = /\0(\d+)\0/g;

/**
 * Writes the SQL of one statement. Names of tables are given out as they are met; parameters are numbered at the
 * end, in the order of the text, because a part that was compiled may still be dropped.
 */
export class SqlWriter {
  /** The SQL of the database this is for. */
  readonly dialect: Dialect;
  readonly #parent: SqlWriter | undefined;
  readonly #sources: Marked[];
  readonly #names = new Map<TableAlias, string>();
  readonly #taken = new Set<string>();
  readonly #own = new Set<TableAlias>();
  /** Added to every place: a subquery brings its own values behind those of the query around it. */
  readonly #offset: number;
  /** What names of the query around this one mean; absent for a part of the same query. */
  readonly #outer: OuterBindings | undefined;

  constructor(dialect: Dialect, parent?: SqlWriter, offset = 0, outer?: OuterBindings) {
    this.dialect = dialect;
    this.#outer = outer;
    this.#parent = parent;
    this.#sources = parent === undefined ? [] : parent.#sources;
    // Places before the first of any query are the same wherever they are named.
    this.#offset = parent === undefined || offset < 0 ? offset : offset + parent.#offset;
  }
  /** Writer for a subquery whose values start at `offset`, which lies before the first place for a declared one. */
  nested(offset = 0, outer?: OuterBindings): SqlWriter {
    return new SqlWriter(this.dialect, this, offset, outer);
  }
  /** SQL of a name of the query around this one. */
  outer(key: string): string {
    const parent = this.#parent;
    if (parent === undefined) {
      throw new ValueError(
        'This queryset contains a reference to an outer query and may only be used in a subquery.',
      );
    }
    const meaning = this.#outer?.get(key);
    return meaning === undefined ? parent.outer(key) : meaning.toSql(parent);
  }

  /** @param field what the value is; absent for plain text */
  parameter(place: number, finish?: (value: unknown) => Wire, field?: Field): string {
    return this.#mark(place, finish, field === undefined ? undefined : this.dialect.wire(field));
  }
  /** A list of values, sent as one. */
  list(place: number, element: Field, finish?: Finish): string {
    return this.#mark(place, finish, this.dialect.list(element));
  }
  #mark(place: number, finish: Finish | undefined, convert: Convert | undefined): string {
    const at = place < 0 ? place : place + this.#offset;
    const same = (source: Marked) =>
      source.place === at && source.finish === finish && source.convert === convert;
    // The same value must be the same parameter: the server compares GROUP BY expressions by their text.
    let index = this.#sources.findIndex(same);
    if (index === -1) index = this.#sources.push({ place: at, finish, convert }) - 1;
    return `${mark}${index}${mark}`;
  }
  column(alias: TableAlias, field: Field): string {
    const { parts } = field;
    if (parts !== undefined) return `(${parts.map((part) => this.column(alias, part)).join(', ')})`;
    return `${this.nameOf(alias)}.${quote(field.column)}`;
  }
  outputName(name: string): string {
    return quote(name);
  }
  /** Tables of this query: one that the query around it uses too is another use here, with a name of its own. */
  own(aliases: Iterable<TableAlias>): void {
    for (const alias of aliases) this.#own.add(alias);
  }
  /** Quoted name of a table in this statement; given out on first use. */
  nameOf(alias: TableAlias): string {
    const known = this.#own.has(alias) ? this.#names.get(alias) : this.#lookup(alias);
    if (known !== undefined) return known;
    const name = quote(this.#freshName(alias.label));
    this.#names.set(alias, name);
    return name;
  }
  /** True when no table of this query goes by that name. */
  isFree(name: string): boolean {
    return !this.#taken.has(name);
  }
  /**
   * Text with its parameters numbered, and where each comes from.
   *
   * @param write how the parameter at a position is written, from 0; `$1`, `$2`… when absent
   */
  finish(
    sql: string,
    write: (position: number, source: ParameterSource) => string = (position) => `$${position + 1}`,
  ): { readonly sql: string; readonly sources: readonly ParameterSource[] } {
    const used: Marked[] = [];
    const text = sql.replace(parameterMark, (_all, digits: string) => {
      const source = this.#sources[Number(digits)];
      if (source === undefined) throw new Error(`there is no parameter ${digits}`);
      let position = used.indexOf(source);
      if (position === -1) position = used.push(source) - 1;
      return write(position, finished(source));
    });
    return { sql: text, sources: used.map(finished) };
  }

  #lookup(alias: TableAlias): string | undefined {
    const parent = this.#parent;
    const known = this.#names.get(alias) ?? (parent === undefined ? undefined : parent.#lookup(alias));
    // A table of this query may be named from within a subquery first.
    return known === undefined && this.#own.has(alias) ? this.nameOf(alias) : known;
  }
  get #depth(): number {
    return this.#parent === undefined ? 0 : this.#parent.#depth + 1;
  }
  #freshName(table: string): string {
    const depth = this.#depth;
    // U0, U1… one level down, V0… two levels down; a table's own name only at the top, and only once.
    const name =
      depth > 0
        ? `${String.fromCharCode(84 + depth)}${this.#names.size}`
        : this.#taken.has(table)
          ? `T${this.#names.size + 1}`
          : table;
    this.#taken.add(name);
    return name;
  }
}
