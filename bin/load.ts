import path from 'node:path';
import type { Calibration } from '../analyzer/estimate/index.ts';
import { type FileList, listFiles } from '../analyzer/sources/file-list.ts';
import type { Span } from '../analyzer/traces/index.ts';
import type { Project } from '../delivery/index.ts';
import { storedCalibration } from './calibration-file.ts';
import { type Configured, readConfiguration } from './configuration.ts';
import { announce, type Terminal } from './terminal.ts';
import { type TraceFile, traceFile } from './trace-files.ts';
import { ownVersion } from './version.ts';

/** A project as a command line names it, with the configuration that holds for it. */
export interface Loaded {
  readonly project: Project;
  readonly configured: Configured;
}

export interface LoadOptions {
  /** Trace files, relative to the current folder. */
  readonly traces?: readonly string[];
  /** Contents that stand in for what is on disk, by path relative to the root. */
  readonly texts?: ReadonlyMap<string, string>;
}

/** A project whose files are known, and everything else that its analysis depends on; nothing is read yet. */
export interface Prepared {
  readonly list: FileList;
  readonly configured: Configured;
  /** Plain data: what an analysis depends on beside the files of the list. */
  readonly given: unknown;
  read(): Promise<Loaded>;
}

/** Finds the project round the given paths. */
export async function prepareProject(
  paths: readonly string[],
  terminal: Terminal,
  options: LoadOptions = {},
): Promise<Prepared> {
  const list = listFiles(paths, terminal.cwd);
  return prepareFiles(list, path.resolve(terminal.cwd, paths[0] ?? '.'), terminal, options);
}

/** Reads the project round the given paths. */
export async function loadProject(
  paths: readonly string[],
  terminal: Terminal,
  options: LoadOptions = {},
): Promise<Loaded> {
  const prepared = await prepareProject(paths, terminal, options);
  return prepared.read();
}

/**
 * Reads the project of a list that is known already.
 * @param start where the configuration is looked for, upwards to the root of the list
 */
export async function loadFiles(
  list: FileList,
  start: string,
  terminal: Terminal,
  options: LoadOptions = {},
): Promise<Loaded> {
  const prepared = await prepareFiles(list, start, terminal, options);
  return prepared.read();
}

async function prepareFiles(
  list: FileList,
  start: string,
  terminal: Terminal,
  { traces = [], texts }: LoadOptions,
): Promise<Prepared> {
  const configured = await readConfiguration(start, list.root);
  const calibration = await storedCalibration((reason) => terminal.complain(reason));
  const traced = await Promise.all(traces.map((file) => traceFile(file, terminal.cwd)));
  return {
    list,
    configured,
    given: [configured, calibration, traced.map(({ name, digest }) => [name, digest])],
    async read() {
      announce(terminal, list.files.length);
      const project = await readWith(list, configured, calibration, traced, texts, terminal);
      return { project, configured };
    },
  };
}

/** The stages that need the parser are loaded only now: an answer that is known already does without them. */
async function readWith(
  list: FileList,
  { configuration }: Configured,
  calibration: Calibration | undefined,
  traced: readonly TraceFile[],
  texts: ReadonlyMap<string, string> | undefined,
  terminal: Terminal,
): Promise<Project> {
  const { readProject } = await import('../delivery/index.ts');
  const { runtimeFrom } = await import('../analyzer/estimate/index.ts');
  const spans: Span[] = [];
  for (const trace of traced) {
    for (const span of await trace.spans(terminal.complain)) spans.push(span);
  }
  return readProject(list, configuration, {
    version: ownVersion(),
    ...(texts === undefined ? {} : { texts }),
    ...(traced.length === 0 ? {} : { traces: spans }),
    ...(calibration === undefined ? {} : { runtime: runtimeFrom(calibration) }),
  });
}
