import { describe, expect, it } from 'vitest';
import { examine } from '../../../analyzer/analyze.ts';
import { explain } from '../../../analyzer/estimate/index.ts';
import type { Explanation } from '../../../analyzer/evidence/index.ts';
import { application, inputOf } from '../evidence/project.ts';

const files = application(
  `
  const post = await load(req.params.id);
  if (post === null) { await syncToAsync(Author.objects.count)(); return res.status(404).end(); }
  const country = await fetch('https://geo.example/country');
  res.json(post.author.name);`,
  {},
  `async function load(id) { return syncToAsync(Post.objects.get)({ id }); }`,
);

const examination = examine(inputOf(files));

function printed({ text, location, children }: Explanation, depth = 0): string {
  const place = location ? ` @${location.file}:${location.line}` : '';
  return [`${'  '.repeat(depth)}${text}${place}`, ...children.map((child) => printed(child, depth + 1))].join(
    '\n',
  );
}

function asked(query: string): readonly string[] {
  return explain(examination, query).map((tree) => printed(tree));
}

describe('explain', () => {
  it('finds a handler by method and path, by its registration and by any line inside', () => {
    const [tree] = asked('GET /');
    expect(tree).toMatch(/^GET \/: depends, score /);
    expect(asked('app.ts:8')).toEqual([tree]);
    expect(asked('./app.ts:12:3')).toEqual([tree]);
    expect(asked('app.ts:2')).toEqual([]);
    expect(asked('POST /')).toEqual([]);
    expect(asked('nonsense')).toEqual([]);
  });

  it('shows what a request does in the order it does it, each step with its place', () => {
    const [tree = ''] = asked('GET /');
    const order = [
      'calls load',
      'crosses a bridge: Post.objects.get (rewritten)',
      'exceptionally, if post === null',
      'waits for fetch geo.example',
      'loads on access: post.author',
    ];
    const places = order.map((part) => tree.indexOf(part));
    expect(places).toEqual([...places].sort((left, right) => left - right));
    expect(places.every((place) => place > 0)).toBe(true);
  });

  it('calls a handler with nothing left to migrate what the ranking calls it', () => {
    const native = application(`res.json(await fetch('https://geo.example/'));`);
    const [tree] = explain(examine(inputOf(native)), 'GET /');
    expect(tree?.text).toMatch(/^GET \/: done, score /);
  });

  it('says that a bridge round an async function is what holds the lane, and that it stays', () => {
    const bridged = application(`
      res.json(await syncToAsync(async () => {
        const post = Post.objects.get({ id: 1 });
        return (await fetch('https://geo.example/' + post.title)).json();
      })());`);
    const [tree] = explain(examine(inputOf(bridged)), 'GET /');
    const told = tree ? printed(tree) : '';
    expect(told).toContain('GET /: migrate');
    expect(told).toMatch(
      /A bridge holds a lane through external waits: \d+ ms per request, which the rewrite leaves/,
    );
    expect(told).toContain('A = 1.00');
  });

  it('names a place once among what would change the verdict, however often it is called', () => {
    const twice = application(`
      ${'const post = await syncToAsync(Post.objects.get)({ id: 1 });'}
      const one = await fetch('https://geo.example/1'); const two = await fetch('https://geo.example/2?' + one.id);
      res.json({ post, two });`);
    const [tree] = explain(examine(inputOf(twice)), 'GET /');
    const told = tree ? printed(tree) : '';
    expect(told.match(/geo\.example takes less than/g)).toHaveLength(1);
  });

  it('says how often a call in a loop counts', () => {
    const looping = application(`for (const id of req.body.ids) await fetch('https://geo.example/' + id);`);
    const [tree] = explain(examine(inputOf(looping)), 'GET /');
    expect(tree && printed(tree)).toContain('geo.example: p95 600 ms (assumption), 5 times counts 5');
  });

  it('shows the factors, what is left and why, and what would change the verdict', () => {
    const [tree = ''] = asked('GET /');
    expect(tree).toContain('geo.example: p95 600 ms (assumption) counts 1');
    expect(tree).toContain('lazy-relation: lazy post.author, left');
    expect(tree).toContain('bridge: Post.objects.get, removed');
    expect(tree).toContain('What would change the verdict');
    expect(tree).toContain(".selectRelated('author') to the query at app.ts:");
    expect(tree).toMatch(/one lane is full at about \d+ requests a second/);
  });
});
