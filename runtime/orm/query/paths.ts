import { FieldError } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import type { ModelMeta } from '../models/meta.ts';
import type { Hop, Relation } from '../models/relations.ts';
import type { FilteredRelation } from './filtered.ts';
import type { Joins, TableAlias } from './joins.ts';

/** A path such as `author__books__title__icontains`, taken apart against a model. */
export interface ResolvedPath {
  readonly hops: readonly Hop[];
  /** Relation the path ends in, when it does. */
  readonly relation: Relation | undefined;
  /** Column at the end: the named one, or the key of the model a relation leads to. */
  readonly field: Field;
  /** Names after the field: transforms and a lookup. */
  readonly rest: readonly string[];
  /** Table the path starts from, where it is not the query's own. */
  readonly start?: TableAlias | undefined;
}

/**
 * Follows names from a model as far as they are fields and relations.
 *
 * @throws FieldError when the first name is unknown, or a later one that no transform or lookup could be
 */
export function followPath(
  model: ModelMeta,
  names: readonly string[],
  extraChoices: Iterable<string> = [],
  filtered: ReadonlyMap<string, FilteredRelation> = new Map(),
): ResolvedPath {
  const hops: Hop[] = [];
  let current = model;
  let relation: Relation | undefined;
  for (let at = 0; at < names.length; at++) {
    const name = names[at] as string;
    const known = at === 0 ? filtered.get(name)?.path : undefined;
    if (known?.relation !== undefined) {
      hops.push(...known.hops);
      relation = known.relation;
      current = relation.target;
      continue;
    }
    const next = name === 'pk' ? undefined : current.relation(name);
    if (next !== undefined) {
      hops.push(...current.pathTo(next.hops[0].from), ...next.hops);
      relation = next;
      current = next.target;
      continue;
    }
    const field = current.field(name);
    if (field !== undefined) {
      hops.push(...current.pathTo(field.model));
      return { hops, relation: undefined, field, rest: names.slice(at + 1) };
    }
    if (current.genericKeys.has(name)) throw unqueryable(name);
    if (at === 0) throw unknownName(name, [...current.choices, ...extraChoices, ...filtered.keys()]);
    // Not a name: the rest are lookups on the relation.
    return { hops, relation, field: endOf(current, relation), rest: names.slice(at) };
  }
  return { hops, relation, field: endOf(current, relation), rest: [] };
}

/** What a path that ends in a relation is compared by: for a foreign key, the column it points at. */
function endOf(model: ModelMeta, relation: Relation | undefined): Field {
  return relation?.form === 'forward' ? relation.field.targetField : model.primaryKey;
}

function unknownName(name: string, choices: readonly string[]): FieldError {
  const sorted = [...new Set(choices)].sort();
  return new FieldError(`Cannot resolve keyword '${name}' into field. Choices are: ${sorted.join(', ')}`);
}

/** Nothing says which model's rows a generic foreign key leads to. */
function unqueryable(name: string): FieldError {
  return new FieldError(
    `Field '${name}' does not generate an automatic reverse relation and therefore cannot be used for reverse querying. ` +
      'If it is a genericForeignKey, consider adding a genericRelation.',
  );
}

/** A name behind a path in an expression or an ordering, where it could only be a field or a part of one. */
export function unknownRest({ relation, field, rest }: ResolvedPath, close: readonly string[]): FieldError {
  const [name = ''] = rest;
  if (relation !== undefined) return unknownName(name, relation.target.choices);
  const hint = close.length === 0 ? '.' : `, perhaps you meant ${close.join(' or ')}?`;
  return new FieldError(
    `Cannot resolve keyword '${name}' into field. Join on '${field.name}' not permitted${hint}`,
  );
}

export interface JoinedPath {
  /** Table that holds `field`. */
  readonly alias: TableAlias;
  readonly field: Field;
  /** Every table on the way that is still used, the query's own excluded. */
  readonly joined: readonly TableAlias[];
  /** Those and the ones that were left out: a condition that needs a value in the key needs their rows. */
  readonly passed: readonly TableAlias[];
}

/** Joins the tables of a path, and leaves out the last ones when the key is already on this side. */
export function joinPath(
  joins: Joins,
  { hops, field, start }: ResolvedPath,
  reusable: ReadonlySet<TableAlias> | undefined,
): JoinedPath {
  const joined: TableAlias[] = [];
  let alias = start ?? joins.base;
  for (const hop of hops) {
    alias = joins.add(alias, hop, reusable);
    joined.push(alias);
  }
  const passed = [...joined];
  let last = field;
  for (let at = hops.length - 1; at >= 0; at--) {
    const hop = hops[at] as Hop;
    const held = hop.direct ? heldColumn(hop, last) : undefined;
    if (held === undefined) break;
    joins.release(alias);
    joined.pop();
    last = held;
    alias = alias.join?.parent ?? joins.base;
  }
  return { alias, field: last, joined, passed };
}
/** What a foreign key that was named by its column leads to: joined by nothing yet, and what comes later may share it. */
export function pointedAt(joins: Joins, { alias, field }: JoinedPath): readonly TableAlias[] {
  if (!(field instanceof ForeignKeyField)) return [];
  const [hop, ...more] = field.model.relation(field.name)?.hops ?? [];
  if (hop === undefined || more.length > 0) return [];
  const target = joins.add(alias, hop, undefined);
  joins.release(target);
  return [target];
}

/** The column of this side that is equal to one of the other side. */
function heldColumn({ fromField, toField }: Hop, field: Field): Field | undefined {
  if (field === toField) return fromField;
  const at = toField.parts?.indexOf(field) ?? -1;
  return fromField.parts?.[at];
}

/** True when the column may be null in a joined row. */
export function isNullable(field: Field): boolean {
  return field.options.nullable;
}
