/** A class of arrays whose values can be read by name, too. */
export interface NamedRowClass {
  of(...values: unknown[]): unknown[];
}

/**
 * The rows of `valuesList(…, { named: true })`. The names are getters of the class, so that a row is an array to
 * whatever looks at it: it is printed, compared, taken apart and sent as JSON as one. What is made from a row, by `map`
 * and the like, is a plain array.
 */
export function namedRowClass(names: readonly string[]): NamedRowClass {
  class Row extends Array<unknown> {
    static override get [Symbol.species]() {
      return Array;
    }
  }
  for (const [at, name] of names.entries()) {
    Object.defineProperty(Row.prototype, name, {
      get(this: Row) {
        return this[at];
      },
    });
  }
  return Row;
}
