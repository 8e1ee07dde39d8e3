import type { Sources } from './sources.ts';
import { isTestFile } from './test-files.ts';

/**
 * Which files load which, read off the text without parsing: a few false edges from comments cost less than parsing
 * every file. Edges that only types need are left out where the statement says so.
 */
export class ImportGraph {
  private readonly importing = new Map<string, string[]>();
  private readonly imported = new Map<string, string[]>();
  private readonly users = new Map<string, string[]>();

  constructor(sources: Sources) {
    for (const file of sources.files) {
      const targets = new Set<string>();
      for (const specifier of specifiersIn(sources.text(file))) {
        const target = sources.modules.resolve(file, specifier);
        if (target.kind === 'file') targets.add(target.path);
        else if (!isTestFile(file)) add(this.users, target.name, file);
      }
      this.imported.set(file, [...targets]);
      for (const target of targets) add(this.importing, target, file);
    }
  }

  /** Listed files, tests apart, that may load a package whose specifier matches. */
  usersOf(packages: RegExp): ReadonlySet<string> {
    const found = new Set<string>();
    for (const [name, files] of this.users)
      if (packages.test(name)) for (const file of files) found.add(file);
    return found;
  }

  /** Listed files that may load `file`. */
  importersOf(file: string): readonly string[] {
    return this.importing.get(file) ?? [];
  }

  /** Files that `file` may load. */
  importsOf(file: string): readonly string[] {
    return this.imported.get(file) ?? [];
  }
}

function add(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

const loading =
  /(?:\bimport\s*(?!type\s+[\w{*])(?:[\w$\s{},*]{0,4000}?\bfrom\s*)?|\bexport\s*(?!type\s+[\w{*])[\w$\s{},*]{0,4000}?\bfrom\s*|\brequire\s*\(\s*|\bimport\s*\(\s*)['"`]([^'"`\n]{1,300})['"`]/g;

function specifiersIn(text: string): Set<string> {
  const found = new Set<string>();
  for (const match of text.matchAll(loading)) if (match[1] !== undefined) found.add(copied(match[1]));
  return found;
}

/** A part of a string keeps all of it in memory, and what is found here is kept for the whole run. */
function copied(part: string): string {
  return Buffer.from(part, 'utf8').toString('utf8');
}
