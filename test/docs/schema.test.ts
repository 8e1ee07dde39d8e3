import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { contractSchema, contracts } from '../../docs/generate.ts';
import { smallApplication } from '../e2e/small-application.ts';
import { migrateAsync } from '../support/command.ts';
import { temporaryFolder } from '../support/folder.ts';

const names = Object.keys(contracts) as (keyof typeof contracts)[];

function published(name: keyof typeof contracts): string {
  return readFileSync(new URL(`../../docs/schema/${name}.schema.json`, import.meta.url), 'utf8');
}

describe('the published schemas', () => {
  test.each(names)(
    '%s is derived from its type: run `npm run docs` after changing it',
    (name) => {
      expect(published(name)).toBe(contractSchema(name));
    },
    60_000,
  );

  test('accept what the command line prints, and nothing else', async () => {
    const folder = temporaryFolder(smallApplication);
    const { stdout } = await migrateAsync(folder.path, ['--dry-run', '--json']);
    const report = JSON.parse(stdout);
    const accepts = (name: keyof typeof contracts, value: unknown) =>
      new Ajv2020.default({ strict: false, allErrors: true }).validate(JSON.parse(published(name)), value);
    expect(accepts('run-report', report)).toBe(true);
    expect(accepts('analysis', report.analysis)).toBe(true);
    expect(accepts('plan', report.plan)).toBe(true);
    expect(accepts('run-report', { ...report, mode: 'perhaps' })).toBe(false);
    expect(accepts('analysis', { ...report.analysis, endpoints: [{}] })).toBe(false);
  });
});
