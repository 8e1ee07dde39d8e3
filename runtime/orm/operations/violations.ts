import { dialectOf } from '../connections/index.ts';
import { ValidationError } from '../errors.ts';
import { ExpressionNode } from '../expressions/node.ts';
import type { Field, Wire } from '../fields/field.ts';
import type { ModelInstance } from '../models/instance.ts';
import { hasKey } from '../models/keys.ts';
import type { ModelMeta } from '../models/meta.ts';
import { quote } from '../models/naming.ts';
import { isDeferred } from '../models/partial.ts';
import { stateOf } from '../models/state.ts';
import { constraintName, constraintsOf } from '../schema/constraints.ts';
import { conditionSql, fieldsOf } from '../schema/inlined.ts';
import { indexTerm } from '../schema/terms.ts';
import { SQLCompiler } from '../sql/compiler.ts';
import { type Dialect, sentValue } from '../sql/dialect.ts';
import type { ConstraintOptions } from '../types/model.ts';
import type { Operation } from './steps.ts';

/** The constraints on rows of a model, each with the model in whose table it holds. */
export function constraintsOfRows(meta: ModelMeta): (readonly [ModelMeta, ConstraintOptions])[] {
  const own = constraintsOf(meta.concrete).map((constraint) => [meta.concrete, constraint] as const);
  return meta.parent === undefined ? own : [...constraintsOfRows(meta.parent), ...own];
}

/** The fields of a constraint that is about nothing but equal values; undefined for any other. */
export function uniqueFields(owner: ModelMeta, constraint: ConstraintOptions): Field[] | undefined {
  if (!('unique' in constraint) || constraint.where !== undefined) return undefined;
  const fields = constraint.unique.map((term) =>
    typeof term === 'string' ? owner.requireField(term.replace(/^-/, '')) : undefined,
  );
  return fields.includes(undefined) ? undefined : (fields as Field[]);
}

/** What a violated constraint is called. */
export function complaintOf(owner: ModelMeta, constraint: ConstraintOptions): ValidationError {
  const { violationErrorMessage: message = 'Constraint “%(name)s” is violated.', violationErrorCode: code } =
    constraint;
  const params = { name: constraintName(owner, constraint) };
  return new ValidationError(message, code === undefined ? { params } : { code, params });
}

/** Tests a constraint on the values of an instance, in the database. */
export function* violates(
  instance: ModelInstance,
  owner: ModelMeta,
  constraint: ConstraintOptions,
  exclude: readonly string[],
): Operation<boolean> {
  const given = new GivenRow(instance, owner);
  return !given.lacks(constraint, exclude) && (yield* isViolated(given, constraint));
}

function* isViolated(given: GivenRow, constraint: ConstraintOptions): Operation<boolean> {
  // As in SQL, a check that cannot tell is passed.
  if ('check' in constraint) return (yield* given.holds(constraint.check)) === false;
  if (constraint.where !== undefined && (yield* given.holds(constraint.where)) !== true) return false;
  return yield* given.hasRival(constraint);
}

/** The values of an instance as a row that SQL can be asked about, whether it is stored or not. */
class GivenRow {
  readonly #instance: ModelInstance;
  readonly #owner: ModelMeta;
  readonly #alias: string;
  readonly #dialect: Dialect;
  readonly #fields: readonly Field[];

  constructor(instance: ModelInstance, owner: ModelMeta) {
    this.#instance = instance;
    this.#owner = owner;
    this.#alias = stateOf(instance).alias ?? 'default';
    this.#dialect = dialectOf(this.#alias);
    // What the database computes is not known before it is written.
    this.#fields = owner.localFields.filter(
      (field) =>
        !field.computed &&
        !isDeferred(instance, field.attribute) &&
        !(instance[field.attribute] instanceof ExpressionNode),
    );
  }

  /** True for a constraint on fields that are left out, or whose values only the database knows. */
  lacks(constraint: ConstraintOptions, exclude: readonly string[]): boolean {
    const known = (field: Field) => this.#fields.includes(field) && !exclude.includes(field.name);
    const owner = this.#owner;
    const terms =
      'check' in constraint
        ? [constraint.check]
        : 'unique' in constraint
          ? constraint.unique
          : constraint.exclude.map(([term]) => term);
    const where = 'where' in constraint && constraint.where !== undefined ? [constraint.where] : [];
    return [...terms, ...where].some((term) =>
      typeof term === 'string'
        ? !known(owner.requireField(term.replace(/^-/, '')))
        : ![...fieldsOf(owner, term, this.#dialect)].every(known),
    );
  }

  /** Whether a condition holds for the row; undefined when it cannot be told. */
  *holds(condition: unknown): Operation<boolean | undefined> {
    const text = `${this.#row} SELECT (${conditionSql(this.#owner, condition, this.#dialect)}) FROM ${given}`;
    const row = yield* new SQLCompiler(this.#alias, { text, values: this.#values }).execution('single');
    const answer = row?.[0] ?? null;
    return answer === null ? undefined : answer === 't' || answer === '1';
  }

  /** True when a stored row, other than this one, is in the way. */
  *hasRival(constraint: Exclude<ConstraintOptions, { readonly check: unknown }>): Operation<boolean> {
    const owner = this.#owner;
    const pairs =
      'unique' in constraint
        ? constraint.unique.map((term) => [term, '='] as const)
        : constraint.exclude.map(([term, operator]) => [term, operator] as const);
    const sameNulls = 'unique' in constraint && constraint.nullsDistinct === false;
    const conditions = pairs.map(([term, operator]) => {
      const { sql } = indexTerm(owner, term, this.#dialect);
      const own = `(SELECT ${sql} FROM ${given})`;
      return sameNulls ? `${sql} IS NOT DISTINCT FROM ${own}` : `${sql} ${operator} ${own}`;
    });
    if (constraint.where !== undefined)
      conditions.push(`(${conditionSql(owner, constraint.where, this.#dialect)})`);
    const values = [...this.#values];
    if (!stateOf(this.#instance).adding && hasKey(this.#instance, owner)) {
      const same = owner.keyFields.map((field) => {
        const place = values.push(this.#sent(field));
        return `${quote(field.column)} = $${place}`;
      });
      conditions.push(`NOT (${same.join(' AND ')})`);
    }
    const text = `${this.#row} SELECT 1 AS "a" FROM ${quote(owner.table)} WHERE ${conditions.join(' AND ')} LIMIT 1`;
    return (yield* new SQLCompiler(this.#alias, { text, values }).execution('single')) !== undefined;
  }

  /** `WITH "given row" AS (…)` */
  get #row(): string {
    const columns = this.#fields.map(
      (field, at) => `${this.#dialect.cast(`$${at + 1}`, field)} AS ${quote(field.column)}`,
    );
    return `WITH ${given} AS (SELECT ${columns.join(', ')})`;
  }
  get #values(): Wire[] {
    return this.#fields.map((field) => this.#sent(field));
  }
  #sent(field: Field): Wire {
    return sentValue(field.toWire(this.#instance[field.attribute]), field, this.#dialect);
  }
}
const given = quote('given row');
