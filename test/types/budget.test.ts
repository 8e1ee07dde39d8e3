import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applicationOptions, installDeclarations } from '../../bench/types/check.ts';
import { filterCount, program } from '../../bench/types/program.ts';

// Instantiations are counted, not timed: the count is the same on every machine.

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
let folder: string;
beforeAll(() => {
  // Inside the repository, so that types of Node are found as an application's would be.
  folder = mkdtempSync(path.join(modules, '.types-budget-'));
  installDeclarations(folder);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const files = new Map<string, ts.SourceFile | undefined>();
/** What the compiler counts for a program; libraries are parsed once. */
function instantiations(source: string): number {
  const main = path.join(folder, 'program.ts');
  const { options } = ts.convertCompilerOptionsFromJson(
    { ...applicationOptions, typeRoots: [path.join(modules, '@types')] },
    folder,
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (file) => file === main || fileExists(file);
  host.getSourceFile = (file, version) => {
    if (file === main) return ts.createSourceFile(file, source, version, true);
    if (!files.has(file)) files.set(file, getSourceFile(file, version));
    return files.get(file);
  };
  const checked = ts.createProgram([main], options, host);
  const problems = ts.getPreEmitDiagnostics(checked);
  expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))).toEqual([]);
  return checked.getInstantiationCount();
}

test('30 models and 300 filters up to two hops stay below 250,000 instantiations', () => {
  const [none, all] = [instantiations(program(0)), instantiations(program())];
  expect(all).toBeLessThan(250_000);
  // What is written costs, not what the schema holds: some 2,200 for declaring a model with all its methods.
  expect(none).toBeLessThan(70_000);
  expect((all - none) / filterCount).toBeLessThan(600);
}, 120_000);

test('a path costs what is written of it, however deep', () => {
  const filter = (depth: number) => {
    const hops = 'first__'.repeat(depth);
    return (
      `${program(0)}\nM0.objects.filter({ ${hops}title__startsWith: 'a' });\n` +
      `// @ts-expect-error there is no such field at the end\nM0.objects.filter({ ${hops}titel: 'a' });\n`
    );
  };
  const near = instantiations(filter(2));
  const far = instantiations(filter(22));
  expect((far - near) / 20).toBeLessThan(1_500);
}, 120_000);
