import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transforms } from '../../transforms/index.ts';

const require = createRequire(import.meta.url);
const runner = require.resolve('jscodeshift/bin/jscodeshift.js');
const models = "import { Post } from './models';\n";

interface Case {
  readonly before: string;
  readonly after: string;
}

/** For each transform, a file that it rewrites alone, with what becomes of it. */
const cases: Readonly<Record<string, Case>> = {
  'native-orm': {
    before: `import { syncToAsync } from '@migrate-async/runtime';
${models}
export const show = async (id: number) => await syncToAsync(Post.objects.get)({ id });
`,
    after: `${models}
export const show = async (id: number) => await Post.objects.aget({ id });
`,
  },
  'async-twin': {
    before: `import { syncToAsync } from '@migrate-async/runtime';
${models}
export function load(id: number) {
  return Post.objects.get({ id });
}
export const show = async (id: number) => [await syncToAsync(load)(id), await syncToAsync(Post.objects.count)()];
`,
    // Other files may import `load`, so it stays.
    after: `import { syncToAsync } from '@migrate-async/runtime';
${models}
export function load(id: number) {
  return Post.objects.get({ id });
}

export async function aload(id: number) {
  return Post.objects.aget({ id });
}
export const show = async (id: number) => [await aload(id), await syncToAsync(Post.objects.count)()];
`,
  },
  'select-related': {
    before: `import { fields, foreignKey, Manager, model } from '@migrate-async/runtime/orm';

class User extends model('user', { name: fields.char(9) }) {
  static objects = new Manager(this);
}
class Post extends model('post', { author: foreignKey<User>(() => User, { onDelete: 'cascade' }) }) {
  static objects = new Manager(this);
}
export const show = async (id: number) => {
  const post = await Post.objects.aget({ id });
  return post.author.name;
};
`,
    after: `import { fields, foreignKey, Manager, model } from '@migrate-async/runtime/orm';

class User extends model('user', { name: fields.char(9) }) {
  static objects = new Manager(this);
}
class Post extends model('post', { author: foreignKey<User>(() => User, { onDelete: 'cascade' }) }) {
  static objects = new Manager(this);
}
export const show = async (id: number) => {
  const post = await Post.objects.selectRelated('author').aget({ id });
  return post.author.name;
};
`,
  },
  'parallel-awaits': {
    before: `export const both = async () => {
  const user = await fetch('https://a.example');
  const rates = await fetch('https://b.example');
  return [user, rates];
};
`,
    after: `export const both = async () => {
  const [user, rates] = await Promise.all([fetch('https://a.example'), fetch('https://b.example')]);
  return [user, rates];
};
`,
  },
  'node-promisify': {
    before: `import fs from 'node:fs';
import { promisify } from 'node:util';

export const read = promisify(fs.readFile);
`,
    after: `import fs from 'node:fs';

export const read = fs.promises.readFile;
`,
  },
};

const plain = 'export const one = 1;\n';
const broken = 'export const = ;\n';

describe.each(transforms)('$name under the stock jscodeshift runner', ({ name }) => {
  let folder = '';
  const file = (leaf: string) => path.join(folder, leaf);
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), `${name}-`));
    writeFileSync(file('plain.ts'), plain);
    writeFileSync(file('broken.ts'), broken);
    writeFileSync(file('input.ts'), cases[name]?.before ?? '');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('rewrites what the file itself proves, leaves the rest and reports what does not parse', () => {
    const module = path.resolve(import.meta.dirname, `../../transforms/${name}.ts`);

    const output = execFileSync(
      process.execPath,
      [runner, '--transform', module, '--extensions', 'ts', '--no-babel', '--run-in-band', folder],
      { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '--import tsx --conditions=source' } },
    );

    expect(output).toMatch(/1 errors/);
    expect(output).toMatch(/1 ok/);
    expect(readFileSync(file('input.ts'), 'utf8')).toBe(cases[name]?.after);
    expect(readFileSync(file('plain.ts'), 'utf8')).toBe(plain);
    expect(readFileSync(file('broken.ts'), 'utf8')).toBe(broken);
  });
});
