import type { ConstraintDescription, IndexDescription, IndexTermDescription } from './catalog.ts';
import { rawSource } from './field-source.ts';
import { quoted } from './names.ts';

/** Attribute of each column. */
type Attributes = (column: string) => string;

/** `{ unique: ['a', 'b'], name: '…' }`, for a constraint of the table. */
export function uniqueSource(constraint: ConstraintDescription, attribute: Attributes): string {
  const { name, columns, include, nullsDistinct, deferrable } = constraint;
  return objectSource({
    unique: list(columns, attribute),
    name: quoted(name),
    include: include.length === 0 ? undefined : list(include, attribute),
    nullsDistinct: nullsDistinct ? undefined : 'false',
    deferrable: deferrable === null ? undefined : quoted(deferrable),
  });
}

export function exclusionSource(constraint: ConstraintDescription, attribute: Attributes): string {
  const { name, exclusion, method, condition, include, deferrable } = constraint;
  const terms = (exclusion ?? []).map((term) => {
    const opclass = term.opclass === null ? '' : `, ${quoted(term.opclass)}`;
    return `[${termSource(term, attribute)}, ${quoted(term.operator)}${opclass}]`;
  });
  return objectSource({
    exclude: `[${terms.join(', ')}]`,
    name: quoted(name),
    using: method === null || method === 'gist' ? undefined : quoted(method),
    where: condition === null ? undefined : conditionSource(condition),
    include: include.length === 0 ? undefined : list(include, attribute),
    deferrable: deferrable === null ? undefined : quoted(deferrable),
  });
}

/** An index, or a unique constraint that only an index can be. */
export function indexSource(index: IndexDescription, attribute: Attributes): string {
  const { name, unique, method, terms, include, condition, nullsDistinct, storage } = index;
  const opclasses = terms.map(({ opclass }) => quoted(opclass ?? ''));
  return objectSource({
    [unique ? 'unique' : 'fields']: `[${terms.map((term) => termSource(term, attribute)).join(', ')}]`,
    name: quoted(name),
    using: method === 'btree' ? undefined : quoted(method),
    where: condition === null ? undefined : conditionSource(condition),
    include: include.length === 0 ? undefined : list(include, attribute),
    opclasses: terms.every(({ opclass }) => opclass === null) ? undefined : `[${opclasses.join(', ')}]`,
    nullsDistinct: nullsDistinct || !unique ? undefined : 'false',
    with: storage === null || unique ? undefined : storageSource(storage),
  });
}

/** An index that `.index()` and foreign keys make by themselves. */
export function isPlain(index: IndexDescription): boolean {
  const { unique, condition, method, terms, include, storage } = index;
  const [only, ...others] = terms;
  if (only === undefined || others.length > 0 || only.column === null || only.opclass !== null) return false;
  return (
    !unique &&
    condition === null &&
    method === 'btree' &&
    include.length === 0 &&
    storage === null &&
    !only.descending &&
    !only.nullsFirst
  );
}

export function conditionSource(sql: string): string {
  return rawSource(sql, quoted, 'fields.boolean()');
}

function termSource(
  { column, expression, descending, nullsFirst }: IndexTermDescription,
  attribute: Attributes,
): string {
  // Nulls come last upwards and first downwards unless something else is said.
  if (column !== null && descending === nullsFirst)
    return quoted(`${descending ? '-' : ''}${attribute(column)}`);
  const term = column === null ? rawSource(expression, quoted) : `F(${quoted(attribute(column))})`;
  if (descending === nullsFirst) return descending ? `${term}.desc()` : term;
  return `${term}.${descending ? 'desc({ nullsLast: true })' : 'asc({ nullsFirst: true })'}`;
}

function list(columns: readonly string[], attribute: Attributes): string {
  return `[${columns.map((column) => quoted(attribute(column))).join(', ')}]`;
}
/** `fillfactor=70` as `{ fillfactor: 70 }`. */
function storageSource(storage: readonly string[]): string {
  return objectSource(
    Object.fromEntries(
      storage.map((parameter) => {
        const [name = '', value = ''] = parameter.split('=');
        if (/^(on|true)$/.test(value)) return [name, 'true'];
        if (/^(off|false)$/.test(value)) return [name, 'false'];
        return [name, /^[\d.]+$/.test(value) ? value : quoted(value)];
      }),
    ),
  );
}
function objectSource(properties: Readonly<Record<string, string | undefined>>): string {
  const written = Object.entries(properties).flatMap(([name, source]) =>
    source === undefined ? [] : [`${name}: ${source}`],
  );
  return `{ ${written.join(', ')} }`;
}
