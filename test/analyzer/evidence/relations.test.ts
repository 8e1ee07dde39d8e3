import { describe, expect, it } from 'vitest';
import { application, endpointOf, type Files } from './project.ts';

/** The lazy relations that a handler reads, and what it renders late, as boundaries. */
function lazy(body: string, more: Files = {}, head = ''): readonly string[] {
  return endpointOf(application(body, more, head))
    .boundaries.now.filter(({ kind }) => kind === 'lazy-relation')
    .map(({ what }) => what);
}

const get = `const post = await syncToAsync(Post.objects.get)({ id: 1 });`;

describe('a relation read', () => {
  it.each([
    ['is lazy when its query did not load it', `${get} res.json(post.author.name);`, ['lazy post.author']],
    ['is free as a key', `${get} res.json(post.authorId);`, []],
    [
      'is free when selected',
      `const post = await syncToAsync(Post.objects.selectRelated('author').get)({ id: 1 }); res.json(post.author.name);`,
      [],
    ],
    [
      'is lazy one step beyond what was selected',
      `const post = await syncToAsync(Post.objects.selectRelated('author').get)({ id: 1 }); res.json(post.author.country.name);`,
      ['lazy post.author.country'],
    ],
    [
      'is free along a selected path',
      `const post = await syncToAsync(Post.objects.selectRelated('author__country').get)({ id: 1 }); res.json(post.author.country.name);`,
      [],
    ],
    ['loads once', `${get} res.json([post.author.name, post.author.id]);`, ['lazy post.author']],
    ['is free once it was set', `${get} post.author = req.author; res.json(post.author.name);`, []],
    [
      'is free on what was created with it',
      `const author = await Author.objects.aget({ id: 1 }); const post = await Post.objects.acreate({ author }); res.json(post.author.name);`,
      [],
    ],
    [
      'is lazy on what was created with its key only',
      `const post = await Post.objects.acreate({ author: 1 }); res.json(post.author.name);`,
      ['lazy post.author'],
    ],
    ['is a write on the left of an assignment', `${get} post.author = req.author;`, []],
    [
      'is lazy per element',
      `const posts = await Post.objects.filter({}).alist(); res.json(posts.map((post) => post.author.name));`,
      ['lazy post.author'],
    ],
    [
      'is free per element of a selected list',
      `const posts = await syncToAsync(() => { const all = Post.objects.selectRelated('author'); return all.list(); })(); for (const post of posts) res.write(post.author.name);`,
      [],
    ],
    [
      'is followed through Promise.all',
      `const [post, n] = await Promise.all([Post.objects.selectRelated('author').aget({ id: 1 }), 1]); res.json(post.author.name);`,
      [],
    ],
  ])('%s', (_title, body, expected) => {
    expect(lazy(body)).toEqual(expected);
  });

  it('is followed into functions, destructured parameters and callbacks by name', () => {
    const head = `
      import type { Post as PostType } from './models.ts';
      const serialize = (post: PostType) => ({ title: post.title, author: post.author.name });
      async function load(id) { const posts = await Post.objects.selectRelated('author').filter({ id }).alist(); return { posts, id }; }
      const names = ({ posts }: { posts: PostType[] }) => posts.map((post) => post.author.name);`;
    expect(
      lazy(`const posts = await Post.objects.all().alist(); res.json(posts.map(serialize));`, {}, head),
    ).toEqual(['lazy post.author']);
    expect(
      lazy(
        `const posts = await Post.objects.selectRelated('author').alist(); res.json(posts.map(serialize));`,
        {},
        head,
      ),
    ).toEqual([]);
    expect(lazy(`res.json(names(await load(1)));`, {}, head)).toEqual([]);
  });

  it('is free when prefetched, with what the inner query selects', () => {
    const body = (query: string) => `
      const authors = await Author.objects${query}.alist();
      res.json(authors.map((author) => [...author.posts.all()].map((post) => post.editor?.name)));`;
    const head = `import { Prefetch } from '@migrate-async/runtime/orm';`;
    const counts = (query: string) => endpointOf(application(body(query), {}, head)).counts;
    expect(counts('')).toMatchObject({ orm: 2, ormLazy: 1 });
    expect(counts(`.prefetchRelated('posts')`)).toMatchObject({ orm: 1, ormLazy: 1 });
    expect(
      counts(`.prefetchRelated(Prefetch('posts', { queryset: Post.objects.selectRelated('editor') }))`),
    ).toMatchObject({ orm: 1, ormLazy: 0 });
  });
});

