import { wireArray } from '../fields/structured.ts';
import { type Operation, statement } from '../operations/steps.ts';

/** A table of an existing database, as the server describes it. */
export interface TableDescription {
  readonly name: string;
  readonly view: boolean;
  readonly comment: string | null;
  readonly columns: readonly ColumnDescription[];
  readonly constraints: readonly ConstraintDescription[];
  readonly indexes: readonly IndexDescription[];
}
export interface ColumnDescription {
  readonly name: string;
  /** Name of the type as SQL writes it, with its length: `character varying(50)`; of a domain, what it is made of. */
  readonly type: string;
  readonly required: boolean;
  readonly identity: boolean;
  /** Expression of the default, or of the column itself where it is generated. */
  readonly expression: string | null;
  readonly generated: boolean;
  /** Values of an enumerated type. */
  readonly labels: readonly string[] | null;
  readonly comment: string | null;
  /** Where it is not the usual one of the type. */
  readonly collation: string | null;
}
export type DeleteRule = 'a' | 'r' | 'c' | 'n' | 'd';
export interface ConstraintDescription {
  readonly name: string;
  /** Primary key, unique, foreign key, check, exclusion. */
  readonly kind: 'p' | 'u' | 'f' | 'c' | 'x';
  readonly columns: readonly string[];
  /** Of a foreign key. */
  readonly target: string | null;
  readonly targetColumns: readonly string[] | null;
  readonly onDelete: DeleteRule | null;
  /** Columns kept beside those that are unique. */
  readonly include: readonly string[];
  readonly nullsDistinct: boolean;
  readonly deferrable: 'deferred' | 'immediate' | null;
  /** Of an exclusion constraint: its terms and their operators. */
  readonly exclusion: readonly (IndexTermDescription & { readonly operator: string })[] | null;
  readonly method: string | null;
  readonly condition: string | null;
  /** As ALTER TABLE takes it. */
  readonly definition: string;
}
export interface IndexTermDescription {
  /** Null for an expression. */
  readonly column: string | null;
  readonly expression: string;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
  /** Operator class, where it is not the usual one of the type. */
  readonly opclass: string | null;
}
export interface IndexDescription {
  readonly name: string;
  readonly unique: boolean;
  readonly method: string;
  readonly terms: readonly IndexTermDescription[];
  readonly include: readonly string[];
  readonly nullsDistinct: boolean;
  /** Storage parameters: `fillfactor=70`. */
  readonly storage: readonly string[] | null;
  readonly condition: string | null;
  readonly definition: string;
}

/** Columns of a key, by the numbers the catalogues keep them under. */
const columnNames = (table: string, numbers: string) =>
  `(select coalesce(json_agg(a.attname order by p.place), '[]') from unnest(${numbers}) with ordinality as p(number, place)
    join pg_attribute a on a.attrelid = ${table} and a.attnum = p.number)`;

/** Terms of an index, and the columns it keeps beside them. */
const indexTerms = (index: string, more = '') =>
  `(select json_agg(json_build_object(
      'column', a.attname,
      'expression', pg_get_indexdef(${index}.indexrelid, n, true),
      'descending', ${index}.indoption[n - 1] & 1 = 1,
      'nullsFirst', ${index}.indoption[n - 1] & 2 = 2,
      'opclass', (select o.opcname from pg_opclass o where o.oid = ${index}.indclass[n - 1] and not o.opcdefault)${more}
    ) order by n)
    from generate_series(1, ${index}.indnkeyatts) n
    left join pg_attribute a on a.attrelid = c.oid and a.attnum = ${index}.indkey[n - 1] and a.attnum > 0)`;
const includedColumns = (index: string) =>
  `(select coalesce(json_agg(a.attname order by n), '[]') from generate_series(${index}.indnkeyatts + 1, ${index}.indnatts) n
    join pg_attribute a on a.attrelid = c.oid and a.attnum = ${index}.indkey[n - 1])`;
/** Servers before 15 have no column for it, and no such indexes. */
const nullsDistinct = (index: string) =>
  `not coalesce((to_jsonb(${index}) ->> 'indnullsnotdistinct')::boolean, false)`;

/** @param views SQL that is true when views are tables, too */
function source(views: string): string {
  return `from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = coalesce($1, current_schema()) and (c.relkind in ('r', 'p') and not c.relispartition or ${views} and c.relkind in ('v', 'm'))`;
}

