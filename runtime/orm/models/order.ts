import { FieldDescription } from '../fields/description.ts';
import { IntegerField } from '../fields/numbers.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import { defineOperation } from '../operations/bound.ts';
import { orderName, readOrder, rowInOrder, writeOrder } from '../operations/order.ts';
import { derivedOperations } from '../twins.ts';
import type { ModelOptions } from '../types/model.ts';
import type { ModelInstance } from './instance.ts';
import type { Declaration, ModelMeta } from './meta.ts';
import { camelCase, snakeCase } from './naming.ts';

// `orderWithRespectTo`: the rows of a foreign key keep an order of their own, in a column that saving fills.

/** The declaration with the column that keeps the order, where the option asks for one. */
export function withOrderColumn(declaration: Declaration, { orderWithRespectTo }: ModelOptions): Declaration {
  if (orderWithRespectTo === undefined) return declaration;
  const column = new FieldDescription(new IntegerField('integer', 'IntegerField').with({ nullable: false }));
  return { ...declaration, [orderName]: column };
}
/** The options with the ordering that follows from the column. */
export function withOrder(options: ModelOptions): ModelOptions {
  return options.orderWithRespectTo === undefined ? options : { ...options, ordering: [orderName] };
}

/** The foreign key that rows of the model are ordered by. */
export function orderedBy(meta: ModelMeta): ForeignKeyField | undefined {
  const { orderWithRespectTo } = meta.options;
  const field = orderWithRespectTo === undefined ? undefined : meta.field(orderWithRespectTo);
  return field instanceof ForeignKeyField ? field : undefined;
}

/** Defines `answer.getNextInOrder()`, `answer.getPreviousInOrder()` and their twins. */
export function defineOrder(prototype: object, meta: ModelMeta): void {
  const by = orderedBy(meta);
  if (by === undefined) return;
  defineOperation(prototype, derivedOperations.nextInOrder(), (answer: ModelInstance) =>
    rowInOrder(answer, meta, by, 'next'),
  );
  defineOperation(prototype, derivedOperations.previousInOrder(), (answer: ModelInstance) =>
    rowInOrder(answer, meta, by, 'previous'),
  );
}
/** Defines `question.getAnswerOrder()`, `question.setAnswerOrder(keys)` and their twins. */
export function defineOrderOf(prototype: object, ordered: ModelMeta, by: ForeignKeyField): void {
  const name = camelCase(`_${snakeCase(ordered.name)}`);
  defineOperation(prototype, derivedOperations.getOrder(name), (question: ModelInstance) =>
    readOrder(question, ordered, by),
  );
  defineOperation(prototype, derivedOperations.setOrder(name), (question: ModelInstance, keys, options) =>
    writeOrder(question, ordered, by, keys, options),
  );
}
