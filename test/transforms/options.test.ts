import { describe, expect, it } from 'vitest';
import { rewriteFile, rewriteProject } from '../../transforms/index.ts';
import { projectOf } from './support/fixtures.ts';

function rewritten(text: string, options: Parameters<typeof rewriteFile>[3]): string {
  const { sources, evaluator } = projectOf(new Map([['input.ts', text]]));
  const file = sources.file('input.ts');
  if (file === undefined) throw new Error('does not parse');
  const result = rewriteFile(file, evaluator, undefined, options);
  if (result.status === 'failed') throw new Error(result.message);
  return result.status === 'changed' ? result.text : text;
}

describe('configured wrappers and twins', () => {
  it('count like the ones that are built in', () => {
    const text = `import { inThread } from '@acme/threads';
import toThread from '@acme/other';
import { Post } from './models';
export const show = async () => [await inThread(Post.objects.published)(), await toThread(Post.objects.get)({ id: 1 })];
`;
    expect(rewritten(text, {})).toBe(text);
    expect(
      rewritten(text, {
        wrappers: ['inThread'],
        defaultWrappers: ['@acme/other'],
        twins: { published: 'publishedAsync' },
      }),
    ).toBe(`import { Post } from './models';
export const show = async () => [await Post.objects.publishedAsync(), await Post.objects.aget({ id: 1 })];
`);
  });
});

describe('a plan of some sites', () => {
  const text = `import { syncToAsync } from '@migrate-async/runtime';
import { Post } from './models';

function load(id: number) {
  return Post.objects.get({ id });
}
export const one = async () => await syncToAsync(Post.objects.count)();
export const two = async () => await syncToAsync(Post.objects.exists)();
export const three = async () => await syncToAsync(load)(1);
`;

  it('leaves every other site and the import as they are', () => {
    const { sources, evaluator } = projectOf(new Map([['input.ts', text]]));
    const file = sources.file('input.ts');
    if (file === undefined) throw new Error('does not parse');
    const start = text.indexOf('syncToAsync(Post.objects.exists)');
    const result = rewriteProject([file], evaluator, new Set([`input.ts:${start}`])).files.get('input.ts');
    expect(result?.status === 'changed' && result.text).toBe(
      text.replace('syncToAsync(Post.objects.exists)()', 'Post.objects.aexists()'),
    );
  });
});

describe('a unit of several files', () => {
  const files = new Map([
    [
      'handler.ts',
      "import { syncToAsync } from '@acme/orm';\nimport { load } from './load';\nexport const show = async () => await syncToAsync(load)(1);\n",
    ],
    [
      'load.ts',
      "import { Post } from './models';\nexport function load(id: number) {\n  return Post.objects.get({ id });\n}\nexport const now = load(1);\n",
    ],
  ]);

  it('is named, so that all of it lands or none', () => {
    const { sources, evaluator } = projectOf(files);
    const parsed = [...files.keys()].flatMap((name) => sources.file(name) ?? []);
    expect(rewriteProject(parsed, evaluator).units).toEqual([
      { sites: ['handler.ts:110'], files: ['handler.ts', 'load.ts'] },
    ]);
  });

  it('is left alone when only one of its files may change', () => {
    const { sources, evaluator } = projectOf(files);
    const file = sources.file('handler.ts');
    expect(file && rewriteFile(file, evaluator).status).toBe('unchanged');
  });

  it('changes nothing when one of its files fails', () => {
    // `await` is a name like any other in an old script, but not in an async function.
    const clash = new Map([
      [
        'handler.cjs',
        "const { syncToAsync } = require('@acme/orm');\nconst { load } = require('./load.cjs');\nexports.show = async () => await syncToAsync(load)(1);\n",
      ],
      [
        'load.cjs',
        "const { Post } = require('./models');\nexports.load = function (id) {\n  const await = id;\n  return Post.objects.get({ id: await });\n};\nexports.now = () => exports.load(1);\n",
      ],
    ]);
    const { sources, evaluator } = projectOf(clash);
    const parsed = [...clash.keys()].flatMap((name) => sources.file(name) ?? []);
    const results = [...rewriteProject(parsed, evaluator).files.values()];
    expect(results.map((result) => result.status === 'failed' && result.reason)).toEqual(['unit', 'parse']);
  });
});
