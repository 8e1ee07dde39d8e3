import { Column } from '../expressions/column.ts';
import { type ExpressionNode, ResolvedNode } from '../expressions/node.ts';
import { DateField, TimeField } from '../fields/dates.ts';
import type { Family, Field } from '../fields/field.ts';
import { IntegerField } from '../fields/numbers.ts';
import { ArrayField } from '../fields/structured.ts';
import { TextField } from '../fields/text.ts';
import { type ResolvedPath, unknownRest } from '../query/paths.ts';
import { type Dialect, type MomentPart, requireTimeZones, type TypedSql } from '../sql/dialect.ts';
import type { SqlWriter } from '../sql/writer.ts';
import { closeMatches, unsupportedLookup } from './suggestions.ts';

/** A part of a value that takes lookups of its own: `published__year`. */
export class Transform extends ResolvedNode {
  readonly name: string;
  readonly inner: ExpressionNode;
  readonly output: Field;
  /** Time zone the part is taken in, where it is not the active one. */
  readonly zone: string | undefined;
  readonly #write: (inner: string, dialect: Dialect) => string;

  constructor(
    name: string,
    inner: ExpressionNode,
    output: Field,
    write: (inner: string, dialect: Dialect) => string,
    zone?: string,
  ) {
    super();
    this.zone = zone;
    this.name = name;
    this.inner = inner;
    this.output = output;
    this.#write = write;
  }
  override get children(): readonly ExpressionNode[] {
    return [this.inner];
  }
  toSql(writer: SqlWriter): string {
    return this.#write(this.inner.toSql(writer), writer.dialect);
  }
}

const integer = new IntegerField('integer', 'IntegerField');
const date = new DateField();
const time = new TimeField();

type TransformMaker = (name: string, inner: ExpressionNode, zone?: string) => ExpressionNode;
type MomentWriter = (dialect: Dialect, value: TypedSql) => string;

/** A part of a moment: it depends on the time zone it is taken in. */
function momentPart(output: Field, write: MomentWriter): TransformMaker {
  return (name, inner, zone) => {
    const sql = (given: string, dialect: Dialect) => {
      requireTimeZones(dialect, zone);
      return write(dialect, { sql: given, field: inner.output, zone });
    };
    return new Transform(name, inner, output, sql, zone);
  };
}
function extract(part: MomentPart): TransformMaker {
  return momentPart(integer, (dialect, value) => dialect.part(part, value));
}
const dateParts: Readonly<Record<string, TransformMaker>> = {
  year: extract('year'),
  isoYear: extract('isoYear'),
  month: extract('month'),
  day: extract('day'),
  week: extract('week'),
  weekDay: extract('weekDay'),
  isoWeekDay: extract('isoWeekDay'),
  quarter: extract('quarter'),
};
const timeParts: Readonly<Record<string, TransformMaker>> = {
  hour: extract('hour'),
  minute: extract('minute'),
  second: extract('second'),
};
const casts: Readonly<Record<string, TransformMaker>> = {
  date: momentPart(date, (dialect, value) => dialect.dateOf(value)),
  time: momentPart(time, (dialect, value) => dialect.timeOf(value)),
};

const transforms: Partial<Record<Family, Readonly<Record<string, TransformMaker>>>> = {
  date: dateParts,
  time: timeParts,
  duration: { day: extract('day'), ...timeParts },
  dateTime: { ...dateParts, ...timeParts, ...casts },
};

/** Names of the parts that values of a family have, for the documentation. */
export function transformNames(family: Family): string[] {
  return Object.keys(transforms[family] ?? {});
}

type TransformFinder = (inner: ExpressionNode, name: string) => ExpressionNode;
const finders: Partial<Record<Family, TransformFinder>> = {};
/** Adds a family of fields that has a transform for every name. */
export function addTransforms(family: Family, finder: TransformFinder): void {
  finders[family] = finder;
}

let findOwn: (inner: ExpressionNode, name: string) => ExpressionNode | undefined = () => undefined;
/** Where transforms of an application's own are found. */
export function lookForOwnTransforms(find: typeof findOwn): void {
  findOwn = find;
}

/** The transform `name` of `inner`; undefined when there is none. */
export function findTransform(
  inner: ExpressionNode,
  name: string,
  zone?: string,
): ExpressionNode | undefined {
  const field = inner.output;
  if (field === undefined) return undefined;
  const own = findOwn(inner, name);
  if (own !== undefined) return own;
  if (field instanceof ArrayField) return arrayTransform(field, inner, name);
  const finder = finders[field.family];
  if (finder !== undefined) return finder(inner, name);
  const known = transforms[field.family] ?? {};
  // Own names only: every object has a `constructor`.
  return Object.hasOwn(known, name) ? known[name]?.(name, inner, zone) : undefined;
}

function arrayTransform(field: ArrayField, inner: ExpressionNode, name: string): ExpressionNode | undefined {
  if (name === 'len') {
    // An empty array has no first dimension, yet its length is 0; a null one has none.
    const write = (sql: string) =>
      `CASE WHEN ${sql} IS NULL THEN NULL ELSE COALESCE(ARRAY_LENGTH(${sql}, 1), 0) END`;
    return new Transform(name, inner, integer, write);
  }
  const bounds = /^(\d+)(?:_(\d+))?$/.exec(name);
  if (bounds === null) return undefined;
  const [, start, end] = bounds;
  if (end !== undefined) return arraySlice(field, inner, Number(start), Number(end));
  return new ArrayItem(name, inner, field.element, (sql) => `${array(inner, sql)}[${Number(start) + 1}]`);
}
/** An element: of an array of arrays, what follows is an index into it. */
class ArrayItem extends Transform {}
/** An array of which a part is taken: in brackets, or the server would take it for a part of another dimension. */
function array(inner: ExpressionNode, sql: string): string {
  return inner instanceof Column || inner instanceof ArrayItem ? sql : `(${sql})`;
}
/** Elements from `start` up to `end`, that one left out, or all that follow. */
export function arraySlice(field: ArrayField, inner: ExpressionNode, start: number, end?: number): Transform {
  return new Transform('slice', inner, field, (sql) => `${array(inner, sql)}[${start + 1}:${end ?? ''}]`);
}
const text = new TextField();
/** The same of the characters of a text. */
export function textSlice(inner: ExpressionNode, start: number, end?: number): Transform {
  const numbers = [start + 1, ...(end === undefined ? [] : [end - start])].map(String);
  return new Transform('slice', inner, text, (sql, dialect) => dialect.call('substr', [sql, ...numbers]));
}

/**
 * The transforms at the end of a path, applied to its column.
 *
 * @throws FieldError for a name that is no transform, nor anything else there
 */
export function applyRest(column: ExpressionNode, path: ResolvedPath): ExpressionNode {
  const [first] = path.rest;
  if (first !== undefined && findTransform(column, first) === undefined) {
    const parts = column.output === undefined ? [] : transformNames(column.output.family);
    throw unknownRest(path, closeMatches(first, parts));
  }
  return applyTransforms(column, path.rest);
}

/** Applies transforms in order. */
export function applyTransforms(expression: ExpressionNode, names: readonly string[]): ExpressionNode {
  let current = expression;
  for (const name of names) {
    const next = findTransform(current, name);
    if (next === undefined) throw unsupportedLookup(current.output, [name], []);
    current = next;
  }
  return current;
}
