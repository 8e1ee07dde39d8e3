import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Discovery, discoverHandlers } from '../../../analyzer/handlers/index.ts';
import { Evaluator, listFiles, Sources } from '../../../analyzer/sources/index.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const head = "import express from 'express';\nconst app = express();\n";

function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'hostile-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  return folder;
}

function discovered(folder: string): Discovery & { readonly sources: Sources } {
  const sources = new Sources(listFiles(['.'], folder));
  return { ...discoverHandlers(sources, new Evaluator(sources)), sources };
}

const pathsOf = ({ handlers }: Discovery) => handlers.flatMap(({ paths }) => paths);

describe('hostile input', () => {
  it('may mount routers in each other', () => {
    const text = `${head}const a = express.Router();\nconst b = express.Router();
      a.use('/b', b); b.use('/a', a); a.get('/x', (q, s) => s.end()); app.use(a);`;
    expect(pathsOf(discovered(folderWith({ 'app.js': text })))).toEqual(['/x']);
  });

  it('may make routers without end', () => {
    const text = `${head}function make(n) {
      const r = express.Router(); r.get('/' + n, (q, s) => s.end()); r.use('/in', make(n + 1)); return r;
    }
    app.use(make(0));`;
    expect(pathsOf(discovered(folderWith({ 'app.js': text }))).length).toBeGreaterThan(0);
  });

  it('may spread, merge and append itself', () => {
    const text = `${head}import fastify from 'fastify';\nimport restify from 'restify';
      let own = { path: '/own', ...own }; const two = { ...three }; const three = { ...two };
      const table = { 'get /t': answer }; Object.assign(table, table, more); const more = { ...table };
      Object.assign(more, table); function answer(q, s) { s.end(); }
      let path = '/p'; path += path; path += next(); function next() { path += path; return path; }
      global.base = '/g'; global.base = global.base + global.other; global.other = global.base;
      fastify().route(two); restify.createServer().get(own, answer); restify.createServer().get(three, answer);
      for (const key of Object.keys(table)) app[key.split(' ')[0]](key.split(' ')[1], answer);
      app.get(path, answer); app.get(global.base, answer); app.get('/ok', answer);`;
    const found = pathsOf(discovered(folderWith({ 'app.js': text })));
    expect(found).toContain('/ok');
    expect(found).toContain('/t');
  });

  it('may be nested beyond what can be parsed, which is reported', () => {
    const { sources } = discovered(
      folderWith({
        'deep.js': `${head}app.use(${'[\n'.repeat(50_000)}${']\n'.repeat(50_000)});`,
        'ok.js': head,
      }),
    );
    expect(sources.failures.map((failure) => [failure.path, failure.message])).toEqual([
      ['deep.js', 'Nested too deeply to be parsed.'],
    ]);
  });

  it('may hold a byte order mark, and bytes that are no text', () => {
    const bytes = Buffer.concat([
      Buffer.from(`${head}// `),
      Buffer.from([0xff, 0xfe, 0xc3]),
      Buffer.from("\napp.get('/b', f);"),
    ]);
    const folder = folderWith({ 'a.js': `\uFEFF${head}app.get('/a', (q, s) => s.end());`, 'b.js': bytes });
    const found = discovered(folder);
    expect(pathsOf(found)).toEqual(['/a', '/b']);
    expect(found.sources.failures).toEqual([]);
    expect([found.sources.isFaithful('a.js'), found.sources.isFaithful('b.js')]).toEqual([true, false]);
  });

  it('may hold files in UTF-16, which are left unread and said', () => {
    const text = `${head}app.get('/wide', (q, s) => s.end());`;
    const folder = folderWith({
      'app.js': `${head}app.get('/real', (q, s) => s.end());`,
      'wide.js': Buffer.from(`\uFEFF${text}`, 'utf16le'),
      'swapped.js': Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
    });
    const found = discovered(folder);
    expect(pathsOf(found)).toEqual(['/real']);
    expect(found.sources.skipped).toEqual([
      { path: 'swapped.js', reason: 'utf-16' },
      { path: 'wide.js', reason: 'utf-16' },
    ]);
  });

  it('may hold links that lead nowhere or in circles', () => {
    const folder = folderWith({ 'app.js': `${head}app.get('/real', (q, s) => s.end());` });
    symlinkSync('self.js', path.join(folder, 'self.js'));
    symlinkSync('nowhere', path.join(folder, 'dangling.js'));
    symlinkSync('.', path.join(folder, 'loop'));
    expect(pathsOf(discovered(folder))).toEqual(['/real']);
  });

  it('may multiply alternatives and loops', () => {
    const doubling = Array.from(
      { length: 40 },
      (_, i) => `const p${i} = c ? p${i - 1} + 'a' : p${i - 1} + 'b';`,
    ).join('\n');
    const list = `const many = [${Array.from({ length: 2000 }, (_, i) => `'/${i}'`).join(',\n')}];`;
    const text = `${head}const c = Math.random() > 0.5;\n${doubling.replaceAll('p-1', "'/p'")}
      app.get(p39, (q, s) => s.end());\n${list}
      many.forEach((one) => many.forEach((two) => app.get(one + two, (q, s) => s.end())));`;
    expect(discovered(folderWith({ 'app.js': text })).handlers.length).toBeLessThan(500);
  });

  const many = 100_000;
  it.each([
    ['parentheses', `app.get('/x', ${'('.repeat(many)}f${')'.repeat(many)});`],
    ['arrays', `app.use(${'['.repeat(many)}${']'.repeat(many)});`],
    ['calls', `app.use(${'f('.repeat(many)}${')'.repeat(many)});`],
    ['functions', `app.get('/x', ${'() => '.repeat(many)}1);`],
    ['templates', `app.get(${'`${'.repeat(many)}1${'}`'.repeat(many)}, f);`],
  ])('may nest 100,000 %s, which is reported when it is too much', (_, text) => {
    const { sources, handlers } = discovered(
      folderWith({ 'deep.js': head + text, 'ok.js': `${head}app.get('/ok', (q, s) => s.end());` }),
    );
    expect(handlers.some(({ paths }) => paths[0] === '/ok')).toBe(true);
    expect(sources.failures.every(({ message }) => message === 'Nested too deeply to be parsed.')).toBe(true);
  });

  it.each([
    ['members', `const chain = app${'.a\n'.repeat(many)};`],
    ['calls of members', `const chain = app${".get('/x')\n".repeat(many / 10)};`],
    ['sums', `app.get('/' ${"+ 'a'\n".repeat(many)}, (q, s) => s.end());`],
    ['alternatives', `const handler = ${'a ||\n'.repeat(many)} b;`],
    ['statements', `${'if (a) b();\n'.repeat(many)}`],
  ])('may chain 100,000 %s', (_, text) => {
    const folder = folderWith({ 'long.js': `${head}${text}\napp.get('/ok', (q, s) => s.end());` });
    const { sources, ...found } = discovered(folder);
    const isKnown = pathsOf(found).includes('/ok');
    const isReported = sources.failures.length + sources.skipped.length > 0;
    expect(isKnown || isReported).toBe(true);
  });

  it('may be one line of five megabytes, which is left unread and said', () => {
    const folder = folderWith({
      'line.js': `${head}${'f(1);'.repeat(1_000_000)}`,
      'ok.js': `${head}app.get('/ok', (q, s) => s.end());`,
    });
    const { sources, ...found } = discovered(folder);
    expect(pathsOf(found)).toEqual(['/ok']);
    expect(sources.skipped).toEqual([{ path: 'line.js', reason: 'too-large' }]);
  });

  it('may import and export itself in circles', () => {
    const folder = folderWith({
      'a.js': "export * from './b.js'; export { x as y } from './c.js'; import './a.js';",
      'b.js': "export * from './a.js'; export * from './c.js'; export * from './b.js';",
      'c.js':
        "export { y as x } from './a.js'; export * from './a.js'; export const handler = (q, s) => s.end();",
      'app.js': `import { handler, x, none } from './a.js'; ${head}
        app.get('/known', handler); app.get('/circle', x); app.get('/nowhere', none);`,
    });
    const { handlers } = discovered(folder);
    expect(handlers.map(({ paths, target }) => [paths[0], target?.location.file])).toEqual([
      ['/known', 'c.js'],
      ['/circle', 'app.js'],
      ['/nowhere', 'app.js'],
    ]);
  });

  it('may be a table of ten thousand routes', () => {
    const routes = Array.from({ length: 10_000 }, (_, i) => `app.get('/r${i}', (q, s, next) => next());`);
    const found = discovered(folderWith({ 'app.js': head + routes.join('\n') }));
    expect(new Set(pathsOf(found)).size).toBe(10_000);
  });

  it('may put a thousand guards before a thousand routes', () => {
    const lines = Array.from(
      { length: 1000 },
      (_, i) => `app.use(f${i}); app.get('/r${i}', (q, s) => s.end());`,
    );
    const { handlers } = discovered(folderWith({ 'app.js': head + lines.join('\n') }));
    expect(handlers.length).toBe(1000);
    expect(Math.max(...handlers.map(({ middlewares }) => middlewares.length))).toBeLessThanOrEqual(300);
  });

  it('may register one route thousands of times', () => {
    const line = "app.get('/same', (q, s) => s.end());\n";
    expect(discovered(folderWith({ 'app.js': head + line.repeat(6000) })).handlers).toHaveLength(6000);
  });

  it('may chain a thousand calls', () => {
    const chain = `express()${".get('/same', (q, s) => s.end())\n".repeat(1000)};`;
    const { handlers } = discovered(folderWith({ 'app.js': `import express from 'express';\n${chain}` }));
    expect(handlers.length).toBeGreaterThan(900);
  });

  it('may chain more calls than can be followed, which is reported where the rest begins', () => {
    const chain = `express()\n${".get('/same', (q, s) => s.end())\n".repeat(3000)};`;
    const { handlers, dynamic } = discovered(
      folderWith({ 'app.js': `import express from 'express';\n${chain}` }),
    );
    expect(dynamic).toEqual([
      {
        framework: 'express',
        location: { file: 'app.js', line: handlers.length + 3, column: 2 },
        reason: 'The chain that this stands in is too long to be followed.',
      },
    ]);
  });

  it('may keep pipes where files are read', { timeout: 20_000 }, () => {
    const folder = folderWith({
      'package.json': '{ "dependencies": { "express": "5", "next": "16" } }',
      'app.js': `${head}app.get(process.env.BASE + '/real', (q, s) => s.end());\nimport './other';`,
      'main.ts': "import '@/app';",
    });
    for (const name of ['.env', '.gitignore', 'tsconfig.json', 'other.js', 'next.config.js'])
      execFileSync('mkfifo', [path.join(folder, name)]);
    expect(pathsOf(discovered(folder))).toEqual(['/«process.env.BASE»/real']);
  });

  it.each([
    ['{"compilerOptions":{"paths":[1],"baseUrl":5},"extends":{"a":1}}', '[1, null, "x"]'],
    [
      '{"compilerOptions":{"paths":{"@/*":5,"#x":[null]}},"references":[5]}',
      '{"name":5,"main":{},"imports":{"#a":null}}',
    ],
    ['null', 'null'],
    [
      '{"extends":["./tsconfig.json", 7]}',
      `{"name":"p","exports":${'{"import":'.repeat(20_000)}"./x.js"${'}'.repeat(20_000)}}`,
    ],
  ])('may set what it likes in settings: %s', (tsconfig, manifest) => {
    const folder = folderWith({
      'tsconfig.json': tsconfig,
      'package.json': manifest,
      'app.js': `${head}import '@/x'; import '#a'; import 'p';\napp.get('/real', (q, s) => s.end());`,
    });
    expect(pathsOf(discovered(folder))).toEqual(['/real']);
  });
});
