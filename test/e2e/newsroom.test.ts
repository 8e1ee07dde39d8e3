import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RewrittenApplication, rewrittenApplication } from '../support/rewritten-application.ts';
import type { ApplicationRun } from './application-run.ts';

let application: RewrittenApplication;

beforeAll(async () => {
  application = await rewrittenApplication('newsroom');
}, 240_000);

afterAll(() => application?.remove());

function endpoint(route: string) {
  const { endpoints } = application.report.analysis;
  const found = endpoints.find(({ method, paths }) => `${method} ${paths[0]}` === route);
  if (found === undefined) throw new Error(`The analysis has no handler ${route}.`);
  return found;
}

const article = '/api/articles/[slug]';

describe('the ranking of the newsroom', () => {
  test('has every route handler that the test requests exercise, and the server actions', () => {
    const exercised = new Set(application.before.exchanges.flatMap(({ request }) => request.handler ?? []));
    const { endpoints } = application.report.analysis;
    const found = endpoints.filter(({ framework }) => framework === 'next');
    const routes = found.filter(({ kind }) => kind === 'route');
    expect(routes.map(({ method, paths }) => `${method} ${paths[0]}`).sort()).toEqual([...exercised].sort());
    const actions = found.filter(({ kind }) => kind === 'action').map(({ handler }) => handler?.name);
    expect(actions.sort()).toEqual(['addEditor', 'polish', 'retitle', 'saveDraft']);
  });

  // Each was judged by reading the code first; what is asserted is the evidence that a reader would give.
  test.each([
    [`POST ${article}/translations`, 'migrate', ['openai'], 'a model for every language, at once'],
    ['POST (server-action)#polish', 'migrate', ['openai', 'openai'], 'a model twice, in turn'],
    [
      `POST ${article}/publication`,
      'migrate',
      ['newsroom.a1.typesense.net', 'api.fastly.com', 'api.sendgrid.com'],
      'three services in turn',
    ],
    [`POST ${article}/summary`, 'migrate', ['openai'], 'a model writes'],
    ['POST /api/comments', 'depends', ['openai'], 'a moderation is one call, and may be short'],
    [`GET ${article}/related`, 'depends', ['newsroom.a1.typesense.net'], 'one search'],
    ['POST (server-action)#retitle', 'stay', [], 'what is slow comes after the answer'],
    ['POST (server-action)#saveDraft', 'stay', [], 'one update'],
    ['POST (server-action)#addEditor', 'stay', [], 'one insert'],
    ['GET /api/articles', 'stay', [], 'a list'],
    ['POST /api/articles', 'stay', [], 'a check and an insert'],
    [`GET ${article}`, 'stay', [], 'two queries'],
    [`PATCH ${article}`, 'stay', [], 'a query and an update'],
    [`DELETE ${article}`, 'stay', [], 'a query and a delete'],
    ['GET /api/stats', 'stay', [], 'a query per editor'],
    ['GET /feed.xml', 'stay', [], 'one query'],
  ])('%s: %s, for %j: %s', (route, verdict, externals, _why) => {
    const found = endpoint(route);
    expect(found.externals.map(({ client, host }) => host ?? client)).toEqual(externals);
    expect(found.verdict).toBe(verdict);
    if (externals.length === 0) expect(found.reasons[0]).toMatch(/^No external call on the hot path: /);
  });

  test('counts the query of a wrapper as what stands in front of what it wraps', () => {
    const { middlewares, boundaries } = endpoint('POST /api/articles');
    expect(middlewares.map(({ name, kind }) => [name, kind])).toEqual([['withEditor', 'io-bridged']]);
    expect(boundaries.now.map(({ location }) => location.file)).toEqual([
      'newsroom/lib/requests.ts',
      'newsroom/app/api/articles/route.ts',
      'newsroom/app/api/articles/route.ts',
    ]);
    expect(endpoint('GET /api/articles').middlewares).toEqual([]);
  });
});

describe('the rewritten newsroom', () => {
  test('type-checks', () => {
    const { status, stdout } = application.typeCheck();
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  test('answers, writes and asks its partners as the original does', () => {
    const answers = ({ exchanges }: ApplicationRun) => exchanges.map(({ crossings, ...answer }) => answer);
    const { before, after } = application;
    expect(answers(before).filter(({ request, status }) => status !== request.status)).toEqual([]);
    expect(answers(after)).toEqual(answers(before));
    expect(after.tables).toEqual(before.tables);
    expect(after.partnerCalls).toEqual(before.partnerCalls);
    expect((before.partnerCalls as string[]).length).toBeGreaterThan(8);
  });

  test('crosses no bridge where it migrated, the wrapper included', () => {
    const crossings = (run: ApplicationRun, route: string) =>
      run.exchanges
        .filter(({ request, status }) => request.handler === route && status < 400)
        .reduce((sum, { crossings: own }) => sum + own, 0);
    const { before, after, report } = application;
    const migrated = report.analysis.endpoints.filter(
      ({ verdict, kind }) => verdict === 'migrate' && kind === 'route',
    );
    expect(migrated).toHaveLength(3);
    for (const { method, paths } of migrated) {
      const route = `${method} ${paths[0]}`;
      expect.soft(crossings(before, route), route).toBeGreaterThan(0);
      expect.soft(crossings(after, route), route).toBe(0);
    }
  });
});
