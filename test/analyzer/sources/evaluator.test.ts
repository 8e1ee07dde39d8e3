import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  apiPath,
  callsOf,
  constantText,
  contextsOf,
  Evaluator,
  Sources,
  type Value,
} from '../../../analyzer/sources/index.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A project of these files, and what the argument of `probe(…)` in `main.ts` may be. */
function project(files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(path.join(tmpdir(), 'sources-'));
  folders.push(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  const names = Object.keys(files).sort();
  const sources = new Sources({
    root,
    files: names.filter((name) => /\.[jt]s$/.test(name)),
    manifests: names.filter((name) => name.endsWith('package.json')),
    skipped: [],
    repository: false,
  });
  return { sources, evaluator: new Evaluator(sources) };
}

function probed(files: Readonly<Record<string, string>>): readonly Value[] {
  const { sources, evaluator } = project(files);
  const file = sources.file('main.ts');
  if (file === undefined) throw new Error('main.ts does not parse.');
  const probe = callsOf(file).all.find((call) => file.textOf(call.callee) === 'probe');
  const [argument] = probe?.arguments ?? [];
  return argument === undefined ? [] : evaluator.evaluate(file, argument);
}

const text = (files: Readonly<Record<string, string>>) => constantText(probed(files));

describe('what an expression stands for', () => {
  it('knows enumerations, templates and sums', () => {
    const main = `
      enum Part { Users = 'users', Next }
      const root = \`/api/\${Part.Users}\`;
      probe(root + '/' + 2);`;
    expect(text({ 'main.ts': main })).toBe('/api/users/2');
  });

  it('follows a name through barrels that re-export barrels', () => {
    expect(
      text({
        'main.ts': "import { deep } from './a';\nprobe(deep);",
        'a.ts': "export * from './b';",
        'b.ts': "export { original as deep } from './c';",
        'c.ts': "export const original = 'found';",
      }),
    ).toBe('found');
  });

  it('reads what is assigned to an object after its declaration', () => {
    const files = {
      'main.ts': "const api = require('./api');\nprobe(api.name);",
      'api.js': "const api = {};\napi.name = 'late';\nmodule.exports = api;",
    };
    expect(text(files)).toBe('late');
  });

  it('gives a field the argument its constructor was given, through super', () => {
    const main = `
      class Base { constructor(path) { this.path = path; } }
      class Own extends Base { constructor(name) { super('/' + name); } }
      probe(new Own('ants').path);`;
    expect(text({ 'main.ts': main })).toBe('/ants');
  });

  it('keeps two results of one factory apart', () => {
    const main = `
      import { Router } from 'express';
      function make(name) { const router = Router(); router.name = name; return router; }
      probe([make('a'), make('b')]);`;
    const [list] = probed({ 'main.ts': main });
    if (list?.kind !== 'array') throw new Error('The array was not followed.');
    const { evaluator } = project({});
    const made = evaluator.elements(list)?.flatMap(({ values }) => values) ?? [];
    expect(made.map((value) => (value.kind === 'api' ? apiPath(value) : value.kind))).toEqual([
      'express.Router()',
      'express.Router()',
    ]);
    const places = made.map((value) => (value.kind === 'api' ? value.created?.environment : undefined));
    expect(places[0]).not.toBe(places[1]);
  });

  it('names values of the same list one by one', () => {
    const main = "const names = ['x', 'y'].concat('z').map((name) => name.toUpperCase());\nprobe(names[2]);";
    expect(text({ 'main.ts': main })).toBe('Z');
  });

  it('reads rest arguments and spreads', () => {
    expect(text({ 'main.ts': "const last = (...all) => all[1];\nprobe(last(...['a', 'b']));" })).toBe('b');
  });

  it('joins folders of the project as Node would', () => {
    expect(
      text({ 'main.ts': "import path from 'node:path';\nprobe(path.join(__dirname, 'routes'));" }),
    ).toMatch(/[\\/]routes$/);
  });

  it('does not know what only run time knows', () => {
    expect(probed({ 'main.ts': 'probe(JSON.parse(input).path.length + 1);' })).toEqual([]);
  });

  it('ends on cycles of imports, calls and values', () => {
    const files = {
      'main.ts': "import { a } from './a';\nconst f = (x) => f(f(x));\nlet s = s + s;\nprobe([a, f(f), s]);",
      'a.ts': "import { b } from './b';\nexport const a = b;",
      'b.ts': "import { a } from './a';\nexport const b = a;",
    };
    expect(probed(files)).toHaveLength(1);
  });
});

describe('the runs of a place', () => {
  it('are one per call from outside and per element of a loop', () => {
    const { sources, evaluator } = project({
      'main.ts':
        "function each(name) { for (const verb of ['get', 'put']) register(verb, name); }\neach('a');\neach('b');",
    });
    const file = sources.file('main.ts');
    const call = file && callsOf(file).all.find((own) => file.textOf(own.callee) === 'register');
    if (file === undefined || call === undefined) throw new Error('main.ts does not parse.');
    const seen = contextsOf(evaluator, file, call).map((run) =>
      call.arguments.map((argument) => constantText(evaluator.evaluate(file, argument, run))).join(' '),
    );
    expect(seen).toEqual(['get a', 'put a', 'get b', 'put b']);
  });
});

describe('path aliases', () => {
  it('hold where what the configuration extends is not installed', () => {
    expect(
      text({
        'main.ts': "import { value } from '~/deep/value';\nprobe(value);",
        'tsconfig.json':
          '{ "extends": "@acme/none/base.json", /* why */ "compilerOptions": { "paths": { "~/*": ["./src/*"], } } }',
        'src/deep/value.ts': "export const value = 'aliased';",
      }),
    ).toBe('aliased');
  });

  it('lead into packages of the same project by their source', () => {
    expect(
      text({
        'main.ts': "import { value } from '@acme/lib';\nprobe(value);",
        'package.json': '{ "workspaces": ["packages/*"] }',
        'packages/lib/package.json': '{ "name": "@acme/lib", "main": "dist/index.js" }',
        'packages/lib/src/index.ts': "export const value = 'from the workspace';",
      }),
    ).toBe('from the workspace');
  });
});

describe('code without an end', () => {
  it('has its runs told apart only so far', () => {
    const layers = Array.from({ length: 14 }, (_, at) => {
      const calls = Array.from({ length: 4 }, (_unused, arm) => `layer${at + 1}({ of: x, arm: ${arm} })`);
      return `function layer${at}(x) { return [${calls.join(', ')}].map((y) => [y, layer${at}(y)]); }`;
    });
    const text = `${layers.join('\n')}\nfunction layer14(x) { return layer0([x, ...layer0(x)]); }\nprobe(layer0({})[0]);`;
    expect(probed({ 'main.ts': text })).toEqual([]);
  });

  it('has no member of a spread without end', () => {
    const names = Array.from({ length: 12 }, (_, at) => `o${at}`);
    const literals = names.map((name, at) => {
      const others = names.filter((_, other) => other !== at).map((other) => `...${other}`);
      return `let ${name} = { ${others.join(', ')} };\n${name} = { own${at}: 1, ...${name} };`;
    });
    expect(probed({ 'main.ts': `${literals.join('\n')}\nprobe(o0.absent);` })).toEqual([]);
  });
});
