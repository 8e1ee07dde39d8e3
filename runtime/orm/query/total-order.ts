import { Column } from '../expressions/column.ts';
import { FieldReference } from '../expressions/field-reference.ts';
import { OrderingTerm } from '../expressions/node.ts';
import type { Field } from '../fields/field.ts';
import { areUniqueTogether } from '../models/unique.ts';
import type { OrderingEntry, Query } from './query.ts';

/** Whether no two rows are in the same place of the order: it has columns that are never null and unique together. */
export function isTotallyOrdered(query: Query): boolean {
  if (!query.ordered) return false;
  const { model, ordering } = query;
  const terms =
    ordering?.map((entry) => columnOf(entry, query)) ??
    (model.options.ordering ?? []).map((term) => declaredColumn(term, query));
  const columns = terms.flatMap((column) => column?.parts ?? column ?? []);
  return areUniqueTogether(
    model,
    columns.filter((column) => !column.options.nullable),
  );
}

function columnOf(entry: OrderingEntry, query: Query): Field | undefined {
  if (entry.form === 'name') return namedColumn(entry.name, query);
  if (entry.form === 'written') return referencedColumn(entry.term.expression, query);
  if (entry.form === 'random' || !(entry.term.expression instanceof Column)) return undefined;
  const { alias, field } = entry.term.expression;
  return alias === query.base ? field : undefined;
}
function declaredColumn(term: unknown, query: Query): Field | undefined {
  const written = term instanceof OrderingTerm ? term.expression : term;
  if (written instanceof FieldReference) return referencedColumn(written, query);
  return typeof written === 'string' ? namedColumn(written.replace(/^[-+]/, ''), query) : undefined;
}
/** `F` of a relation is its key. */
function referencedColumn(written: unknown, { model, annotations }: Query): Field | undefined {
  if (!(written instanceof FieldReference) || annotations.has(written.name)) return undefined;
  return written.name === 'pk' ? model.primaryKey : model.field(written.name);
}
/** A relation is ordered by what its model is ordered by, which may be the same for several of its rows. */
function namedColumn(name: string, { model, annotations }: Query): Field | undefined {
  if (annotations.has(name)) return undefined;
  if (name === 'pk') return model.primaryKey;
  const field = model.field(name);
  return field?.name === name && model.relation(name) !== undefined ? undefined : field;
}
