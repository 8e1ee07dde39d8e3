import { layouts } from './layouts.ts';

/** A program with one bridge or a few; it exports `run`. */
export interface Program {
  readonly seed: number;
  /** Choices that made it, for a message that says what failed. */
  readonly choices: string;
  readonly text: string;
}

interface Operation {
  readonly receiver: string;
  readonly name: string;
  readonly values: readonly string[];
  /** The receiver is a row or a manager of one, loaded before. */
  readonly loads?: boolean;
}

const operations: readonly Operation[] = [
  { receiver: 'Post.objects', name: 'get', values: ['{ id: 1 }'] },
  { receiver: 'Post.objects', name: 'get', values: ["{ slug: 'missing' }"] },
  { receiver: 'Post.objects', name: 'get', values: ['{ views__gte: 0 }'] },
  { receiver: 'Post.objects', name: 'count', values: [] },
  { receiver: "Post.objects.filter({ status: 'draft' })", name: 'count', values: [] },
  { receiver: "Post.objects.filter({ views__gt: 0 }).orderBy('-views')", name: 'first', values: [] },
  { receiver: 'Post.objects', name: 'exists', values: [] },
  { receiver: "Post.objects.orderBy('id')", name: 'list', values: [] },
  { receiver: "Post.objects.orderBy('id')", name: 'at', values: ['1'] },
  { receiver: 'Post.objects', name: 'create', values: ["{ title: 'New', slug: 'new', author: 1 }"] },
  { receiver: 'Post.objects', name: 'create', values: ["{ title: 'Twice', slug: 'one', author: 1 }"] },
  { receiver: "Post.objects.filter({ status: 'draft' })", name: 'update', values: ['{ views: 7 }'] },
  {
    receiver: 'Post.objects',
    name: 'getOrCreate',
    values: ["{ slug: 'one' }", "{ defaults: { title: 'Old' } }"],
  },
  { receiver: 'Comment.objects.filter({ post: 1 })', name: 'delete', values: [] },
  { receiver: 'post', name: 'save', values: ["{ updateFields: ['views'] }"], loads: true },
  { receiver: 'post', name: 'refreshFromDb', values: [], loads: true },
  { receiver: 'post.comments', name: 'count', values: [], loads: true },
  { receiver: 'post.tags', name: 'add', values: ['1'], loads: true },
];

interface Choice<T> {
  readonly name: string;
  readonly make: T;
}

type WrapperImport = () => { readonly head: string; readonly inside: string; readonly wrapper: string };

const wrapperImports: readonly Choice<WrapperImport>[] = [
  { name: 'named', make: () => ({ head: "import { syncToAsync } from '@migrate-async/runtime';", inside: '', wrapper: 'syncToAsync' }) },
  { name: 'renamed', make: () => ({ head: "import { syncToAsync as s2a } from '@migrate-async/runtime';", inside: '', wrapper: 's2a' }) },
  { name: 'among others', make: () => ({ head: "import {\n  asyncContext, // unused\n  syncToAsync,\n} from '@migrate-async/runtime';\nexport { asyncContext };", inside: '', wrapper: 'syncToAsync' }) },
  { name: 'namespace', make: () => ({ head: "import * as runtime from '@migrate-async/runtime';", inside: '', wrapper: 'runtime.syncToAsync' }) },
  { name: 'sequence', make: () => ({ head: "import * as runtime from '@migrate-async/runtime';", inside: '', wrapper: '(0, runtime.syncToAsync)' }) },
  { name: 'alias', make: () => ({ head: "import { syncToAsync } from '@migrate-async/runtime';\nconst bridge = syncToAsync;", inside: '', wrapper: 'bridge' }) },
  { name: 'helper', make: () => ({ head: "import { syncToAsync } from '@migrate-async/runtime';\nconst query = <A extends readonly unknown[], R>(operation: (...values: A) => R) => syncToAsync(operation);", inside: '', wrapper: 'query' }) },
  { name: 'dynamic', make: () => ({ head: '', inside: "const { syncToAsync: loaded } = await import('@migrate-async/runtime');", wrapper: 'loaded' }) },
]; // biome-ignore format: one line per spelling

type Spelling = (
  wrapper: string,
  operation: Operation,
) => { readonly head?: string; readonly expression: string };

const reference = ({ receiver, name }: Operation) => `${receiver}.${name}`;
const values = (operation: Operation) => operation.values.join(', ');
const call = (operation: Operation) => `${reference(operation)}(${values(operation)})`;
const isPath = ({ receiver }: Operation) => !receiver.includes('(');

