import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { migratedCheckout, smallApplication } from './small-application.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Packs both packages as npm would publish them and lays them out as an install would. */
function installPackages(target: string): void {
  const packed = path.join(target, 'packed');
  mkdirSync(packed);
  // A copy is packed, so that building it cannot disturb whoever uses this checkout.
  const copy = path.join(target, 'checkout');
  const kept = (source: string) => !/(?:^|\/)(?:node_modules|dist|\.git)$/.test(source.slice(root.length));
  cpSync(root, copy, { recursive: true, filter: kept });
  linkDependencies(path.join(copy, 'node_modules'), { development: true });
  mkdirSync(path.join(copy, 'node_modules/@migrate-async'), { recursive: true });
  symlinkSync(path.join(copy, 'runtime'), path.join(copy, 'node_modules/@migrate-async/runtime'));
  const npm = (...args: string[]) =>
    execFileSync('npm', args, { cwd: copy, stdio: 'pipe', encoding: 'utf8' });
  npm('pack', '--silent', '--workspace', 'runtime', '--pack-destination', packed);
  npm('pack', '--silent', '--pack-destination', packed);
  const modules = path.join(target, 'node_modules');
  for (const [name, archive] of [
    ['migrate-async', /^migrate-async-\d/],
    ['@migrate-async/runtime', /^migrate-async-runtime-\d/],
  ] as const) {
    const folder = path.join(modules, name);
    mkdirSync(folder, { recursive: true });
    const file = readdirSync(packed).find((entry) => archive.test(entry)) ?? '';
    execFileSync('tar', ['-xzf', path.join(packed, file), '-C', folder, '--strip-components=1']);
  }
  linkDependencies(modules, { development: false });
}

interface LockedPackage {
  readonly dev?: boolean;
}

/** What the checkout has installed, our own packages excepted; for an installation, what is not for development only. */
function linkDependencies(modules: string, { development }: { readonly development: boolean }): void {
  mkdirSync(modules, { recursive: true });
  if (development) symlinkSync(path.join(root, 'node_modules/.bin'), path.join(modules, '.bin'));
  const { packages }: { packages: Record<string, LockedPackage> } = JSON.parse(
    readFileSync(path.join(root, 'package-lock.json'), 'utf8'),
  );
  for (const [place, { dev = false }] of Object.entries(packages)) {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(place)?.[1];
    if (name === undefined || name.endsWith('/runtime') || (dev && !development)) continue;
    const installed = path.join(root, 'node_modules', name);
    if (!existsSync(installed)) continue;
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
    symlinkSync(installed, path.join(modules, name));
  }
}

test('the published packages work without this checkout', () => {
  const target = temporaryFolder().path;
  installPackages(target);
  // With a configuration, so that what reads it is exercised too.
  const application = temporaryFolder({ ...smallApplication, 'migrate-async.json': '{ "minScore": 60 }' });
  application.commitAll();
  const launcher = path.join(target, 'node_modules/migrate-async/bin/migrate-async.js');
  const { status, stderr } = spawnSync(process.execPath, [launcher], {
    cwd: application.path,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(application.read('src/checkout.ts')).toBe(migratedCheckout);

  const names =
    "import * as runtime from '@migrate-async/runtime'; import * as orm from '@migrate-async/runtime/orm';";
  const script = `${names} console.log(typeof runtime.syncToAsync, typeof orm.Manager, import.meta.resolve('@migrate-async/runtime'))`;
  const used = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: target,
    encoding: 'utf8',
  });
  expect(used.stderr).toBe('');
  expect(used.stdout).toMatch(
    /^function function file:.*\/node_modules\/@migrate-async\/runtime\/dist\/index\.js\n$/,
  );
  // Builds and packs both packages, which takes minutes on a machine that has other things to do.
}, 600_000);
