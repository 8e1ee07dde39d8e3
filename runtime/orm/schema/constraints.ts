import { ImproperlyConfigured } from '../errors.ts';
import type { ModelMeta } from '../models/meta.ts';
import { identifier, nameFor, quote } from '../models/naming.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { ConstraintOptions, Deferrable, ExclusionOptions, UniqueOptions } from '../types/model.ts';
import { createIndex, warnOfMissing } from './indexes.ts';
import { conditionSql } from './inlined.ts';
import { includeSql, indexTerm, qualified } from './terms.ts';

/** What stands in CREATE TABLE behind the columns. */
export function constraintClauses(model: ModelMeta, dialect: Dialect): string[] {
  return constraintsOf(model).flatMap((constraint) => {
    if ('check' in constraint) {
      return [
        `${named(constraintName(model, constraint))} CHECK (${conditionSql(model, constraint.check, dialect)})`,
      ];
    }
    if ('exclude' in constraint) return exclusion(model, constraint, dialect);
    return isIndex(constraint) ? [] : uniqueness(model, constraint, dialect);
  });
}

/** Unique constraints that only an index can be: on some rows, or on expressions. */
export function uniqueIndexes(model: ModelMeta, dialect: Dialect): string[] {
  return constraintsOf(model).flatMap((constraint) => {
    if (!('unique' in constraint) || !isIndex(constraint)) return [];
    const { unique: fields, name, where, include, opclasses, nullsDistinct } = constraint;
    const parts = { where, include, opclasses, ...(name === undefined ? {} : { name }) };
    return createIndex(model, { fields, ...present(parts), unique: true, nullsDistinct }, dialect);
  });
}
function present<T extends object>(parts: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

export function constraintsOf(model: ModelMeta): readonly ConstraintOptions[] {
  return model.options.constraints ?? [];
}

/** The name a constraint was given, or would get. */
export function constraintName(model: ModelMeta, constraint: ConstraintOptions): string {
  const { name } = constraint;
  if (name !== undefined) return identifier(nameFor(name, model));
  const columns = (names: readonly unknown[]) =>
    names.map((each) =>
      typeof each === 'string' ? model.requireField(each.replace(/^-/, '')).column : 'expression',
    );
  if ('unique' in constraint)
    return identifier(`${model.table}_${columns(constraint.unique).join('_')}_uniq`);
  const kind = 'check' in constraint ? 'check' : 'excl';
  return identifier(`${model.table}_${kind}_${constraintsOf(model).indexOf(constraint) + 1}`);
}

function named(name: string): string {
  return `CONSTRAINT ${quote(name)}`;
}

/** True for what a constraint of SQL cannot say. */
function isIndex({ unique, where, opclasses = [] }: UniqueOptions): boolean {
  return (
    where !== undefined ||
    opclasses.length > 0 ||
    unique.some((each) => typeof each !== 'string' || each.startsWith('-'))
  );
}

function uniqueness(model: ModelMeta, constraint: UniqueOptions, dialect: Dialect): string[] {
  const { unique, include = [], nullsDistinct, deferrable } = constraint;
  const name = constraintName(model, constraint);
  const { features } = dialect.schema;
  const missing = [
    deferrable !== undefined && !features.has('deferrable') ? 'deferrable' : undefined,
    nullsDistinct !== undefined && !features.has('nullsDistinct') ? 'nullsDistinct' : undefined,
  ].find((each) => each !== undefined);
  if (missing !== undefined) {
    warnOfMissing(model, dialect, 'unique constraints', missing, name);
    return [];
  }
  const columns = unique.map((each) => indexTerm(model, each, dialect).sql).join(', ');
  const nulls = nullsDistinct === undefined ? '' : ` NULLS ${nullsDistinct ? '' : 'NOT '}DISTINCT`;
  const kept = features.has('tuning') ? includeSql(model, include) : '';
  return [`${named(name)} UNIQUE${nulls} (${columns})${kept}${deferrableSql(deferrable)}`];
}

/** Characters PostgreSQL makes operators of (its manual, 4.1.3). */
const operator = /^[-+*/<>=~!@#%^&|`?]+$/;

/** `EXCLUDE USING gist (room WITH =, during WITH &&)`: no two rows for which all operators say yes. */
function exclusion(model: ModelMeta, constraint: ExclusionOptions, dialect: Dialect): string[] {
  const { exclude, using = 'gist', where, include, deferrable } = constraint;
  const name = constraintName(model, constraint);
  if (!dialect.schema.features.has('exclusion')) {
    process.emitWarning(
      `${dialect.name} does not support exclusion constraints: '${name}' of ${model.label} is not created.`,
    );
    return [];
  }
  const terms = exclude.map((pair) => {
    const [given, sign, opclass] = pair;
    if (!operator.test(sign)) throw new ImproperlyConfigured(`'${sign}' is no operator of PostgreSQL.`);
    const { sql, order } = indexTerm(model, given, dialect);
    return `${sql}${opclass === undefined ? '' : ` ${qualified(opclass)}`}${order} WITH ${sign}`;
  });
  const condition = where === undefined ? '' : ` WHERE (${conditionSql(model, where, dialect)})`;
  return [
    `${named(name)} EXCLUDE USING ${quote(using)} (${terms.join(', ')})${includeSql(model, include)}${condition}${deferrableSql(deferrable)}`,
  ];
}

function deferrableSql(deferrable: Deferrable | undefined): string {
  switch (deferrable) {
    case undefined:
      return '';
    case 'deferred':
      return ' DEFERRABLE INITIALLY DEFERRED';
    case 'immediate':
      return ' DEFERRABLE INITIALLY IMMEDIATE';
  }
}