const spellings: readonly Choice<Spelling>[] = [
  { name: 'reference', make: (w, o) => ({ expression: `${w}(${reference(o)})(${values(o)})` }) },
  { name: 'string', make: (w, o) => ({ expression: `${w}(${o.receiver}['${o.name}'])(${values(o)})` }) },
  { name: 'parentheses', make: (w, o) => ({ expression: `(${w})((${reference(o)}))(${values(o)})` }) },
  { name: 'spaces', make: (w, o) => ({ expression: `${w} ( ${reference(o)} , ) ( ${values(o)} )` }) },
  { name: 'lines', make: (w, o) => ({ expression: `${w}(\n    ${o.receiver}\n      .${o.name},\n  )(${values(o)})` }) },
  { name: 'block comments', make: (w, o) => ({ expression: `${w}(/* before */ ${reference(o)} /* after */)(/* in */ ${values(o)})` }) },
  { name: 'line comments', make: (w, o) => ({ expression: `${w}(\n    // before\n    ${reference(o)}, // after\n  )(${values(o)})` }) },
  { name: 'options', make: (w, o) => ({ expression: `${w}(${reference(o)}, { threadSensitive: true })(${values(o)})`.replace('query(', 'query(') }) },
  { name: 'non-null', make: (w, o) => ({ expression: `${w}(${reference(o)}!)(${values(o)})` }) },
  { name: 'optional call', make: (w, o) => ({ expression: `${w}(${reference(o)})?.(${values(o)})` }) },
  { name: 'bound', make: (w, o) => (isPath(o) ? { expression: `${w}(${reference(o)}.bind(${o.receiver}))(${values(o)})` } : { expression: `${w}(${reference(o)})(${values(o)})` }) },
  { name: 'call', make: (w, o) => ({ expression: `${w}(${reference(o)}).call(null${o.values.map((value) => `, ${value}`).join('')})` }) },
  { name: 'arrow', make: (w, o) => ({ expression: `${w}(() => ${call(o)})()` }) },
  { name: 'block', make: (w, o) => ({ expression: `${w}(() => {\n    return ${call(o)};\n  })()` }) },
  { name: 'function', make: (w, o) => ({ expression: `${w}(function () { return ${call(o)} })()` }) },
  { name: 'several', make: (w, o) => ({ expression: `${w}(() => {\n    const before = Post.objects.count();\n    const found = ${call(o)};\n    return [before, found, Post.objects.count()];\n  })()` }) },
  { name: 'early return', make: (w, o) => ({ expression: `${w}(() => {\n    if (!User.objects.exists()) return null;\n    try {\n      return ${call(o)};\n    } finally {\n      User.objects.count();\n    }\n  })()` }) },
  { name: 'loop', make: (w, o) => ({ expression: `${w}(() => {\n    const titles: string[] = [];\n    for (const each of Post.objects.orderBy('id')) titles.push(each.title);\n    return [titles, ${call(o)}];\n  })()` }) },
  { name: 'relation', make: (w, o) => ({ expression: `${w}(() => [${call(o)}, Post.objects.get({ id: 1 }).author.name])()` }) },
  { name: 'spread', make: (w, o) => ({ expression: `${w}(() => [...Post.objects.filter({ views__gte: 0 }).orderBy('id'), ${call(o)}])()` }) },
  { name: 'transaction', make: (w, o) => ({ expression: `${w}(() => transaction.atomic(() => {\n    Post.objects.filter({ id: 2 }).update({ views: 5 });\n    return ${call(o)};\n  }))()` }) },
  { name: 'transaction by reference', make: (w, o) => ({ expression: `${w}(transaction.atomic)(() => {\n    Post.objects.filter({ id: 2 }).update({ views: 6 });\n    return ${call(o)};\n  })` }) },
  { name: 'taken relation', make: (w, o) => ({ expression: `${w}(() => {\n    const found = Post.objects.get({ id: 1 });\n    const { author, title } = found;\n    return [author.name, title, ${call(o)}];\n  })()` }) },
  { name: 'optional links', make: (w, o) => ({ expression: `${w}(() => [Post.objects.filter({ id: 9 }).first()?.author?.name, Post.objects.orderBy('id').first()?.author?.name, ${call(o)}])()` }) },
  { name: 'perhaps a query', make: (w, o) => ({ expression: `${w}(() => {\n    const found: string[] = [];\n    const all = ${call(o)} ? Post.objects.orderBy('id') : [];\n    for (const { title } of all) found.push(title);\n    return found;\n  })()` }) },
  { name: 'collections', make: (w, o) => ({ expression: `${w}(() => {\n    const [first] = Post.objects.orderBy('id');\n    const slugs = new Set(Post.objects.orderBy('id').valuesList('slug', { flat: true }));\n    return [first?.title, slugs.size, Array.from(Tag.objects.all(), (tag) => tag.slug), ${call(o)}];\n  })()` }) },
  { name: 'caught inside', make: (w, o) => ({ expression: `${w}(() => {\n    // caught here\n    try {\n      return [${call(o)}];\n    } catch (error) {\n      return [(error as Error).message, Post.objects.count()];\n    }\n  })()` }) },
  { name: 'labelled loops', make: (w, o) => ({ expression: `${w}(() => {\n    let last: unknown;\n    outer: for (const id of [1, 2, 3]) {\n      do {\n        if (!Post.objects.filter({ id }).exists()) continue outer;\n        last = ${call(o)};\n        break outer;\n      } while (true);\n    }\n    return last;\n  })()` }) },
  { name: 'switch', make: (w, o) => ({ expression: `${w}(() => {\n    switch (Post.objects.count()) {\n      case 3: {\n        const found = ${call(o)};\n        return found;\n      }\n      default:\n        return void 0;\n    }\n  })()` }) },
  { name: 'operators', make: (w, o) => ({ expression: `${w}(() => (Post.objects.count(), Post.objects.count() ** 2 > 0 && (-Post.objects.count()) ** 2 > 0 && !!${call(o)} && \`\${Post.objects.count()}\`.length > 0))()` }) },
  { name: 'no semicolons inside', make: (w, o) => ({ expression: `${w}(() => {\n    const before = Post.objects.count()\n    Post.objects.get({ id: 1 }).refreshFromDb()\n    const found = ${call(o)}\n    return [before, found]\n  })()` }) },
  { name: 'parameter', make: (w, o) => (o.values.length === 1 ? { expression: `${w}((value: any) => ${reference(o)}(value))(${values(o)})` } : { expression: `${w}(() => ${call(o)})()` }) },
  { name: 'helper function', make: (w, o) => (o.loads ? { expression: `${w}(() => ${call(o)})()` } : { head: `function load() {\n  // loads\n  return ${call(o)};\n}`, expression: `${w}(load)()` }) },
  { name: 'curried', make: (w, o) => (isPath(o) && !o.loads && /^\w+$/.test(w) && w !== 'loaded' ? { head: `const curried = ${w}(${reference(o)});`, expression: `curried(${values(o)})` } : { expression: `${w}(${reference(o)})(${values(o)})` }) },
]; // biome-ignore format: one line per spelling

