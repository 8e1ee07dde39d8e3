import type { Decoder } from '../fields/field.ts';
import type { ModelMeta } from '../models/meta.ts';

/** One column of the result and what it becomes. */
export interface ColumnShape {
  readonly name: string;
  /** Position in the row. */
  readonly at: number;
  /** Absent for text that stays text. */
  readonly decoder: Decoder | undefined;
  /** The columns of a key that has several: the value is a list of theirs. */
  readonly parts?: readonly ColumnShape[];
}
/** Columns that become an instance, with the instances it is related to. */
export interface InstanceShape {
  readonly model: ModelMeta;
  readonly columns: readonly ColumnShape[];
  /** Position of the key; null there means there is no row. */
  readonly keyAt: number;
  readonly relations: readonly RelatedShape[];
  /** True when some columns are not loaded. */
  readonly partial: boolean;
}
export interface RelatedShape {
  readonly name: string;
  readonly instance: InstanceShape;
  /** Name under which the related instance knows this one; for the other side of a one-to-one. */
  readonly backwards: string | undefined;
  /** True when the related instance is a plain attribute: it came by a filtered relation, which has no accessor. */
  readonly attribute: boolean;
}
/** What a row of a result becomes: an instance, an object, an array or a single value. */
export type RowShape =
  | {
      readonly form: 'instances';
      readonly instance: InstanceShape;
      readonly annotations: readonly ColumnShape[];
    }
  | { readonly form: 'values' | 'tuples' | 'named' | 'scalars'; readonly columns: readonly ColumnShape[] };

/** True when the type of some column is not declared by a field. */
export function hasUntyped(shape: RowShape): boolean {
  const columns =
    shape.form === 'instances' ? [...shape.instance.columns, ...shape.annotations] : shape.columns;
  return columns.some(({ decoder }) => decoder === undefined);
}
