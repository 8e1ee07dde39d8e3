import type { TaskName } from './tasks.ts';

/** One way to talk to PostgreSQL, as a process of its own loads it. */
export interface Contestant {
  /** Opens a pool of ten connections. */
  open(url: string): Promise<Session>;
}

export interface Session {
  /** The tasks it can do; one it has no means for is left out and shown as such. */
  readonly tasks: Partial<Record<TaskName, TaskRun>>;
  close(): Promise<void>;
}

export interface TaskRun {
  /** The timed part. `index` counts operations, so that not every one asks for the same row. */
  run(index: number): Promise<unknown>;
  /** The result of `run` as plain values, for comparison with the others. Not timed. */
  plain(result: unknown): unknown;
}

export const poolSize = 10;

/** Rows that `bulkInsert` writes. */
export function itemsToInsert(): {
  name: string;
  quantity: number;
  price: string;
  active: boolean;
  createdAt: Date;
}[] {
  return Array.from({ length: 10_000 }, (_each, index) => ({
    name: `item ${index}`,
    quantity: index % 100,
    price: (index * 0.25).toFixed(2),
    active: index % 2 === 0,
    createdAt: new Date(1_700_000_000_000 + index * 1000),
  }));
}

/** A value as every contestant can say it: dates as ISO text, numbers and numerics as numbers. */
export function plainValue(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'object' && value !== null && 'toNumber' in value) return Number(value);
  if (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  return value;
}
/** A calendar day, whether it came as text, as local midnight or as midnight in UTC. */
export function plainDay(value: unknown): unknown {
  if (!(value instanceof Date)) return String(value).slice(0, 10);
  const local = value.getHours() === 0 && value.getMinutes() === 0;
  const shifted = local ? new Date(value.getTime() - value.getTimezoneOffset() * 60_000) : value;
  return shifted.toISOString().slice(0, 10);
}

type Row = Readonly<Record<string, unknown>>;
export function plainAuthor(row: Row): unknown[] {
  const created = row.createdAt ?? row.created_at;
  return [
    ...[row.id, row.name, row.email, row.biography, row.age, row.rating, row.active, row.balance].map(
      plainValue,
    ),
    plainDay(row.born),
    created instanceof Date ? created.toISOString() : new Date(String(created)).toISOString(),
  ];
}
export function plainBook(row: Row): unknown[] {
  const author = row.authorId ?? row.author_id;
  const publisher = row.publisherId ?? row.publisher_id;
  return [
    ...[row.id, row.title, row.pages, row.price].map(plainValue),
    plainDay(row.published),
    plainValue(author),
    plainValue(publisher),
  ];
}
export function plainPublisher(row: Row): unknown[] {
  return [row.id, row.name, row.country].map(plainValue);
}
/** Authors with their books, in the order of their keys. */
export function plainParents(rows: readonly Row[], books: (author: Row) => readonly Row[]): unknown {
  return rows.map((author) => [
    plainAuthor(author),
    books(author)
      .map(plainBook)
      .sort((a, b) => Number((a as unknown[])[0]) - Number((b as unknown[])[0])),
  ]);
}
