import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { copies } from '../load/copies.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const controller = 'src/controllers/addresses.ts';

/** The storefront once more, written in one of the ways it may use the ORM. */
export interface Variant {
  readonly name: string;
  /** Folder of the application, compiled. */
  readonly folder: string;
  /** Module that serves it in a process of its own. */
  readonly server: string;
  /** Threads its requests may hold; undefined where the setting of the runtime is left as it is. */
  readonly threads: number | undefined;
}

/**
 * Lays out the variants, compiled as they would be deployed: a loader costs every worker thread memory and time.
 *
 * @param workspace an empty folder
 * @param threads as many as there are requests at a time
 */
export function variants(workspace: string, threads: number): readonly Variant[] {
  const { folders } = copies(workspace);
  const [original, rewritten] = folders;
  const closures = path.join(workspace, 'closures/storefront');
  cpSync(original, closures, { recursive: true });
  useClosures(path.join(closures, controller));
  compileTo(path.join(root, 'runtime'), path.join(workspace, 'runtime/dist'));
  cpSync(path.join(root, 'runtime/package.json'), path.join(workspace, 'runtime/package.json'));
  for (const folder of [original, rewritten, closures]) {
    compileTo(folder, folder);
    const modules = path.join(path.dirname(folder), 'node_modules/@migrate-async');
    mkdirSync(modules, { recursive: true });
    symlinkSync(path.join(workspace, 'runtime'), path.join(modules, 'runtime'));
    writeFileSync(serverOf(folder), compiled(path.join(root, 'bench/load/server.ts')));
  }
  writeFileSync(path.join(workspace, 'package.json'), '{ "type": "module" }\n');
  const variant = (name: string, folder: string, most: number | undefined): Variant => {
    return { name, folder, server: serverOf(folder), threads: most };
  };
  return [
    variant('bridged', original, threads),
    variant('bridged, 64 threads', original, undefined),
    variant('closures, 64 threads', closures, undefined),
    variant('native', rewritten, undefined),
  ];
}

function serverOf(folder: string): string {
  return path.join(path.dirname(folder), 'server.js');
}

/** The handler with closures in its bridges, as many code bases spell them: those run on the event loop's thread. */
function useClosures(file: string): void {
  const edits: readonly (readonly [RegExp, string])[] = [
    [
      /s2a\(Address\.objects\.get, \{ threadSensitive: true \}\)\((\{[^}]*\})\)/,
      's2a(() => Address.objects.get($1))()',
    ],
    [/s2a\(address\.save\)\((\{[^}]*\})\)/, 's2a(() => address.save($1))()'],
  ];
  let text = readFileSync(file, 'utf8');
  for (const [reference, closure] of edits) {
    if (!reference.test(text)) throw new Error(`${file} has no ${reference}: the handler was changed.`);
    text = text.replace(reference, closure);
  }
  writeFileSync(file, text);
}

/** Compiles every module of a folder, without asking whether its types hold. */
function compileTo(from: string, to: string): void {
  for (const entry of readdirSync(from, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.ts') || entry.endsWith('.d.ts') || /(^|[\\/])(node_modules|dist)[\\/]/.test(entry))
      continue;
    const target = path.join(to, entry.replace(/\.ts$/, '.js'));
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, compiled(path.join(from, entry)));
  }
}

function compiled(file: string): string {
  const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), {
    fileName: file,
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  return outputText;
}
