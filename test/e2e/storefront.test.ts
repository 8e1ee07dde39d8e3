import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunReport } from '../../report/run-report.ts';
import { migrateAsync } from '../support/command.ts';
import { type RewrittenApplication, rewrittenApplication } from '../support/rewritten-application.ts';
import type { ApplicationRun } from './application-run.ts';

let application: RewrittenApplication;
let report: RunReport;
let before: ApplicationRun;
let after: ApplicationRun;

beforeAll(async () => {
  application = await rewrittenApplication('storefront');
  ({ report, before, after } = application);
}, 240_000);

afterAll(() => application?.remove());

function endpoint(name: string) {
  const found = report.analysis.endpoints.find(({ handler }) => handler?.name === name);
  if (found === undefined) throw new Error(`The analysis has no handler ${name}.`);
  return found;
}

describe('the ranking of the storefront', () => {
  test('finds every handler that the test requests exercise', () => {
    const exercised = new Set(before.exchanges.flatMap(({ request }) => request.handler ?? []));
    const found = new Set(report.analysis.endpoints.map(({ handler }) => handler?.name));
    expect([...exercised].filter((name) => !found.has(name))).toEqual([]);
    expect(report.analysis.endpoints.length).toBeGreaterThanOrEqual(30);
  });

  test.each([
    ['checkout', 'migrate', 'three partner calls, and every bridge can go'],
    ['productCopyStream', 'migrate', 'it holds its lane for as long as the model writes'],
    ['operationsDashboard', 'migrate', 'it waits on four services'],
    ['billingPanel', 'depends', 'one partner call, a cache behind a bridge'],
    ['accountDetail', 'stay', 'two queries and no external call'],
    ['listAccounts', 'stay', 'a list for administrators'],
    ['orderReceipt', 'stay', 'a rendered page'],
  ])('%s: %s, because %s', (name, verdict) => {
    expect(endpoint(name).verdict).toBe(verdict);
  });

  test('says why for every handler, and what would flip those that depend', () => {
    for (const { reasons } of report.analysis.endpoints) expect(reasons.length).toBeGreaterThan(0);
    const depending = report.analysis.endpoints.filter(({ verdict }) => verdict === 'depends');
    for (const { flips } of depending) expect(flips.length).toBeGreaterThan(0);
  });
});

describe('the rewritten storefront', () => {
  test('differs from the original only in files on the path of qualifying handlers', () => {
    const qualifying = new Set(
      report.analysis.endpoints.filter(({ verdict }) => verdict === 'migrate').flatMap(({ sites }) => sites),
    );
    const allowed = new Set(
      report.analysis.sites.filter(({ id }) => qualifying.has(id)).map(({ file }) => file),
    );
    const changed = application.diff('--name-only').trim().split('\n');
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.filter((file) => !allowed.has(file))).toEqual([]);
    expect(changed).toEqual(report.files.map(({ path: file }) => file));
  });

  test('type-checks', () => {
    const { status, stdout } = application.typeCheck();
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  test('answers every request as the original does', () => {
    const answers = ({ exchanges }: ApplicationRun) => exchanges.map(({ crossings, ...answer }) => answer);
    expect(answers(before).filter(({ request, status }) => status !== request.status)).toEqual([]);
    expect(answers(after)).toEqual(answers(before));
  });

  test('leaves the same rows in every table and asks the partners the same things', () => {
    expect(Object.keys(before.tables).length).toBeGreaterThanOrEqual(12);
    expect(after.tables).toEqual(before.tables);
    expect(after.partnerCalls).toEqual(before.partnerCalls);
  });

  test('crosses nowhere where no boundary is left, and elsewhere as often as before', () => {
    const crossings = (run: ApplicationRun, handler: string) =>
      run.exchanges
        .filter(({ request }) => request.handler === handler)
        .reduce((sum, exchange) => sum + exchange.crossings, 0);
    const rewritten = new Set(report.files.flatMap((file) => (file.status === 'changed' ? file.sites : [])));
    for (const { handler, verdict, boundaries, sites } of report.analysis.endpoints) {
      if (handler === undefined) continue;
      const [now, then] = [crossings(before, handler.name), crossings(after, handler.name)];
      const gone = sites.filter((site) => rewritten.has(site));
      if (verdict === 'migrate' && boundaries.after.length === 0) expect.soft(then, handler.name).toBe(0);
      else if (gone.length === 0) expect.soft(then, handler.name).toBe(now);
      // It stays, but shares a helper with a handler that does not.
      else expect.soft(then, handler.name).toBeLessThan(now);
    }
    for (const name of ['checkout', 'productCopyStream', 'operationsDashboard']) {
      expect(crossings(before, name), name).toBeGreaterThan(1);
      expect(crossings(after, name), name).toBe(0);
    }
  });

  test('is left as it is by a second run', async () => {
    const first = application.diff();
    const { code, stdout } = await migrateAsync(application.workspace, ['--force', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).files).toEqual([]);
    expect(application.diff()).toBe(first);
  });
});
