import { conditionAt, filterCount, modelCount, neighbours } from './program.ts';

// The same program for peers, each in the way its documentation shows.

const models = Array.from({ length: modelCount }, (_none, of) => of);
const filters = Array.from({ length: filterCount }, (_none, number) => number);
const drizzleOperators: Readonly<Record<string, string>> = {
  startsWith: 'like',
  contains: 'like',
  gte: 'gte',
  gt: 'gt',
  lt: 'lt',
  lte: 'lte',
  exact: 'eq',
};
const kyselyOperators: Readonly<Record<string, string>> = {
  startsWith: 'like',
  contains: 'like',
  gte: '>=',
  gt: '>',
  lt: '<',
  lte: '<=',
  exact: '=',
};

export function drizzleProgram(): string {
  const tables = models.map((of) => {
    const { first, second } = neighbours(of);
    return `export const m${of} = pgTable('m${of}', {
  id: bigserial({ mode: 'number' }).primaryKey(), title: varchar({ length: 100 }).notNull(), note: text(),
  pages: integer().notNull(), sold: bigint({ mode: 'bigint' }).notNull(), price: numeric({ precision: 8, scale: 2 }).notNull(),
  isOpen: boolean().notNull().default(true), made: timestamp({ withTimezone: true }).notNull(), rating: doublePrecision(),
  day: date().notNull(),
  firstId: bigint({ mode: 'number' }).notNull().references((): AnyPgColumn => m${first}.id),
  secondId: bigint({ mode: 'number' }).references((): AnyPgColumn => m${second}.id),
});
export const m${of}Relations = relations(m${of}, ({ one, many }) => ({
  first: one(m${first}, { fields: [m${of}.firstId], references: [m${first}.id], relationName: 'first${of}' }),
  second: one(m${second}, { fields: [m${of}.secondId], references: [m${second}.id], relationName: 'second${of}' }),
  others: many(m${neighbours(of).others}, { relationName: 'first${neighbours(of).others}' }),
}));`;
  });
  const queries = filters.map((number) => {
    const of = number % modelCount;
    const near = neighbours(of).first;
    const between = neighbours(of).second;
    const far = neighbours(between).first;
    const where = [
      [of, conditionAt(number)],
      [near, conditionAt(number + 2)],
      [far, conditionAt(number + 4)],
    ] as const;
    const tests = where.map(
      ([table, { column, lookup, value }]) => `${drizzleOperators[lookup]}(m${table}.${column}, ${value})`,
    );
    return (
      `db.select().from(m${of}).innerJoin(m${near}, eq(m${near}.id, m${of}.firstId))` +
      `.leftJoin(m${between}, eq(m${between}.id, m${of}.secondId)).leftJoin(m${far}, eq(m${far}.id, m${between}.firstId))` +
      `.where(and(${tests.join(', ')}));`
    );
  });
  return `import { and, eq, gt, gte, like, lt, lte, relations } from 'drizzle-orm';
import { type AnyPgColumn, bigint, bigserial, boolean, date, doublePrecision, integer, numeric, pgTable, text, timestamp, varchar } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/node-postgres';
${tables.join('\n')}
const db = drizzle('');
${queries.join('\n')}
// @ts-expect-error there is no such column
db.select().from(m0).where(eq(m0.titel, 'a'));
// @ts-expect-error the column is no text
db.select().from(m0).where(eq(m0.pages, 'a'));
`;
}

export function kyselyProgram(): string {
  const tables = models.map(
    (of) => `interface M${of} {
  id: Generated<number>; title: string; note: string | null; pages: number; sold: bigint; price: string;
  isOpen: Generated<boolean>; made: Date; rating: number | null; day: string; firstId: number; secondId: number | null;
}`,
  );
  const queries = filters.map((number) => {
    const of = number % modelCount;
    const near = neighbours(of).first;
    const between = neighbours(of).second;
    const far = neighbours(between).first;
    const where = [
      [of, conditionAt(number)],
      [near, conditionAt(number + 2)],
      [far, conditionAt(number + 4)],
    ] as const;
    const tests = where.map(
      ([table, { column, lookup, value }]) =>
        `.where('m${table}.${column}', '${kyselyOperators[lookup]}', ${value})`,
    );
    return (
      `db.selectFrom('m${of}').innerJoin('m${near}', 'm${near}.id', 'm${of}.firstId')` +
      `.leftJoin('m${between}', 'm${between}.id', 'm${of}.secondId').leftJoin('m${far}', 'm${far}.id', 'm${between}.firstId')` +
      `${tests.join('')}.selectAll('m${of}');`
    );
  });
  return `import type { Generated, Kysely } from 'kysely';
${tables.join('\n')}
interface Database { ${models.map((of) => `m${of}: M${of}`).join('; ')} }
declare const db: Kysely<Database>;
${queries.join('\n')}
// @ts-expect-error there is no such column
db.selectFrom('m0').where('m0.titel', '=', 'a');
// @ts-expect-error the column is no text
db.selectFrom('m0').where('m0.pages', '=', new Date());
`;
}
