import { asynchronous, synchronous } from '../operations/bound.ts';
import { neighbour } from '../operations/neighbours.ts';
import { derivedOperations, relationTwin } from '../twins.ts';
import type { ModelInstance } from './instance.ts';
import type { ModelMeta } from './meta.ts';

const names = { next: derivedOperations.nextBy, previous: derivedOperations.previousBy } as const;

/** Defines `event.getNextByAt()`, `event.getPreviousByAt()` and their twins, for every date that is never null. */
export function defineNeighbours(prototype: object, meta: ModelMeta): void {
  for (const field of meta.fields) {
    if (field.options.nullable || (field.family !== 'date' && field.family !== 'dateTime')) continue;
    for (const direction of ['next', 'previous'] as const) {
      const name = names[direction](field.name);
      const operation = (instance: ModelInstance, ...where: unknown[]) =>
        neighbour(instance, field, direction, where);
      Object.defineProperty(prototype, name, {
        configurable: true,
        get(this: ModelInstance) {
          return synchronous(this, name, operation);
        },
      });
      Object.defineProperty(prototype, relationTwin(name), {
        configurable: true,
        writable: true,
        value(this: ModelInstance, ...where: unknown[]) {
          return asynchronous(operation(this, ...where));
        },
      });
    }
  }
}
