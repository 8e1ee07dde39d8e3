import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { optimisations } from '../../../runtime/orm/optimisations.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const module = new URL('../../../runtime/orm/optimisations.ts', import.meta.url).href;

/** What a process with that setting says of every optimisation. */
async function optimisesIn(setting: string): Promise<Record<string, boolean>> {
  const program = `const { optimisations, optimises } = await import('${module}');
    console.log(JSON.stringify(Object.fromEntries(optimisations.map((name) => [name, optimises(name)]))));`;
  const argv = ['--conditions=source', '--import', 'tsx', '--input-type=module', '-e', program];
  const env = { ...process.env, MIGRATE_ASYNC_WITHOUT: setting };
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: root, env });
  return JSON.parse(stdout) as Record<string, boolean>;
}
const switchedOff = (all: Record<string, boolean>) => Object.keys(all).filter((name) => !all[name]);

test('every optimisation is on unless it is named', async () => {
  expect(switchedOff(await optimisesIn(''))).toEqual([]);
  expect(switchedOff(await optimisesIn('shape-cache,own-protocol'))).toEqual(['shape-cache', 'own-protocol']);
});
test('all of them are switched off at once', async () => {
  expect(switchedOff(await optimisesIn('all'))).toEqual([...optimisations]);
});
test('a name that is none of them is refused, with those that there are', async () => {
  await expect(optimisesIn('shape-cash')).rejects.toThrow(/names shape-cash; there are: compiled-readers, /);
});
test('the documentation names them all', () => {
  const page = readFileSync(`${root}/docs/orm/performance.md`, 'utf8');
  const documented = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
  expect(documented).toEqual([...optimisations]);
});
