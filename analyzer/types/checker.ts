import { createRequire } from 'node:module';
import path from 'node:path';
import type { Node } from '@babel/types';
import type ts from 'typescript';
import type { SourceFile, Sources } from '../sources/index.ts';
import { factOf, isMethod, type TypeFact } from './facts.ts';

export type { TypeFact } from './facts.ts';

type TypeScript = typeof ts;

/** Why types could not be asked; `undefined` when they could, or nobody had to. */
export type Unavailable = 'typescript is not installed' | undefined;

/** The compiler that is installed beside this tool. */
function installed(): TypeScript {
  return createRequire(import.meta.url)('typescript') as TypeScript;
}

/**
 * The TypeScript compiler, loaded when the first question comes: a quarter of a second that most runs never need.
 *
 * Its program holds the files that are asked about and what they import, nothing else.
 */
export class TypeChecker {
  unavailable: Unavailable;
  private readonly sources: Sources;
  private readonly loading: () => TypeScript;
  private compiler: TypeScript | undefined;
  private readonly programs = new Map<string | undefined, ts.Program>();
  private readonly options = new Map<string | undefined, ts.CompilerOptions>();

  /** @param load loads the compiler; throws when there is none */
  constructor(sources: Sources, load: () => TypeScript = installed) {
    this.sources = sources;
    this.loading = load;
  }

  get isLoaded(): boolean {
    return this.compiler !== undefined;
  }

  /** What the type of an expression is; `undefined` when it is something else, or cannot be told. */
  fact(file: SourceFile, node: Node): TypeFact | undefined {
    return this.ask(file, node, (compiler, checker, found) =>
      factOf({ compiler, checker, root: this.sources.root }, checker.getTypeAtLocation(found)),
    );
  }

  /** Whether the type of an expression has a method of that name. */
  hasMethod(file: SourceFile, node: Node, name: string): boolean {
    const found = this.ask(file, node, (_, checker, expression) =>
      isMethod(checker, checker.getTypeAtLocation(expression), name),
    );
    return found === true;
  }

  /** Whether a cast only widens: everything the expression is, the type it is cast to says too. */
  onlyWidens(file: SourceFile, expression: Node, cast: Node): boolean {
    const found = this.ask(file, expression, (compiler, checker, inner) => {
      const outer = this.ask(file, cast, (_compiler, _checker, whole) => checker.getTypeAtLocation(whole));
      const own = checker.getTypeAtLocation(inner);
      if (outer === undefined || (outer.flags & (compiler.TypeFlags.Any | compiler.TypeFlags.Unknown)) !== 0)
        return false;
      if ((own.flags & compiler.TypeFlags.Any) !== 0) return false;
      return checker.isTypeAssignableTo(own, outer);
    });
    return found === true;
  }

  private ask<T>(
    file: SourceFile,
    node: Node,
    answer: (compiler: TypeScript, checker: ts.TypeChecker, found: ts.Node) => T,
  ): T | undefined {
    const compiler = this.load();
    const program = compiler && this.programFor(compiler, file);
    const parsed = program?.getSourceFile(this.sources.absolute(file.path));
    if (compiler === undefined || program === undefined || parsed === undefined) return undefined;
    const found = nodeAt(compiler, parsed, node.start ?? -1, node.end ?? -1);
    return found && answer(compiler, program.getTypeChecker(), found);
  }

  private load(): TypeScript | undefined {
    if (this.compiler !== undefined || this.unavailable !== undefined) return this.compiler;
    try {
      this.compiler = this.loading();
      // The version that is written in Go has no such interface.
      if (typeof this.compiler.createProgram !== 'function') this.compiler = undefined;
    } catch {
      this.compiler = undefined;
    }
    if (this.compiler === undefined) this.unavailable = 'typescript is not installed';
    return this.compiler;
  }

  private programFor(compiler: TypeScript, file: SourceFile): ts.Program | undefined {
    const absolute = this.sources.absolute(file.path);
    const config = configFile(compiler, path.dirname(absolute));
    const known = this.programs.get(config);
    if (known?.getSourceFile(absolute) !== undefined) return known;
    const options = this.optionsOf(compiler, config);
    const roots = [...(known?.getRootFileNames() ?? []), absolute];
    const host = this.host(compiler, options);
    const program = compiler.createProgram({
      rootNames: roots,
      options,
      host,
      ...(known && { oldProgram: known }),
    });
    this.programs.set(config, program);
    return program;
  }

