import { createHash } from 'node:crypto';
import type { Analysis, Confidence, Endpoint, ExternalCall, ProjectFinding, Site } from './analysis.ts';
import { Catalogue, type CatalogueOverrides, latencyOf } from './catalogue/index.ts';
import {
  type Case,
  count,
  type Draws,
  defaultDraws,
  defaultPriors,
  defaultRuntime,
  defaultWeights,
  flipsOf,
  judge,
  type Priors,
  type Runtime,
  type SlowCall,
  simulate,
  slowCalls,
  type Weights,
} from './estimate/index.ts';
import type { Bridge, SiteMatcher } from './evidence/bridge.ts';
import {
  type Boundaries,
  BridgeTable,
  boundariesOf,
  type Finding,
  factsOf,
  findingsOf,
  type HandlerEvidence,
  type HandlerFacts,
  handlerEvidence,
  type Project,
  templateReader,
} from './evidence/index.ts';
import type { Discovery, Handler } from './handlers/handler.ts';
import type { Evaluator, SourceFile, Sources } from './sources/index.ts';
import { canonicalRoute } from './traces/route.ts';

/** What a project may say about the analysis; everything has a default. */
export interface AnalysisOptions {
  /** Version of the tool, for the report. */
  readonly version?: string;
  /** Clients, calls and hosts the project knows better than the catalogue. */
  readonly catalogue?: CatalogueOverrides;
  readonly weights?: Partial<Weights>;
  readonly priors?: Partial<Priors>;
  /** What `calibrate` measured on this machine. */
  readonly runtime?: Runtime;
  readonly draws?: Partial<Draws>;
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

/** One endpoint with everything it was judged by; the analysis holds the part that others need. */
export interface ExaminedEndpoint {
  readonly endpoint: Endpoint;
  readonly handler: Handler;
  readonly evidence: HandlerEvidence;
  readonly facts: HandlerFacts;
  readonly findings: readonly Finding[];
  readonly given: Case;
}

/** The analysis, and what it was made from. */
export interface Examination {
  readonly analysis: Analysis;
  readonly endpoints: readonly ExaminedEndpoint[];
  readonly siteOf: (bridge: Bridge) => Site;
  readonly settings: Settings;
}

/** The options with every default filled in. */
export interface Settings {
  readonly weights: Weights;
  readonly priors: Priors;
  readonly runtime: Runtime;
  readonly draws: Draws;
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
  const settings = settingsOf(options);
  const siteOf = remembered(matcher);
  const table = new BridgeTable(input.bridges);
  const project: Project = {
    evaluator: input.evaluator,
    catalogue: new Catalogue(options.catalogue),
    bridges: table,
    template: options.template ?? templateReader(sources),
  };
  const endpoints = discovery.handlers
    .filter(({ kind }) => kind !== 'third-party')
    .map((handler) => examineHandler(project, handler, siteOf, settings))
    .sort(byScore);
  const analysis: Analysis = {
    schemaVersion: 1,
    tool: { name: 'migrate-async', version: options.version ?? '0.0.0' },
    root: sources.root,
    endpoints: endpoints.map(({ endpoint }) => endpoint),
    sites: allSites(input, siteOf),
    projectFindings: projectFindings(endpoints),
    dynamicRegistrations: discovery.dynamic,
    skipped: sources.skipped,
    failed: sources.failures,
  };
  return { analysis, endpoints, siteOf, settings };
}

function settingsOf({ weights, priors, runtime, draws }: AnalysisOptions): Settings {
  return {
    weights: { ...defaultWeights, ...weights },
    priors: { ...defaultPriors, ...priors },
    runtime: runtime ?? defaultRuntime,
    draws: { ...defaultDraws, ...draws },
  };
}

function remembered(matcher: SiteMatcher): (bridge: Bridge) => Site {
  const known = new Map<Bridge, Site>();
  return (bridge) => {
    const site = known.get(bridge) ?? matcher(bridge);
    known.set(bridge, site);
    return site;
  };
}

function examineHandler(
  project: Project,
  handler: Handler,
  siteOf: (bridge: Bridge) => Site,
  settings: Settings,
): ExaminedEndpoint {
  const { weights, priors } = settings;
  const evidence = handlerEvidence(project, handler);
  const facts = factsOf(evidence, priors.unboundedRounds.median);
  const boundaries = boundariesOf(evidence, siteOf);
  const rewritten = (bridge: Bridge) => siteOf(bridge).outcome.kind === 'rewrite';
  const simulated = simulate(evidence.step, settings, rewritten);
  const adapting = boundaries.after.filter(({ kind }) => kind === 'sync-middleware').map(({ what }) => what);
  const given: Case = {
    d95: simulated.now.d95,
    asyncShare: simulated.after.asyncShare,
    calls: facts.externals.map(slowCallOf),
    boundariesLeft: boundaries.after.length,
    adapting: adapting.length > 0,
    now: boundaries.now,
    after: boundaries.after,
    lateAccesses: facts.lateAccesses,
    adaptingMiddleware: adapting,
    wholeBridge: facts.bridgesExternal,
    hold: { now: simulated.now.hold, after: simulated.after.hold },
    streams: facts.streams,
    unknownCalls: facts.unknownCalls.length,
  };
  const endpoint = assemble({ handler, evidence, facts, boundaries, given, siteOf, weights, simulated });
  return { endpoint, handler, evidence, facts, findings: findingsOf(evidence), given };
}

/** A stream counts to its last piece: the class of its client counts to the first one only. */
function slowCallOf({
  client,
  category,
  host,
  p95,
  rounds,
  streaming,
}: HandlerFacts['externals'][number]): SlowCall {
  const whole = streaming && category !== 'llm' ? latencyOf('stream').p95 : 0;
  return { name: host ?? client, p95: Math.max(p95, whole), rounds };
}

interface Parts {
  readonly handler: Handler;
  readonly evidence: HandlerEvidence;
  readonly facts: HandlerFacts;
  readonly boundaries: Boundaries;
  readonly given: Case;
  readonly siteOf: (bridge: Bridge) => Site;
  readonly weights: Weights;
  readonly simulated: ReturnType<typeof simulate>;
}

function assemble({
  handler,
  evidence,
  facts,
  boundaries,
  given,
  siteOf,
  weights,
  simulated,
}: Parts): Endpoint {
  const { score, verdict, gates, reasons } = judge(given, weights);
  const { target } = handler;
  return {
    id: endpointId(handler),
    framework: handler.framework,
    kind: handler.kind,
    method: handler.method,
    paths: handler.paths,
    location: handler.location,
    handler: target && { ...target.location, name: target.name },
    middlewares: evidence.middlewares.map(({ name, kind, location }) => ({ name, kind, location })),
    counts: facts.counts,
    boundaries,
    externals: facts.externals.map(({ rounds: _rounds, ...external }): ExternalCall => external),
    estimate: {
      p95: simulated.now.p95,
      p95After: simulated.after.p95,
      d95: simulated.now.d95,
      hold: given.hold,
      factors: {
        d95: given.d95[1],
        asyncShare: given.asyncShare,
        slowCalls: slowCalls(given.calls, weights),
        middleware: given.adapting ? weights.adaptingMiddleware : 1,
        boundariesLeft: given.boundariesLeft,
      },
    },
    score,
    verdict,
    reasons,
    gates,
    flips: flipsOf(given, weights),
    confidence: confidenceOf(handler, facts, weights),
    evidence: 'static',
    sites: facts.bridges.map((bridge) => siteOf(bridge).id),
    unknownCalls: facts.unknownCalls,
  };
}

/** Source alone never gives more than `medium`: latencies in it are priors. */
function confidenceOf(handler: Handler, facts: HandlerFacts, weights: Weights): Confidence {
  const unknown = weights.unknownCallConfidence ** facts.unknownCalls.length;
  const resolved = handler.target?.value === undefined ? 0 : 1;
  const certain = handler.condition === undefined && !handler.paths.some((path) => path.includes('«'));
  const confidence = resolved * facts.confidence * unknown * (certain ? 1 : 0.9);
  return confidence >= weights.leastConfidence ? 'medium' : 'low';
}

/** Method, route and handler name: lines move, these do not. */
function endpointId(handler: Handler): string {
  const routes = [...new Set(handler.paths.map(canonicalRoute))].sort().join(' ');
  const symbol = handler.target === undefined ? '' : `${handler.target.location.file}#${handler.target.name}`;
  return createHash('sha1').update(`${handler.method}\0${routes}\0${symbol}`).digest('hex');
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
function allSites({ sources, bridges }: AnalysisInput, siteOf: (bridge: Bridge) => Site): readonly Site[] {
  return sources.files.flatMap((path) => {
    const file = sources.file(path);
    return file === undefined ? [] : bridges(file).map(siteOf);
  });
}

/** What concerns several handlers is said once, with the handlers it concerns. */
function projectFindings(endpoints: readonly ExaminedEndpoint[]): readonly ProjectFinding[] {
  const found = new Map<string, { finding: Omit<ProjectFinding, 'endpoints'>; endpoints: string[] }>();
  const add = (finding: Omit<ProjectFinding, 'endpoints'>, endpoint: string) => {
    const { location } = finding;
    const key = `${finding.kind} ${location?.file ?? ''}:${location?.line ?? 0}:${location?.column ?? 0}`;
    const known = found.get(key) ?? { finding, endpoints: [] };
    found.set(key, known);
    if (!known.endpoints.includes(endpoint)) known.endpoints.push(endpoint);
  };
  const closures: { readonly places: Set<string>; readonly endpoints: string[] } = {
    places: new Set(),
    endpoints: [],
  };
  for (const { endpoint, evidence, findings } of endpoints) {
    for (const { name, kind, location } of evidence.middlewares) {
      if (kind === 'sync-adapting') add({ kind: 'sync-middleware', message: name, location }, endpoint.id);
    }
    for (const { kind, message, location } of findings) {
      if (kind !== 'closure-holds-event-loop') add({ kind, message, location }, endpoint.id);
      else {
        // One remark for all of them: nearly every bridged closure is one.
        closures.places.add(`${location.file}:${location.line}:${location.column}`);
        if (!closures.endpoints.includes(endpoint.id)) closures.endpoints.push(endpoint.id);
      }
    }
  }
  if (closures.places.size > 0) {
    const message = `${count(closures.places.size, 'bridged closure')} cannot move to another thread: the queries inside block the event loop while they run.`;
    found.set('closures', {
      finding: { kind: 'closure-holds-event-loop', message, location: undefined },
      endpoints: closures.endpoints,
    });
  }
  return [...found.values()]
    .map(({ finding, endpoints: ids }): ProjectFinding => {
      const blocks = ids.length === 1 ? '1 endpoint' : `${ids.length} endpoints`;
      const message =
        finding.kind === 'sync-middleware'
          ? `The sync-only middleware ${finding.message} blocks ${blocks}: made native once, it unlocks them all.`
          : finding.message;
      return { ...finding, message, endpoints: ids };
    })
    .sort(
      (left, right) =>
        right.endpoints.length - left.endpoints.length ||
        compare(left.kind, right.kind) ||
        compare(left.message, right.message),
    );
}
