import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runtimeFrom } from '../analyzer/estimate/index.ts';
import { listFiles } from '../analyzer/sources/index.ts';
import { readTraces, type Span, TraceError } from '../analyzer/traces/index.ts';
import { type Project, type ProjectOptions, readProject } from '../delivery/project.ts';
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

/**
 * Reads the project round the given paths.
 * @param traceFiles relative to the current folder
 */
export async function loadProject(
  paths: readonly string[],
  terminal: Terminal,
  traceFiles: readonly string[] = [],
): Promise<Loaded> {
  const list = listFiles(paths, terminal.cwd);
  announce(terminal, list.files.length);
  const configured = await readConfiguration(path.resolve(terminal.cwd, paths[0] ?? '.'));
  const calibration = storedCalibration((reason) => terminal.complain(reason));
  const options: ProjectOptions = {
    version: ownVersion(),
    ...(traceFiles.length === 0 ? {} : { traces: traceFiles.flatMap((file) => spansIn(file, terminal.cwd)) }),
    ...(calibration === undefined ? {} : { runtime: runtimeFrom(calibration) }),
  };
  return { project: readProject(list, configured.configuration, options), configured };
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
