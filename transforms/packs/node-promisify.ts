import type { Pack } from './pack.ts';

/**
 * `util.promisify(fs.readFile)(path)` to `fs.promises.readFile(path)`.
 *
 * Only functions that give the same result both ways are listed. Left out on purpose: `fs.open` (a number against a
 * FileHandle), `fs.read` and `fs.write` (they work on numbers), `fs.exists` (no counterpart), `fs.realpath` (another
 * implementation), `child_process.exec` (no counterpart).
 */
export const nodePromisify: Pack = {
  name: 'node-promisify',
  description: 'promisified functions of Node become the native ones',
  wrappers: { util: ['promisify'] },
  namespaces: { fs: 'promises', dns: 'promises', stream: 'promises' },
  functions: {
    fs: [
      'access', 'appendFile', 'chmod', 'chown', 'copyFile', 'cp', 'lchown', 'link', 'lstat', 'lutimes', 'mkdir',
      'mkdtemp', 'readdir', 'readFile', 'readlink', 'rename', 'rm', 'rmdir', 'stat', 'statfs', 'symlink',
      'truncate', 'unlink', 'utimes', 'writeFile',
    ], // biome-ignore format: one glance is enough
    dns: [
      'lookup', 'lookupService', 'resolve', 'resolve4', 'resolve6', 'resolveAny', 'resolveCaa', 'resolveCname',
      'resolveMx', 'resolveNaptr', 'resolveNs', 'resolvePtr', 'resolveSoa', 'resolveSrv', 'resolveTxt', 'reverse',
    ], // biome-ignore format: one glance is enough
    stream: ['finished', 'pipeline'],
  },
};
