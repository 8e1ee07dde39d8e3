import { describe, expect, it } from 'vitest';
import { application, endpointOf, examinedOf } from './project.ts';

/** `GET /`, whose handler stands in a wrapper that is given. */
function wrapped(
  wrapper: string,
  handler = 'async (req, res) => { res.json(await syncToAsync(Post.objects.count)()); }',
) {
  const files = application('', {}, wrapper);
  const text = files['app.ts'] ?? '';
  return { ...files, 'app.ts': text.replace("app.get('/', handler)", `app.get('/', guarded(${handler}))`) };
}

const session = `const guarded = (fn) => async (req, res) => {
  const author = await syncToAsync(Author.objects.get)({ id: req.session.author });
  if (author === null) return res.status(401).end();
  return fn(req, res);
};`;

describe('what a wrapper does before it calls what it was given', () => {
  it('is on the path, as middleware of its own', () => {
    const { middlewares, boundaries, counts } = endpointOf(wrapped(session));
    expect(middlewares).toMatchObject([{ name: 'guarded', kind: 'io-bridged' }]);
    expect(boundaries.now.map(({ what }) => what)).toEqual(['Author.objects.get', 'Post.objects.count']);
    expect(counts.orm).toBe(2);
  });

  it('is told apart from what it wraps, wrapper by wrapper', () => {
    const twice = `
      const inner = (fn) => async (req, res) => { await fetch('https://flags.example/'); return fn(req, res); };
      const guarded = (fn) => inner(async (req, res) => {
        await syncToAsync(Author.objects.count)();
        return fn(req, res);
      });`;
    const { endpoint, evidence } = examinedOf(wrapped(twice));
    expect(evidence.middlewares.map(({ kind }) => kind)).toEqual(['io-native', 'io-bridged']);
    expect(endpoint.externals.map(({ host }) => host)).toEqual(['flags.example']);
    expect(endpoint.boundaries.now).toHaveLength(2);
  });

  it('is not mentioned where it only passes on and catches', () => {
    const passing = `const guarded = (fn) => (req, res, next) => Promise.resolve(fn(req, res, next)).catch(next);`;
    expect(endpointOf(wrapped(passing)).middlewares).toEqual([]);
    const shown = endpointOf(wrapped(passing)).boundaries.now;
    expect(shown.map(({ what }) => what)).toEqual(['Post.objects.count']);
  });
});
