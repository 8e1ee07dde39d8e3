import { describe, expect, it } from 'vitest';
import { parallelAwaitsIn } from '../../transforms/parallel-awaits.ts';
import type { FileResult } from '../../transforms/result.ts';
import { relationSites, selectRelatedIn } from '../../transforms/select-related.ts';
import { projectOf } from './support/fixtures.ts';

function open(text: string) {
  const { sources, evaluator } = projectOf(new Map([['input.ts', text]]));
  const file = sources.file('input.ts');
  if (file === undefined) throw new Error('does not parse');
  return { file, evaluator };
}

function textOf(result: FileResult, text: string): string {
  if (result.status === 'failed') throw new Error(result.message);
  return result.status === 'changed' ? result.text : text;
}

const related = (text: string) => {
  const { file, evaluator } = open(text);
  return textOf(selectRelatedIn(file, evaluator), text);
};
const parallel = (text: string) => {
  const { file, evaluator } = open(text);
  return textOf(parallelAwaitsIn(file, evaluator), text);
};

describe('select-related', () => {
  const head =
    "import { syncToAsync } from '@migrate-async/runtime';\nimport { Post, User } from './models';\n";

  it.each([
    [
      'adds the relation to the query that produced the row',
      'export async function f(id: number) {\n  const post = await Post.objects.aget({ id });\n  return post.author.name;\n}\n',
      "export async function f(id: number) {\n  const post = await Post.objects.selectRelated('author').aget({ id });\n  return post.author.name;\n}\n",
    ],
    [
      'takes the longest path, through bridges and loops',
      'export async function f(id: number) {\n  const post = await syncToAsync(Post.objects.get)({ id });\n  const names = [post.author.profile.plan.code, post.author.name];\n  for await (const each of Post.objects.filter({ id })) names.push(each.author.name);\n  return names;\n}\n',
      "export async function f(id: number) {\n  const post = await syncToAsync(Post.objects.selectRelated('author__profile__plan').get)({ id });\n  const names = [post.author.profile.plan.code, post.author.name];\n  for await (const each of Post.objects.filter({ id }).selectRelated('author')) names.push(each.author.name);\n  return names;\n}\n",
    ],
  ])('%s', (_name, before, after) => {
    expect(related(head + before)).toBe(head + after);
    expect(related(head + after)).toBe(head + after);
  });

  it.each([
    [
      'is loaded already',
      "export async function f(id: number) {\n  const post = await Post.objects.selectRelated('author').aget({ id });\n  return post.author.name;\n}\n",
    ],
    ['is read in sync code', 'export function f(post: Post) {\n  return post.author.name;\n}\n'],
    [
      'is awaited by its twin',
      'export async function f(post: Post) {\n  return (await post.aauthor).name;\n}\n',
    ],
    [
      'is read inside a bridge',
      'export async function f(post: Post) {\n  return await syncToAsync(() => post.author.name)();\n}\n',
    ],
  ])('leaves a relation that %s', (_name, text) => {
    const { file, evaluator } = open(head + text);
    expect(selectRelatedIn(file, evaluator).status).toBe('unchanged');
    expect(relationSites(file, evaluator)).toEqual([]);
  });

  it('lists a relation whose query is not known', () => {
    const { file, evaluator } = open(
      `${head}export async function f(post: Post) {\n  return post.author.name;\n}\n`,
    );
    expect(relationSites(file, evaluator)).toMatchObject([
      { line: 4, outcome: { kind: 'leave', code: 'MA204' } },
    ]);
  });
});

describe('parallel-awaits', () => {
  it('joins reads that do not depend on each other', () => {
    expect(
      parallel(
        'import axios from "axios";\nexport async function f(a: string, b: string) {\n  const first = await fetch(a);\n  const { data } = await axios.get(b + "/x");\n  return [first, data];\n}\n',
      ),
    ).toBe(
      'import axios from "axios";\nexport async function f(a: string, b: string) {\n  const [first, { data }] = await Promise.all([fetch(a), axios.get(b + "/x")]);\n  return [first, data];\n}\n',
    );
  });

  it.each([
    'export async function f(a: string) {\n  const first = await fetch(a);\n  const second = await fetch(first.url);\n  return second;\n}\n',
    'export async function f(a: string) {\n  const first = await fetch(a);\n  const second = await fetch(a, { method: "POST" });\n  return [first, second];\n}\n',
    'export async function f(a: string) {\n  const first = await fetch(a);\n  // then, and only then\n  const second = await fetch(a);\n  return [first, second];\n}\n',
    'export async function f(a: () => string) {\n  const first = await fetch(a());\n  const second = await fetch(a());\n  return [first, second];\n}\n',
    'export async function f(a: string, fetch: any) {\n  const first = await fetch(a);\n  const second = await fetch(a);\n  return [first, second];\n}\n',
    'export async function f(a: string) {\n  const first = await fetch(a);\n  if (!first.ok) return;\n  const second = await fetch(a);\n  return [first, second];\n}\n',
    'export async function f(a: string) {\n  let first = await fetch(a);\n  let second = await fetch(a);\n  return [first, second];\n}\n',
  ])('keeps apart what may depend: %s', (text) => {
    expect(parallel(text)).toBe(text);
  });
});
