import type { ConstraintDescription, TableDescription } from './catalog.ts';
import { attributeName, className } from './names.ts';

/** A table with the names its model will have. */
export interface NamedTable {
  readonly table: TableDescription;
  readonly className: string;
  /** First argument of `model()`. */
  readonly modelName: string;
  /** Attribute of each column. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Attributes of foreign keys in several columns. */
  readonly objects: ReadonlyMap<ConstraintDescription, string>;
}

/** Gives every table a class, and every column an attribute. */
export function nameTables(tables: readonly TableDescription[]): NamedTable[] {
  const classes = new Set<string>();
  return tables.map((table) => {
    const name = className(table.name, classes);
    classes.add(name);
    const attributes = nameColumns(table, tables);
    return {
      table,
      className: name,
      modelName: name.charAt(0).toLowerCase() + name.slice(1),
      attributes,
      objects: nameObjects(table, tables, attributes),
    };
  });
}
/** A foreign key in several columns has none of its own to be named after: it is called like its target. */
function nameObjects(
  table: TableDescription,
  all: readonly TableDescription[],
  attributes: ReadonlyMap<string, string>,
): Map<ConstraintDescription, string> {
  const used = new Set([...attributes.values()].flatMap((name) => [name, `${name}Id`, `a${name}`]));
  const names = new Map<ConstraintDescription, string>();
  for (const constraint of table.constraints) {
    const { kind, columns, target } = constraint;
    if (kind !== 'f' || columns.length < 2 || !all.some((each) => each.name === target)) continue;
    let attribute = attributeName(target ?? '', used);
    while (used.has(`a${attribute}`)) attribute = attributeName(`${attribute}_row`, used);
    for (const taken of [attribute, `a${attribute}`]) used.add(taken);
    names.set(constraint, attribute);
  }
  return names;
}
/** A foreign key is named after what it points at: `publisher` for `publisher_id`. */
function nameColumns(table: TableDescription, all: readonly TableDescription[]): Map<string, string> {
  const used = new Set<string>();
  const names = new Map<string, string>();
  for (const { name } of table.columns) {
    const target = foreignKeyOf(table, name)?.target;
    const relation = all.some((each) => each.name === target);
    const plain = !relation ? name : name.replace(/_?id$/i, '') || name;
    // Without being the key, a column cannot be called like it.
    const key = table.constraints.find(({ kind }) => kind === 'p')?.columns ?? [table.columns[0]?.name];
    const attribute = attributeName(plain === 'id' && !key.includes(name) ? 'idField' : plain, used);
    used.add(attribute);
    if (relation) for (const taken of [`${attribute}Id`, `a${attribute}`]) used.add(taken);
    names.set(name, attribute);
  }
  return names;
}

/** The foreign key that a column is by itself. */
export function foreignKeyOf(table: TableDescription, column: string): ConstraintDescription | undefined {
  return table.constraints.find(
    ({ kind, columns, target, targetColumns }) =>
      kind === 'f' &&
      target !== null &&
      columns.length === 1 &&
      columns[0] === column &&
      targetColumns?.length === 1,
  );
}
