import { ModelInstance } from '../models/instance.ts';
import type { ConstraintDescription } from './catalog.ts';
import { foreignKeyOf, type NamedTable } from './named-tables.ts';
import type { Pairs } from './pairs.ts';

/** The relations that need a `relatedName`, because the name their other side would get by itself is taken. */
export type ReverseSides = ReadonlyMap<ConstraintDescription | Pairs, string>;

/** Names the other sides of all relations, so that no two are called alike on the model they lead to. */
export function reverseSides(models: readonly NamedTable[], pairs: readonly Pairs[]): ReverseSides {
  const sides = new Map<ConstraintDescription | Pairs, string>();
  for (const target of models) {
    const relations = [...foreignKeysTo(target, models), ...pairs.filter((each) => each.target === target)];
    const taken = namesOn(target, pairs);
    for (const relation of relations) {
      const { own, attribute } = described(relation, models);
      const { modelName } = own;
      const alone = relations.filter((each) => described(each, models).own === own).length === 1;
      if (alone && free(modelName, taken)) {
        use(modelName, taken);
        continue;
      }
      let name = `${modelName}Of${attribute.charAt(0).toUpperCase()}${attribute.slice(1)}`;
      for (let count = 2; !free(name, taken); count++) name = `${name.replace(/\d+$/, '')}${count}`;
      use(name, taken);
      sides.set(relation, name);
    }
  }
  return sides;
}

function foreignKeysTo(target: NamedTable, models: readonly NamedTable[]): ConstraintDescription[] {
  return models.flatMap(({ table, objects }) =>
    [...table.columns.flatMap(({ name }) => foreignKeyOf(table, name) ?? []), ...objects.keys()].filter(
      (key) => key.target === target.table.name,
    ),
  );
}
function described(
  relation: ConstraintDescription | Pairs,
  models: readonly NamedTable[],
): { readonly own: NamedTable; readonly attribute: string } {
  if ('own' in relation) return relation;
  const own = models.find(({ table }) => table.constraints.includes(relation)) as NamedTable;
  const [column = ''] = relation.columns;
  return { own, attribute: own.objects.get(relation) ?? own.attributes.get(column) ?? column };
}

/** What instances of a model have already. */
function namesOn(target: NamedTable, pairs: readonly Pairs[]): Set<string> {
  const own = pairs.filter((each) => each.own === target).map(({ attribute }) => attribute);
  const columns = [...target.attributes.values(), ...target.objects.values()].flatMap((name) => [
    name,
    `${name}Id`,
    `a${name}`,
  ]);
  return new Set(['pk', 'id', ...columns, ...own]);
}
/** A name stands for itself in lookups; on instances it may be `«name»Set`, and have a twin. */
function free(name: string, taken: ReadonlySet<string>): boolean {
  const forms = [name, `${name}Set`, `a${name}`];
  return forms.every((form) => !taken.has(form) && !(form in ModelInstance.prototype));
}
function use(name: string, taken: Set<string>): void {
  for (const form of [name, `${name}Set`, `a${name}`]) taken.add(form);
}