// One row for each table, as JSON: what the catalogues hold in five tables comes in one answer.
const query = `
select json_build_object(
  'name', c.relname,
  'view', c.relkind in ('v', 'm'),
  'comment', obj_description(c.oid, 'pg_class'),
  'columns', (
    select coalesce(json_agg(json_build_object(
      'name', a.attname,
      'type', case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) else format_type(a.atttypid, a.atttypmod) end
        || repeat('[]', a.attndims - 1),
      'required', a.attnotnull,
      'identity', a.attidentity <> '',
      'expression', pg_get_expr(d.adbin, d.adrelid),
      'generated', a.attgenerated <> '',
      'labels', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = a.atttypid),
      'comment', col_description(c.oid, a.attnum),
      'collation', (select l.collname from pg_collation l where l.oid = a.attcollation and l.oid <> t.typcollation)
    ) order by a.attnum), '[]')
    from pg_attribute a
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  ),
  'constraints', (
    select coalesce(json_agg(json_build_object(
      'name', k.conname,
      'kind', k.contype,
      'columns', ${columnNames('k.conrelid', 'k.conkey')},
      'target', case when k.contype = 'f' and f.relnamespace = c.relnamespace then f.relname end,
      'targetColumns', case when k.contype = 'f' then ${columnNames('k.confrelid', 'k.confkey')} end,
      'onDelete', nullif(k.confdeltype::text, ' '),
      'include', case when x.indexrelid is null then '[]' else ${includedColumns('x')} end,
      'nullsDistinct', ${nullsDistinct('x')},
      'deferrable', case when k.condeferrable then case when k.condeferred then 'deferred' else 'immediate' end end,
      'exclusion', case when k.contype = 'x' then ${indexTerms('x', ",\n      'operator', (select o.oprname from pg_operator o where o.oid = k.conexclop[n])")} end,
      'method', m.amname,
      'condition', pg_get_expr(x.indpred, x.indrelid),
      'definition', pg_get_constraintdef(k.oid)
    ) order by k.contype desc, k.conname), '[]')
    from pg_constraint k left join pg_class f on f.oid = k.confrelid
    left join pg_index x on x.indexrelid = k.conindid and k.contype in ('p', 'u', 'x')
    left join pg_class xc on xc.oid = x.indexrelid left join pg_am m on m.oid = xc.relam
    where k.conrelid = c.oid and k.contype in ('p', 'u', 'f', 'c', 'x')
  ),
  'indexes', (
    select coalesce(json_agg(json_build_object(
      'name', i.relname,
      'unique', x.indisunique,
      'method', m.amname,
      'terms', ${indexTerms('x')},
      'include', ${includedColumns('x')},
      'nullsDistinct', ${nullsDistinct('x')},
      'storage', to_json(i.reloptions),
      'condition', pg_get_expr(x.indpred, x.indrelid),
      'definition', pg_get_indexdef(x.indexrelid)
    ) order by i.relname), '[]')
    from pg_index x join pg_class i on i.oid = x.indexrelid join pg_am m on m.oid = i.relam
    where x.indrelid = c.oid and not exists (select from pg_constraint k where k.conindid = x.indexrelid and k.contype in ('p', 'u', 'x'))
  )
)::text
${source('$3::boolean')}
  and ($2::text[] is null or c.relname = any($2::text[]))
order by c.relname`;
const namesQuery = `select c.relname ${source('true')} order by c.relname`;

/**
 * Reads what the server knows of its tables.
 *
 * @param schema the first one of the search path when absent
 * @param tables all of the schema when absent
 * @param views whether views are tables, too
 */
export function* describeTables(
  using: string,
  schema: string | undefined,
  tables: readonly string[] | undefined,
  views: boolean,
): Operation<TableDescription[]> {
  const names = tables === undefined ? null : wireArray(tables);
  const { rows } = yield* statement(using, { text: query, values: [schema ?? null, names, String(views)] });
  return rows.map(([text]) => JSON.parse(text ?? '{}') as TableDescription);
}

/** Names of the tables and views that can be described. */
export function* tableNames(using: string, schema: string | undefined): Operation<string[]> {
  const { rows } = yield* statement(using, { text: namesQuery, values: [schema ?? null] });
  return rows.map(([name]) => name ?? '');
}
