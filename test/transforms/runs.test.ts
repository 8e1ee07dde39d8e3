import { describe, expect, it } from 'vitest';
import type { RunReport } from '../../report/index.ts';
import { migrateAsync } from '../support/command.ts';
import { temporaryFolder } from '../support/folder.ts';
import { fixtures } from './support/fixtures.ts';

const runs = fixtures().flatMap(({ report, ...fixture }) =>
  report.run === undefined ? [] : [{ ...fixture, report, run: report.run }],
);

describe('fixtures of whole runs', () => {
  it.each(runs)('$name', async ({ input, expected, report, run }) => {
    const folder = temporaryFolder(Object.fromEntries(input));
    folder.commitAll();
    const written = () => Object.fromEntries([...input.keys()].map((name) => [name, folder.read(name)]));
    const args = run.arguments ?? ['--all'];

    const { code, stdout, stderr } = await migrateAsync(folder.path, [...args, '--json']);
    expect([code, stderr]).toEqual([run.exit, '']);
    expect(written()).toEqual(Object.fromEntries(expected));
    const { analysis, files, hints } = JSON.parse(stdout) as RunReport;
    expect(
      analysis.sites.map(({ file, line, outcome }) => {
        const what = outcome.kind === 'rewrite' ? outcome.form : outcome.code;
        return `${file}:${line} ${what}`;
      }),
    ).toEqual(report.sites);
    expect(analysis.skipped.map(({ path, reason }) => `${path} ${reason}`)).toEqual(run.skipped ?? []);
    expect(
      files.flatMap((file) => (file.status === 'failed' ? [`${file.path} ${file.reason}`] : [])),
    ).toEqual(run.failed ?? []);
    expect(hints.map(({ location, code: hint }) => `${location.file}:${location.line} ${hint}`)).toEqual(
      report.hints ?? [],
    );

    if (run.complaints === undefined) return;
    const check = await migrateAsync(folder.path, ['check']);
    for (const complaint of run.complaints) expect(check.stdout).toContain(complaint);
  });
});
