import { ImproperlyConfigured } from '../errors.ts';
import type { ForeignKeyField } from '../fields/relations.ts';
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
  const taken = [name, accessor].find((each) => isField(target, each, known));
  if (taken !== undefined) {
    const what = taken === accessor ? `Reverse accessor '${target.label}.${accessor}'` : 'Reverse query name';
    return new ImproperlyConfigured(
      `${what} for '${own}' clashes with field name '${target.label}.${taken}'. ` +
        `Rename field '${target.label}.${taken}', or add/change a relatedName argument to the definition for field '${own}'.`,
    );
  }
  const other = known.get(name);
  if (other === undefined || other.form === 'generic' || other.form === 'forward') return undefined;
  const rival = label(originOf(other));
  if (rival === own) return undefined;
  return new ImproperlyConfigured(
    `Reverse accessor '${target.label}.${accessor}' for '${own}' clashes with reverse accessor for '${rival}'. ` +
      `Add or change a relatedName argument to the definition for '${own}' or '${rival}'.`,
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
function originOf(relation: ReverseRelation | ManyToManyRelation): Origin {
  return relation.form === 'reverse' ? relation.field : relation.declared;
}
function label(origin: Origin): string {
  return `${origin.model.label}.${origin.name}`;
}
