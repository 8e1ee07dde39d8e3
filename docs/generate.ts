import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createGenerator } from 'ts-json-schema-generator';

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
  const schema = { $id: `migrate-async/${name}.schema.json`, ...generator.createSchema(type) };
  // The generator speaks draft 7, which kept its definitions under another name.
  return `${JSON.stringify(schema, undefined, 2)}\n`
    .replace('http://json-schema.org/draft-07/schema#', 'https://json-schema.org/draft/2020-12/schema')
    .replace('\n  "definitions": {', '\n  "$defs": {')
    .replaceAll('"#/definitions/', '"#/$defs/');
}

/** Writes docs/schema. */
export function writeSchemas(): void {
  mkdirSync(`${root}docs/schema`, { recursive: true });
  for (const name of Object.keys(contracts) as (keyof typeof contracts)[]) {
    writeFileSync(`${root}docs/schema/${name}.schema.json`, contractSchema(name));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeSchemas();
