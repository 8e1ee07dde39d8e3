import { ImproperlyConfigured } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import { ForeignKeyField, type ReverseDescription } from '../fields/relations.ts';
import type { ModelMeta } from './meta.ts';
import { nameFor } from './naming.ts';
import { metaOf } from './registry.ts';
import { ManyToManyRelation } from './relations.ts';

/** An accessor declared for the other side of a relation, under its name. */
export type DeclaredReverse = readonly [string, ReverseDescription];

/** What a relation asks to be called on its target. */
export function relatedNameOf(relation: Field | ManyToManyRelation): string | undefined {
  const name =
    relation instanceof ForeignKeyField
      ? relation.relation.relatedName
      : relation instanceof ManyToManyRelation
        ? relation.description.options.relatedName
        : undefined;
  const chosen = name ?? relation.model.options.defaultRelatedName;
  if (chosen === undefined) return undefined;
  // As in Django, a plus sign at the end asks for no way back.
  return chosen.endsWith('+') ? '+' : nameFor(chosen, relation.model);
}

/** Characters of an accessor, and of a name in lookups, where two underscores and one at the end mean something. */
const identifier = /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u;

/** @throws ImproperlyConfigured for a relatedName that cannot be called (fields.E306, E308, E309) */
export function checkRelatedName(relation: Field | ManyToManyRelation): void {
  const name = relatedNameOf(relation);
  if (name !== undefined && name !== '+') checkWayBack(relation, 'relatedName', name);
}
/** @throws ImproperlyConfigured for the name of another side that lookups could not hold */
export function checkWayBack(
  relation: { readonly model: ModelMeta; readonly name: string },
  option: 'relatedName' | 'relatedQueryName',
  name: string,
): void {
  if (identifier.test(name) && !name.includes('__') && !name.endsWith('_')) return;
  throw new ImproperlyConfigured(
    `The name '${name}' is invalid ${option} for field ${relation.model.label}.${relation.name}.`,
  );
}

/**
 * Name of the other side of `model.name` on `target`: the one declared there, else its relatedName, else the model's
 * name.
 */
export function reverseName(
  target: ModelMeta,
  declaredReverse: readonly DeclaredReverse[],
  model: ModelMeta,
  name: string,
  relatedName: string | undefined,
): string {
  const declared = declaredReverse.filter(([, { thunk }]) => metaOf(thunk()) === model);
  const chosen =
    declared.find(([, { via }]) => via === name) ??
    declared.find(([accessor, { via }]) => via === undefined && accessor === relatedName) ??
    onlyCandidate(target, model, declared);
  return chosen?.[0] ?? relatedName ?? model.name;
}

function onlyCandidate(
  target: ModelMeta,
  model: ModelMeta,
  declared: readonly DeclaredReverse[],
): DeclaredReverse | undefined {
  const open = declared.filter(([, { via }]) => via === undefined);
  if (open.length === 0) return undefined;
  const keys = model.foreignKeys.filter((field) => field.target === target);
  const pairs = model.manyToMany.filter((relation) => relation.target === target);
  if (open.length === 1 && declared.length === 1 && keys.length + pairs.length === 1) return open[0];
  const names = [...keys, ...pairs].map((each) => each.name);
  const claimed = (accessor: string) => [...keys, ...pairs].some((each) => accessor === relatedNameOf(each));
  if (open.every(([accessor]) => claimed(accessor))) return undefined;
  throw new ImproperlyConfigured(
    `${model.label} points at ${target.label} by ${names.join(' and ')}: say which one ${target.label}.${open[0]?.[0]} is ` +
      `the other side of, as in reverse<…>(() => ${model.label}, '${names[0]}').`,
  );
}
