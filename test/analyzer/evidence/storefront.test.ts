import { describe, expect, it } from 'vitest';
import { analyze } from '../../../analyzer/analyze.ts';
import { findBridges } from '../../../analyzer/evidence/bridges.ts';
import { discoverHandlers } from '../../../analyzer/handlers/index.ts';
import { Evaluator, listFiles, type SourceFile, Sources } from '../../../analyzer/sources/index.ts';
import { siteMatcher } from '../../../transforms/index.ts';

function storefront() {
  const sources = new Sources(listFiles(['fixtures/apps/storefront'], process.cwd()));
  const evaluator = new Evaluator(sources);
  return analyze({
    sources,
    evaluator,
    discovery: discoverHandlers(sources, evaluator),
    bridges: (file: SourceFile) => findBridges(file, evaluator),
    matcher: siteMatcher(evaluator),
  });
}

const analysis = storefront();

function endpoint(name: string) {
  const found = analysis.endpoints.find(({ handler }) => handler?.name === name);
  if (found === undefined) throw new Error(`The storefront has no handler ${name}.`);
  return found;
}

describe('the storefront', () => {
  it.each([
    ['checkout', 3],
    ['productCopyStream', 1],
    ['operationsDashboard', 4],
    ['orderWebhooks', 1],
  ])('migrates %s: it waits on %i external calls and no boundary is left', (name, calls) => {
    const { verdict, externals, boundaries } = endpoint(name);
    expect(verdict).toBe('migrate');
    expect(externals).toHaveLength(calls);
    expect(boundaries.after).toEqual([]);
    expect(boundaries.now.length).toBeGreaterThan(0);
  });

  it('lets billingPanel depend on its cache: one partner call, a lazy relation that the rewrite awaits', () => {
    const { verdict, externals, boundaries, flips, counts } = endpoint('billingPanel');
    expect(verdict).toBe('depends');
    expect(externals.map(({ host }) => host)).toEqual(['«config.partners.usage»']);
    expect(boundaries.now.map(({ kind }) => kind).sort()).toEqual([
      'bridge',
      'cache',
      'cache',
      'lazy-relation',
    ]);
    expect(boundaries.after.map(({ what }) => what)).toEqual(['cache.get', 'cache.set']);
    expect(counts.ormLazy).toBe(2);
    expect(flips.length).toBeGreaterThan(0);
  });

  it.each([
    'accountDetail', 'listAccounts', 'listProducts', 'productOverview', 'orderOverview', 'auditLog', 'exportAccounts',
    'orderReceipt', 'readiness',
  ])('leaves %s: nothing external is on its path', (name) => {
    expect(endpoint(name)).toMatchObject({ verdict: 'stay', score: 0, gates: [{ gate: 'no-external' }] });
  }); // biome-ignore format: a list of names

  it('names what the template of the receipt reads late', () => {
    const { boundaries, counts } = endpoint('orderReceipt');
    expect(boundaries.after).toMatchObject([{ kind: 'late-access', what: `render('order-receipt')` }]);
    expect(counts.ormLate).toBeGreaterThan(1);
  });

  it('finds the payments behind the project’s own SDK', () => {
    const { externals } = endpoint('payInvoice');
    expect(externals).toMatchObject([{ client: 'fetch', host: '«config.partners.payments»' }]);
    expect(externals[0]?.via?.map(({ name }) => name)).toEqual(['payments.charges.create', 'this.post']);
  });

  it('resolves every call that a handler waits for', () => {
    expect(analysis.endpoints.flatMap(({ unknownCalls }) => unknownCalls)).toEqual([]);
  });

  it('sees that two quotes could be asked for at the same time', () => {
    const advice = endpoint('checkout').advice ?? [];
    const found = advice.find(({ kind }) => kind === 'sequential-externals');
    expect(found?.message).toMatch(/quoteTax .*quoteShipping/);
  });

  it('gives the same analysis twice', () => {
    expect(JSON.stringify(storefront())).toBe(JSON.stringify(analysis));
  });
});
