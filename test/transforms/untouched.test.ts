import { describe, expect, it } from 'vitest';
import { rewriteAll } from './support/fixtures.ts';

const own = "import { syncToAsync } from '@migrate-async/runtime';\nimport { Post } from './models';\n";

/** Code that must stay as it is byte for byte, with the codes it is listed under. */
const untouched: readonly (readonly [what: string, text: string, ...codes: string[]])[] = [
  ['a wrapper of the same name that is declared here', "import { Post } from './models';\nfunction syncToAsync(f: unknown) { return f; }\nexport const a = syncToAsync(Post.objects.get);\n"],
  ['a wrapper that is a parameter', "import { Post } from './models';\nexport const a = (syncToAsync: any) => syncToAsync(Post.objects.get)({ id: 1 });\n"],
  ['a wrapper that is caught', "import { Post } from './models';\ntry {} catch (syncToAsync: any) { syncToAsync(Post.objects.get); }\n"],
  ['a wrapper that a loop declares', "import { Post } from './models';\nfor (const syncToAsync of [] as any[]) syncToAsync(Post.objects.get);\n"],
  ['a wrapper that is a local of a block', `${own}export function a() { { const syncToAsync = (f: any) => f; syncToAsync(Post.objects.get); } }\n`],
  ['a method of that name on something else', "import { Post } from './models';\nimport { threads } from './threads';\nexport const a = (it: any) => [it.run(Post.objects.get), threads.spawn(Post.objects.get)];\n"],
  ['names that only look like it', "import { asyncToSync, syncToAsyncIterator } from '@migrate-async/runtime';\nimport { Post } from './models';\nexport const a = [asyncToSync(Post.objects.get), syncToAsyncIterator(Post.objects.get)];\n"],
  ['the word in strings and comments', "// syncToAsync(Post.objects.get)\nexport const a = 'syncToAsync(Post.objects.get)'; /* syncToAsync */\n"],
  ['the word in a template and a regular expression', 'export const a = [`syncToAsync(Post.objects.get)`, /syncToAsync\\(x\\)/];\n'],
  ['a type-only import', "import type { syncToAsync } from '@migrate-async/runtime';\nexport type Wrapper = typeof syncToAsync;\n"],
  ['a property key of that name', 'export const a = { syncToAsync: 1, b: ({ syncToAsync: 2 } as any).syncToAsync };\n'],
  ['a re-export', "export { syncToAsync } from '@migrate-async/runtime';\n"],
  ['a cache', `${own}import { cache } from './cache';\nexport const a = async (k: string) => await syncToAsync(cache.delete)(k);\n`, 'MA101'],
  ['a Map', `${own}const map = new Map<string, number>();\nexport const a = async () => await syncToAsync(map.get)('k');\n`, 'MA101'],
  ['a function of Node', `${own}import { readFileSync } from 'node:fs';\nexport const a = async () => await syncToAsync(readFileSync)('x');\n`, 'MA101'],
  ['a closure without queries', `${own}export const a = async () => await syncToAsync(() => 1 + 1)();\n`, 'MA101'],
  ['a project function without queries', `${own}const add = (x: number) => x + 1;\nexport const a = async () => await syncToAsync(add)(1);\n`, 'MA101'],
  ['a lazy builder', `${own}export const a = async () => await syncToAsync(Post.objects.exclude)({ id: 1 });\n`, 'MA102'],
  ['raw SQL', `${own}export const a = async () => await syncToAsync(Post.objects.raw)('SELECT 1');\n`, 'MA103'],
  ['a manager method of the project', `${own}export const a = async () => await syncToAsync((Post.objects as any).published)();\n`, 'MA103'],
  ['a receiver of any type', `${own}export const a = async (post: any) => await syncToAsync(post.save)();\n`, 'MA104'],
  ['a shadowed model', `${own}export const a = async (Post: any) => await syncToAsync(Post.objects.get)({ id: 1 });\n`, 'MA104'],
  ['a wrapper that a condition chooses', `${own}const run = Math.random() > 1 ? (f: any) => f : syncToAsync;\nexport const a = async () => await run(Post.objects.get)({ id: 1 });\n`, 'MA105'],
  ['a bridge that is turned back', `${own}import { asyncToSync } from '@acme/orm';\nexport const a = asyncToSync(syncToAsync(Post.objects.get));\n`, 'MA107'],
  ['a method that only run time knows', `${own}export const a = async (m: 'get') => await syncToAsync(Post.objects[m])({ id: 1 });\n`, 'MA108'],
  ['a method taken off its receiver', `${own}const { get } = Post.objects;\nexport const a = async () => await syncToAsync(get)({ id: 1 });\n`, 'MA109'],
  ['a method bound to something else', `${own}export const a = async (x: any) => await syncToAsync(Post.objects.get.bind(x))({ id: 1 });\n`, 'MA109'],
  ['a transaction whose block is elsewhere', `${own}import { transaction } from '@migrate-async/runtime/orm';\nexport const a = async (block: () => void) => await syncToAsync(() => transaction.atomic(block))();\n`, 'MA110'],
  ['a function with its own this', `${own}export const a = async () => await syncToAsync(function (this: any) { return [this, Post.objects.count()]; })();\n`, 'MA111'],
  ['a function that reads its arguments', `${own}export const a = async () => await syncToAsync(function () { return [arguments.length, Post.objects.count()]; })();\n`, 'MA111'],
  ['a query in a sync callback', `${own}export const a = async () => await syncToAsync(() => [1].map(() => Post.objects.count()))();\n`, 'MA112'],
  ['a query in a getter', `${own}export const a = async () => await syncToAsync(() => ({ get n() { return Post.objects.count(); } }).n)();\n`, 'MA112'],
  ['a query in a class field', `${own}export const a = async () => await syncToAsync(() => new (class { n = Post.objects.count(); })())();\n`, 'MA112'],
  ['a query in a default parameter', `${own}export const a = async () => await syncToAsync((n = Post.objects.count()) => n)();\n`, 'MA112'],
  ['a generator', `${own}export const a = async () => await syncToAsync(function* () { yield Post.objects.count(); })();\n`, 'MA112'],
  ['an optional receiver', `${own}export const a = async (x: { Post?: typeof Post }) => await syncToAsync(x.Post?.objects.get as any)({ id: 1 });\n`, 'MA114'],
  ['nothing handed over', `${own}export const a = (syncToAsync as any)();\n`, 'MA115'],
  ['something spread', `${own}export const a = async (x: [any]) => await syncToAsync(...x)();\n`, 'MA115'],
  ['an executor', `${own}export const a = async () => await syncToAsync(Post.objects.count, { executor: 1 } as any)();\n`, 'MA116'],
  ['writes in parallel', `${own}export const a = async (x: any) => await Promise.all([syncToAsync(Post.objects.create)(x), syncToAsync(Post.objects.create)(x)]);\n`, 'MA118', 'MA118'],
  ['a helper that blocks', `${own}import { readFileSync } from 'node:fs';\nconst load = () => [readFileSync('x'), Post.objects.count()];\nexport const a = async () => await syncToAsync(load)();\n`, 'MA119'],
  ['an async closure', `${own}export const a = async () => await syncToAsync((async () => await Post.objects.acount()) as any)();\n`, 'MA114'],
  ['a counter that requests share', `${own}let n = 0;\nexport const a = async () => await syncToAsync(() => { n += Post.objects.count(); })();\n`, 'MA124'],
  ['native code', "import { Post } from './models';\nexport const a = async () => await Post.objects.aget({ id: 1 });\n"],
]; // biome-ignore format: one line per case

describe('code that stays as it is', () => {
  it.each(untouched)('%s', (_what, text, ...codes) => {
    const { files, sites, failures } = rewriteAll(new Map([['input.ts', text]]));
    expect(failures).toEqual([]);
    expect(files.get('input.ts')).toBe(text);
    expect(sites.map((site) => site.split(' ')[1])).toEqual(codes);
  });
});
