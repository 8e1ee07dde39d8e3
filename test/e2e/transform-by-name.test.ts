import { describe, expect, test } from 'vitest';
import { migrateAsync } from '../support/command.ts';
import { temporaryFolder } from '../support/folder.ts';

const files = {
  'package.json': '{ "name": "reader" }\n',
  'read.js': `const fs = require('fs');
const { promisify } = require('util');
exports.read = promisify(fs.readFile);
exports.open = promisify(fs.open);
`,
  'load.js': `const { syncToAsync } = require('@acme/orm');
const { Post } = require('./models');
function load(id) {
  return Post.objects.get({ id });
}
exports.show = async (id) => [await syncToAsync(load)(id), await syncToAsync(Post.objects.count)()];
`,
};

describe('--transform', () => {
  test('runs that transform alone, and lists what it leaves with a code', async () => {
    const folder = temporaryFolder(files);
    folder.commitAll();
    const { code, stdout, stderr } = await migrateAsync(folder.path, ['--transform', 'node-promisify']);
    expect([code, stderr]).toEqual([0, '']);
    expect(folder.read('read.js')).toBe(
      files['read.js'].replace('promisify(fs.readFile)', 'fs.promises.readFile'),
    );
    expect(folder.read('load.js')).toBe(files['load.js']);
    expect(stdout).toContain('MA103: «fs.open» has no counterpart with the same result');
  });

  test('async-twin rewrites bridges of project functions and no others', async () => {
    const folder = temporaryFolder(files);
    folder.commitAll();
    await migrateAsync(folder.path, ['--transform', 'async-twin', '--all']);
    expect(folder.read('load.js')).toContain('[await load(id), await syncToAsync(Post.objects.count)()]');
    expect(folder.read('read.js')).toBe(files['read.js']);
  });

  test('accounts for every file', async () => {
    const folder = temporaryFolder(files);
    folder.commitAll();
    const { stdout } = await migrateAsync(folder.path, [
      '--transform',
      'node-promisify',
      '--dry-run',
      '--json',
    ]);
    const { accounting, plan } = JSON.parse(stdout);
    expect(accounting).toEqual({
      scanned: 2,
      prefiltered: 1,
      unchanged: 0,
      changed: 1,
      skipped: 0,
      failed: 0,
    });
    expect(plan).toMatchObject({ sites: [{ file: 'read.js', transform: 'node-promisify' }], units: [] });
  });

  test('names the transforms there are when it is given another', async () => {
    const folder = temporaryFolder(files);
    const { code, stderr } = await migrateAsync(folder.path, ['--transform', 'nope']);
    expect(code).toBe(3);
    expect(stderr).toContain('Allowed choices are native-orm, async-twin,');
  });
});
