import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createGenerator } from 'ts-json-schema-generator';
import { codeList } from '../transforms/code-list.ts';
import { withReferenceTables } from './reference.ts';

/** The contracts, by the name of their schema file. */
export const contracts = {
  analysis: { path: 'analyzer/analysis.ts', type: 'Analysis' },
  plan: { path: 'analyzer/plan.ts', type: 'MigrationPlan' },
  configuration: { path: 'analyzer/configuration.ts', type: 'Configuration' },
  'file-result': { path: 'transforms/result.ts', type: 'FileResult' },
  'run-report': { path: 'report/run-report.ts', type: 'RunReport' },
} as const;

const root = fileURLToPath(new URL('..', import.meta.url));

/** The JSON Schema (draft 2020-12) of a contract, as text, derived from its TypeScript type. */
export function contractSchema(name: keyof typeof contracts): string {
  const { path, type } = contracts[name];
  const generator = createGenerator({
    path: `${root}${path}`,
    tsconfig: `${root}tsconfig.json`,
    type,
    skipTypeCheck: true,
    topRef: true,
  });
  const schema = modern(generator.createSchema(type));
  return `${JSON.stringify({ ...schema, $schema: dialect, $id: `migrate-async/${name}.schema.json` }, undefined, 2)}\n`;
}

const dialect = 'https://json-schema.org/draft/2020-12/schema';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Brings a draft 7 schema to draft 2020-12, which renamed definitions and what describes a tuple. */
function modern(schema: object): Readonly<Record<string, unknown>> {
  return modernised(JSON.parse(JSON.stringify(schema))) as Readonly<Record<string, unknown>>;
}

function modernised(value: Json): Json {
  if (typeof value === 'string') return value.replace(/^#\/definitions\//, '#/$defs/');
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map(modernised);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]): [string, Json][] => {
      if (key === 'definitions') return [['$defs', modernised(part)]];
      if (key !== 'items' || !isList(part)) return [[key, modernised(part)]];
      return [
        ['prefixItems', modernised(part)],
        ['items', false],
      ];
    }),
  );
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** Writes docs/schema. */
export function writeSchemas(): void {
  mkdirSync(`${root}docs/schema`, { recursive: true });
  for (const name of Object.keys(contracts) as (keyof typeof contracts)[]) {
    writeFileSync(`${root}docs/schema/${name}.schema.json`, contractSchema(name));
  }
}

/** Writes the list of codes; the page of each is written by hand. */
export function writeCodeList(): void {
  writeFileSync(`${root}docs/codes/README.md`, codeList());
}

/** Writes the tables of docs/orm that list what the code has. */
export function writeReferenceTables(): void {
  for (const file of readdirSync(`${root}docs/orm`).filter((name) => name.endsWith('.md'))) {
    const page = readFileSync(`${root}docs/orm/${file}`, 'utf8');
    writeFileSync(`${root}docs/orm/${file}`, withReferenceTables(page));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeSchemas();
  writeCodeList();
  writeReferenceTables();
}
