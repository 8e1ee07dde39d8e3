import { describe, expect, it } from 'vitest';
import type { SpanKind } from '../../../analyzer/traces/index.ts';
import { analysed, type Files, models } from '../evidence/project.ts';
import { spansOf, type TestSpan } from './spans.ts';

const trpcFiles: Files = {
  'models.ts': models,
  'router.ts': `
    import { initTRPC } from '@trpc/server';
    const t = initTRPC.create();
    export const appRouter = t.router({
      posts: t.router({
        byId: t.procedure.query(async () => fetch('https://a.io')),
        list: t.procedure.query(async () => []),
      }),
    });`,
  'app.ts': `
    import express from 'express';
    import { createExpressMiddleware } from '@trpc/server/adapters/express';
    import { appRouter } from './router.ts';
    const app = express();
    app.use('/api/trpc', createExpressMiddleware({ router: appRouter }));
    app.get('/posts/:id', async function show(req, res) { res.end(); });
    app.get('/posts/archive/:year', async function archive(req, res) { res.end(); });
    app.listen(1);`,
};

const ordered = (framework: 'express' | 'fastify'): Files => ({
  'app.ts': `
    import make from '${framework}';
    const app = make();
    app.get('/users/:id', async function byId(req, res) { res.send('x'); });
    app.get('/users/me', async function me(req, res) { res.send('x'); });
    app.listen(1);`,
});

interface Told {
  readonly name?: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly inside?: readonly Readonly<Record<string, string | number>>[];
}

/** Which handler three requests like this were given to, and how. */
function given(files: Files, { name = 'GET', attributes, inside = [] }: Told) {
  const spans = (index: number): readonly TestSpan[] => [
    {
      id: 'server',
      name,
      kind: 'server' as SpanKind,
      at: index * 100,
      for: 20,
      attributes: { 'http.request.method': 'GET', ...attributes },
    },
    ...inside.map((own, at) => ({
      id: `in${at}`,
      parent: 'server',
      at: index * 100 + 1,
      for: 5,
      attributes: own,
    })),
  ];
  const traces = [0, 1, 2].flatMap((index) => spansOf(`t${index}`, spans(index)));
  const analysis = analysed(files, { traces });
  const found = analysis.endpoints.filter(({ traced }) => traced !== undefined);
  return {
    handlers: found.map(({ handler, paths }) => handler?.name ?? paths[0]),
    by: found.flatMap(({ traced }) => traced?.matchedBy ?? []),
    unmatched: analysis.traces?.unmatched ?? [],
    warnings: (analysis.traces?.warnings ?? []).join(' '),
  };
}