describe('late work', () => {
  const render = `${get} res.render('post.html', { post, title: 'x' });`;

  it('is what the template reads of the models it is given', () => {
    const template = `<h1>{{ title }} {{ post.title }}</h1>{{ post.author.country.name }}{% for comment in post.comments.all %}{{ comment.id }}{% endfor %}`;
    const {
      boundaries,
      counts,
      advice = [],
    } = endpointOf(application(render, { 'views/post.html': template }));
    expect(boundaries.after).toMatchObject([{ kind: 'late-access', what: `render('post.html')` }]);
    expect(counts.ormLate).toBe(3);
    expect(advice.find(({ kind }) => kind === 'late-access')?.message).toContain(
      'post.author, post.author.country',
    );
  });

  it('is nothing when the template reads columns only', () => {
    expect(
      endpointOf(application(render, { 'views/post.html': '{{ post.title }}' })).boundaries.after,
    ).toEqual([]);
  });

  it('is possible when the template cannot be read, and stays a reason to wait', () => {
    const endpoint = endpointOf(application(`await fetch('https://a.io/'); ${render}`));
    expect(endpoint.boundaries.after).toHaveLength(1);
    expect(endpoint).toMatchObject({ verdict: 'stay', gates: [{ gate: 'late-access' }] });
  });
});

describe('advice', () => {
  function advice(body: string, head = ''): readonly string[] {
    return (endpointOf(application(body, {}, head)).advice ?? []).map(({ kind }) => kind);
  }

  it.each([
    [
      'n-plus-one',
      `const posts = await Post.objects.all().alist(); for (const post of posts) await Comment.objects.acreate({ post });`,
    ],
    ['n-plus-one', `for (const id of req.body.ids) { await syncToAsync(Post.objects.get)({ id }); }`],
    [
      'sequential-externals',
      `const a = await fetch('https://a.io/'); const b = await fetch('https://b.io/'); res.json([a, b]);`,
    ],
    ['external-in-transaction', `await transaction.aatomic(async () => { await fetch('https://a.io/'); });`],
    ['async-for-each', `req.body.forEach(async (x) => { await fetch('https://a.io/'); });`],
    ['floating-promise', `fetch('https://a.io/');`],
    ['sequential-loop', `for (const id of req.body.ids) { await fetch('https://a.io/' + id); }`],
    ['blocking-call', `Post.objects.count();`],
  ])('says %s for %s', (kind, body) => {
    expect(advice(body)).toContain(kind);
  });

  it.each([
    `const a = await fetch('https://a.io/'); const b = await fetch('https://b.io/' + a.id); res.json(b);`,
    `const a = await fetch('https://a.io/'); const id = a.id; const b = await fetch('https://b.io/' + id); res.json(b);`,
    `const a = await fetch('https://a.io/'); if (!a.ok) throw new Error(); const b = await fetch('https://b.io/'); res.json(b);`,
    `const a = await fetch('https://a.io/'); await Post.objects.acreate({}); const b = await fetch('https://b.io/'); res.json([a, b]);`,
  ])('does not overlap what depends on what came before: %s', (body) => {
    expect(advice(body)).not.toContain('sequential-externals');
  });
});

describe('a decorated framework object', () => {
  it('leads to what it was decorated with', () => {
    const files: Files = {
      'plugin.ts': `
        import fp from 'fastify-plugin';
        import knex from 'knex';
        export default fp(async function (fastify) {
          fastify.decorate('db', knex({ client: 'pg' }));
          fastify.decorate('partner', { ask: async (id) => fetch('https://partner.io/' + id) });
        });`,
      'app.ts': `
        import Fastify, { type FastifyInstance } from 'fastify';
        import plugin from './plugin.ts';
        const app = Fastify();
        app.register(plugin);
        app.register(async function routes(fastify: FastifyInstance) {
          const { partner } = fastify;
          fastify.get('/', async (request, reply) => {
            const rows = await fastify.db('posts').where({ id: 1 }).first();
            return [rows, await partner.ask(1)];
          });
        });
        app.listen({ port: 1 });`,
    };
    const { externals, counts } = endpointOf(files);
    expect(externals.map(({ host }) => host)).toEqual(['partner.io']);
    expect(counts.other).toEqual({ orm: 1 });
  });
});
