import path from 'node:path';
import ts from 'typescript';
import { type Files, fixtureRoot } from './fixtures.ts';

interface TypedFiles {
  readonly name: string;
  readonly files: Files;
}

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  customConditions: ['source'],
  types: ['node'],
  jsx: ts.JsxEmit.Preserve,
  strict: true,
  noEmit: true,
  allowJs: true,
  checkJs: false,
  skipLibCheck: true,
  experimentalDecorators: true,
  allowImportingTsExtensions: true,
};

/** Type-checks fixtures against the runtime in one program, each in a folder of its own beside `./models`. */
export function typeErrors(fixtures: readonly TypedFiles[]): readonly string[] {
  const texts = new Map<string, string>();
  const host = ts.createCompilerHost(options);
  for (const { name, files } of fixtures) {
    // Passed on rather than copied, so that the models are checked once.
    texts.set(path.join(fixtureRoot, name, 'models.ts'), "export * from '../models';\n");
    for (const [file, text] of files) texts.set(path.join(fixtureRoot, name, file), text);
  }
  const readFile = host.readFile.bind(host);
  const fileExists = host.fileExists.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  host.readFile = (file) => texts.get(file) ?? readFile(file);
  host.fileExists = (file) => texts.has(file) || fileExists(file);
  host.getSourceFile = (file, version) => {
    const text = texts.get(file);
    return text === undefined ? getSourceFile(file, version) : ts.createSourceFile(file, text, version);
  };
  const directoryExists = host.directoryExists?.bind(host);
  const folders = new Set([...texts.keys()].map((file) => path.dirname(file)));
  host.directoryExists = (folder) => folders.has(folder) || (directoryExists?.(folder) ?? true);
  const program = ts.createProgram([...texts.keys()], options, host);
  return [...texts.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    if (source === undefined) return [`${file} is not part of the program`];
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ start, messageText }) => {
      const { line } = source.getLineAndCharacterOfPosition(start ?? 0);
      const message = ts.flattenDiagnosticMessageText(messageText, ' ');
      return `${path.relative(fixtureRoot, file)}:${line + 1} ${message}`;
    });
  });
}
