import path from 'node:path';
import picomatch from 'picomatch';
import type { Configuration } from '../analyzer/configuration.ts';
import type { PlanScope } from '../analyzer/plan.ts';
import { toPosix } from '../analyzer/sources/index.ts';
import { UsageError } from './exit-code.ts';
import type { Loaded } from './load.ts';

/** What a command line says of which sites to rewrite. */
export interface RuleOptions {
  readonly all?: boolean;
  readonly minScore?: number;
  readonly only?: readonly string[];
}

/** Which sites of a project a run concerns: every verb that plans asks here, so that they agree. */
export interface Rules {
  readonly scope: PlanScope;
  /** Whether a file may be rewritten; its path is relative to the root. */
  readonly accept: (file: string) => boolean;
}

/** Puts together what the command line and the configuration say; the command line wins. */
export function rulesOf(options: RuleOptions, { project, configured }: Loaded, cwd: string): Rules {
  const { only = [] } = options;
  const { configuration, folder } = configured;
  // Globs of the command line count from the current folder, those of the configuration from the folder it is in.
  const [base, globs] = only.length > 0 ? [cwd, only] : [folder, configuration.only ?? []];
  const matches = globs.length === 0 ? () => true : picomatch([...globs], { dot: true });
  return {
    scope: scopeOf(options, configuration),
    accept: (file) => matches(toPosix(path.relative(base, project.sources.absolute(file)))),
  };
}

function scopeOf({ all, minScore: given }: RuleOptions, configuration: Configuration): PlanScope {
  if (all && given !== undefined) throw new UsageError('--all and --min-score exclude each other.');
  if (all) return { kind: 'all' };
  const minScore = given ?? configuration.minScore;
  return minScore === undefined ? { kind: 'qualifying' } : { kind: 'score', least: minScore };
}
