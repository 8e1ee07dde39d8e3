import { defineOperation } from '../operations/bound.ts';
import { neighbour } from '../operations/neighbours.ts';
import { derivedOperations } from '../twins.ts';
import type { ModelInstance } from './instance.ts';
import type { ModelMeta } from './meta.ts';

const names = { next: derivedOperations.nextBy, previous: derivedOperations.previousBy } as const;

/** Defines `event.getNextByAt()`, `event.getPreviousByAt()` and their twins, for every date that is never null. */
export function defineNeighbours(prototype: object, meta: ModelMeta): void {
  for (const field of meta.fields) {
    if (field.options.nullable || (field.family !== 'date' && field.family !== 'dateTime')) continue;
    for (const direction of ['next', 'previous'] as const) {
      defineOperation(prototype, names[direction](field.name), (event: ModelInstance, ...where) =>
        neighbour(event, field, direction, where),
      );
    }
  }
}
