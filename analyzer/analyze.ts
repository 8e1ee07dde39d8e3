import type { Analysis, Site } from './analysis.ts';
import { Catalogue, type CatalogueOverrides } from './catalogue/index.ts';
import {
  type Draws,
  defaultDraws,
  defaultPriors,
  defaultRuntime,
  defaultWeights,
  type ExaminedEndpoint,
  examineHandler,
  laneWaitOf,
  type Priors,
  type Runtime,
  type Settings,
  Simulation,
  type Weights,
  weightsFor,
} from './estimate/index.ts';
import type { Bridge, SiteMatcher } from './evidence/bridge.ts';
import { wrapperIndex } from './evidence/bridge-index.ts';
import type { BridgeOptions } from './evidence/bridges.ts';
import { BridgeTable, type Project, projectFindings, templateReader } from './evidence/index.ts';
import type { Discovery, Handler } from './handlers/handler.ts';
import type { Evaluator, SourceFile, Sources } from './sources/index.ts';
import { type Span, type TracedHandlers, tracedHandlers } from './traces/index.ts';

export type { ExaminedEndpoint, Settings } from './estimate/index.ts';

/** What a project may say about the analysis; everything has a default. */
export interface AnalysisOptions {
  /** Version of the tool, for the report. */
  readonly version?: string;
  /** Clients, calls and hosts the project knows better than the catalogue. */
  readonly catalogue?: CatalogueOverrides;
  /** What else wraps, beside `syncToAsync`. */
  readonly bridges?: BridgeOptions;
  readonly weights?: Partial<Weights>;
  readonly priors?: Partial<Priors>;
  /** What `calibrate` measured on this machine. */
  readonly runtime?: Runtime;
  readonly draws?: Partial<Draws>;
  /** Spans of real traffic, from `readTraces`: where a handler has requests in them, they replace the estimate. */
  readonly traces?: readonly Span[];
  /** Text of a template by its name and the file that renders it; read from disk when absent. */
  readonly template?: (view: string, from: string) => string | undefined;
}

export interface AnalysisInput {
  readonly sources: Sources;
  readonly evaluator: Evaluator;
  readonly discovery: Discovery;
  readonly bridges: (file: SourceFile) => readonly Bridge[];
  readonly matcher: SiteMatcher;
  readonly options?: AnalysisOptions;
}

/** The analysis, and what it was made from. */
export interface Examination {
  readonly analysis: Analysis;
  readonly endpoints: readonly ExaminedEndpoint[];
  readonly siteOf: (bridge: Bridge) => Site;
  readonly settings: Settings;
}

/**
 * Ranks every handler of a project by how much of its time is external wait, with the evidence for it.
 *
 * Pure assembly: reads what the other stages found and decides nothing that is not in `evidence/` or `estimate/`. The
 * same input gives the same analysis.
 */
export function analyze(input: AnalysisInput): Analysis {
  return examine(input).analysis;
}

/** As `analyze`, with the evidence behind every endpoint kept for explaining it. */
export function examine(input: AnalysisInput): Examination {
  const { sources, discovery, matcher, options = {} } = input;
  const siteOf = remembered(matcher);
  const table = new BridgeTable(input.bridges);
  const project: Project = {
    evaluator: input.evaluator,
    catalogue: new Catalogue(options.catalogue),
    bridges: table,
    template: options.template ?? templateReader(sources),
    summaries: new Map(),
  };
  const { traces } = options;
  const traced = traces && tracedHandlers(traces, discovery.handlers, project.catalogue);
  const rewritten = (bridge: Bridge) => siteOf(bridge).outcome.kind === 'rewrite';
  const examineWith = (own: Settings) => {
    const simulation = new Simulation(own, rewritten);
    return (handler: Handler) => {
      if (input.evaluator.forgetRuns(mostRuns)) project.summaries.clear();
      return examineHandler(project, handler, siteOf, own, simulation, traced);
    };
  };
  const idle = discovery.handlers
    .filter(({ kind }) => kind !== 'third-party')
    .map(examineWith(settingsOf(options)));
  const settings = underLoad(settingsOf(options), idle, traced);
  const waits = settings.runtime.laneWait > 0;
  const examineLoaded = examineWith(settings);
  const endpoints = idle
    .map((each) => (waits && each.facts.bridges.length > 0 ? examineLoaded(each.handler) : each))
    .sort(byScore);
  const analysis: Analysis = {
    schemaVersion: 1,
    tool: { name: 'migrate-async', version: options.version ?? '0.0.0' },
    root: sources.root,
    endpoints: endpoints.map(({ endpoint }) => endpoint),
    sites: allSites(input, endpoints, siteOf),
    projectFindings: projectFindings(
      endpoints.map(({ endpoint, evidence, findings }) => ({ id: endpoint.id, evidence, findings })),
    ),
    dynamicRegistrations: discovery.dynamic,
    ...(traced === undefined ? {} : { traces: traceSummary(traced, traces ?? [], endpoints) }),
    skipped: sources.skipped,
    runtime: settings.runtime,
    failed: sources.failures,
  };
  return { analysis, endpoints, siteOf, settings };
}