const positions: readonly Choice<(bridge: string, wrapper: string) => string>[] = [
  { name: 'const', make: (b) => `const value = await ${b};\n  return value;` },
  { name: 'return await', make: (b) => `return await ${b};` },
  { name: 'return', make: (b) => `return ${b};` },
  { name: 'try', make: (b) => `try {\n    return await ${b};\n  } catch (error) {\n    return (error as Error).message;\n  }` },
  { name: 'then', make: (b) => `return ${b}.then((value: unknown) => [value]);` },
  { name: 'catch', make: (b) => `return ${b}.catch((error: Error) => error.message).finally(() => {});` },
  { name: 'all', make: (b, w) => `return await Promise.all([${b}, ${w}(Profile.objects.count)()]);` },
  { name: 'conditional', make: (b) => `return values.length > 0 ? await ${b} : null;` },
  { name: 'template', make: (b) => `return \`\n  \${JSON.stringify(await ${b})} 😀\n\`;` },
  { name: 'nullish', make: (b) => `return (await ${b}) ?? null;` },
  { name: 'loop', make: (b) => `let value: unknown;\n  for (const _ of [1, 2]) value = await ${b};\n  return value;` },
  { name: 'arrow', make: (b) => `const later = async () => ${b};\n  return await later();` },
  { name: 'kept promise', make: (b) => `const promise = ${b};\n  return await promise;` },
  { name: 'object', make: (b) => `return { value: await ${b}, shorthand: 1 };` },
  { name: 'sequence', make: (b) => `return (values.push(1), await ${b});` },
  { name: 'default', make: (b) => `const f = async (value = ${b}) => await value;\n  return await f();` },
  { name: 'no semicolons', make: (b) => `const before = values\n  const value = await ${b}\n  return [before, value]` },
  { name: 'member', make: (b) => `return Object.keys((await ${b}) ?? {}).length;` },
  { name: 'race', make: (b) => `return await Promise.race([${b}]);` },
  { name: 'computed key', make: (b) => `return { [JSON.stringify(await ${b}) ?? 'none']: values };` },
  { name: 'assignment', make: (b) => `let value: unknown;\n  value ??= await ${b};\n  return value;` },
  { name: 'labelled', make: (b) => `let value: unknown;\n  outer: while (true) {\n    value = await ${b};\n    break outer;\n  }\n  return value;` },
  { name: 'switch', make: (b) => `switch (values.length) {\n    case 1:\n      return await ${b};\n    default:\n      return null;\n  }` },
  { name: 'executor', make: (b) => `return await new Promise((resolve, reject) => {\n    ${b}.then(resolve, reject);\n  });` },
  { name: 'callback', make: (b) => `return await values.reduce(async (last: Promise<unknown>) => {\n    await last;\n    return await ${b};\n  }, Promise.resolve(null));` },
  { name: 'listener', make: (b) => `const answers: unknown[] = [];\n  const listen = async (handler: () => Promise<unknown>) => answers.push(await handler());\n  await listen(() => ${b});\n  return answers;` },
  { name: 'cast', make: (b) => `return (await ${b}) as unknown;` },
  { name: 'satisfies', make: (b) => `return (await ${b}) satisfies unknown;` },
  { name: 'logical', make: (b) => `return values.length > 0 && (await ${b});` },
  { name: 'first of a line', make: (b) => `const before = values\n  await ${b}\n  return before` },
  { name: 'twice', make: (b, w) => `const first = await ${b};\n  const count = await ${w}(Post.objects.count)();\n  return [first, count];` },
]; // biome-ignore format: one line per position

