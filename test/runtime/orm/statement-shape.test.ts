import { expect, test } from 'vitest';
import { isPlainRead, statementShape } from '../../../runtime/orm/connections/statement-shape.ts';

const shapes: readonly (readonly [sql: string, operation: string, table: string | undefined])[] = [
  ['SELECT "book"."id" FROM "book" WHERE "book"."id" = $1', 'SELECT', 'book'],
  ['SELECT EXTRACT(YEAR FROM "book"."published") AS "y" FROM "book"', 'SELECT', 'book'],
  ['SELECT (SELECT max(id) FROM "review") FROM "book" INNER JOIN "publisher" ON (1=1)', 'SELECT', 'book'],
  ["SELECT 'not FROM x' FROM book", 'SELECT', 'book'],
  ['SELECT "a" FROM "shop"."order" FOR UPDATE', 'SELECT', 'shop.order'],
  ['SELECT COUNT(*) FROM (SELECT 1 FROM "book") subquery', 'SELECT', undefined],
  ['SELECT pg_sleep(1)', 'SELECT', undefined],
  ['INSERT INTO "book" ("title") VALUES ($1) RETURNING "id"', 'INSERT', 'book'],
  ['UPDATE "book" SET "from" = $1', 'UPDATE', 'book'],
  ['DELETE FROM `book` WHERE id IN (1)', 'DELETE', 'book'],
  ['DECLARE "c" NO SCROLL CURSOR WITH HOLD FOR SELECT 1 FROM "book"', 'DECLARE', 'book'],
  ['FETCH 2 FROM "c"', 'FETCH', undefined],
  ['COMMIT', 'COMMIT', undefined],
  ['ROLLBACK TO SAVEPOINT s1', 'ROLLBACK', undefined],
  ['  select 1', 'SELECT', undefined],
  ['', '', undefined],
];
test.each(shapes)('%s', (sql, operation, collection) => {
  expect(statementShape(sql)).toMatchObject({ operation, collection });
});

const reads: readonly (readonly [sql: string, plain: boolean])[] = [
  ['SELECT 1', true],
  ['SELECT * FROM book FOR UPDATE', false],
  ['EXPLAIN ANALYZE SELECT * FROM book', true],
  ['EXPLAIN ANALYZE DELETE FROM book', false],
  ['explain (analyze) update book set pages = 1', false],
  ['EXPLAIN ANALYZE CREATE TABLE copy AS SELECT 1', false],
  ['WITH gone AS (DELETE FROM book RETURNING id) SELECT * FROM gone', false],
];
test.each(reads)('leaves nothing behind: %s: %s', (sql, plain) => {
  expect(isPlainRead(sql)).toBe(plain);
});
