import { camelCase, identifier, snakeCase } from '../models/naming.ts';
import type { TableDescription } from './catalog.ts';
import type { NamedTable } from './named-tables.ts';

/** A table that only holds pairs, as a many-to-many relation makes it for itself. */
export interface Pairs {
  readonly table: TableDescription;
  readonly own: NamedTable;
  readonly target: NamedTable;
  /** Name of the relation in the model of `own`. */
  readonly attribute: string;
}

/**
 * The relation a table stands for, when it is exactly the one that relation would make; any other table of pairs is a
 * model of its own.
 */
export function pairsOf(table: TableDescription, models: readonly NamedTable[]): Pairs | undefined {
  const [id, first, second, ...others] = table.columns;
  if (id === undefined || first === undefined || second === undefined || others.length > 0) return undefined;
  if (
    id.name !== 'id' ||
    id.type !== 'bigint' ||
    !id.identity ||
    table.indexes.some(({ unique }) => unique)
  ) {
    return undefined;
  }
  const own = pointedAt(table, first.name, models);
  const target = pointedAt(table, second.name, models);
  if (own === undefined || target === undefined || own === target) return undefined;
  const prefix = `${own.table.name}_`;
  const attribute = camelCase(table.name.slice(prefix.length));
  const expected = table.constraints.some(
    ({ kind, name }) =>
      kind === 'u' && name === identifier(`${table.name}_${first.name}_${second.name}_uniq`),
  );
  const named = table.name.startsWith(prefix) && prefix + snakeCase(attribute) === table.name;
  const free = ![...own.attributes.values()].includes(attribute);
  return expected && named && free ? { table, own, target, attribute } : undefined;
}

/** The model a required column points at under the name it would get by itself. */
function pointedAt(
  table: TableDescription,
  column: string,
  models: readonly NamedTable[],
): NamedTable | undefined {
  const key = table.constraints.find(({ kind, columns }) => kind === 'f' && columns.join() === column);
  const model = models.find((each) => each.table.name === key?.target);
  if (model === undefined || table.columns.find(({ name }) => name === column)?.required !== true)
    return undefined;
  return column === `${snakeCase(camelCase(snakeCase(model.modelName)))}_id` ? model : undefined;
}
