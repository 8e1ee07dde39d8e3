import { OutsideRange } from '../lookups/operand.ts';
import { optimises } from '../optimisations.ts';
import type { QueryShape } from '../query/shapes.ts';
import type { QuerySet } from './queryset.ts';

/**
 * Filters that were written before as one object of plain values, by their names and the kinds of their values: a
 * tree next to the one of shapes, which is walked without making anything. What most queries are made of costs a few
 * look-ups this way, where describing a condition costs microseconds (bench/NOTES.md).
 */
export class PlainFilters {
  readonly #next = new Map<string, Map<string, PlainFilters>>();
  /** Shape of the query with the filter whose last name led here. */
  shape: QueryShape | undefined;

  after(name: string, kind: string): PlainFilters | undefined {
    return this.#next.get(name)?.get(kind);
  }
  grow(name: string, kind: string): PlainFilters {
    let kinds = this.#next.get(name);
    if (kinds === undefined) {
      kinds = new Map();
      this.#next.set(name, kinds);
    }
    let next = kinds.get(kind);
    if (next === undefined) {
      next = new PlainFilters();
      kinds.set(kind, next);
    }
    return next;
  }
}

/** What the SQL depends on in a plain value; undefined for one that is not plain. */
function kindOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
    case 'string':
    case 'bigint':
      return typeof value;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : value instanceof Date ? 'date' : undefined;
    default:
      return undefined;
  }
}
/** These stand in the SQL itself. */
function isParameter(value: unknown): boolean {
  return value !== null && typeof value !== 'boolean';
}

function isPlainObject(where: unknown): where is Readonly<Record<string, unknown>> {
  return typeof where === 'object' && where !== null && Object.getPrototypeOf(where) === Object.prototype;
}

/** `queryset` with a filter that was written before; undefined when it was not, or is of another kind. */
export function plainlyFiltered(
  queryset: QuerySet,
  where: unknown,
): { readonly shape: QueryShape; readonly values: readonly unknown[] } | undefined {
  if (!isPlainObject(where)) return undefined;
  const names = Object.keys(where);
  let node: PlainFilters | undefined = queryset.shape.plainFilters;
  for (const name of names) {
    const kind = kindOf(where[name]);
    node = kind === undefined ? undefined : node.after(name, kind);
    if (node === undefined) return undefined;
  }
  const { shape } = node;
  if (shape === undefined) return undefined;
  const values = queryset.parameters.length === 0 ? [] : [...queryset.parameters];
  let at = 0;
  try {
    for (const name of names) {
      const value = where[name];
      if (!isParameter(value)) continue;
      const encode = shape.encoders[at++];
      values.push(encode === undefined ? value : encode(value));
    }
  } catch (error) {
    // A number that no row can have: the query for that case has another shape.
    if (error instanceof OutsideRange) return undefined;
    throw error;
  }
  return { shape, values };
}

/** Remembers what `queryset` became by a filter, where it is one that `plainlyFiltered` can find again. */
export function rememberPlainFilter(queryset: QuerySet, where: unknown, filtered: QuerySet): void {
  if (!isPlainObject(where) || !optimises('shape-cache')) return;
  const entries = Object.entries(where);
  const kinds = entries.map(([, value]) => kindOf(value));
  const added = entries.filter(([, value]) => isParameter(value)).length;
  // With a number out of its column's range the query holds fewer values, and means something else.
  if (filtered.shape.encoders.length !== added || kinds.includes(undefined)) return;
  let node = queryset.shape.plainFilters;
  for (const [at, [name]] of entries.entries()) node = node.grow(name, kinds[at] as string);
  node.shape = filtered.shape;
}
