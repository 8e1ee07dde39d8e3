import { ImproperlyConfigured } from '../errors.ts';
import type { ForeignKeyField } from '../fields/relations.ts';
import type { GenericReverse } from './generic.ts';
import { ModelInstance } from './instance.ts';
import type { ModelMeta } from './meta.ts';
import type { ManyToManyRelation, Relation, ReverseRelation } from './relations.ts';

type Origin = ForeignKeyField | ManyToManyRelation;
/** What the other side of a relation is called in lookups, and on instances. */
interface ReverseNames {
  readonly name: string;
  readonly accessor: string;
}

/**
 * What the names of the other side of a relation mean on its target already, as Django's fields.E302 to E305.
 *
 * @param origin the relation as it is declared
 * @param known what the target has so far; a model that is declared again, as when a file is loaded anew, takes the
 *   place of its predecessor
 */
export function reverseClash(
  target: ModelMeta,
  origin: Origin,
  { name, accessor }: ReverseNames,
  known: ReadonlyMap<string, Relation>,
): ImproperlyConfigured | undefined {
  const own = label(origin);
  if (accessor in ModelInstance.prototype)
    return new ImproperlyConfigured(
      `Reverse accessor '${target.label}.${accessor}' for '${own}' is taken: every instance has a member of that name. ` +
        `Add or change a relatedName argument to the definition for '${own}'.`,
    );
  const taken = [name, accessor].find((each) => isField(target, each, known));
  if (taken !== undefined) {
    const what = taken === accessor ? `Reverse accessor '${target.label}.${accessor}'` : 'Reverse query name';
    return new ImproperlyConfigured(
      `${what} for '${own}' clashes with field name '${target.label}.${taken}'. ` +
        `Rename field '${target.label}.${taken}', or add/change a relatedName argument to the definition for field '${own}'.`,
    );
  }
  const other = known.get(name);
  if (other === undefined || !hasOrigin(other)) return undefined;
  const rival = label(originOf(other));
  if (rival === own) return undefined;
  return new ImproperlyConfigured(
    `Reverse accessor '${target.label}.${accessor}' for '${own}' clashes with reverse accessor for '${rival}'. ` +
      `Add or change a relatedName argument to the definition for '${own}' or '${rival}'.`,
  );
}

/** What the name that lookups are to have for a generic relation means on its target already. */
export function genericClash(
  { name, relation }: GenericReverse,
  known: ReadonlyMap<string, Relation>,
): ImproperlyConfigured | undefined {
  const { model, target } = relation;
  const other = known.get(name);
  const again = other?.form === 'genericReverse' && other.target.label === model.label;
  if (again || (other === undefined && !isField(target, name, known))) return undefined;
  return new ImproperlyConfigured(
    `Reverse query name for '${model.label}.${relation.name}' clashes with field name '${target.label}.${name}'. ` +
      `Add or change a relatedQueryName argument to the definition for '${model.label}.${relation.name}'.`,
  );
}

/** A column, or a relation that the target declares itself. */
function isField(target: ModelMeta, name: string, known: ReadonlyMap<string, Relation>): boolean {
  if (name === 'pk' || target.field(name) !== undefined) return true;
  const relation = known.get(name);
  if (relation === undefined) return false;
  return (
    relation.form === 'generic' || (relation.form === 'manyToMany' && target.manyToMany.includes(relation))
  );
}
function hasOrigin(relation: Relation): relation is ReverseRelation | ManyToManyRelation {
  return relation.form === 'reverse' || relation.form === 'manyToMany';
}
function originOf(relation: ReverseRelation | ManyToManyRelation): Origin {
  return relation.form === 'reverse' ? relation.field : relation.declared;
}
function label(origin: Origin): string {
  return `${origin.model.label}.${origin.name}`;
}
