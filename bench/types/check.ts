import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Settings an application has: strict, and libraries read as they are published. */
export const applicationOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  target: 'ES2023',
  lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  types: ['node'],
  skipLibCheck: true,
  noEmit: true,
} as const;

/**
 * Puts the runtime's declarations where a program in `folder` finds them, as an installation does.
 *
 * @param folder its node_modules gets the package
 */
export function installDeclarations(folder: string): void {
  const target = path.join(folder, 'node_modules/@migrate-async/runtime');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  cpSync(path.join(root, 'runtime/package.json'), path.join(target, 'package.json'));
  const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
  const project = path.join(root, 'runtime/tsconfig.build.json');
  execFileSync(process.execPath, [
    compiler,
    ...['-p', project, '--emitDeclarationOnly', '--noCheck', '--outDir', path.join(target, 'dist')],
  ]);
}

/** Writes a program of its own folder, with the settings of an application; returns the folder. */
export function writeProgram(parent: string, name: string, source: string): string {
  const folder = path.join(parent, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'program.ts'), source);
  writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: applicationOptions, files: ['program.ts'] }, null, 2),
  );
  return folder;
}

/** What the compiler says of one run. */
export interface Check {
  readonly seconds: number;
  readonly instantiations: number;
  /** Megabytes. */
  readonly memory: number;
}

/**
 * Checks the program in `folder` in a process of its own.
 *
 * @param compiler folder of the `typescript` package to use
 * @throws Error with what the compiler printed, when the program has errors
 */
export function check(compiler: string, folder: string): Check {
  const { status, stdout } = spawnSync(
    process.execPath,
    [path.join(compiler, 'bin/tsc'), '-p', folder, '--extendedDiagnostics'],
    { encoding: 'utf8', maxBuffer: 64 << 20 },
  );
  if (status !== 0) throw new Error(`${folder} does not check:\n${stdout.slice(0, 4_000)}`);
  return {
    seconds: figure(stdout, 'Check time'),
    instantiations: figure(stdout, 'Instantiations'),
    memory: figure(stdout, 'Memory used') / 1024,
  };
}

function figure(output: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+([\\d.,]+)`, 'm').exec(output)?.[1];
  if (found === undefined) throw new Error(`the compiler prints no "${name}":\n${output}`);
  return Number(found.replaceAll(',', ''));
}
