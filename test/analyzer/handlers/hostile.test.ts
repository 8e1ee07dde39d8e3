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
    const start = performance.now();
    expect(discovered(folderWith({ 'app.js': text })).handlers.length).toBeLessThan(500);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
