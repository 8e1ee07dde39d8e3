import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = path.join(root, 'docs/orm');

/** An example of a page, and what the page says it prints. */
export interface Example {
  readonly source: string;
  /** The `text` block right behind it; undefined where the page states no output. */
  readonly printed: string | undefined;
}

/** Pages whose examples are one program, from the import of the library down to the last line. */
export function pages(): string[] {
  return readdirSync(folder).filter(
    (file) => file.endsWith('.md') && examples(file).some(({ source }) => source.includes("'./library.ts'")),
  );
}

/** The `ts` blocks of a page, in order. */
export function examples(page: string): Example[] {
  const text = readFileSync(path.join(folder, page), 'utf8');
  const blocks = text.matchAll(/```ts\n([\s\S]*?)```(?:\s*```text\n([\s\S]*?)```)?/g);
  return [...blocks].map(([, source = '', printed]) => ({ source, printed }));
}

// Stands between the outputs of two examples; no example prints it.
const separator = '\u2028';

/** Files of programs that are checked and run; inside the repository, so that packages resolve as in an application. */
export function writePrograms(): { readonly path: string; readonly remove: () => void } {
  const made = mkdtempSync(path.join(root, 'node_modules/.docs-'));
  copyFileSync(path.join(folder, 'library.ts'), path.join(made, 'library.ts'));
  writeFileSync(path.join(made, 'package.json'), '{ "type": "module" }');
  for (const page of pages()) {
    const source = examples(page)
      .map((example) => `${example.source}\nconsole.log('${separator}');\n`)
      .join('');
    writeFileSync(path.join(made, `${page}.ts`), `${source}await end();\n`);
  }
  return { path: made, remove: () => rmSync(made, { recursive: true, force: true }) };
}

/** What the compiler has to say about the programs. */
export function problems(programs: string): string[] {
  const read = ts.readConfigFile(path.join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(read.config.compilerOptions, root);
  const files = pages().map((page) => path.join(programs, `${page}.ts`));
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
export function outputs(programs: string, page: string, databaseUrl: string): string[] {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=source', '--import', 'tsx', path.join(programs, `${page}.ts`)],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, DATABASE_URL: databaseUrl, NO_COLOR: '1' },
      timeout: 60_000,
    },
  );
  if (status !== 0 || stderr !== '') throw new Error(`${page} fails:\n${stderr}\n${stdout}`);
  return stdout.split(`${separator}\n`).slice(0, -1);
}
