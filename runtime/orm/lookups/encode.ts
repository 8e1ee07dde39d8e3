import { ValueError } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import { IntegerField } from '../fields/numbers.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import { hasKey } from '../models/keys.ts';
import type { ModelMeta } from '../models/meta.ts';
import { metaKey } from '../models/registry.ts';
import { OutsideRange } from './operand.ts';

export type Rounding = 'truncate' | 'down' | 'up';

/** Encoder of one value that is compared with a column of `field`. */
export function comparisonEncoder(field: Field, rounding: Rounding = 'truncate'): (value: unknown) => string {
  const target = keyField(field);
  const model =
    field instanceof ForeignKeyField ? field.target : field.options.primaryKey ? field.model : undefined;
  const attribute = field instanceof ForeignKeyField ? field.targetField.attribute : undefined;
  const integer = target instanceof IntegerField ? target : undefined;
  // The key of a row may be a foreign key itself: then both the row and what it points at stand for it.
  const own = field.options.primaryKey ? field.model : undefined;
  return (given) => {
    // A column that refers to no row has no use for one.
    if (model === undefined)
      return integer === undefined ? target.encode(given) : encodeInteger(integer, given, rounding);
    const isOwn = own !== undefined && isInstance(given) && given[metaKey].isA(own);
    const value = isOwn ? keyOfInstance(given, own) : keyOfInstance(given, model, attribute);
    // A row that has no value in the column pointed at is pointed at by none: out of every range.
    if (value === null && isInstance(given)) throw new OutsideRange('above');
    if (integer === undefined) return target.encode(value);
    return encodeInteger(integer, value, rounding);
  };
}

/**
 * Encoder of two bounds of a column of `field`. What lies beyond all that the column can hold bounds nothing on its side,
 * and leaves nothing where it is the other one.
 */
export function boundsEncoder(field: Field): (low: unknown, high: unknown) => [low: string, high: string] {
  const target = keyField(field);
  const lower = comparisonEncoder(field, 'up');
  const upper = comparisonEncoder(field, 'down');
  if (!(target instanceof IntegerField)) return (low, high) => [lower(low), upper(high)];
  const { minimum, maximum } = target.range;
  const lowest = String(minimum);
  const highest = String(maximum);
  return (low, high) => {
    const first = orSide(lower, low);
    const last = orSide(upper, high);
    if (first === 'above' || last === 'below') return [highest, lowest];
    return [first === 'below' ? lowest : first, last === 'above' ? highest : last];
  };
}
/** The encoded value, or on which side of the column's range it lies. */
function orSide(encode: (value: unknown) => string, value: unknown): string {
  try {
    return encode(value);
  } catch (error) {
    if (error instanceof OutsideRange) return error.side;
    throw error;
  }
}

/** The field whose values are really compared: for a foreign key, the key it holds. */
function keyField(field: Field): Field {
  let target = field;
  while (target instanceof ForeignKeyField) target = target.targetField;
  return target;
}

function encodeInteger(field: IntegerField, value: unknown, rounding: Rounding): string {
  const whole = typeof value === 'number' && !Number.isInteger(value) ? round(value, rounding) : value;
  if (whole === Number.POSITIVE_INFINITY) throw new OutsideRange('above');
  if (whole === Number.NEGATIVE_INFINITY) throw new OutsideRange('below');
  const text = field.encode(whole);
  const exact = BigInt(text);
  if (exact > field.range.maximum) throw new OutsideRange('above');
  if (exact < field.range.minimum) throw new OutsideRange('below');
  return text;
}

/** `pages > 299.5` is `pages > 299`, `pages >= 299.5` is `pages >= 300`. */
function round(value: number, rounding: Rounding): number {
  if (rounding === 'down') return Math.floor(value);
  return rounding === 'up' ? Math.ceil(value) : Math.trunc(value);
}

interface Keyed {
  readonly pk: unknown;
  readonly [metaKey]: ModelMeta;
}
export function isInstance(value: unknown): value is Keyed {
  return typeof value === 'object' && value !== null && metaKey in value;
}

/** The key of a model instance, null where it is saved without one; anything else stays as it is. */
export function keyOfInstance(value: unknown, model: ModelMeta | undefined, attribute = 'pk'): unknown {
  if (!isInstance(value)) return value;
  if (model !== undefined && !value[metaKey].isA(model) && !model.isA(value[metaKey])) {
    throw new ValueError(`Cannot query "${value}": Must be "${model.label}" instance.`);
  }
  if (!hasKey(value)) {
    throw new ValueError('Model instances passed to related filters must be saved.');
  }
  // An instance of the model that the target extends has the key under its own name.
  if (attribute === 'pk' || value[metaKey].field(attribute) === undefined) return value.pk;
  return (value as unknown as Readonly<Record<string, unknown>>)[attribute] ?? null;
}
