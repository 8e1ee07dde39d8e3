import { FieldError } from '../errors.ts';
import type { ModelMeta } from '../models/meta.ts';
import type { FilteredRelation } from './filtered.ts';

// Which columns instances are loaded with: what `only` and `defer` say.

/** The named columns, or all but the named ones. A name may lead through relations. */
export interface Loading {
  readonly kind: 'only' | 'defer';
  readonly names: ReadonlySet<string>;
}

/** Columns of a model, and of what is joined to it, by the names of the relations; a relation without one has all. */
export interface LoadMask {
  /** Attributes; the keys are always among them. */
  readonly attributes: ReadonlySet<string>;
  readonly related: ReadonlyMap<string, LoadMask>;
}

type FilteredRelations = ReadonlyMap<string, FilteredRelation>;

/** `only` replaces what was named before, but what was deferred stays so. Without names, everything is loaded. */
export function onlyLoading(before: Loading | undefined, names: readonly string[]): Loading | undefined {
  const deferred = before?.kind === 'defer' ? before.names : new Set();
  return loading(
    'only',
    names.filter((name) => !deferred.has(name)),
  );
}
/** `defer` adds to what is deferred, or takes away from what alone is loaded. */
export function deferLoading(before: Loading | undefined, names: readonly string[]): Loading | undefined {
  if (before?.kind !== 'only') return loading('defer', [...(before?.names ?? []), ...names]);
  const left = [...before.names].filter((name) => !names.includes(name));
  if (left.length > 0) return loading('only', left);
  return loading(
    'defer',
    names.filter((name) => !before.names.has(name)),
  );
}
function loading(kind: Loading['kind'], names: readonly string[]): Loading | undefined {
  return names.length === 0 ? undefined : { kind, names: new Set(names) };
}

/**
 * A path of `only` or `defer` under the names of the fields: `pk` and `publisherId` are other names of them.
 *
 * @throws FieldDoesNotExist for a name there is not; FieldError for one behind a plain column
 */
export function loadablePath(model: ModelMeta, path: string, filtered: FilteredRelations): string {
  const names = path.split('__');
  let current = model;
  return names
    .map((name, at) => {
      const relation = (at === 0 ? filtered.get(name)?.path.relation : undefined) ?? current.relation(name);
      if (at === names.length - 1) return relation === undefined ? columnName(current, name) : name;
      if (relation === undefined) {
        const field = columnName(current, name);
        const rest = names[at + 1];
        throw new FieldError(
          `Cannot resolve keyword '${rest}' into field. Join on '${field}' not permitted.`,
        );
      }
      current = relation.target;
      return name;
    })
    .join('__');
}
function columnName(model: ModelMeta, name: string): string {
  return model.genericKeys.has(name) ? name : model.requireField(name).name;
}

/** What a query loads; undefined for everything. */
export function loadMask(
  model: ModelMeta,
  given: Loading | undefined,
  filtered: FilteredRelations,
): LoadMask | undefined {
  if (given === undefined) return undefined;
  return maskOf(model, given.kind, treeOf(given.names), filtered);
}

interface Names extends Map<string, Names> {}
function treeOf(paths: Iterable<string>): Names {
  const tree: Names = new Map();
  for (const path of paths) {
    let level = tree;
    for (const name of path.split('__')) {
      const next: Names = level.get(name) ?? new Map();
      level.set(name, next);
      level = next;
    }
  }
  return tree;
}

function maskOf(
  model: ModelMeta,
  kind: Loading['kind'],
  names: Names,
  filtered: FilteredRelations = new Map(),
): LoadMask {
  const keys = [...model.keyFields, ...model.ancestorKeys].map((field) => field.attribute);
  // A relation that only leads further is not deferred itself, and is needed where it is all that is named.
  const named = (name: string) => {
    const further = names.get(name);
    return further !== undefined && (kind === 'only' || further.size === 0);
  };
  const attributes = model.fields
    .filter((field) => named(field.name) === (kind === 'only'))
    .map((field) => field.attribute);
  const related = new Map<string, LoadMask>();
  for (const [name, further] of names) {
    const target = filtered.get(name)?.path.relation?.target ?? model.relation(name)?.target;
    if (further.size > 0 && target !== undefined) related.set(name, maskOf(target, kind, further));
  }
  return { attributes: new Set([...keys, ...attributes]), related };
}
