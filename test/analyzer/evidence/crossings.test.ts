import { describe, expect, it } from 'vitest';
import { application, endpointOf, type Files } from './project.ts';

function boundaries(body: string, more: Files = {}, head = '') {
  const { boundaries: found } = endpointOf(application(body, more, head));
  const said = (list: typeof found.now) => list.map(({ kind, what }) => `${kind}: ${what}`);
  return { now: said(found.now), after: said(found.after) };
}

describe('boundaries', () => {
  it('are the bridges on the path, and afterwards those the rewrite leaves', () => {
    expect(
      boundaries(
        `await syncToAsync(Post.objects.get)({ id: 1 }); await syncToAsync(audit)('x');`,
        {},
        `import { audit } from 'audit';`,
      ),
    ).toEqual({
      now: ['bridge: Post.objects.get', 'bridge: audit'],
      after: ['bridge: audit'],
    });
  });

  it('count a bridge kept under a name where it is crossed, at the place it stands', () => {
    const more = {
      'queries.ts': `import { syncToAsync } from '@migrate-async/runtime'; import { Post } from './models.ts';\nexport const getPost = syncToAsync(Post.objects.get);`,
    };
    const endpoint = endpointOf(
      application(`res.json(await getPost({ id: 1 }));`, more, `import { getPost } from './queries.ts';`),
    );
    expect(endpoint.boundaries.now).toMatchObject([
      { kind: 'bridge', location: { file: 'queries.ts', line: 2 } },
    ]);
    expect(endpoint.sites).toHaveLength(1);
    expect(endpoint.counts.orm).toBe(1);
  });

  it('are none where a loop waits for the rows of a query, and one where it does not', () => {
    const loop = (head: string) =>
      boundaries(`const posts = Post.objects.all(); ${head} (const post of posts) console.log(post);`).now;
    expect(loop('for await')).toEqual([]);
    expect(loop('for')).toEqual(['blocking-call: posts.list']);
  });

  it('leave out error paths, but the rewrite does not', () => {
    const endpoint = endpointOf(
      application(`
      try { await fetch('https://a.io/'); } catch (error) { await syncToAsync(Post.objects.create)({}); throw error; }`),
    );
    expect(endpoint.boundaries.now).toEqual([]);
    expect(endpoint.sites).toHaveLength(1);
  });

  it('name a cache reached through a bridge, and leave an in-process one alone', () => {
    const head = `const cache = { get(key) { return entries.get(key); }, set(key, value) {} }; const entries = new Map();`;
    expect(boundaries(`await syncToAsync(cache.get)('k'); cache.set('k', 1);`, {}, head)).toEqual({
      now: ['cache: cache.get'],
      after: ['cache: cache.get'],
    });
  });

  it('name lazy relations, inside a bridge and outside', () => {
    const { now, after } = boundaries(`
      const post = await syncToAsync(Post.objects.get)({ id: 1 });
      const author = await syncToAsync(() => post.author)();
      res.json(author.country.name);`);
    expect(now).toEqual([
      'bridge: Post.objects.get',
      'lazy-relation: lazy post.author',
      'lazy-relation: lazy author.country',
    ]);
    expect(after).toEqual(['lazy-relation: lazy author.country']);
  });

  it('count blocking calls and sync queries outside bridges', () => {
    const head = `import { readFileSync } from 'node:fs';`;
    expect(boundaries(`readFileSync('x'); Post.objects.count();`, {}, head).after).toEqual([
      'blocking-call: fs readFileSync',
      'blocking-call: Post.objects.count',
    ]);
  });

  it('do not count native operations', () => {
    expect(
      boundaries(
        `await Post.objects.aget({ id: 1 }); await transaction.aatomic(async () => { await Post.objects.acount(); });`,
      ),
    ).toEqual({
      now: [],
      after: [],
    });
  });

  it('see what crosses: a client, a project function, a whole closure', () => {
    const head = `import { execSync } from 'node:child_process'; function load(id) { return Post.objects.get({ id }); }`;
    const endpoint = endpointOf(
      application(
        `
      await syncToAsync(load)(1);
      await syncToAsync(() => { Post.objects.count(); return Author.objects.first(); })();
      await syncToAsync(execSync)('ls');`,
        {},
        head,
      ),
    );
    expect(endpoint.counts).toMatchObject({ orm: 3, other: { process: 1 } });
  });
});

describe('middleware', () => {
  const wrapped = (middleware: string): Files => ({
    ...application(''),
    'app.ts': `
      import express from 'express';
      import { syncToAsync } from '@migrate-async/runtime';
      import { readFileSync } from 'node:fs';
      import { Post } from './models.ts';
      const app = express();
      app.use(express.json());
      ${middleware}
      app.get('/', async (req, res) => { await fetch('https://a.io/'); res.end(); });
      app.listen(1);`,
  });

  it.each([
    [`app.use((req, res, next) => { req.id = 1; next(); });`, 'pure', 1],
    [`app.use(async (req, res, next) => { await Post.objects.aget({ id: 1 }); next(); });`, 'io-native', 1],
    [
      `app.use(async (req, res, next) => { await syncToAsync(Post.objects.get)({ id: 1 }); next(); });`,
      'io-bridged',
      1,
    ],
    [`app.use((req, res, next) => { readFileSync('x'); next(); });`, 'sync-adapting', 0.25],
    [`app.use((req, res, next) => { Post.objects.get({ id: 1 }); next(); });`, 'sync-adapting', 0.25],
  ])('%s is %s', (middleware, kind, factor) => {
    const endpoint = endpointOf(wrapped(middleware));
    expect(endpoint.middlewares.map((each) => each.kind)).toEqual(['pure', kind]);
    expect(endpoint.estimate.factors.middleware).toBe(factor);
  });
});
