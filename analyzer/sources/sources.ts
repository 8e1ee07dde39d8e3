import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { FileList, SkippedFile } from './file-list.ts';
import { ModuleResolver } from './modules.ts';
import { type ParseFailure, parseSource } from './parse.ts';
import { readIfFile } from './read-file.ts';
import { SourceFile } from './source-file.ts';

/**
 * The files of one run: each is read at most once and parsed at most once, and only when something asks for it.
 *
 * Files outside the list can still be read by path, because an import may lead there; they are never rewritten.
 */
export class Sources {
  readonly root: string;
  /** The files the run works on, relative to the root, sorted. */
  readonly files: readonly string[];
  /** Whether the files are all there are; of a part, nobody can say who imports what it exports. */
  readonly isComplete: boolean;
  /** Every package.json of the project, relative to the root. */
  readonly manifests: readonly string[];
  readonly modules: ModuleResolver;
  private readonly listed: ReadonlySet<string>;
  private readonly selected: ReadonlySet<string>;
  private readonly bytes = new Map<string, Buffer | undefined>();
  /** Names in each folder that was asked about: asking for one missing file at a time is many times slower. */
  private readonly folders = new Map<string, ReadonlySet<string>>();
  private readonly kept: Map<string, SourceFile>;
  private readonly parsed = new Map<string, SourceFile | undefined>();
  private readonly parseFailures = new Map<string, ParseFailure>();
  private readonly skippedLater = new Map<string, SkippedFile>();
  private readonly skippedEarly: readonly SkippedFile[];

  /**
   * @param texts contents that stand in for what is on disk, by path: an editor's buffer, standard input
   * @param kept parsed files of earlier runs over the same root, by path: a file whose text is the same is not parsed
   *   again. This run adds its own.
   */
  constructor(
    list: FileList,
    texts: ReadonlyMap<string, string> = new Map(),
    kept: Map<string, SourceFile> = new Map(),
  ) {
    this.kept = kept;
    this.root = list.root;
    this.files = list.files;
    this.isComplete = list.isPart !== true;
    this.manifests = list.manifests;
    this.listed = new Set(list.files);
    this.selected = new Set(list.selected ?? list.files);
    this.skippedEarly = list.skipped;
    for (const [file, text] of texts) this.bytes.set(file, Buffer.from(text, 'utf8'));
    this.modules = new ModuleResolver(list, (file) => this.exists(file));
  }

  get failures(): readonly ParseFailure[] {
    return [...this.parseFailures.values()].filter(({ path: file }) => this.selected.has(file));
  }

  get skipped(): readonly SkippedFile[] {
    return [
      ...this.skippedEarly,
      ...[...this.skippedLater.values()].filter(({ path: file }) => this.selected.has(file)),
    ];
  }

  /** Whether the run reports on the file and may rewrite it, as against only reading it. */
  isSelected(file: string): boolean {
    return this.selected.has(file);
  }

  /** Whether the file is one of those that are searched for handlers. */
  isListed(file: string): boolean {
    return this.listed.has(file);
  }

  /** Whether the file's bytes hold any of the words; looked up without decoding or parsing. */
  mentions(file: string, words: readonly string[]): boolean {
    const bytes = this.read(file);
    return bytes !== undefined && words.some((word) => bytes.includes(word));
  }

  /** The listed files that hold any of the words. */
  mentioning(words: readonly string[]): readonly string[] {
    return this.files.filter((file) => this.mentions(file, words));
  }

  /** The text of a file as it is stored, without parsing it; empty when it cannot be read. */
  text(file: string): string {
    return this.read(file)?.toString('utf8') ?? '';
  }

  /** The parsed file, or `undefined` when it is missing, skipped or does not parse. */
  file(file: string): SourceFile | undefined {
    if (!this.parsed.has(file)) this.parsed.set(file, this.parse(file));
    return this.parsed.get(file);
  }

  /** The file a module specifier leads to, parsed; `undefined` when it leads out of the project. */
  imported(from: string, specifier: string): SourceFile | undefined {
    const target = this.modules.resolve(from, specifier);
    return target.kind === 'file' ? this.file(target.path) : undefined;
  }

  /** Whether the file's text is all there is to it; decoding what is not UTF-8 loses bytes, so it cannot be written back. */
  isFaithful(file: string): boolean {
    const bytes = this.read(file);
    if (bytes === undefined) return false;
    const text = bytes.toString('utf8');
    return !text.includes('\uFFFD') || Buffer.from(text, 'utf8').equals(bytes);
  }

  absolute(file: string): string {
    return path.join(this.root, file);
  }

  private parse(file: string): SourceFile | undefined {
    const bytes = this.read(file);
    if (bytes === undefined) return undefined;
    const text = bytes.toString('utf8');
    const kept = this.kept.get(file);
    if (kept?.text === text) return kept;
    const reason = machineWritten(text);
    if (reason !== undefined) {
      if (this.listed.has(file)) this.skippedLater.set(file, { path: file, reason });
      return undefined;
    }
    const result = parseSource(file, text);
    if (result.status === 'parsed') {
      const own = new SourceFile(file, text, result.ast);
      this.kept.set(file, own);
      return own;
    }
    this.parseFailures.set(file, result.failure);
    return undefined;
  }

  private exists(file: string): boolean {
    if (this.listed.has(file) || this.bytes.get(file) !== undefined) return true;
    const folder = path.posix.dirname(file);
    let names = this.folders.get(folder);
    if (names === undefined) {
      names = namesIn(this.absolute(folder));
      this.folders.set(folder, names);
    }
    return names.has(path.posix.basename(file));
  }

  private read(file: string): Buffer | undefined {
    if (this.bytes.has(file)) return this.bytes.get(file);
    const bytes = this.readFromDisk(file);
    this.bytes.set(file, bytes);
    return bytes;
  }

  private readFromDisk(file: string): Buffer | undefined {
    try {
      const bytes = readIfFile(this.absolute(file));
      if (bytes === undefined || !isUtf16(bytes)) return bytes;
      if (this.listed.has(file)) this.skippedLater.set(file, { path: file, reason: 'utf-16' });
      return undefined;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EACCES' && code !== 'EPERM') throw error;
      this.parseFailures.set(file, {
        path: file,
        message: `The file cannot be read (${code})`,
        line: 1,
        column: 1,
      });
      return undefined;
    }
  }
}

/** By its byte order mark. The compiler reads such files; here everything goes by the bytes of UTF-8. */
function isUtf16(bytes: Buffer): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

function namesIn(folder: string): ReadonlySet<string> {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return new Set(entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name));
  } catch {
    return new Set();
  }
}

/** Marker comments count only near the top, so that a file about generated code is not taken for one. Characters. */
const headerLength = 2000;
/** Average line length beyond which nobody wrote the file by hand. Characters. */
const handWrittenLine = 400;

function machineWritten(text: string): 'generated' | 'minified' | undefined {
  if (/@generated\b|linguist-generated/.test(text.slice(0, headerLength))) return 'generated';
  if (text.length < 5000) return undefined;
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++;
  return text.length / lines > handWrittenLine ? 'minified' : undefined;
}
