import type { TargetThunk } from './relations.ts';

/** A reference to a row of any model: one column holds the model's name, one the key. */
export class GenericKeyDescription {
  readonly kind = 'genericForeignKey';
  readonly typeField: string;
  readonly keyField: string;

  constructor(typeField: string, keyField: string) {
    this.typeField = typeField;
    this.keyField = keyField;
  }
}

export interface GenericRelationOptions {
  /** Name of the generic foreign key, where the target has more than one. */
  readonly via?: string;
  /** What lookups that start from the target call the model that declares the relation; none when absent. */
  readonly relatedQueryName?: string;
}

/** Declares the rows of another model whose generic foreign key points here; adds no column. */
export class GenericRelationDescription {
  readonly kind = 'genericRelation';
  readonly thunk: TargetThunk;
  readonly options: GenericRelationOptions;

  constructor(thunk: TargetThunk, options: GenericRelationOptions) {
    this.thunk = thunk;
    this.options = options;
  }
}
