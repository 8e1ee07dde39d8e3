import { describe, expect, it } from 'vitest';
import { findBridges } from '../../analyzer/evidence/bridges.ts';
import {
  explainSites,
  hintsOf,
  marksOf,
  mockHints,
  rewriteProject,
  unusedSuppressions,
} from '../../transforms/index.ts';
import { projectOf } from './support/fixtures.ts';

const source = `import { syncToAsync } from '@migrate-async/runtime';
import { Post } from './models';

export async function show(id: number, Unknown: any) {
  const post = await syncToAsync(Post.objects.get)({ id });
  if (id > 1) {
    await syncToAsync(Unknown.get)({ id });
  }
  // migrate-async-ignore MA104: nobody knows
  await syncToAsync(Unknown.get)({ id });
  return post;
}
`;

function open(text: string) {
  const { sources, evaluator } = projectOf(new Map([['input.ts', text]]));
  const file = sources.file('input.ts');
  if (file === undefined) throw new Error('does not parse');
  return { file, evaluator };
}

function marked(text: string): string {
  const { file, evaluator } = open(text);
  const result = rewriteProject([file], evaluator, undefined, { mark: true }).files.get('input.ts');
  if (result?.status === 'failed') throw new Error(result.message);
  return result?.status === 'changed' ? result.text : text;
}

describe('marks', () => {
  it('put one line above each site that is left, with its code and a stable id', () => {
    const text = marked(source);
    expect(text).toContain('  if (id > 1) {\n    // migrate-async MA104 ');
    expect(marksOf(open(text).file)).toMatchObject([{ code: 'MA104', line: 7 }]);
  });

  it('do not stack up', () => {
    expect(marked(marked(source))).toBe(marked(source));
  });

  it('keep their id when lines move, and go when the site goes', () => {
    const text = marked(source);
    const [before] = marksOf(open(text).file);
    const moved = marked(text.replace('export async', '\n\nexport async'));
    expect(marksOf(open(moved).file)).toMatchObject([{ id: before?.id }]);
    const proven = marked(text.replace('syncToAsync(Unknown.get', 'syncToAsync(Post.objects.get'));
    expect(marksOf(open(proven).file)).toEqual([]);
    expect(proven).toContain('  if (id > 1) {\n    await Post.objects.aget({ id });');
  });
});

describe('suppressions', () => {
  it('are reported when they speak of no bridge', () => {
    const { file, evaluator } = open(
      `${source}// migrate-async-ignore MA101: long gone\nexport const one = 1;\n`,
    );
    expect(unusedSuppressions(file, findBridges(file, evaluator))).toMatchObject([
      { code: 'MA101', reason: 'long gone' },
    ]);
  });
});

describe('explanations', () => {
  it('say by which form, on what proof, and what would be written', () => {
    const { file, evaluator } = open(source);
    expect(explainSites(file, evaluator, 5)).toMatchObject([
      {
        site: { outcome: { kind: 'rewrite', form: 'method-call' } },
        before: 'syncToAsync(Post.objects.get)({ id })',
        after: 'Post.objects.aget({ id })',
        proofs: [{ operation: 'get', proof: 'syntax', model: 'Post' }],
      },
    ]);
  });

  it('say why a bridge is left', () => {
    const { file, evaluator } = open(source);
    expect(explainSites(file, evaluator, 7)).toMatchObject([
      { site: { outcome: { kind: 'leave', code: 'MA104' } }, after: undefined },
    ]);
    expect(explainSites(file, evaluator, 1)).toEqual([]);
  });
});

describe('hints', () => {
  it('point at promises that nobody waits for', () => {
    const { file, evaluator } = open(`import { syncToAsync } from '@migrate-async/runtime';
import { Post } from './models';
export function touch(post: Post, ids: number[]) {
  void syncToAsync(post.save)();
  ids.forEach(async (id) => {
    await syncToAsync(Post.objects.get)({ id });
  });
}
`);
    expect(hintsOf(file, evaluator).map(({ code, location }) => `${code}:${location.line}`)).toEqual([
      'MA202:4',
      'MA201:6',
    ]);
  });

  it('point at wrapper errors, interleaving, loops and transactions that wait', () => {
    const { file, evaluator } = open(`import { syncToAsync } from '@migrate-async/runtime';
import { transaction } from '@migrate-async/runtime/orm';
import { Post } from './models';
class SynchronousOnlyOperation extends Error {}
export async function touch(ids: number[]) {
  try {
    await syncToAsync(Post.objects.count)();
  } catch (error) {
    if (error instanceof SynchronousOnlyOperation) throw error;
  }
  await syncToAsync(() => {
    const post = Post.objects.get({ id: 1 });
    post.save();
  })();
  for (const id of ids) await syncToAsync(Post.objects.get)({ id });
  await transaction.aatomic(async () => {
    await syncToAsync(Post.objects.count)();
    await fetch('https://partner.example');
  });
}
`);
    expect(hintsOf(file, evaluator).map(({ code, location }) => `${code}:${location.line}`)).toEqual([
      'MA207:9',
      'MA208:11',
      'MA209:15',
      'MA206:18',
    ]);
  });

  it('say nothing of what they do not concern', () => {
    const { file, evaluator } = open(`import { syncToAsync } from '@migrate-async/runtime';
import { transaction } from '@migrate-async/runtime/orm';
import { Post } from './models';
export async function touch() {
  try {
    await syncToAsync(Post.objects.count)();
  } catch (error) {
    if (error instanceof TypeError) throw error;
  }
  await syncToAsync(() => transaction.atomic(() => {
    const post = Post.objects.get({ id: 1 });
    post.save();
  }))();
  await syncToAsync(() => [Post.objects.count(), Post.objects.exists()])();
  for (const post of await syncToAsync(() => Post.objects.all().list())()) post.title.trim();
  await fetch('https://partner.example');
}
`);
    expect(hintsOf(file, evaluator)).toEqual([]);
  });

  it('list tests that replace an operation', () => {
    const { file } = open(`vi.spyOn(Post.objects, 'get');
jest.mock('@acme/orm', () => ({ syncToAsync: (f) => async (...a) => f(...a) }));
vi.spyOn(cache, 'fetch');
`);
    expect(mockHints(file, new Set(['get'])).map(({ location }) => location.line)).toEqual([1, 2]);
  });
});
