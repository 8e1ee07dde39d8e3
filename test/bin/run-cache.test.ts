import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listFiles } from '../../analyzer/sources/index.ts';
import { remembered } from '../../bin/run-cache.ts';
import { migrateAsync } from '../support/command.ts';
import { type Folder, temporaryFolder } from '../support/folder.ts';

const project = {
  'package.json': '{ "name": "shop" }',
  'tsconfig.json': '{}',
  'main.ts': 'export const main = 0;\n',
  'src/app.ts': 'export const app = 1;\n',
  'src/orders.ts': 'export const orders = 2;\n',
};

let folder: Folder;
let runs: number;

beforeEach(() => {
  folder = temporaryFolder(project);
  mkdirSync(path.join(folder.path, 'node_modules'));
  folder.write('.gitignore', 'node_modules\n');
  folder.commitAll();
  runs = 0;
});

const cacheFolder = () => path.join(folder.path, 'node_modules/.cache/migrate-async');
const results = () => readdirSync(cacheFolder()).map((name) => path.join(cacheFolder(), name));

/** Asks for a result that says how often it was worked out. */
function ask(given: unknown = 'question', at = folder.path): Promise<{ readonly run: number }> {
  return remembered({ list: listFiles(['.'], at), given }, async () => ({ run: ++runs }));
}

describe('a result is given again', () => {
  test('when nothing has changed', async () => {
    expect(await ask()).toEqual({ run: 1 });
    expect(await ask()).toEqual({ run: 1 });
  });

  test('when a file was changed and changed back', async () => {
    await ask();
    folder.write('src/app.ts', 'export const app = 3;\n');
    folder.write('src/app.ts', project['src/app.ts']);
    expect(await ask()).toEqual({ run: 1 });
  });
});

describe('a result is worked out anew', () => {
  const changes: Readonly<Record<string, () => void>> = {
    'when a file was edited to another text of the same length': () => {
      folder.write('src/app.ts', 'export const app = 9;\n');
    },
    'when a file was added': () => void folder.write('src/users.ts', 'export {};\n'),
    'when a file was removed': () => rmSync(path.join(folder.path, 'src/orders.ts')),
    'when a file was renamed': () =>
      renameSync(path.join(folder.path, 'src/orders.ts'), path.join(folder.path, 'src/sales.ts')),
    'when tsconfig.json changed': () => void folder.write('tsconfig.json', '{ "compilerOptions": {} }'),
    'when package.json changed': () => void folder.write('package.json', '{ "name": "mart" }'),
    'when a template changed': () => void folder.write('views/order.ejs', '<b><%= order.total %></b>'),
    'when settings that git ignores changed': () => {
      folder.write('.gitignore', 'node_modules\n.env\n');
      folder.commitAll();
      void folder.write('.env', 'ROOT=/v2\n');
    },
    'when packages were installed': () => void folder.write('node_modules/.package-lock.json', '{}'),
  };
  for (const [name, change] of Object.entries(changes)) {
    test(name, async () => {
      await ask();
      change();
      expect(await ask()).toEqual({ run: 2 });
    });
  }

  test('when something else is asked: other options, another configuration or calibration', async () => {
    await ask({ minScore: 30 });
    expect(await ask({ minScore: 40 })).toEqual({ run: 2 });
    expect(await ask({ minScore: 30 })).toEqual({ run: 1 });
  });

  test('when a part of the project is asked about', async () => {
    await ask();
    expect(await ask('question', path.join(folder.path, 'src'))).toEqual({ run: 2 });
  });

  test.each([
    ['nothing', ''],
    ['garbage', '\u0000\u0001 no result'],
    ['a result of another version', 'migrate-async 0 abc def\n{"run":7}'],
  ])('when the stored one is %s', async (_, content) => {
    await ask();
    for (const file of results()) writeFileSync(file, content);
    expect(await ask()).toEqual({ run: 2 });
    expect(await ask()).toEqual({ run: 2 });
  });

  test('when the stored one was cut short', async () => {
    await ask();
    const [file = ''] = results();
    writeFileSync(file, folder.read(path.relative(folder.path, file)).slice(0, -1));
    expect(await ask()).toEqual({ run: 2 });
  });

  test('when a file changed while it was worked out', async () => {
    const list = listFiles(['.'], folder.path);
    await remembered({ list, given: 'question' }, async () => {
      folder.write('src/app.ts', 'export const app = 4;\n');
      return { run: ++runs };
    });
    expect(await ask()).toEqual({ run: 2 });
  });
});

describe('the folder of the cache', () => {
  const home = process.env.XDG_CACHE_HOME;
  afterEach(() => {
    if (home === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = home;
  });

  test('is the own one of whoever runs it in a project without node_modules', async () => {
    process.env.XDG_CACHE_HOME = path.join(temporaryFolder().path, 'caches');
    rmSync(path.join(folder.path, 'node_modules'), { recursive: true });
    await ask();
    expect(await ask()).toEqual({ run: 1 });
    expect(readdirSync(path.join(process.env.XDG_CACHE_HOME, 'migrate-async/results'))).toHaveLength(1);
  });

  test('may be one that cannot be written', async () => {
    folder.write('node_modules/.cache', 'a file where the folder would be');
    expect(await ask()).toEqual({ run: 1 });
    expect(await ask()).toEqual({ run: 2 });
  });

  test('may be read-only', async () => {
    await ask();
    chmodSync(cacheFolder(), 0o555);
    folder.write('src/app.ts', 'export const app = 5;\n');
    expect(await ask()).toEqual({ run: 2 });
    chmodSync(cacheFolder(), 0o755);
  });

  test('serves runs at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => ask()));
    expect(all.every(({ run }) => run >= 1 && run <= 8)).toBe(true);
    const settled = await ask();
    expect(await ask()).toEqual(settled);
    expect(results()).toHaveLength(1);
  });

  test('keeps a bounded number of results', async () => {
    for (let index = 0; index < 30; index++) await ask(index);
    expect(results().length).toBeLessThanOrEqual(24);
  });
});

describe('the command line', () => {
  const application = {
    'package.json': '{ "name": "app", "dependencies": { "express": "5" } }',
    'app.js': `const express = require('express');
const { syncToAsync } = require('@migrate-async/runtime');
const { Post } = require('./models');
const app = express();
app.get('/posts/:id', async (req, res) => {
  const post = await syncToAsync(Post.objects.get)({ id: req.params.id });
  const score = await fetch('https://scores.example.com/' + post.id);
  const rank = await fetch('https://ranks.example.com/' + post.id);
  res.json([await score.json(), await rank.json()]);
});
app.listen(3000);
`,
  };

  test.each([
    ['--dry-run', '--all'],
    ['--dry-run', '--json'],
    ['analyze', '--format', 'json'],
  ])('prints the same bytes again, and with --no-cache: %s %s', async (...args) => {
    const own = temporaryFolder(application);
    const environment = { XDG_CACHE_HOME: temporaryFolder().path };
    const first = await migrateAsync(own.path, args, '', environment);
    const again = await migrateAsync(own.path, args, '', environment);
    const without = await migrateAsync(own.path, [...args, '--no-cache'], '', environment);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('/posts/:id');
    expect(again).toEqual(first);
    expect(without).toEqual(first);
    expect(readdirSync(path.join(environment.XDG_CACHE_HOME, 'migrate-async/results'))).toHaveLength(1);
  });
});
