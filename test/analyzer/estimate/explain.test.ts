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
