import { problemsOf } from '../delivery/index.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { loadProject } from './load.ts';
import { rulesOf } from './rules.ts';
import { type Terminal, terminalOptions } from './terminal.ts';

/** `migrate-async check`, for CI: what a project that is kept migrated should not hold, one line each. */
export async function checkProject(paths: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const loaded = await loadProject(paths, terminal);
  const { project } = loaded;
  const { scope, accept } = rulesOf({}, loaded, terminal.cwd);
  const { displayPath } = terminalOptions(terminal, project.sources.root, 0);
  const problems = problemsOf(project, scope, accept);
  for (const { file, line, message } of problems)
    terminal.print(`${displayPath(file)}:${line}: ${message}\n`);
  for (const { path, message, line, column } of project.analysis.failed) {
    terminal.complain(`${displayPath(path)}:${line}:${column}: ${message}`);
  }
  if (project.analysis.failed.length > 0) return exitCode.someFilesFailed;
  return problems.length > 0 ? exitCode.found : exitCode.done;
}
