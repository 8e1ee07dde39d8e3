import { describe } from '../describe.ts';
import { ValidationError, ValueError } from '../errors.ts';
import type { ModelMeta } from '../models/meta.ts';
import { storable } from '../models/naming.ts';
import { type Decoder, type Family, Field, type Wire } from './field.ts';

/** Any JSON value, as jsonb. */
export class JsonField extends Field {
  readonly typeName = 'JSONField';
  readonly family = 'json';
  readonly decoder: Decoder = { source: 'JSON.parse(v)', decode: (text) => JSON.parse(text) };

  databaseType(): string {
    return 'jsonb';
  }
  convert(value: unknown): unknown {
    return value;
  }
  protected override *checks(given: unknown, converted: unknown): Iterable<() => void> {
    yield* super.checks(given, converted);
    yield () => this.encode(converted);
  }
  override encode(value: unknown): string {
    try {
      const text = JSON.stringify(value, jsonPart);
      if (text !== undefined) return text;
    } catch (error) {
      // A circle.
      if (!(error instanceof TypeError && error.message.includes('circular'))) throw error;
    }
    throw notJson(value);
  }
}
function notJson(value: unknown): ValidationError {
  return new ValidationError(`Value must be valid JSON, not ${describe(value)}.`, { code: 'invalid' });
}

/**
 * A part of a value as it is stored. Undefined is left out, as everywhere in JSON; whatever else JavaScript would leave
 * out, or put null for, is refused.
 */
function jsonPart(this: unknown, _key: string, part: unknown): unknown {
  switch (typeof part) {
    case 'bigint':
      return rawNumber(part);
    case 'number':
      if (!Number.isFinite(part)) throw notJson(part);
      return part;
    case 'string':
      return storable(part);
    case 'function':
    case 'symbol':
      throw notJson(part);
    case 'object':
      if (part instanceof Map || part instanceof Set || part instanceof Promise || part instanceof RegExp)
        throw notJson(part);
      if (part !== null && !Array.isArray(part)) for (const key of Object.keys(part)) storable(key);
      return part;
    default:
      return part;
  }
}

/** A bigint has no JSON form of its own; one that a number holds exactly is written as that number. */
function rawNumber(value: bigint): number {
  if (BigInt.asIntN(54, value) !== value) {
    throw new ValidationError(`The bigint ${value} cannot be stored as JSON without loss.`);
  }
  return Number(value);
}

export class BinaryField extends Field {
  readonly typeName = 'BinaryField';
  readonly family = 'binary';
  readonly decoder: Decoder = { decode: (text) => Buffer.from(text.slice(2), 'hex') };

  databaseType(): string {
    return 'bytea';
  }
  convert(value: unknown): unknown {
    if (value instanceof Uint8Array) return value;
    throw new ValueError(`Field '${this.name}' expected bytes but got ${describe(value)}.`);
  }
  override encode(value: unknown): string {
    const bytes = this.convert(value) as Uint8Array;
    return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
  }
}

export class ArrayField extends Field {
  readonly typeName = 'ArrayField';
  readonly family: Family = 'array';
  readonly element: Field;
  readonly decoder: Decoder;

  constructor(element: Field) {
    super();
    this.element = element;
    const leaf = leafDecoder(element);
    this.decoder = { decode: (text) => parseArray(text, leaf) };
  }
  /** The elements are spoken of by the name of the column. */
  override bind(model: ModelMeta, name: string): this {
    const bound = super.bind(model, name);
    Object.assign(bound, { element: Object.assign(this.element.with({}), { name }) });
    return bound;
  }
  databaseType(): string {
    return `${this.element.databaseType()}[]`;
  }
  override castType(): string {
    return `${this.element.castType()}[]`;
  }
  convert(value: unknown): unknown {
    if (typeof value === 'object' && value !== null && Symbol.iterator in value) {
      return Array.from(value as Iterable<unknown>, (each) =>
        each === null ? null : this.element.convert(each),
      );
    }
    throw new ValueError(`Field '${this.name}' expected an array but got ${describe(value)}.`);
  }
  /** Runs the checks of the elements, too, as Django's ArrayField does. */
  protected override *checks(given: unknown, converted: unknown): Iterable<() => void> {
    yield* super.checks(given, converted);
    const items = [...(given as Iterable<unknown>)];
    yield () => {
      for (const [at, item] of items.entries()) checkItem(this.element, item, at + 1);
    };
    if (this.element instanceof ArrayField) yield () => requireAlike(items);
  }
  override encode(value: unknown): string {
    if (typeof value !== 'object' || value === null || !(Symbol.iterator in value)) this.convert(value);
    const items = Array.from(value as Iterable<unknown>);
    if (this.element instanceof ArrayField) requireAlike(items);
    return arrayText(items, this.element);
  }
}

