import type { RawRow } from '../../bridge/messages.ts';
import { decoderOf } from '../fields/server-types.ts';
import { type Loaded, loadedFrom, relate } from '../models/state.ts';
import type { ColumnShape, InstanceShape, RowShape } from './shape.ts';

/**
 * Turns raw rows into what the caller asked for. `alias` names the database they came from, `types` tells the columns'
 * types, which only columns of SQL that the application wrote need.
 */
export type RowReader = (rows: readonly RawRow[], alias: string, types?: readonly number[]) => unknown[];

/** Everything the text of a compiled reader refers to by position. */
interface Surroundings {
  readonly values: unknown[];
}

/**
 * Compiles a reader for one statement: straight-line code that knows every column's position and conversion, because
 * per-row closures and lookups cost more than the conversions themselves.
 */
export function rowReader(shape: RowShape): RowReader {
  return columnsOf(shape).every(({ decoder }) => decoder !== undefined) ? readerOf(shape) : lateReader(shape);
}

/** Columns beside those of instances, whose types are declared. */
function columnsOf(shape: RowShape): readonly ColumnShape[] {
  return shape.form === 'instances' ? shape.annotations : shape.columns;
}

/** A reader that is made once the server has said what the columns are. */
function lateReader(shape: RowShape): RowReader {
  const readers = new Map<string, RowReader>();
  return (rows, alias, types) => {
    const key = types?.join() ?? '';
    let reader = readers.get(key);
    if (reader === undefined) {
      reader = readerOf(typed(shape, types));
      readers.set(key, reader);
    }
    return reader(rows, alias);
  };
}
function typed(shape: RowShape, types: readonly number[] | undefined): RowShape {
  const known = (columns: readonly ColumnShape[]) =>
    columns.map((column) => ({ ...column, decoder: column.decoder ?? decoderOf(types?.[column.at]) }));
  return shape.form === 'instances'
    ? { ...shape, annotations: known(shape.annotations) }
    : { ...shape, columns: known(shape.columns) };
}

function readerOf(shape: RowShape): RowReader {
  try {
    return compiledReader(shape);
  } catch (error) {
    // Where code may not be made from text (a content security policy, --disallow-code-generation-from-strings).
    if (error instanceof EvalError) return interpretedReader(shape);
    throw error;
  }
}

function compiledReader(shape: RowShape): RowReader {
  const surroundings: Surroundings = { values: [] };
  const body = rowSource(shape, surroundings);
  const names = surroundings.values.map((_value, index) => `x${index}`);
  const source = `return function read(rows, alias) {
    const unloaded = loadedFrom(alias), n = rows.length, out = new Array(n);
    for (let i = 0; i < n; i++) { const r = rows[i]; let v; ${body} }
    return out;
  }`;
  const make = new Function('loadedFrom', 'relate', ...names, source);
  return make(loadedFrom, relate, ...surroundings.values) as RowReader;
}

function refer(surroundings: Surroundings, value: unknown): string {
  return `x${surroundings.values.push(value) - 1}`;
}

function rowSource(shape: RowShape, surroundings: Surroundings): string {
  if (shape.form === 'instances') {
    const annotations = shape.annotations.map((column) => assign('o', column, surroundings));
    return `${instanceSource('o', shape.instance, surroundings)} ${annotations.join('')} out[i] = o;`;
  }
  const converted = shape.columns.map((column) => ({ column, source: convert(column, surroundings) }));
  if (shape.form === 'scalars') return `out[i] = ${converted[0]?.source ?? 'undefined'};`;
  if (shape.form === 'tuples') return `out[i] = [${converted.map(({ source }) => source).join(', ')}];`;
  const entries = converted.map(({ column, source }) => `${JSON.stringify(column.name)}: ${source}`);
  return `out[i] = {${entries.join(', ')}};`;
}

function instanceSource(variable: string, shape: InstanceShape, surroundings: Surroundings): string {
  const modelClass = refer(surroundings, shape.partial ? partialClass(shape) : shape.model.modelClass);
  const columns = shape.columns.map((column) => assign(variable, column, surroundings));
  const relations = shape.relations.map((relation, index) => {
    const child = `${variable}${index}`;
    const name = JSON.stringify(relation.name);
    const back =
      relation.backwards === undefined
        ? ''
        : `relate(${child}, ${JSON.stringify(relation.backwards)}, ${variable});`;
    const known = (value: string) =>
      relation.attribute ? `${variable}[${name}] = ${value};` : `relate(${variable}, ${name}, ${value});`;
    return `if (r[${relation.instance.keyAt}] === null) { ${known('null')} }
      else { ${instanceSource(child, relation.instance, surroundings)} ${known(child)} ${back} }`;
  });
  return `const ${variable} = new ${modelClass}(unloaded); ${columns.join('')} ${relations.join('')}`;
}

function assign(variable: string, column: ColumnShape, surroundings: Surroundings): string {
  return `${variable}[${JSON.stringify(column.name)}] = ${convert(column, surroundings)}; `;
}

/** Source of the conversion of one column; null stays null. */
function convert({ at, decoder }: ColumnShape, surroundings: Surroundings): string {
  if (decoder === undefined || decoder.source === 'v') return `r[${at}]`;
  const conversion = decoder.source ?? `${refer(surroundings, decoder.decode)}(v)`;
  return `((v = r[${at}]) === null ? null : ${conversion})`;
}

function partialClass(shape: InstanceShape) {
  return shape.model.partialClass(shape.columns.map((column) => column.name));
}

/** The same, without code made from text. */
export function interpretedReader(shape: RowShape): RowReader {
  return (rows, alias) => {
    const unloaded = loadedFrom(alias);
    return rows.map((row) => {
      if (shape.form === 'instances') {
        const instance = readInstance(shape.instance, row, unloaded);
        for (const column of shape.annotations) instance[column.name] = decode(column, row);
        return instance;
      }
      const values = shape.columns.map((column) => decode(column, row));
      if (shape.form === 'scalars') return values[0];
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

function decode({ at, decoder }: ColumnShape, row: RawRow): unknown {
  const text = row[at] ?? null;
  return text === null || decoder === undefined ? text : decoder.decode(text);
}