  private optionsOf(compiler: TypeScript, config: string | undefined): ts.CompilerOptions {
    const known = this.options.get(config);
    if (known !== undefined) return known;
    const content = config === undefined ? {} : compiler.readConfigFile(config, compiler.sys.readFile).config;
    const folder = config === undefined ? this.sources.root : path.dirname(config);
    // Only the options count: which files there are is known already.
    const parsed = compiler.parseJsonConfigFileContent(
      { ...content, files: [], include: [] },
      compiler.sys,
      folder,
    );
    const usual = {
      target: compiler.ScriptTarget.ES2022,
      module: compiler.ModuleKind.ESNext,
      moduleResolution: compiler.ModuleResolutionKind.Bundler,
    };
    const own = config === undefined ? usual : parsed.options;
    const options = { ...own, noEmit: true, allowJs: true, skipLibCheck: true };
    this.options.set(config, options);
    return options;
  }

  /** Reads what the run has read, an editor's buffer for one, and the disk for the rest. */
  private host(compiler: TypeScript, options: ts.CompilerOptions): ts.CompilerHost {
    const host = compiler.createCompilerHost(options, true);
    const own = (absolute: string): string | undefined => {
      const name = path.relative(this.sources.root, absolute).split(path.sep).join('/');
      return this.sources.isListed(name) ? this.sources.text(name) : undefined;
    };
    const { readFile, fileExists } = host;
    host.readFile = (name) => own(name) ?? readFile.call(host, name);
    host.fileExists = (name) => own(name) !== undefined || fileExists.call(host, name);
    host.getSourceFile = (name, version) => {
      const text = own(name);
      if (text !== undefined) return compiler.createSourceFile(name, text, version, true);
      const library = readFile.call(host, name);
      return library === undefined ? undefined : libraryFile(compiler, name, library, version);
    };
    const { directoryExists } = host;
    const folders = new Set(this.sources.files.map((name) => path.dirname(this.sources.absolute(name))));
    host.directoryExists = (name) => folders.has(name) || (directoryExists?.call(host, name) ?? true);
    host.resolveModuleNameLiterals = (literals, from) =>
      literals.map(({ text }) => this.resolved(compiler, host, options, text, from));
    return host;
  }

  /** Where a specifier leads; a bundler finds files that the compiler's own rules do not. */
  private resolved(
    compiler: TypeScript,
    host: ts.CompilerHost,
    options: ts.CompilerOptions,
    specifier: string,
    from: string,
  ): ts.ResolvedModuleWithFailedLookupLocations {
    const found = compiler.resolveModuleName(specifier, from, options, host);
    if (found.resolvedModule !== undefined) return found;
    const importer = path.relative(this.sources.root, from).split(path.sep).join('/');
    const target = this.sources.modules.resolve(importer, specifier);
    if (target.kind !== 'file') return found;
    const resolvedFileName = this.sources.absolute(target.path);
    return { resolvedModule: { resolvedFileName, extension: path.extname(target.path) } };
  }
}

/** Declarations of packages and of the language, parsed once per process: they make up nearly all of a program. */
const libraries = new Map<string, ts.SourceFile>();

function libraryFile(
  compiler: TypeScript,
  name: string,
  text: string,
  version: ts.ScriptTarget | ts.CreateSourceFileOptions,
): ts.SourceFile {
  const key = `${name}\0${JSON.stringify(version)}`;
  const known = libraries.get(key);
  if (known?.text === text) return known;
  const file = compiler.createSourceFile(name, text, version, true);
  libraries.set(key, file);
  return file;
}

function configFile(compiler: TypeScript, folder: string): string | undefined {
  return ['tsconfig.json', 'jsconfig.json']
    .map((name) => compiler.findConfigFile(folder, compiler.sys.fileExists, name))
    .find((found) => found !== undefined);
}

/** The expression that stands at exactly these offsets. */
function nodeAt(compiler: TypeScript, file: ts.SourceFile, start: number, end: number): ts.Node | undefined {
  let found: ts.Node | undefined;
  const visit = (node: ts.Node): void => {
    if (node.pos > start || node.end < end) return;
    if (node.getStart(file) === start && node.end === end) found = node;
    compiler.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
