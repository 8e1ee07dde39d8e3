import { ValueError } from '../errors.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import type { ModelMeta } from '../models/meta.ts';
import { deferLoading, loadablePath, onlyLoading } from '../query/loading.ts';
import type { Query } from '../query/query.ts';
import { type ChainStep, describeNames } from './chain.ts';

// What comes with each instance: the columns that are loaded and the instances that are joined.

/** `selectRelated(…)`; null for none any more, nothing for every relation that cannot be null. */
export function relatedStep(paths: readonly (string | null)[]): ChainStep {
  const clear = clears('selectRelated', paths);
  return {
    describe: (sink) => {
      sink.token(clear ? 'unrelated' : 'related');
      if (!clear) describeNames(sink, paths);
    },
    build: (query) => {
      requireInstances(query, 'selectRelated');
      if (clear) {
        query.related = undefined;
        return;
      }
      query.relatedUnasked = paths.length === 0;
      const names = query.relatedUnasked ? requiredRelations(query.model) : (paths as readonly string[]);
      for (const path of names) query.addRelated(path);
    },
  };
}
/** As in Django, so that models which need each other come to an end. */
const mostLevels = 5;

/** Without names every foreign key that cannot be null is followed, and those of what it leads to. */
function requiredRelations(model: ModelMeta, levels = mostLevels): string[] {
  if (levels === 0) return [];
  return model.fields.flatMap((field) => {
    const required = field instanceof ForeignKeyField && !field.options.nullable;
    if (!required || field.relation.parentLink === true) return [];
    const further = requiredRelations(field.target, levels - 1);
    return [field.name, ...further.map((path) => `${field.name}__${path}`)];
  });
}

/** `only(…)` and `defer(…)`; the key is always loaded. */
export function loadStep(kind: 'only' | 'defer', names: readonly (string | null)[]): ChainStep {
  if (kind === 'only' && names.includes(null)) {
    throw new TypeError('Cannot pass null as an argument to only().');
  }
  const clear = clears(kind, names);
  return {
    describe: (sink) => {
      sink.token(clear ? 'load all' : kind);
      if (!clear) describeNames(sink, names);
    },
    build: (query) => {
      requireInstances(query, kind);
      if (clear) {
        query.loading = undefined;
        return;
      }
      const { model, filteredRelations } = query;
      const paths = (names as readonly string[]).map((name) => {
        if (kind === 'only' && filteredRelations.has(name.split('__')[0] as string)) {
          throw new ValueError('only() is not supported with FilteredRelation.');
        }
        return loadablePath(model, name, filteredRelations);
      });
      query.loading = (kind === 'only' ? onlyLoading : deferLoading)(query.loading, paths);
    },
  };
}

/** True for a single null, which takes back what was said before. */
function clears(method: string, names: readonly (string | null)[]): boolean {
  if (!names.includes(null)) return false;
  if (names.length === 1) return true;
  throw new TypeError(`${method}() takes null alone, to clear what was asked for before.`);
}
/** @throws TypeError when rows are no instances any more */
function requireInstances(query: Query, method: string): void {
  if (query.rows.form === 'instances') return;
  throw new TypeError(`Cannot call ${method}() after .values() or .valuesList()`);
}
