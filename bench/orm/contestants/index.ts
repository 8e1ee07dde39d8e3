/** Who takes part: one module and one line here each, with the packages it needs besides `pg`. */
export const contestants: readonly ContestantEntry[] = [
  { name: 'pg', module: 'pg.js' },
  { name: 'pg unnamed', module: 'pg-unnamed.js' },
  { name: 'migrate-async', module: 'native.js' },
  { name: 'postgres.js', module: 'postgres-js.mjs', packages: { postgres: '~3.4.9' } },
  { name: 'drizzle', module: 'drizzle.mjs', packages: { 'drizzle-orm': '~0.45.4' } },
  { name: 'drizzle prepared', module: 'drizzle-prepared.mjs', packages: { 'drizzle-orm': '~0.45.4' } },
  // 0.29 needs Node 22.
  {
    name: 'kysely',
    module: 'kysely.mjs',
    packages: { 'kysely-0.28': 'npm:kysely@~0.28.18', 'pg-cursor': '^2.22.0' },
  },
  {
    name: 'prisma',
    module: 'prisma.mjs',
    packages: { prisma: '7.9.1', '@prisma/client': '7.9.1', '@prisma/adapter-pg': '7.9.1' },
  },
  { name: 'typeorm', module: 'typeorm.mjs', packages: { typeorm: '~1.1.1', 'pg-query-stream': '^4.17.0' } },
  // 7 needs Node 22.
  {
    name: 'mikro-orm',
    module: 'mikro-orm.mjs',
    packages: { '@mikro-orm/core': '6.6.16', '@mikro-orm/postgresql': '6.6.16' },
  },
  {
    name: 'objection',
    module: 'objection.mjs',
    packages: { objection: '^3.1.5', knex: '^3.3.0', 'pg-query-stream': '^4.17.0' },
  },
];

interface ContestantEntry {
  readonly name: string;
  /** Of this folder, as it is when it was compiled. */
  readonly module: string;
  /** npm specifications of what is compared, by name; installed beside the bench when it is run. */
  readonly packages?: Readonly<Record<string, string>>;
}
