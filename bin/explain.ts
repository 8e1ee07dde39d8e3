import path from 'node:path';
import { explain, explainThrough } from '../analyzer/estimate/index.ts';
import { type SourceFile, toPosix } from '../analyzer/sources/index.ts';
import type { Project } from '../delivery/index.ts';
import { explanationText, siteExplanationText } from '../report/index.ts';
import { explainSites } from '../transforms/index.ts';
import { type ExitCode, exitCode, UsageError } from './exit-code.ts';
import { loadProject } from './load.ts';
import { type Terminal, terminalOptions } from './terminal.ts';

export interface ExplainOptions {
  readonly project?: string;
  readonly traces?: readonly string[];
}

/**
 * `migrate-async explain <file:line | METHOD /path>`: the whole reasoning about a handler, and about the bridges on a line.
 */
export async function explainTarget(
  asked: readonly string[],
  options: ExplainOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const target = asked.join(' ').trim();
  const place = /^(.+?):(\d+)(?::\d+)?$/.exec(target);
  const folder = options.project ?? (place?.[1] === undefined ? '.' : path.dirname(place[1]));
  const { project } = await loadProject([folder], terminal, { traces: options.traces ?? [] });
  const style = terminalOptions(terminal, project.sources.root, Number.POSITIVE_INFINITY);
  const file = place === null ? undefined : fileAt(project, place[1] ?? '', terminal.cwd);
  const line = Number(place?.[2]);
  const sites = file === undefined ? [] : explainSites(file, project.evaluator, line, project.transforms);
  const own = explain(project.examination, fromRoot(project, target, place?.[1], terminal.cwd));
  const handlers =
    own.length > 0 || file === undefined ? own : explainThrough(project.examination, file, line);
  if (sites.length === 0 && handlers.length === 0) throw new UsageError(nothingAt(target, project));
  const texts = [
    ...sites.map((site) => siteExplanationText(site, style)),
    ...handlers.map((handler) => explanationText(handler, style)),
  ];
  terminal.print(texts.join('\n'));
  return exitCode.done;
}

/** The analysis names files from the root; a person names them from where they are. */
function fromRoot({ sources }: Project, target: string, file: string | undefined, cwd: string): string {
  if (file === undefined) return target;
  return toPosix(path.relative(sources.root, path.resolve(cwd, file))) + target.slice(file.length);
}

function fileAt({ sources }: Project, file: string, cwd: string): SourceFile | undefined {
  return sources.file(toPosix(path.relative(sources.root, path.resolve(cwd, file))));
}

function nothingAt(target: string, { analysis }: Project): string {
  const failure = analysis.failed.find(({ path: file }) => target.includes(path.basename(file)));
  if (failure !== undefined)
    return `${failure.path} does not parse: ${failure.message} at ${failure.line}:${failure.column}.`;
  const known = analysis.endpoints.slice(0, 3).map(({ method, paths }) => `${method} ${paths[0] ?? ''}`);
  const examples = known.length === 0 ? '' : ` Handlers found here: ${known.join(', ')}…`;
  return `no handler and no bridge at ${target}: give file:line, or METHOD /path.${examples}`;
}
