import { describe, expect, it } from 'vitest';
import { canonicalRoute, type Span } from '../../../analyzer/traces/index.ts';
import { analysed, application, type Files } from '../evidence/project.ts';
import { db, http, server, spansOf, type TestSpan } from './spans.ts';

const shop: Files = {
  ...application(''),
  'app.ts': `
    import express from 'express';
    import { syncToAsync } from '@migrate-async/runtime';
    import { Post } from './models.ts';
    const app = express();
    app.get('/posts/:id', async function post(req, res) {
      const post = await syncToAsync(Post.objects.get)({ id: 1 });
      await fetch('https://partner.io/a'); await fetch('https://partner.io/b');
      res.json(post);
    });
    app.get('/quiet', async function quiet(req, res) { res.end(); });
    app.get('/files/*rest', async function files(req, res) { res.end(); });
    app.listen(1);`,
};

/** So many requests, one second apart. */
function traffic(count: number, spans: (index: number) => readonly TestSpan[]): readonly Span[] {
  return Array.from({ length: count }, (_, index) =>
    spansOf(`trace ${index}`, spans(index), index * 1000),
  ).flat();
}

/** A query, then two partner calls; the slower requests wait longer for the partner. */
function post(index: number): readonly TestSpan[] {
  const wait = 100 + index;
  return [
    server('/posts/:id', 30 + 2 * wait),
    db('q', 5, 10),
    http('a', 'partner.io', 20, wait),
    http('b', 'partner.io', 21 + wait, wait),
  ];
}

function endpoint(traces: readonly Span[], path = '/posts/:id') {
  const analysis = analysed(shop, { traces });
  const found = analysis.endpoints.find(({ paths }) => paths.includes(path));
  if (found === undefined) throw new Error(`There is no ${path}.`);
  return { ...found, analysis };
}

