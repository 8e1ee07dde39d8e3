import { type Sources, textIfFile } from '../../sources/index.ts';

/** Files that say what a setting from the environment is meant to be, the ones made to be copied first. */
const names = ['.env.example', '.env.sample', '.env.template', '.env.dist', 'env.example', 'env-example', '.env.development', '.env']; // biome-ignore format: data

const settings = new WeakMap<Sources, ReadonlyMap<string, string>>();

/** The value of an environment variable in the example file that is kept with the source. */
export function settingDefault(sources: Sources, name: string): string | undefined {
  let known = settings.get(sources);
  if (known === undefined) {
    known = readSettings(sources);
    settings.set(sources, known);
  }
  return known.get(name);
}

function readSettings(sources: Sources): ReadonlyMap<string, string> {
  const folders = ['', ...sources.manifests.map((manifest) => manifest.replace(/package\.json$/, ''))];
  const found = new Map<string, string>();
  for (const folder of new Set(folders)) {
    for (const name of names) {
      for (const [, key, value] of textIfFile(sources.absolute(folder + name)).matchAll(
        /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(.*?)[ \t]*$/gm,
      )) {
        const plain = value?.replace(/^(['"])(.*)\1$/, '$2');
        if (key !== undefined && plain && !found.has(key)) found.set(key, plain);
      }
    }
  }
  return found;
}
