import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { syncForm } from './sync-form.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = path.join(root, 'docs/orm');

/** How the examples of a page are run: as they are written, or with every operation replaced by its sync twin. */
export type Form = 'native' | 'sync';
export const forms: readonly Form[] = ['native', 'sync'];

/** An example of a page, and what the page says it prints. */
export interface Example {
  readonly source: string;
  /** True for a `ts native` block: there is nothing like it on the sync path. */
  readonly nativeOnly: boolean;
  /** The `text` block right behind it; undefined where the page states no output. */
  readonly printed: string | undefined;
}

/** Pages with examples, which are one program each. */
export function pages(): string[] {
  return readdirSync(folder).filter((file) => file.endsWith('.md') && examples(file).length > 0);
}

/** The `ts` and `ts native` blocks of a page, in order; those of another kind, such as `ts shown`, are not run. */
export function examples(page: string): Example[] {
  const content = readFileSync(path.join(folder, page), 'utf8');
  const blocks = content.matchAll(/^```ts( native)?\n([\s\S]*?)^```(?:\s*^```text\n([\s\S]*?)^```)?/gm);
  return [...blocks].map(([, only, source = '', printed]) => ({
    source,
    nativeOnly: only !== undefined,
    printed,
  }));
}
/** The examples that a page's program consists of on one path. */
export function examplesOf(page: string, form: Form): Example[] {
  return examples(page).filter(({ nativeOnly }) => form === 'native' || !nativeOnly);
}

// Stands between the outputs of two examples; no example prints it.
const separator = '\u2028';

function programFile(page: string, form: Form): string {
  return `${page}.${form}.ts`;
}

/** Files of programs that are checked and run; inside the repository, so that packages resolve as in an application. */
export function writePrograms(): { readonly path: string; readonly remove: () => void } {
  const made = mkdtempSync(path.join(root, 'node_modules/.docs-'));
  copyFileSync(path.join(folder, 'library.ts'), path.join(made, 'library.ts'));
  writeFileSync(path.join(made, 'package.json'), '{ "type": "module" }');
  for (const page of pages()) {
    for (const form of forms) {
      const source = examplesOf(page, form)
        .map((example) => `${example.source}\nconsole.log('${separator}');\n`)
        .join('');
      // What the library of the pages opened is closed behind the last example.
      const program = source.includes("'./library.ts'") ? `${source}await end();\n` : source;
      writeFileSync(
        path.join(made, programFile(page, form)),
        form === 'native' ? program : syncForm(program),
      );
    }
  }
  return { path: made, remove: () => rmSync(made, { recursive: true, force: true }) };
}

/** What the compiler has to say about the programs. */
export function problems(programs: string): string[] {
  const read = ts.readConfigFile(path.join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(read.config.compilerOptions, root);
  const files = pages().flatMap((page) => forms.map((form) => path.join(programs, programFile(page, form))));
  const checked = ts.createProgram(files, {
    ...options,
    noUnusedLocals: false,
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules/@types')],
  });
  return files.flatMap((file) => {
    const found = ts.getPreEmitDiagnostics(checked, checked.getSourceFile(file));
    return found.map(
      ({ messageText }) => `${path.basename(file)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  });
}

/** Runs the program of a page; returns what each of its examples printed. */
export async function outputs(
  programs: string,
  page: string,
  form: Form,
  databaseUrl: string,
): Promise<string[]> {
  const file = path.join(programs, programFile(page, form));
  const program = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', file], {
    cwd: root,
    env: { ...process.env, DATABASE_URL: databaseUrl, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  const [printed, complaints, [status]] = await Promise.all([
    text(program.stdout),
    text(program.stderr),
    once(program, 'close'),
  ]);
  if (status !== 0 || complaints !== '') {
    throw new Error(`${page} fails on the ${form} path:\n${complaints}\n${printed}`);
  }
  return printed.split(`${separator}\n`).slice(0, -1);
}