describe('traces as evidence', () => {
  it('replace the estimate, with the ratio of sums over the slowest requests', () => {
    const { traced, evidence, estimate, confidence, reasons } = endpoint(traffic(300, post));
    expect(evidence).toBe('traces');
    expect(confidence).toBe('high');
    // The first request of the process is a warm-up; 300 - 1 are left, from 1 to 299.
    expect(traced).toMatchObject({ requests: 299, warmUp: 1, failed: 0, matchedBy: ['route'] });
    expect(traced?.p95).toBeCloseTo(30 + 2 * (100 + 1 + 298 * 0.95), 5);
    const [low, middle, high] = traced?.d95 ?? [0, 0, 0];
    expect(middle).toBeGreaterThan(0.95);
    expect(low).toBeLessThanOrEqual(middle);
    expect(high).toBeGreaterThanOrEqual(middle);
    expect(estimate.p95[1]).toBe(traced?.p95);
    expect(traced?.calls).toMatchObject([{ name: 'partner.io', rounds: 2 }]);
    expect(traced?.saveable).toBeGreaterThan(100);
    expect(reasons.join(' ')).toContain('Measured: 299 requests');
  });

  it('show where they contradict the source', () => {
    const fast = traffic(60, () => [
      server('/posts/:id', 50),
      db('q', 5, 40),
      http('a', 'partner.io', 45, 2),
    ]);
    const { traced, verdict, confidence } = endpoint(fast);
    expect(confidence).toBe('medium');
    expect(traced?.disagreements.join(' ')).toMatch(
      /estimate puts D95 at \d+ % to \d+ %; the traces show 4 %/,
    );
    expect(verdict).toBe('stay');
  });

  it('are drawn towards the estimate when there are few', () => {
    const few = traffic(6, () => [server('/posts/:id', 100), db('q', 0, 100)]);
    const { traced, confidence } = endpoint(few);
    expect(confidence).toBe('low');
    expect(traced?.d95[1]).toBeGreaterThan(0.5);
  });

  it('leave out errors, and count them', () => {
    const failing = traffic(10, (index) => [
      server('/posts/:id', 100, { 'http.response.status_code': index < 4 ? 500 : 200 }),
    ]);
    expect(endpoint(failing).traced).toMatchObject({ requests: 6, failed: 3, warmUp: 1 });
  });

  it('find queries that repeat, and queries after the last call', () => {
    const many = traffic(10, () => [
      server('/posts/:id', 200),
      http('a', 'partner.io', 0, 100),
      ...Array.from({ length: 6 }, (_, index) => db(`q${index}`, 110 + index * 5, 4)),
    ]);
    expect(endpoint(many).traced).toMatchObject({
      lateQueries: 1,
      repeated: [{ query: 'SELECT post', times: 6 }],
    });
  });

  it('do not take connections of a pool for queries that repeat', () => {
    const pooled = traffic(10, () => [
      server('/posts/:id', 200),
      ...Array.from({ length: 6 }, (_, index) => ({
        ...db(`c${index}`, 10 + index * 5, 2),
        name: 'pg-pool.connect',
        attributes: { 'db.system': 'postgresql' },
      })),
    ]);
    expect(endpoint(pooled).traced).toMatchObject({ repeated: [] });
  });

  it('are matched by a proxied route, by path, by code, or shown as unmatched', () => {
    const named = (attributes: Readonly<Record<string, string>>): readonly Span[] =>
      traffic(3, () => [{ ...server('', 10), attributes: { 'http.request.method': 'GET', ...attributes } }]);
    expect(endpoint(named({ 'http.route': '/gateway/posts/{id}' })).traced?.matchedBy).toEqual(['suffix']);
    expect(endpoint(named({ 'url.path': '/posts/17' })).traced?.matchedBy).toEqual(['path']);
    expect(endpoint(named({ 'url.path': '/files/a/b.txt' }), '/files/*rest').traced?.matchedBy).toEqual([
      'path',
    ]);
    expect(
      endpoint(named({ 'code.function.name': 'quiet', 'code.file.path': '/srv/app.ts' }), '/quiet').traced
        ?.matchedBy,
    ).toEqual(['code']);
    const { analysis } = endpoint(named({ 'http.route': '/elsewhere' }));
    expect(analysis.traces?.unmatched).toEqual([{ method: 'GET', route: '/elsewhere', requests: 3 }]);
    expect(analysis.traces?.withoutTraffic).toHaveLength(3);
  });

  it('warn about what makes them less than they look', () => {
    const bare = traffic(3, () => [server('/quiet', 10)]);
    expect(endpoint(bare).analysis.traces?.warnings.join(' ')).toContain('instrumentation may be missing');
    const client = spansOf('t', [http('a', 'a.io', 0, 10)]);
    expect(endpoint(client).analysis.traces?.warnings.join(' ')).toContain('no server span');
    const sampled = traffic(3, () => [
      { ...server('/quiet', 10), attributes: { 'sampling.policy': 'latency' } },
    ]);
    expect(endpoint(sampled).analysis.traces?.warnings.join(' ')).toContain('sampled by their tail');
  });

  it('give the same analysis twice', () => {
    const traces = traffic(50, post);
    expect(JSON.stringify(analysed(shop, { traces }))).toBe(JSON.stringify(analysed(shop, { traces })));
  });
});

describe('a canonical route', () => {
  it.each([
    ['/posts/:id', '/posts/{}'],
    ['/posts/{id}/', '/posts/{}'],
    ['/posts/[id]', '/posts/{}'],
    ['/posts/<int:id>', '/posts/{}'],
    ['/(shop)/posts/@modal', '/posts'],
    ['/files/*', '/files/{*}'],
    ['/files/*rest', '/files/{*}'],
    ['/docs/[...slug]', '/docs/{*}'],
    ['/docs/[[...slug]]', '/docs/{*}'],
    ['/docs/{path*}', '/docs/{*}'],
    ['/v1/:path{(?!realtime).*}', '/v1/{}'],
    ['/users/:id(\\d+)', '/users/{}'],
    ['/range/:from-:to', '/range/{}-{}'],
    ['/', '/'],
  ])('%s reads %s', (route, expected) => {
    expect(canonicalRoute(route)).toBe(expected);
  });
});