describe('a traced request', () => {
  it('belongs to the procedure that its span or its path names, not to the mount', () => {
    const bySpan = given(trpcFiles, {
      attributes: { 'http.route': '/api/trpc' },
      inside: [{ 'trpc.path': 'posts.byId' }],
    });
    expect(bySpan.by).toEqual(['procedure']);
    const byPath = given(trpcFiles, { attributes: { 'url.path': '/api/trpc/posts.list' } });
    expect(byPath.by).toEqual(['procedure']);
    expect(byPath.handlers).not.toEqual(bySpan.handlers);
  });

  it('that carries several procedures is counted at the mount, and said to be', () => {
    const { by, warnings } = given(trpcFiles, {
      attributes: { 'http.route': '/api/trpc' },
      inside: [{ 'trpc.path': 'posts.byId' }, { 'trpc.path': 'posts.list' }],
    });
    expect(by).not.toContain('procedure');
    expect(warnings).toContain('3 requests carried several procedures at once');
  });

  it('is known by its route before anything in its spans', () => {
    const code = { 'code.function.name': 'archive', 'code.file.path': '/srv/app.ts' };
    const told = given(trpcFiles, { attributes: { 'http.route': '/posts/:id' }, inside: [code] });
    expect(told).toMatchObject({ handlers: ['show'], by: ['route'] });
    expect(given(trpcFiles, { attributes: {}, inside: [code] })).toMatchObject({
      handlers: ['archive'],
      by: ['code'],
    });
  });

  it.each([
    [{ 'code.filepath': '/srv/app/app.ts', 'code.lineno': 7 }, ['show']],
    [{ 'code.file.path': 'file:///srv/app/app.ts', 'code.line.number': 8 }, ['archive']],
    [{ 'code.file.path': '/srv/app/app.js', 'code.function.name': 'Object.archive' }, ['archive']],
    [{ 'code.file.path': '/srv/otherapp.ts', 'code.function.name': 'archive' }, []],
    [{ 'code.file.path': '/srv/app/app.ts', 'code.line.number': 1 }, []],
  ])('is known by the place %j of its code', (code, handlers) => {
    expect(given(trpcFiles, { attributes: {}, inside: [code] }).handlers).toEqual(handlers);
  });

  it('with the longest route of its spans, where the server span has none', () => {
    const routers = [{ 'http.route': '/posts' }, { 'http.route': '/posts/archive/:year' }];
    expect(given(trpcFiles, { attributes: {}, inside: routers }).handlers).toEqual(['archive']);
  });

  it('without a route is given to the first registration that fits, or where the framework asks for it, to the plainest', () => {
    const me = { attributes: { 'url.path': '/users/me' } };
    expect(given(ordered('express'), me)).toMatchObject({ handlers: ['byId'], by: ['path'] });
    expect(given(ordered('fastify'), me)).toMatchObject({ handlers: ['me'], by: ['path'] });
  });

  it('for the head of a page is answered by its GET', () => {
    const head = { 'http.request.method': 'HEAD', 'http.route': '/posts/:id' };
    expect(given(trpcFiles, { attributes: head })).toMatchObject({ handlers: ['show'], by: ['route'] });
  });

  it.each([
    ['GET /posts/{id}', 'show', 'route'],
    ['get /posts/archive/2024', 'archive', 'path'],
  ])('is known by its name %s where no attribute says more', (name, handler, by) => {
    const method = { 'http.request.method': '' };
    expect(given(trpcFiles, { name, attributes: method })).toMatchObject({ handlers: [handler], by: [by] });
  });

  it('by the path that Zipkin and OpenTracing write', () => {
    const attributes = { 'http.path': '/posts/archive/2024' };
    expect(given(trpcFiles, { attributes })).toMatchObject({ handlers: ['archive'], by: ['path'] });
  });

  it('that is none of HTTP is shown by its name', () => {
    const { unmatched } = given(trpcFiles, {
      name: 'receive orders',
      attributes: { 'http.request.method': '' },
    });
    expect(unmatched).toEqual([{ method: '', route: 'receive orders', requests: 3 }]);
  });

  it('is not guessed at by a parameter alone', () => {
    const { handlers, unmatched } = given(trpcFiles, { attributes: { 'http.route': '/{id}' } });
    expect(handlers).toEqual([]);
    expect(unmatched).toEqual([{ method: 'GET', route: '/{}', requests: 3 }]);
  });

  it('is not given to the listener of another server that takes any path', () => {
    const stub = `import { createServer } from 'node:http';
      createServer(function any(req, res) { res.end(); }).listen(2);`;
    const unknown = { attributes: { 'url.path': '/nowhere' } };
    expect(given({ 'stub.ts': stub }, unknown).handlers).toHaveLength(1);
    expect(given({ ...trpcFiles, 'stub.ts': stub }, unknown)).toMatchObject({
      handlers: [],
      unmatched: [{ method: 'GET', route: '/nowhere', requests: 3 }],
    });
  });

  it('that nobody answers is shown with others like it', () => {
    const paths = ['/orders/17', '/orders/18', '/orders/0b7e2f1c-9a1d-4a53-8f6e-2f8b1d0c9e11'];
    const traces = paths.flatMap((path, index) =>
      spansOf(`t${index}`, [
        {
          id: 's',
          kind: 'server',
          at: index,
          for: 1,
          attributes: { 'http.method': 'GET', 'http.target': `${path}?x=1` },
        },
      ]),
    );
    expect(analysed(trpcFiles, { traces }).traces?.unmatched).toEqual([
      { method: 'GET', route: '/orders/{}', requests: 3 },
    ]);
  });
});