const containers: readonly Choice<(body: string) => string>[] = [
  { name: 'function', make: (b) => `export async function run(): Promise<unknown> {\n  const values: number[] = [1];\n  ${b}\n}` },
  { name: 'arrow', make: (b) => `export const run = async (): Promise<unknown> => {\n  const values: number[] = [1];\n  ${b}\n};` },
  { name: 'method', make: (b) => `class Handler {\n  values: number[] = [1];\n  async #show(): Promise<unknown> {\n    const { values } = this;\n    ${b}\n  }\n  show() {\n    return this.#show();\n  }\n}\nexport const run = () => new Handler().show();` },
  { name: 'object', make: (b) => `const handlers = {\n  async ['show'](values: number[]): Promise<unknown> {\n    ${b}\n  },\n};\nexport const run = () => handlers.show([1]);` },
  { name: 'generator', make: (b) => `async function* steps(values: number[]): AsyncGenerator<unknown, unknown> {\n  yield values.length;\n  ${b}\n}\nexport async function run() {\n  const all = steps([1]);\n  await all.next();\n  return (await all.next()).value;\n}` },
  { name: 'static', make: (b) => `class Handler {\n  static values: number[] = [1];\n  static show = async (): Promise<unknown> => {\n    const { values } = Handler;\n    ${b}\n  };\n}\nexport const run = () => Handler.show();` },
  { name: 'getter', make: (b) => `const handlers = {\n  get show() {\n    return async (values: number[]): Promise<unknown> => {\n      ${b}\n    };\n  },\n};\nexport const run = () => handlers.show([1]);` },
  { name: 'namespace', make: (b) => `namespace Handlers {\n  export async function show(values: number[]): Promise<unknown> {\n    ${b}\n  }\n}\nexport const run = () => Handlers.show([1]);` },
  { name: 'overloads', make: (b) => `export function run(): Promise<unknown>;\nexport function run(values: number[]): Promise<unknown>;\nexport async function run(values: number[] = [1]): Promise<unknown> {\n  ${b}\n}` },
  { name: 'nested', make: (b) => `export async function run(): Promise<unknown> {\n  const inner = async (values: number[]): Promise<unknown> => {\n    ${b}\n  };\n  return await inner([1]);\n}` },
]; // biome-ignore format: one line per container

/** The programs of a run: every choice by a generator of pseudo-random numbers, so that a seed says all. */
export function* generatePrograms(count: number, firstSeed = 1): Generator<Program> {
  for (let seed = firstSeed; seed < firstSeed + count; seed++) yield programOf(seed);
}

export function programOf(seed: number): Program {
  const random = mulberry32(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const operation = pick(operations);
  const imported = pick(wrapperImports);
  const spelling = pick(spellings);
  const position = pick(positions);
  const container = pick(containers);
  const layout = pick(layouts);
  const { head, inside, wrapper } = imported.make();
  // The helper takes the operation only.
  const { head: declared, expression } =
    imported.name === 'helper' && spelling.name === 'options'
      ? { head: undefined, expression: `${wrapper}(${reference(operation)})(${values(operation)})` }
      : spelling.make(wrapper, operation);
  const loads = operation.loads ? 'const post = await Post.objects.aget({ id: 1 });' : '';
  const body = [inside, loads, position.make(expression, wrapper)].filter((line) => line !== '').join('\n  ');
  const text = [
    '// 😀 generated',
    head,
    "import { transaction } from '@migrate-async/runtime/orm';",
    "import { Comment, Post, Profile, Tag, User } from './models';",
    '',
    'export const used = [transaction, Comment, Post, Profile, Tag, User];',
    declared ?? '',
    container.make(body),
    '',
  ].join('\n');
  const choices = [operation, imported, spelling, position, container, layout]
    .map(({ name }) => name)
    .join(' | ');
  return { seed, choices, text: layout.apply(text) };
}

/** Tommy Ettinger's generator: small, seeded, the same everywhere. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
