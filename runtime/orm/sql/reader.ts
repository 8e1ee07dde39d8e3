import type { RawResult, RawRow } from '../../bridge/messages.ts';
import { decoderOf } from '../fields/server-types.ts';
import { type Loaded, loadedFrom, relate } from '../models/state.ts';
import { optimises } from '../optimisations.ts';
import { charactersOf, textFromBytes } from '../protocol/decode.ts';
import { type NamedRowClass, namedRowClass } from './named-row.ts';
import { type ColumnShape, hasUntyped, type InstanceShape, type RowShape } from './shape.ts';

/** Turns the rows of an answer into what the caller asked for. `alias` names the database they came from. */
export type RowReader = (result: RawResult, alias: string) => unknown[];

/**
 * Makes the reader of one statement: straight-line code that knows every column's position and conversion, because
 * per-row closures and lookups cost more than the conversions themselves. Rows that are still bytes are read from
 * the bytes, others from the text of their columns; each reader is compiled when its first answer comes.
 */
export function rowReader(shape: RowShape): RowReader {
  return hasUntyped(shape) ? lateReader(shape) : readerOf(shape);
}

/** A reader that is made once the server has said what the columns are. */
function lateReader(shape: RowShape): RowReader {
  const readers = new Map<string, RowReader>();
  return (result, alias) => {
    const key = result.types?.join() ?? '';
    let reader = readers.get(key);
    if (reader === undefined) {
      reader = readerOf(typed(shape, result.types));
      readers.set(key, reader);
    }
    return reader(result, alias);
  };
}
function typed(shape: RowShape, types: readonly number[] | undefined): RowShape {
  const known = (columns: readonly ColumnShape[]) =>
    columns.map((column) => ({ ...column, decoder: column.decoder ?? decoderOf(types?.[column.at]) }));
  return shape.form === 'instances'
    ? {
        ...shape,
        instance: { ...shape.instance, columns: known(shape.instance.columns) },
        annotations: known(shape.annotations),
      }
    : { ...shape, columns: known(shape.columns) };
}

function readerOf(shape: RowShape): RowReader {
  let fromBytes: RowReader | undefined;
  let fromText: RowReader | undefined;
  return (result, alias) => {
    if (result.wire !== undefined) {
      fromBytes ??= compiled(shape, byteSource);
      return fromBytes(result, alias);
    }
    fromText ??= compiled(shape, textSource);
    return fromText(result, alias);
  };
}

function compiled(
  shape: RowShape,
  source: (shape: RowShape, surroundings: Surroundings) => string,
): RowReader {
  if (!optimises('compiled-readers')) return interpretedReader(shape);
  const surroundings: Surroundings = { values: [] };
  const text = source(shape, surroundings);
  const names = surroundings.values.map((_value, index) => `x${index}`);
  try {
    const make = new Function('loadedFrom', 'relate', 'characters', 'text', ...names, text);
    return make(loadedFrom, relate, charactersOf, textFromBytes, ...surroundings.values) as RowReader;
  } catch (error) {
    // Where code may not be made from text (a content security policy, --disallow-code-generation-from-strings).
    if (error instanceof EvalError) return interpretedReader(shape);
    throw error;
  }
}

/** Everything the text of a compiled reader refers to by position. */
interface Surroundings {
  readonly values: unknown[];
}

function refer(surroundings: Surroundings, value: unknown): string {
  return `x${surroundings.values.push(value) - 1}`;
}

/** How one kind of row is taken apart: source of a column's value, and of the question whether it is null. */
interface Access {
  value(column: ColumnShape): string;
  isNull(at: number): string;
}

/** Reads rows that are arrays of text. */
function textSource(shape: RowShape, surroundings: Surroundings): string {
  const access: Access = {
    isNull: (at) => `r[${at}] === null`,
    value: ({ at, decoder }) => {
      if (decoder === undefined || decoder.source === 'v') return `r[${at}]`;
      const conversion = decoder.source ?? `${refer(surroundings, decoder.decode)}(v)`;
      return `((v = r[${at}]) === null ? null : ${conversion})`;
    },
  };
  return `return function read(result, alias) {
    const rows = result.rows, unloaded = loadedFrom(alias), n = rows.length, out = new Array(n);
    for (let i = 0; i < n; i++) { const r = rows[i]; let v; ${rowSource(shape, access, surroundings)} }
    return out;
  }`;
}

/**
 * Reads rows that are DataRow messages: type, length and number of columns in seven bytes, then for each column the
 * length in four bytes, -1 for null, and its text (PostgreSQL manual, 54.7).
 */
function byteSource(shape: RowShape, surroundings: Surroundings): string {
  const last = Math.max(-1, ...positions(shape));
  const cut: string[] = [];
  for (let at = 0; at <= last; at += 1) {
    cut.push(
      `const l${at} = b[p] << 24 | b[p + 1] << 16 | b[p + 2] << 8 | b[p + 3], s${at} = p + 4;
       p = l${at} < 0 ? s${at} : s${at} + l${at};`,
    );
  }
  const access: Access = {
    isNull: (at) => `l${at} < 0`,
    value: ({ at, decoder }) => {
      const text = `text(b, s${at}, s${at} + l${at}, c, from)`;
      const conversion =
        decoder === undefined || decoder.source === 'v'
          ? text
          : decoder.bytes !== undefined
            ? `${refer(surroundings, decoder.bytes)}(b, s${at}, s${at} + l${at})`
            : decoder.source !== undefined
              ? `(v = ${text}, ${decoder.source})`
              : `${refer(surroundings, decoder.decode)}(${text})`;
      return `(l${at} < 0 ? null : ${conversion})`;
    },
  };
  return `return function read(result, alias) {
    const ranges = result.wire.ranges, unloaded = loadedFrom(alias), out = new Array(result.wire.count);
    let i = 0;
    for (let k = 0; k < ranges.length; k++) {
      const b = ranges[k].bytes, from = ranges[k].start, end = ranges[k].end, c = characters(b, from, end);
      let start = from;
      while (start < end) {
        let p = start + 7, v;
        start += 1 + (b[start + 1] << 24 | b[start + 2] << 16 | b[start + 3] << 8 | b[start + 4]);
        ${cut.join('')} ${rowSource(shape, access, surroundings)}
        i++;
      }
    }
    return out;
  }`;
}

