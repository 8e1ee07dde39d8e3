import { ImproperlyConfigured } from '../errors.ts';
import { Condition } from '../expressions/condition.ts';
import { ExpressionNode } from '../expressions/node.ts';
import type { ModelMeta } from '../models/meta.ts';
import { Collected } from '../query/collected.ts';
import { Query } from '../query/query.ts';
import { Places, Resolver } from '../query/resolver.ts';
import { type Decoder, type Family, Field, textDecoder } from './field.ts';
import { AutoField, BooleanField, IntegerField } from './numbers.ts';
import { ForeignKeyField } from './relations.ts';

/** A computed column before its model is known: its type is that of the expression, which names other columns. */
export class UntypedGeneratedField extends Field {
  readonly typeName = 'GeneratedField';
  readonly family: Family = 'text';
  readonly decoder: Decoder = textDecoder;

  databaseType(): string {
    throw new ImproperlyConfigured(`The type of the generated field ${this.name} is not known yet.`);
  }
  convert(value: unknown): unknown {
    return value;
  }

  /** The field it is in `model`, whose other fields are there. */
  typedIn(model: ModelMeta, name: string): Field {
    const { generatedFrom } = this.options;
    const source = generatedFrom instanceof Condition ? new BooleanField() : outputOf(model, generatedFrom);
    if (source !== undefined) return plain(source).computedFrom(generatedFrom, this.options.column);
    throw new ImproperlyConfigured(
      `The type of the generated field ${model.name}.${name} cannot be told from its expression: give it as the second argument.`,
    );
  }
}

function outputOf(model: ModelMeta, expression: unknown): Field | undefined {
  if (!(expression instanceof ExpressionNode)) return undefined;
  const collected = new Collected();
  expression.describe(collected);
  const resolver = new Resolver(new Query(model), new Places(0, collected), { joinsAllowed: false });
  return expression.resolve(resolver).output;
}

/** What a computed column holds is no key and counts nothing up. */
function plain(field: Field): Field {
  if (field instanceof ForeignKeyField) return plain(field.targetField);
  return field instanceof AutoField ? new IntegerField(field.type, 'IntegerField') : field;
}
