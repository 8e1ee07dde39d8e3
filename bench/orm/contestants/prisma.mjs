import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import ts from 'typescript';
import {
  itemsToInsert,
  plainAuthor,
  plainBook,
  plainParents,
  plainPublisher,
  poolSize,
} from '../contestant.ts';
import { rows as sizes } from '../dataset.ts';

const schema = `
generator client {
  provider            = "prisma-client"
  output              = "./client"
  moduleFormat        = "esm"
  importFileExtension = "js"
}
datasource db {
  provider = "postgresql"
}
model Publisher {
  id      BigInt @id @default(autoincrement())
  name    String
  country String
  books   Book[]
  @@map("bench_publisher")
}
model Author {
  id        BigInt   @id @default(autoincrement())
  name      String
  email     String
  biography String
  age       Int
  rating    Float?
  active    Boolean
  balance   Decimal  @db.Decimal(10, 2)
  born      DateTime @db.Date
  createdAt DateTime @map("created_at") @db.Timestamptz
  books     Book[]
  @@map("bench_author")
}
model Book {
  id          BigInt    @id @default(autoincrement())
  title       String
  pages       Int
  price       Decimal   @db.Decimal(10, 2)
  published   DateTime  @db.Date
  authorId    BigInt    @map("author_id")
  publisherId BigInt    @map("publisher_id")
  author      Author    @relation(fields: [authorId], references: [id])
  publisher   Publisher @relation(fields: [publisherId], references: [id])
  @@map("bench_book")
}
model Event {
  id         BigInt   @id @default(autoincrement())
  kind       String
  amount     Int
  note       String
  happenedAt DateTime @map("happened_at") @db.Timestamptz
  @@map("bench_event")
}
model Item {
  id        BigInt   @id @default(autoincrement())
  name      String
  quantity  Int
  price     Decimal  @db.Decimal(10, 2)
  active    Boolean
  createdAt DateTime @map("created_at") @db.Timestamptz
  @@map("bench_item")
}
model Stock {
  id       BigInt @id
  quantity Int
  label    String
  @@map("bench_stock")
}
`;

/**
 * Makes the client that `prisma generate` writes, and compiles it. The generator of Prisma 7 needs no engine, but the
 * command looks for the one that migrates tables, and would download it: it is told that there is one.
 */
async function generated() {
  const folder = fileURLToPath(new URL('../../../../prisma', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'schema.prisma'), schema);
  const command = path.join(folder, '../node_modules/prisma/build/index.js');
  execFileSync(
    process.execPath,
    [command, 'generate', '--schema', path.join(folder, 'schema.prisma'), '--no-hints'],
    {
      cwd: folder,
      stdio: 'pipe',
      env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
    },
  );
  for (const entry of readdirSync(path.join(folder, 'client'), { recursive: true })) {
    if (!entry.endsWith('.ts')) continue;
    const file = path.join(folder, 'client', entry);
    const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    });
    writeFileSync(file.replace(/\.ts$/, '.js'), outputText);
  }
  return import(pathToFileURL(path.join(folder, 'client/client.js')).href);
}

/** Prisma 7: a query compiler in WebAssembly, and `pg` by its driver adapter. */
export async function open(url) {
  const { PrismaClient } = await generated();
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: poolSize }) });
  const getByKey = {
    run: (index) => prisma.author.findUniqueOrThrow({ where: { id: 1 + (index % sizes.authors) } }),
    plain: plainAuthor,
  };
  return {
    tasks: {
      getByKey,
      getByKey500: getByKey,
      thousandRows: {
        run: () => prisma.author.findMany({ orderBy: { id: 'asc' } }),
        plain: (rows) => rows.map(plainAuthor),
      },
      parentsWithChildren: {
        run: () =>
          prisma.author.findMany({
            where: { id: { lte: sizes.parents } },
            orderBy: { id: 'asc' },
            include: { books: true },
          }),
        plain: (rows) => plainParents(rows, (author) => author.books),
      },
      bulkInsert: {
        run: async () => {
          const created = await prisma.item.createManyAndReturn({
            data: itemsToInsert(),
            select: { id: true },
          });
          return created.length;
        },
        plain: (count) => count,
      },
      // Different values for many rows: one update each, in one transaction.
      updateThousand: {
        run: async (index) => {
          const updates = Array.from({ length: sizes.stock }, (_each, at) =>
            prisma.stock.update({
              where: { id: at + 1 },
              data: { quantity: at + index },
              select: { id: true },
            }),
          );
          return (await prisma.$transaction(updates)).length;
        },
        plain: (count) => count,
      },
      pageWithRelations: {
        run: (index) =>
          prisma.book.findMany({
            where: { id: { gt: index % 500 } },
            orderBy: { id: 'asc' },
            take: 50,
            include: { author: true, publisher: true },
          }),
        plain: (rows) =>
          rows.map((book) => [plainBook(book), plainAuthor(book.author), plainPublisher(book.publisher)]),
      },
      // Without cursors of the server, it recommends pages that begin behind the last key.
      streamRows: {
        run: async () => {
          let count = 0;
          let sum = 0;
          let after;
          for (;;) {
            const events = await prisma.event.findMany({
              orderBy: { id: 'asc' },
              take: 2000,
              ...(after === undefined ? {} : { where: { id: { gt: after } } }),
            });
            for (const { amount } of events) {
              count += 1;
              sum += amount;
            }
            if (events.length < 2000) return [count, sum];
            after = events.at(-1).id;
          }
        },
        plain: (result) => result,
      },
    },
    close: () => prisma.$disconnect(),
  };
}
