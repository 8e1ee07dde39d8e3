/** What is measured. Each contestant does the same with its own means; the answers are compared before any timing. */
export interface Task {
  readonly name: TaskName;
  readonly title: string;
  /** Operations in one round. */
  readonly operations: number;
  /** Operations in flight at once. */
  readonly concurrency: number;
  /** Statement that puts the tables back before a round, when the task writes. */
  readonly reset?: string;
  /** Query for what a task wrote; all must have written the same. */
  readonly written?: string;
  /** True when latencies of single operations are worth printing. */
  readonly latency?: boolean;
  /** True when peak memory is worth printing. */
  readonly memory?: boolean;
}
export type TaskName =
  | 'getByKey'
  | 'getByKey500'
  | 'thousandRows'
  | 'parentsWithChildren'
  | 'bulkInsert'
  | 'updateThousand'
  | 'pageWithRelations'
  | 'streamRows';

export const tasks: readonly Task[] = [
  { name: 'getByKey', title: 'get by key, 50 in flight', operations: 20_000, concurrency: 50, latency: true },
  {
    name: 'getByKey500',
    title: 'get by key, 500 in flight',
    operations: 20_000,
    concurrency: 500,
    latency: true,
  },
  { name: 'thousandRows', title: '1,000 rows x 10', operations: 150, concurrency: 4 },
  { name: 'parentsWithChildren', title: '100 parents + 1,000 children', operations: 150, concurrency: 4 },
  {
    name: 'bulkInsert',
    title: 'insert 10,000',
    operations: 10,
    concurrency: 1,
    reset: 'TRUNCATE bench_item RESTART IDENTITY',
    written: "SELECT md5(string_agg(item::text, ',' ORDER BY id)) FROM bench_item AS item",
  },
  {
    name: 'updateThousand',
    title: 'update 1,000',
    operations: 200,
    concurrency: 1,
    reset: 'UPDATE bench_stock SET quantity = 0; VACUUM bench_stock',
    written: "SELECT md5(string_agg(stock::text, ',' ORDER BY id)) FROM bench_stock AS stock",
  },
  { name: 'pageWithRelations', title: 'page of 50, two relations', operations: 1000, concurrency: 10 },
  { name: 'streamRows', title: 'stream 100,000 rows', operations: 1, concurrency: 1, memory: true },
];
