import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runtimeFrom } from '../analyzer/estimate/index.ts';
import { type FileList, listFiles } from '../analyzer/sources/index.ts';
import { readTraces, type Span, TraceError } from '../analyzer/traces/index.ts';
import { type Project, readProject } from '../delivery/index.ts';
import { storedCalibration } from './calibration-file.ts';
import { type Configured, readConfiguration } from './configuration.ts';
import { UsageError } from './exit-code.ts';
import { announce, type Terminal } from './terminal.ts';
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

/** Reads the project round the given paths. */
export async function loadProject(
  paths: readonly string[],
  terminal: Terminal,
  options: LoadOptions = {},
): Promise<Loaded> {
  const list = listFiles(paths, terminal.cwd);
  announce(terminal, list.files.length);
  return loadFiles(list, path.resolve(terminal.cwd, paths[0] ?? '.'), terminal, options);
}

/**
 * Reads the project of a list that is known already.
 * @param start where the configuration is looked for, upwards to the root of the list
 */
export async function loadFiles(
  list: FileList,
  start: string,
  terminal: Terminal,
  { traces = [], texts }: LoadOptions = {},
): Promise<Loaded> {
  const configured = await readConfiguration(start, list.root);
  const calibration = storedCalibration((reason) => terminal.complain(reason));
  const project = readProject(list, configured.configuration, {
    version: ownVersion(),
    ...(texts === undefined ? {} : { texts }),
    ...(traces.length === 0 ? {} : { traces: traces.flatMap((file) => spansIn(file, terminal.cwd)) }),
    ...(calibration === undefined ? {} : { runtime: runtimeFrom(calibration) }),
  });
  return { project, configured };
}

function spansIn(file: string, cwd: string): readonly Span[] {
  let content: string;
  try {
    content = readFileSync(path.resolve(cwd, file), 'utf8');
  } catch (error) {
    throw new UsageError(
      `${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}.`,
    );
  }
  try {
    return readTraces(file, content);
  } catch (error) {
    if (error instanceof TraceError) throw new UsageError(error.message);
    throw error;
  }
}
