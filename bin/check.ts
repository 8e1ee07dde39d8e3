import { findBridges } from '../analyzer/evidence/bridges.ts';
import type { Project } from '../delivery/project.ts';
import { marksOf, unusedSuppressions } from '../transforms/index.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { loadProject } from './load.ts';
import { type Terminal, terminalOptions } from './terminal.ts';

interface Problem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** `migrate-async check`, for CI: markers left behind, bridges in handlers that qualify, suppressions that no longer hold. */
export async function checkProject(paths: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { project } = await loadProject(paths, terminal);
  const problems = [...bridgesInQualifying(project), ...leftovers(project)];
  const { displayPath } = terminalOptions(terminal, project.sources.root, 0);
  for (const { path, message, line, column } of project.analysis.failed) {
    terminal.complain(`${displayPath(path)}:${line}:${column} does not parse: ${message}`);
  }
  problems.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
  for (const { file, line, message } of problems)
    terminal.print(`${displayPath(file)}:${line}: ${message}\n`);
  if (project.analysis.failed.length > 0) return exitCode.someFilesFailed;
  return problems.length > 0 ? exitCode.found : exitCode.done;
}

function bridgesInQualifying({ analysis, sources }: Project): Problem[] {
  const qualifying = analysis.endpoints.filter(({ verdict }) => verdict === 'migrate');
  return analysis.sites.flatMap((site) => {
    const endpoint = qualifying.find(({ sites }) => sites.includes(site.id));
    if (endpoint === undefined || site.outcome.kind !== 'rewrite' || !sources.isSelected(site.file))
      return [];
    const handler = `${endpoint.method} ${endpoint.paths[0] ?? ''}`;
    return [
      { file: site.file, line: site.line, message: `${site.what} is bridged on the path of ${handler}` },
    ];
  });
}

function leftovers({ sources, evaluator, transforms }: Project): Problem[] {
  return sources
    .mentioning(['migrate-async'])
    .filter((file) => sources.isSelected(file))
    .flatMap((file): Problem[] => {
      const parsed = sources.file(file);
      if (parsed === undefined) return [];
      return [
        ...marksOf(parsed).map(({ code, line, reason }) => ({
          file,
          line,
          message: `marked ${code}: ${reason}`,
        })),
        ...unusedSuppressions(parsed, findBridges(parsed, evaluator, transforms)).map(({ code, line }) => ({
          file,
          line,
          message: `the suppression of ${code} suppresses nothing`,
        })),
      ];
    });
}
