import { ValueError } from '../errors.ts';

/** `createdAt` -> `created_at`, `publisherID` -> `publisher_id`. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

/** `book_author` -> `bookAuthor`. */
export function camelCase(name: string): string {
  const [first = '', ...rest] = name.split('_');
  return first + rest.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('');
}

/** PostgreSQL cuts identifiers at 63 bytes, which would let two long names collide. */
const longestIdentifier = 63;

/** `name`, shortened with a digest of the whole when it is too long for the server. */
export function identifier(name: string): string {
  if (name.length <= longestIdentifier) return name;
  return `${name.slice(0, longestIdentifier - 9)}_${digest(name)}`;
}

/** A name for something that has none of its own: told apart by a digest of `text`. */
export function identifierFor(start: string, text: string, suffix: string): string {
  return identifier(`${start}_${digest(text)}_${suffix}`);
}

/** Eight hexadecimal digits of FNV-1a: stable between runs, which is all an index name needs. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** A name given in an abstract model, for one of the models that extend it: `%(class)s` stands for that one. */
export function nameFor(name: string, model: { readonly name: string }): string {
  return name.replaceAll('%(class)s', model.name);
}

export function quote(name: string): string {
  return `"${writable(name).replaceAll('"', '""')}"`;
}

/** A string as an SQL literal, for the few places that take no parameters. */
export function literal(text: string): string {
  const quoted = `'${writable(text).replaceAll("'", "''")}'`;
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/**
 * `text`, when it can be written into SQL as it is.
 *
 * @throws ValueError for NUL, which ends a statement on the wire, and for half a surrogate pair, which would arrive
 *   as another character
 */
export function writable(text: string): string {
  if (text.includes('\0')) throw new ValueError('SQL cannot contain NUL characters.');
  return wellFormed(text);
}

/** Half of a surrogate pair is no character: UTF-8 has no form for it. */
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Text as a value.
 *
 * @throws ValueError for what PostgreSQL has no text for: it is refused before a statement, and a transaction, fails
 */
export function storable(text: string): string {
  if (text.includes('\0')) throw new ValueError('A string literal cannot contain NUL (0x00) characters.');
  return wellFormed(text);
}

/** @throws ValueError for text that would change on its way to the server */
export function wellFormed(text: string): string {
  if (loneSurrogate.test(text)) throw new ValueError('Text cannot contain half a surrogate pair.');
  return text;
}

/** @throws ValueError for what is no name of a collation */
export function requireCollation(name: string): void {
  if (!/^[\w-]+$/.test(name)) throw new ValueError(`Invalid collation name: '${name}'.`);
}
