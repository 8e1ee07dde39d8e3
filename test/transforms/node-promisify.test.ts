import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import nodePromisify from '../../transforms/node-promisify.ts';
import { packSites, packs, rewritePack } from '../../transforms/packs/index.ts';
import { projectOf } from './support/fixtures.ts';

const [pack] = packs;

/** Spellings found in public repositories, each with what is printed when it runs beside a file `a.txt`. */
const programs = [
  {
    name: 'a const over a member of the module',
    before: `import fs from 'node:fs';
import { promisify } from 'util';

const readFile = promisify(fs.readFile);
console.log(await readFile('a.txt', { encoding: 'utf8' }));
`,
    after: `import fs from 'node:fs';

const readFile = fs.promises.readFile;
console.log(await readFile('a.txt', { encoding: 'utf8' }));
`,
  },
  {
    name: 'a call in place',
    before: `import * as fs from 'fs';
import * as util from 'util';

console.log(await util.promisify(fs.readdir)('.'), util.inspect({}));
await util.promisify(fs.stat)('nowhere').catch((error) => console.log(error.code));
`,
    after: `import * as fs from 'fs';
import * as util from 'util';

console.log(await fs.promises.readdir('.'), util.inspect({}));
await fs.promises.stat('nowhere').catch((error) => console.log(error.code));
`,
  },
  {
    name: 'a name imported by itself',
    before: `import { pipeline, Readable, Writable } from 'stream';
import { promisify } from 'util';

const pipelineAsync = promisify(pipeline);
await pipelineAsync(Readable.from(['x']), new Writable({ write: (chunk, _, done) => { console.log(String(chunk)); done(); } }));
`,
    after: `import { promises, Readable, Writable } from 'stream';

const pipelineAsync = promises.pipeline;
await pipelineAsync(Readable.from(['x']), new Writable({ write: (chunk, _, done) => { console.log(String(chunk)); done(); } }));
`,
  },
  {
    name: 'a name that is still used with a callback',
    before: `const { readFile, readdir, existsSync } = require('fs');
const { promisify } = require('node:util');
const read = promisify(readFile), list = promisify(readdir);
readFile('a.txt', 'utf8', async (_, text) => console.log(text, await read('a.txt', 'utf8'), await list('.'), existsSync('a.txt')));
`,
    after: `const { readFile, promises, existsSync } = require('fs');
const read = promises.readFile, list = promises.readdir;
readFile('a.txt', 'utf8', async (_, text) => console.log(text, await read('a.txt', 'utf8'), await list('.'), existsSync('a.txt')));
`,
    commonJs: true,
  },
  {
    name: 'some of many names that are required',
    before: `const { promisify } = require('util');
const { realpath, lstat, existsSync, readdir } = require('fs');
const handlers = { lstat: promisify(lstat), realpath: promisify(realpath), readdir: promisify(readdir) };
handlers.readdir('.').then(async (names) => console.log(names, existsSync('a.txt'), (await handlers.lstat('a.txt')).size));
`,
    after: `const { promisify } = require('util');
const { realpath, promises, existsSync } = require('fs');
const handlers = { lstat: promises.lstat, realpath: promisify(realpath), readdir: promises.readdir };
handlers.readdir('.').then(async (names) => console.log(names, existsSync('a.txt'), (await handlers.lstat('a.txt')).size));
`,
    commonJs: true,
  },
  {
    name: 'a name whose namespace is taken',
    before: `import { readFile } from 'fs';
import { promisify } from 'util';

const promises = [promisify(readFile)('a.txt', 'utf8')];
console.log(await Promise.all(promises));
`,
    after: `import { promises as fsPromises } from 'fs';

const promises = [fsPromises.readFile('a.txt', 'utf8')];
console.log(await Promise.all(promises));
`,
  },
];

const untouched = [
  `import { exec, execFile } from 'child_process';\nimport { promisify } from 'util';\nexport const run = [promisify(exec), promisify(execFile)];\n`,
  `import fs from 'fs';\nimport { promisify } from 'util';\nexport const open = [promisify(fs.open), promisify(fs.exists), promisify(fs.read)];\n`,
  `import fs from 'graceful-fs';\nimport { promisify } from 'util';\nexport const read = promisify(fs.readFile);\n`,
  `import fs from 'fs';\nimport { promisify } from 'bluebird';\nexport const read = promisify(fs.readFile);\n`,
  `import fs from 'fs';\nexport const read = (promisify) => promisify(fs.readFile);\n`,
  `import fs from 'fs';\nimport { promisify } from 'util';\nexport const read = (name) => promisify(fs[name]);\n`,
];

describe('node-promisify', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'promisify-'));
    writeFileSync(path.join(folder, 'a.txt'), 'hello');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (text: string, commonJs: boolean): string =>
    execFileSync(process.execPath, ['--input-type', commonJs ? 'commonjs' : 'module', '--eval', text], {
      cwd: folder,
      encoding: 'utf8',
    });

  it.each(programs)('rewrites $name, which then prints the same', ({ before, after, commonJs = false }) => {
    const result = nodePromisify({ path: 'program.js', source: before }, {} as never, {});
    expect(result).toBe(after);
    expect(run(after, commonJs)).toBe(run(before, commonJs));
    expect(nodePromisify({ path: 'program.js', source: after }, {} as never, {})).toBeUndefined();
  });

  it.each(untouched)('leaves %s', (source) => {
    expect(nodePromisify({ path: 'program.js', source }, {} as never, {})).toBeUndefined();
  });

  it('lists what it leaves, with a code', () => {
    const { sources, evaluator } = projectOf(new Map([['input.js', untouched[1] ?? '']]));
    const file = sources.file('input.js');
    if (file === undefined || pack === undefined) throw new Error('does not parse');
    expect(
      packSites(file, evaluator, pack).map(({ outcome }) => outcome.kind === 'leave' && outcome.code),
    ).toEqual(['MA103', 'MA103', 'MA103']);
    expect(rewritePack(file, evaluator, pack)).toEqual({ schemaVersion: 1, status: 'unchanged' });
  });
});
