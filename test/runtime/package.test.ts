import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/database.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);

/** A whole program: every path once, and nothing closed at the end. */
const program = (runtime: string) => `
  import { syncToAsync, threadSensitiveContext } from '${runtime}/index';
  import { configureDatabases, createTables, fields, Manager, model, transaction } from '${runtime}/orm/index';
  class Note extends model('note', { text: fields.text() }) {}
  Note.objects = new Manager(Note);
  configureDatabases({ default: { engine: 'postgresql', url: process.argv[2] } });
  createTables([Note]);
  Note.objects.create({ text: 'sync' });
  await Note.objects.acreate({ text: 'native' });
  await transaction.aatomic(() => Note.objects.acreate({ text: 'atomic' }));
  await syncToAsync(Note.objects.create)({ text: 'bridged' });
  await threadSensitiveContext(() => syncToAsync(() => Note.objects.create({ text: 'closure' }))());
  console.log((await Note.objects.orderBy('id').valuesList('text', { flat: true }).alist()).join());
`;

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(root, 'node_modules/.runtime-test-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function output(extension: '.ts' | '.js', runtime: string, flags: readonly string[]): Promise<string> {
  database = await testDatabase();
  const file = path.join(folder, 'program.mjs');
  const text = program(runtime).replaceAll("/index'", `/index${extension}'`);
  await writeFile(file, text);
  try {
    const { stdout } = await run(process.execPath, [...flags, file, database.url], { timeout: 20_000 });
    return stdout.trim();
  } finally {
    await database.drop();
  }
}

test('a program run from source uses every path and ends by itself', async () => {
  const loader = ['--import', require.resolve('tsx'), '--conditions=source'];
  expect(await output('.ts', path.join(root, 'runtime'), loader)).toBe('sync,native,atomic,bridged,closure');
});
test('so does one run from the built package', async () => {
  const dist = path.join(folder, 'dist');
  const tsc = require.resolve('typescript/bin/tsc');
  await run(process.execPath, [tsc, '-p', path.join(root, 'runtime/tsconfig.build.json'), '--outDir', dist]);
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  await writeFile(path.join(dist, 'package.json'), '{ "type": "module" }');
  expect(await output('.js', dist, [])).toBe('sync,native,atomic,bridged,closure');
}, 120_000);
