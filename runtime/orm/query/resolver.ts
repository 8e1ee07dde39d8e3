import { FieldError } from '../errors.ts';
import { AnnotationReference, Column } from '../expressions/column.ts';
import type { ExpressionNode } from '../expressions/node.ts';
import type { Field } from '../fields/field.ts';
import { applyRest, applyTransforms } from '../lookups/transforms.ts';
import type { Collected } from './collected.ts';
import { followOnWay, type OnWay } from './filtered.ts';
import type { TableAlias } from './joins.ts';
import { joinPath, type ResolvedPath } from './paths.ts';
import type { Query } from './query.ts';

export type Encoder = (value: unknown) => unknown;

/** Gives each value the caller wrote its place among the values of the query, and the encoder to send it by. */
export class Places {
  readonly #start: number;
  readonly #collected: Collected;
  readonly #positions = new Map<object, number[]>();
  /** Types that values were placed as. */
  readonly #types: string[] = [];
  readonly encoders: (Encoder | undefined)[];

  /** @param start how many values the query had before */
  constructor(start: number, collected: Collected) {
    this.#start = start;
    this.#collected = collected;
    for (const [position, owner] of collected.owners.entries()) {
      const known = this.#positions.get(owner);
      if (known === undefined) this.#positions.set(owner, [position]);
      else known.push(position);
    }
    this.encoders = new Array(collected.owners.length).fill(undefined);
  }
  place(owner: object, encode: Encoder): number {
    const place = this.positionOf(owner);
    this.encoders[place - this.#start] = encode;
    return place;
  }
  /** The same places as seen from a query whose first value is the one at `offset`. */
  seenFrom(offset: number): Places {
    return new Places(this.#start - offset, this.#collected);
  }
  /**
   * As `place`, for a value that is sent as `type`. One that an application wrote in several places may be of another
   * type in each of them; it was described as often, so that each type finds a position of its own.
   */
  placeAs(owner: object, type: Field): number {
    const positions = this.#positionsOf(owner);
    const name = `${type.typeName} ${type.castType()}`;
    const position =
      positions.find((each) => this.#types[each] === name) ??
      positions.findLast((each) => this.#types[each] === undefined) ??
      // The type that the value has by itself came first: what was sent as another type gave it up.
      (positions.at(-1) as number);
    this.#types[position] = name;
    this.encoders[position] = (value) => type.toWire(value);
    return this.#start + position;
  }
  /** Place of a value that needs no encoder: the first one of a subquery. */
  positionOf(owner: object): number {
    return this.#start + (this.#positionsOf(owner).at(-1) as number);
  }
  #positionsOf(owner: object): readonly number[] {
    const positions = this.#positions.get(owner);
    if (positions === undefined) throw new Error('the value is not part of what was described');
    return positions;
  }
  outside(owner: object): 'above' | 'below' | undefined {
    return this.#collected.outside(owner);
  }
  queryOf(owner: object): Query | undefined {
    return this.#collected.queryOf(owner);
  }
}

export interface ResolverOptions {
  /** False in UPDATE, where a value may not come from another table. */
  readonly joinsAllowed: boolean;
  /** Tables of many rows that this part of the query may share; undefined when it may share all. */
  readonly reusable: Set<TableAlias> | undefined;
  /** True when the expression summarises a subquery, and can only name what that returns. */
  readonly summarizing: boolean;
  /** The query around that subquery, with the summaries made so far. */
  readonly outer: Query | undefined;
  /** Annotations that a summary may not name: those of `alias()`. */
  readonly hidden: ReadonlySet<string>;
  /** Set for the condition of a filtered relation, which can name what is on the relation's way. */
  readonly onWay: OnWay | undefined;
  /** Relations before every name, for an expression that was written for another model. */
  readonly prefix: readonly string[];
}

const nothing: ReadonlySet<string> = new Set();

/** Turns what an application wrote into columns and places of one query. */
export class Resolver {
  readonly query: Query;
  readonly places: Places;
  readonly options: ResolverOptions;

  constructor(query: Query, places: Places, options: Partial<ResolverOptions> = {}) {
    this.query = query;
    this.places = places;
    this.options = {
      joinsAllowed: true,
      reusable: undefined,
      summarizing: false,
      outer: undefined,
      hidden: nothing,
      onWay: undefined,
      prefix: [],
      ...options,
    };
  }
  with(options: Partial<ResolverOptions>): Resolver {
    return new Resolver(this.query, this.places, { ...this.options, ...options });
  }
  place(owner: object, encode: Encoder): number {
    return this.places.place(owner, encode);
  }

  /** The column or annotation at `path`, joining what is on the way. */
  path(path: string): ExpressionNode {
    if (this.options.hidden.has(path)) {
      throw new FieldError(`Cannot aggregate over the '${path}' alias. Use annotate() to promote it.`);
    }
    const summary = this.options.outer?.annotations.get(path);
    if (summary !== undefined) return summary;
    if (!this.options.summarizing) return this.#find(path);
    if (this.query.combination !== undefined) return this.#combined(path);
    // Whatever the subquery is to hand out needs a name there.
    const known = this.query.annotations.get(path);
    const name = known === undefined ? `__col_${path}` : path;
    const expression = known ?? this.#find(path);
    this.query.addAnnotation(name, expression, true);
    if (this.query.rows.form !== 'instances' && !this.query.rows.names.includes(name)) {
      this.query.rows = { ...this.query.rows, names: [...this.query.rows.names, name] };
    }
    return new AnnotationReference(name, expression);
  }

  /** Combined rows have the columns of their first part, under their own names. */
  #combined(path: string): ExpressionNode {
    const source = this.query.selected?.get(path) ?? this.#find(path);
    const plain = source instanceof Column && !this.query.annotations.has(path);
    const { rows } = this.query;
    if (rows.form !== 'instances' && !rows.names.includes(path)) {
      throw new FieldError(`Combined rows have no '${path}'. Choices are: ${rows.names.join(', ')}`);
    }
    if (plain && rows.form === 'instances' && source.alias !== this.query.base) {
      throw new FieldError('Joined field references are not permitted in this query');
    }
    return new AnnotationReference(plain ? source.field.column : path, source);
  }

  #find(path: string): ExpressionNode {
    const names = path.split('__');
    if (this.options.prefix.length === 0) {
      const annotation = this.query.annotations.get(path);
      if (annotation !== undefined) return annotation;
      const first = this.query.annotations.get(names[0] as string);
      if (first !== undefined) return applyTransforms(first, names.slice(1));
    }
    const followed = this.follow(names);
    const joined = joinPath(this.query.joins, followed, this.options.reusable);
    if (!this.options.joinsAllowed && joined.joined.length > 0) {
      throw new FieldError('Joined field references are not permitted in this query');
    }
    for (const alias of joined.joined) this.options.reusable?.add(alias);
    const output = followed.relation === undefined ? followed.field : joined.field;
    return applyRest(new Column(joined.alias, joined.field, output), followed);
  }

  /** Follows names as far as they are fields and relations. */
  follow(names: readonly string[]): ResolvedPath {
    const { onWay, prefix } = this.options;
    return onWay === undefined
      ? this.query.follow([...prefix, ...names])
      : followOnWay(this.query, names, onWay);
  }
}
