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

/** Declares the rows of another model whose generic foreign key points here; adds no column. */
export class GenericRelationDescription {
  readonly kind = 'genericRelation';
  readonly thunk: TargetThunk;
  /** Name of the generic foreign key, where the target has more than one. */
  readonly via: string | undefined;

  constructor(thunk: TargetThunk, via: string | undefined) {
    this.thunk = thunk;
    this.via = via;
  }
}
