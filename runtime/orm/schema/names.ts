import { ModelInstance } from '../models/instance.ts';
import { camelCase, snakeCase } from '../models/naming.ts';

/** Names a class of the written source must not have: what it imports, and globals that it uses. */
const reserved = new Set([
  'F',
  'Manager',
  'RawSQL',
  'Now',
  'Q',
  'Object',
  'Function',
  'String',
  'Number',
  'Boolean',
  'Array',
  'Date',
  'Map',
  'Set',
  'Promise',
  'Symbol',
  'Buffer',
  'Error',
]);

/** A name for an attribute that stands for `column`, unlike those in `used`. */
export function attributeName(column: string, used: ReadonlySet<string>): string {
  const plain = camelCase(snakeCase(words(column)));
  const start = begins(plain) ? plain : `field${plain}`;
  return unlike(isTaken(start) ? `${start}Field` : start, used);
}

/** A name for the class of `table`. */
export function className(table: string, used: ReadonlySet<string>): string {
  const plain = camelCase(snakeCase(words(table)));
  const start = plain.charAt(0).toUpperCase() + plain.slice(1);
  const valid = begins(start) ? start : `Table${start}`;
  return unlike(reserved.has(valid) ? `${valid}Model` : valid, used);
}

function begins(name: string): boolean {
  return /^\p{ID_Start}/u.test(name);
}

/** Names an instance has already. */
function isTaken(name: string): boolean {
  return name === 'pk' || name === '__proto__' || name in ModelInstance.prototype;
}

/** Letters, digits and single underscores: two underscores mean a lookup. */
function words(name: string): string {
  return name
    .replace(/[^\p{ID_Continue}]+/gu, '_')
    .replace(/^_+|_+$/g, '')
    .replace(/_+/g, '_');
}
function unlike(name: string, used: ReadonlySet<string>): string {
  if (!used.has(name)) return name;
  let count = 2;
  while (used.has(`${name}${count}`)) count++;
  return `${name}${count}`;
}

/** A string as source. */
export function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}
