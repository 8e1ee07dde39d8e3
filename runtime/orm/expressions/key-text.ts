import { FieldError, ValueError } from '../errors.ts';
import { JsonKey, jsonAsText } from '../lookups/json.ts';
import type { Resolver } from '../query/resolver.ts';
import type { Expression } from '../types/expressions.ts';
import { requireName } from './arguments.ts';
import { AnnotationReference } from './column.ts';
import { FieldReference } from './field-reference.ts';
import type { ExpressionNode, ShapeSink } from './node.ts';

class KeyText extends FieldReference {
  override get label(): string {
    return 'KT';
  }
  override describe(sink: ShapeSink): void {
    sink.token(`KT${this.name}`);
  }
  override resolve(resolver: Resolver): ExpressionNode {
    const found = resolver.path(this.name);
    if (found instanceof JsonKey) return found.asText();
    // What a query around it names is the value at the key.
    if (found instanceof AnnotationReference && found.source instanceof JsonKey) return jsonAsText(found);
    throw new FieldError(`KT() takes a key or an index of JSON, which '${this.name}' is not.`);
  }
}

/**
 * What is at a key or index of a JSON column, as text: a string without its quotes. `Cast(KT('data__size'),
 * fields.integer())` makes a number of it.
 *
 * @throws ValueError for a column without a key
 */
export function KT<const P extends string>(path: P): Expression<string | null, P, 'value'> {
  requireName('KT', path);
  if (!path.includes('__')) throw new ValueError('Lookup must contain key or index transforms.');
  return new KeyText(path) as never;
}
