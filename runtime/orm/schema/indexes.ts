import { ValueError } from '../errors.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import type { ModelMeta } from '../models/meta.ts';
import { identifier, identifierFor, nameFor, quote } from '../models/naming.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { IndexOptions } from '../types/model.ts';
import { conditionSql } from './inlined.ts';
import { type IndexTerm, includeSql, indexTerm, termList } from './terms.ts';

/** The indexes of a model: those of its fields, and those it declares. */
export function indexStatements(model: ModelMeta, dialect: Dialect): string[] {
  const single = model.localFields.flatMap((field) => {
    const { unique, index, primaryKey } = field.options;
    const wanted = (index || field instanceof ForeignKeyField) && !unique && !primaryKey;
    return wanted ? createIndex(model, { fields: [field.name] }, dialect) : [];
  });
  const declared = (model.options.indexes ?? []).flatMap((index) =>
    createIndex(model, 'fields' in index ? index : { fields: index }, dialect),
  );
  return [...single, ...declared];
}

export interface UniqueIndexOptions extends IndexOptions {
  readonly unique?: boolean;
  readonly nullsDistinct?: boolean | undefined;
}

/** `CREATE INDEX`; nothing, with a warning, for what the database has not: the rest of the model still works. */
export function createIndex(model: ModelMeta, index: UniqueIndexOptions, dialect: Dialect): string[] {
  const { unique = false, where, using, nullsDistinct } = index;
  const terms = index.fields.map((each) => indexTerm(model, each, dialect));
  const name = indexName(model, index.name, terms, unique);
  const { features } = dialect.schema;
  const missing = [
    where !== undefined && !features.has('condition') ? 'conditions' : undefined,
    terms.some(({ column }) => column === undefined) && !features.has('expression')
      ? 'expressions'
      : undefined,
    nullsDistinct !== undefined && !features.has('nullsDistinct') ? 'nullsDistinct' : undefined,
  ].find((each) => each !== undefined);
  if (missing !== undefined) {
    warnOfMissing(model, dialect, unique ? 'unique constraints' : 'indexes', missing, name);
    return [];
  }
  // What only makes an index faster is left out where it cannot be had.
  const tuned = features.has('tuning');
  const method = using === undefined || !tuned ? '' : ` USING ${quote(using)}`;
  const parts = [
    `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${quote(name)} ON ${quote(model.table)}${method}`,
    ` (${termList(terms, tuned ? index.opclasses : [])})`,
    tuned ? includeSql(model, index.include) : '',
    nullsDistinct === undefined ? '' : ` NULLS ${nullsDistinct ? '' : 'NOT '}DISTINCT`,
    tuned ? storageSql(index.with) : '',
    tuned && index.tablespace !== undefined ? ` TABLESPACE ${quote(index.tablespace)}` : '',
    where === undefined ? '' : ` WHERE ${conditionSql(model, where, dialect)}`,
  ];
  return [parts.join('')];
}

/** Warns of a constraint or index that a database cannot have. */
export function warnOfMissing(
  model: ModelMeta,
  dialect: Dialect,
  what: string,
  missing: string,
  name: string,
): void {
  process.emitWarning(
    `${dialect.name} does not support ${what} with ${missing}: '${name}' of ${model.label} is not created.`,
  );
}

function indexName(
  model: ModelMeta,
  given: string | undefined,
  terms: readonly IndexTerm[],
  unique: boolean,
): string {
  if (given !== undefined) return nameFor(given, model);
  const suffix = unique ? 'uniq' : 'idx';
  const columns = terms.map(({ column }) => column);
  if (columns.includes(undefined)) {
    // Two indexes on expressions must not have the same name.
    const sql = terms.map((term) => `${term.sql}${term.order}`).join();
    return identifierFor(`${model.table}_expression`, sql, suffix);
  }
  return identifier(`${model.table}_${columns.join('_')}_${suffix}`);
}

/** ` WITH (fillfactor = 70)`: how the server stores the index. */
function storageSql(parameters: IndexOptions['with'] = {}): string {
  const entries = Object.entries(parameters);
  if (entries.length === 0) return '';
  const written = entries.map(([name, value]) => {
    if (!/^[a-z_]+$/.test(name)) throw new ValueError(`Invalid storage parameter: '${name}'.`);
    if (typeof value === 'boolean') return `${name} = ${value ? 'on' : 'off'}`;
    if (typeof value === 'number' && Number.isFinite(value)) return `${name} = ${value}`;
    if (typeof value === 'string' && /^[a-z]+$/.test(value)) return `${name} = ${value}`;
    throw new ValueError(`Invalid value of the storage parameter '${name}'.`);
  });
  return ` WITH (${written.join(', ')})`;
}
