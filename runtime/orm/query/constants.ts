import type { ShapeSink } from '../expressions/node.ts';
import type { Field } from '../fields/field.ts';
import { Collected } from './collected.ts';
import { type Encoder, Places } from './resolver.ts';

// Values that belong to a model's declaration, such as those of its ordering: no query set brings them along, so they
// have places of their own, before the first of any query.

const constants: unknown[] = [];
const places = new WeakMap<object, Map<unknown, number>>();
/** Where the values of declared subqueries begin. */
const starts = new WeakMap<object, number>();

/** The value at a place before the first. */
export function constantAt(place: number): unknown {
  return constants[-place - 1];
}

class ConstantPlaces extends Places {
  readonly #described: Collected;
  readonly #values: ReadonlyMap<object, unknown>;

  constructor(collected: Collected) {
    super(0, collected);
    this.#described = collected;
    this.#values = new Map(collected.owners.map((owner, at) => [owner, collected.values[at]]));
  }
  override place(owner: object, encode: Encoder): number {
    const value = encode(this.#values.get(owner));
    const known = places.get(owner) ?? new Map<unknown, number>();
    places.set(owner, known);
    const place = known.get(value) ?? -constants.push(value);
    known.set(value, place);
    return place;
  }
  override placeAs(owner: object, type: Field): number {
    return this.place(owner, (value) => type.toWire(value));
  }
  /** The places of constants are the same wherever they are seen from. */
  override seenFrom(): Places {
    return this;
  }
  /** The values of a subquery, one after the other: from the last, because places before the first count down. */
  override positionOf(owner: object): number {
    const start = starts.get(owner) ?? -constants.push(...this.#described.valuesOf(owner).toReversed());
    starts.set(owner, start);
    return start;
  }
}

/** Places for the values of an expression that a model declares. */
export function constantPlaces(expression: { describe(sink: ShapeSink): void }): Places {
  const collected = new Collected();
  expression.describe(collected);
  return new ConstantPlaces(collected);
}