function positions(shape: RowShape): number[] {
  if (shape.form !== 'instances') return shape.columns.flatMap(columnPositions);
  return [...shape.annotations.flatMap(columnPositions), ...instancePositions(shape.instance)];
}
function columnPositions({ at, parts }: ColumnShape): number[] {
  return parts === undefined ? [at] : parts.flatMap(columnPositions);
}
function instancePositions(shape: InstanceShape): number[] {
  const own = shape.columns.map((column) => column.at);
  return [...own, shape.keyAt, ...shape.relations.flatMap(({ instance }) => instancePositions(instance))];
}

function rowSource(shape: RowShape, access: Access, surroundings: Surroundings): string {
  if (shape.form === 'instances') {
    const annotations = shape.annotations.map((column) => assign('o', column, access));
    return `${instanceSource('o', shape.instance, access, surroundings)} ${annotations.join('')} out[i] = o;`;
  }
  const converted = shape.columns.map((column) => ({ column, source: valueSource(column, access) }));
  if (shape.form === 'scalars') return `out[i] = ${converted[0]?.source ?? 'undefined'};`;
  const listed = converted.map(({ source }) => source).join(', ');
  if (shape.form === 'tuples') return `out[i] = [${listed}];`;
  if (shape.form === 'named')
    return `out[i] = ${refer(surroundings, rowClass(shape.columns))}.of(${listed});`;
  const entries = converted.map(({ column, source }) => `${JSON.stringify(column.name)}: ${source}`);
  return `out[i] = {${entries.join(', ')}};`;
}

function instanceSource(
  variable: string,
  shape: InstanceShape,
  access: Access,
  surroundings: Surroundings,
): string {
  const modelClass = refer(surroundings, shape.partial ? partialClass(shape) : shape.model.modelClass);
  const columns = shape.columns.map((column) => assign(variable, column, access));
  const relations = shape.relations.map((relation, index) => {
    const child = `${variable}${index}`;
    const name = JSON.stringify(relation.name);
    const back =
      relation.backwards === undefined
        ? ''
        : `relate(${child}, ${JSON.stringify(relation.backwards)}, ${variable});`;
    const known = (value: string) =>
      relation.attribute ? `${variable}[${name}] = ${value};` : `relate(${variable}, ${name}, ${value});`;
    return `if (${access.isNull(relation.instance.keyAt)}) { ${known('null')} }
      else { ${instanceSource(child, relation.instance, access, surroundings)} ${known(child)} ${back} }`;
  });
  return `const ${variable} = new ${modelClass}(unloaded); ${columns.join('')} ${relations.join('')}`;
}

function assign(variable: string, column: ColumnShape, access: Access): string {
  return `${variable}[${JSON.stringify(column.name)}] = ${valueSource(column, access)}; `;
}
function valueSource(column: ColumnShape, access: Access): string {
  if (column.parts === undefined) return access.value(column);
  return `[${column.parts.map((part) => valueSource(part, access)).join(', ')}]`;
}

function rowClass(columns: readonly ColumnShape[]): NamedRowClass {
  return namedRowClass(columns.map(({ name }) => name));
}
function partialClass(shape: InstanceShape) {
  return shape.model.partialClass(shape.columns.map((column) => column.name));
}

/** The same, without code made from text. */
export function interpretedReader(shape: RowShape): RowReader {
  const Named = shape.form === 'named' ? rowClass(shape.columns) : undefined;
  return ({ rows }, alias) => {
    const unloaded = loadedFrom(alias);
    return rows.map((row) => {
      if (shape.form === 'instances') {
        const instance = readInstance(shape.instance, row, unloaded);
        for (const column of shape.annotations) instance[column.name] = decode(column, row);
        return instance;
      }
      const values = shape.columns.map((column) => decode(column, row));
      if (shape.form === 'scalars') return values[0];
      if (Named !== undefined) return Named.of(...values);
      if (shape.form === 'tuples') return values;
      return Object.fromEntries(shape.columns.map((column, index) => [column.name, values[index]]));
    });
  };
}

function readInstance(shape: InstanceShape, row: RawRow, unloaded: Loaded): Record<string, unknown> {
  const modelClass = shape.partial ? partialClass(shape) : shape.model.modelClass;
  const instance = new modelClass(unloaded) as Record<string, unknown>;
  for (const column of shape.columns) instance[column.name] = decode(column, row);
  for (const relation of shape.relations) {
    const present = row[relation.instance.keyAt] !== null;
    const related = present ? readInstance(relation.instance, row, unloaded) : null;
    if (relation.attribute) instance[relation.name] = related;
    else relate(instance, relation.name, related);
    if (related !== null && relation.backwards !== undefined) relate(related, relation.backwards, instance);
  }
  return instance;
}

function decode({ at, decoder, parts }: ColumnShape, row: RawRow): unknown {
  if (parts !== undefined) return parts.map((part) => decode(part, row));
  const text = row[at] ?? null;
  return text === null || decoder === undefined ? text : decoder.decode(text);
}
