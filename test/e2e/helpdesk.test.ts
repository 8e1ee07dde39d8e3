import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RewrittenApplication, rewrittenApplication } from '../support/rewritten-application.ts';

let application: RewrittenApplication;

beforeAll(async () => {
  application = await rewrittenApplication('helpdesk');
}, 240_000);

afterAll(() => application?.remove());

function endpoint(route: string) {
  const { endpoints } = application.report.analysis;
  const found = endpoints.find(({ method, paths }) => `${method} ${paths[0]}` === route);
  if (found === undefined) throw new Error(`The analysis has no handler ${route}.`);
  return found;
}

describe('the ranking of the help desk', () => {
  test('has every route that the test requests exercise, and no other', () => {
    const exercised = application.before.exchanges.flatMap(({ request }) => request.handler ?? []);
    const found = application.report.analysis.endpoints.map(({ method, paths }) => `${method} ${paths[0]}`);
    expect(found.sort()).toEqual([...new Set(exercised)].sort());
  });

  // Each was judged by reading the code first; what is asserted is the evidence that a reader would give.
  test.each([
    ['POST /articles/reindex', 'migrate', ['«searchUrl»'], 'one call per article, one after the other'],
    [
      'POST /tickets/:id/triage',
      'migrate',
      ['openai', '«searchUrl»'],
      'a model and the search engine at once',
    ],
    ['POST /tickets/:id/refund', 'migrate', ['stripe', 'api.postmarkapp.com'], 'the provider, then a mail'],
    ['POST /tickets/:id/draft', 'migrate', ['openai'], 'a model writes a whole answer'],
    ['GET /tickets/:id/draft/stream', 'migrate', ['openai'], 'a model streams an answer'],
    ['GET /customers/:id/invoices', 'migrate', ['stripe'], 'a call that is over a second at p95'],
    ['GET /articles/search', 'depends', ['«searchUrl»'], 'one call'],
    ['POST /tickets', 'depends', ['api.postmarkapp.com'], 'one mail'],
    ['POST /tickets/:id/messages', 'depends', ['api.postmarkapp.com'], 'one mail'],
    ['POST /tickets/:id/close', 'stay', [], 'the mail is not waited for'],
    ['GET /tickets', 'stay', [], 'a list'],
    ['GET /tickets/:id', 'stay', [], 'three lazy relations inside its bridge'],
    ['PATCH /tickets/:id', 'stay', [], 'one save'],
    ['GET /customers/:id', 'stay', [], 'two queries'],
    ['GET /articles/:slug', 'stay', [], 'one query'],
    ['GET /reports/backlog', 'stay', [], 'one aggregation'],
    ['GET /reports/agents', 'stay', [], 'a query per agent: slow, but nothing external'],
    ['GET /health', 'stay', [], 'nothing at all'],
  ])('%s: %s, for %j: %s', (route, verdict, externals, _why) => {
    const found = endpoint(route);
    expect(found.verdict).toBe(verdict);
    const named = found.externals.map(({ client, host }) => host ?? client);
    expect(named).toEqual(externals);
    if (externals.length === 0) expect(found.reasons[0]).toMatch(/^No external call on the hot path: /);
  });

  test('counts the authentication hook as one bridge of every secured route', () => {
    const { endpoints, projectFindings } = application.report.analysis;
    const secured = endpoints.filter(({ paths }) => paths[0] !== '/health');
    for (const { boundaries, middlewares } of secured) {
      expect(boundaries.now[0]).toMatchObject({ kind: 'bridge', location: { line: 17 } });
      expect(middlewares.map(({ kind }) => kind)).toContain('io-bridged');
    }
    expect(projectFindings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/crosses a bridge on the way to 17 endpoints/),
    );
  });

  test('advises what the code shows, whatever the verdict', () => {
    const advice = (route: string) => (endpoint(route).advice ?? []).map(({ kind }) => kind);
    expect(advice('GET /reports/agents')).toContain('n-plus-one');
    expect(advice('GET /tickets/:id')).toContain('lazy-relation');
    expect(advice('POST /articles/reindex')).toContain('sequential-loop');
    expect(advice('POST /tickets/:id/triage')).not.toContain('sequential-externals');
  });
});

describe('the rewritten help desk', () => {
  test('type-checks', () => {
    const { status, stdout } = application.typeCheck();
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  test('answers, writes and asks its partners as the original does', () => {
    const answers = (run: RewrittenApplication['before']) =>
      run.exchanges.map(({ crossings, ...answer }) => answer);
    const { before, after } = application;
    expect(answers(before).filter(({ request, status }) => status !== request.status)).toEqual([]);
    expect(answers(after)).toEqual(answers(before));
    expect(after.tables).toEqual(before.tables);
    expect(after.partnerCalls).toEqual(before.partnerCalls);
    expect((before.partnerCalls as string[]).length).toBeGreaterThan(10);
  });

  test('crosses no bridge where it migrated', () => {
    const crossings = (run: RewrittenApplication['before'], route: string) =>
      run.exchanges
        .filter(({ request, status }) => request.handler === route && status < 400)
        .reduce((sum, { crossings: own }) => sum + own, 0);
    const { before, after, report } = application;
    for (const { verdict, method, paths } of report.analysis.endpoints) {
      const route = `${method} ${paths[0]}`;
      if (verdict !== 'migrate') continue;
      expect.soft(crossings(before, route), route).toBeGreaterThan(0);
      expect.soft(crossings(after, route), route).toBe(0);
    }
  });
});
