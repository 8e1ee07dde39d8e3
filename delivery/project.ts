import type { Analysis } from '../analyzer/analysis.ts';
import { type AnalysisOptions, type Examination, examine } from '../analyzer/analyze.ts';
import type { Configuration } from '../analyzer/configuration.ts';
import { findBridges } from '../analyzer/evidence/bridges.ts';
import { discoverHandlers } from '../analyzer/handlers/index.ts';
import { Evaluator, type FileList, type SourceFile, Sources } from '../analyzer/sources/index.ts';
import { siteMatcher, type TransformOptions } from '../transforms/index.ts';

/** A project that was read and analysed, ready to be planned and rewritten. */
export interface Project {
  readonly sources: Sources;
  readonly evaluator: Evaluator;
  /** What concerns the selected files. */
  readonly analysis: Analysis;
  /** The whole analysis with the evidence behind it, for explaining. */
  readonly examination: Examination;
  readonly transforms: TransformOptions;
  /** Whether git keeps the project's history, or why it will not say. */
  readonly repository:
    | { readonly kind: 'git' }
    | { readonly kind: 'none' }
    | { readonly kind: 'refused'; readonly message: string };
}

/** What a run knows besides the files and the configuration. */
export interface ProjectOptions extends Pick<AnalysisOptions, 'traces' | 'runtime'> {
  /** Of this tool, for the report. */
  readonly version: string;
  /** Contents that stand in for what is on disk, by path: an editor's buffer, standard input. */
  readonly texts?: ReadonlyMap<string, string>;
}

/** Reads and analyses the files of a list. */
export function readProject(
  list: FileList,
  configuration: Configuration,
  { texts, ...given }: ProjectOptions,
): Project {
  const sources = new Sources(list, texts);
  const evaluator = new Evaluator(sources);
  const transforms = transformOptions(configuration);
  const { latencies, weights, handlers } = configuration;
  const examination = examine({
    sources,
    evaluator,
    discovery: discoverHandlers(sources, evaluator, handlers),
    bridges: (file: SourceFile) => findBridges(file, evaluator, transforms),
    matcher: siteMatcher(evaluator, transforms),
    options: {
      ...given,
      bridges: transforms,
      ...(latencies === undefined ? {} : { catalogue: latencies }),
      ...(weights === undefined ? {} : { weights }),
    },
  });
  const analysis = selection(examination.analysis, sources);
  return { sources, evaluator, analysis, examination, transforms, repository: repositoryOf(list) };
}

function repositoryOf({ repository, refusal }: FileList): Project['repository'] {
  if (repository) return { kind: 'git' };
  return refusal === undefined ? { kind: 'none' } : { kind: 'refused', message: refusal };
}

/** What the configuration says to the transforms. */
export function transformOptions({ wrappers, defaultWrappers, twins }: Configuration): TransformOptions {
  return {
    ...(wrappers === undefined ? {} : { wrappers }),
    ...(defaultWrappers === undefined ? {} : { defaultWrappers }),
    ...(twins === undefined ? {} : { twins }),
  };
}

/** The part of an analysis that concerns the selected files: handlers that stand in them or lead to a site in them. */
function selection(analysis: Analysis, sources: Sources): Analysis {
  const fileOf = new Map(analysis.sites.map(({ id, file }) => [id, file]));
  const isSelected = (file: string | undefined) => file !== undefined && sources.isSelected(file);
  const endpoints = analysis.endpoints.filter(
    ({ location, handler, sites }) =>
      isSelected(location.file) ||
      isSelected(handler?.file) ||
      sites.some((id) => isSelected(fileOf.get(id))),
  );
  const onPaths = new Set(endpoints.flatMap(({ sites }) => sites));
  const sites = analysis.sites.filter(({ id, file }) => isSelected(file) || onPaths.has(id));
  const dynamicRegistrations = analysis.dynamicRegistrations.filter(({ location }) =>
    isSelected(location.file),
  );
  return { ...analysis, endpoints, sites, dynamicRegistrations };
}