/** @param nth place of the item, counted from 1 */
function checkItem(element: Field, item: unknown, nth: number): void {
  try {
    if (item === null && !element.options.nullable)
      throw new ValidationError('This field cannot be null.', { code: 'null' });
    element.validate(item);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    throw new ValidationError(
      error.errorList.map(
        ({ message, params }) =>
          new ValidationError(`Item %(nth)s in the array did not validate: ${message}`, {
            code: 'item_invalid',
            params: { ...params, nth },
          }),
      ),
    );
  }
}

/** @throws ValidationError for lists of different length: an array of the server has one length for each dimension */
function requireAlike(lists: readonly unknown[]): void {
  const [first, ...others] = lists.map((each) => (Array.isArray(each) ? each.length : undefined));
  if (others.some((length) => length !== first)) {
    throw new ValidationError('Nested arrays must have the same length.', {
      code: 'nested_array_mismatch',
    });
  }
}

/** An array in PostgreSQL's text form. Quoting every element spares the question which of them need it. */
export function arrayText(values: readonly unknown[], element: Field): string {
  const parts = values.map((value) => {
    if (value === null || value === undefined) return 'NULL';
    const text = element.encode(value);
    if (element instanceof ArrayField) return text;
    return `"${text.replace(/["\\]/g, '\\$&')}"`;
  });
  return `{${parts.join(',')}}`;
}

/** Texts as the text form of an array. */
export function wireArray(values: readonly Wire[]): string {
  if (values.length === 0) return '{}';
  // Joined at once it is one flat string; built piece by piece it would be a tree of them for every value.
  if (values.every(isPlainItem)) return `{"${values.join('","')}"}`;
  return `{${values.map(arrayItem).join()}}`;
}
function isPlainItem(value: Wire): boolean {
  return value !== null && value !== undefined && !value.includes('"') && !value.includes('\\');
}
function arrayItem(value: Wire): string {
  return value === null || value === undefined ? 'NULL' : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** Reads PostgreSQL's text form of an array, any depth; bounds (`[0:1]={…}`) are skipped. */
function parseArray(text: string, leaf: (text: string) => unknown): unknown[] {
  let at = text.startsWith('[') ? text.indexOf('=') + 1 : 0;
  return list();

  function list(): unknown[] {
    const items: unknown[] = [];
    at++;
    while (text[at] !== '}') {
      items.push(item());
      if (text[at] === ',') at++;
    }
    at++;
    return items;
  }
  function item(): unknown {
    if (text[at] === '{') return list();
    if (text[at] === '"') return leaf(quoted());
    const start = at;
    while (text[at] !== ',' && text[at] !== '}') at++;
    const bare = text.slice(start, at);
    return bare === 'NULL' ? null : leaf(bare);
  }
  function quoted(): string {
    let value = '';
    at++;
    while (text[at] !== '"') {
      if (text[at] === '\\') at++;
      value += text[at++];
    }
    at++;
    return value;
  }
}

/** The texts of an array in PostgreSQL's form, for databases that take lists in another one. */
export function textsOfArray(text: string): (string | null)[] {
  return parseArray(text, String) as (string | null)[];
}

/** Decoder of the innermost element: nested lists carry no type of their own. */
function leafDecoder(element: Field): (text: string) => unknown {
  let leaf = element;
  while (leaf instanceof ArrayField) leaf = leaf.element;
  return leaf.decoder.decode;
}