/** Runs of functions that are kept while handlers are walked; some 6 kB each. */
const mostRuns = 10_000;

function traceSummary(
  { unmatched, warnings }: TracedHandlers,
  spans: readonly Span[],
  endpoints: readonly ExaminedEndpoint[],
): NonNullable<Analysis['traces']> {
  const silent = endpoints.filter(({ endpoint }) => endpoint.traced === undefined);
  return {
    spans: spans.length,
    unmatched,
    warnings,
    withoutTraffic: silent.map(({ endpoint }) => endpoint.id),
  };
}

function settingsOf({ weights, priors, runtime = defaultRuntime, draws }: AnalysisOptions): Settings {
  return {
    weights: weightsFor({ ...defaultWeights, ...weights }, runtime),
    priors: { ...defaultPriors, ...priors },
    runtime,
    draws: { ...defaultDraws, ...draws },
  };
}

/** What a crossing waits for its lane under the traced traffic is known only once all handlers are. */
function underLoad(
  settings: Settings,
  endpoints: readonly ExaminedEndpoint[],
  traced: TracedHandlers | undefined,
): Settings {
  if (traced === undefined) return settings;
  const uses = endpoints.map(({ endpoint, given }) => ({ traced: endpoint.traced, hold: given.hold.now }));
  const found = laneWaitOf(uses, settings.runtime, traced.processes);
  if (found === undefined || found.wait <= 0) return settings;
  const runtime: Runtime = {
    ...settings.runtime,
    laneWait: found.wait,
    basis: `${settings.runtime.basis.replace(', idle lane', '')}; ${found.basis}`,
  };
  return { ...settings, runtime, weights: weightsFor(settings.weights, runtime) };
}

function remembered(matcher: SiteMatcher): (bridge: Bridge) => Site {
  const known = new Map<Bridge, Site>();
  return (bridge) => {
    const site = known.get(bridge) ?? matcher(bridge);
    known.set(bridge, site);
    return site;
  };
}

function byScore({ endpoint: left }: ExaminedEndpoint, { endpoint: right }: ExaminedEndpoint): number {
  const rank = { migrate: 0, depends: 1, stay: 2 };
  if (rank[left.verdict] !== rank[right.verdict]) return rank[left.verdict] - rank[right.verdict];
  return (
    right.score - left.score ||
    right.estimate.d95[1] - left.estimate.d95[1] ||
    compare(left.paths[0] ?? '', right.paths[0] ?? '') ||
    compare(left.method, right.method) ||
    compare(left.location.file, right.location.file) ||
    left.location.line - right.location.line ||
    left.location.column - right.location.column
  );
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Every bridge of the listed files, on a handler's path or not, in the order of the source. */
function allSites(
  { sources, evaluator, bridges, options = {} }: AnalysisInput,
  endpoints: readonly ExaminedEndpoint[],
  siteOf: (bridge: Bridge) => Site,
): readonly Site[] {
  // Files are looked through by their bytes first: parsing all of them is most of the time of a large project.
  const { words } = wrapperIndex(evaluator, options.bridges ?? {});
  const onPaths = endpoints.flatMap(({ facts }) => facts.bridges.map(({ file }) => file.path));
  const paths = new Set([...sources.mentioning([...words, 'sync-to-async']), ...onPaths]);
  return [...paths]
    .filter((path) => sources.isListed(path))
    .sort()
    .flatMap((path) => {
      const file = sources.file(path);
      return file === undefined ? [] : bridges(file).map(siteOf);
    });
}
