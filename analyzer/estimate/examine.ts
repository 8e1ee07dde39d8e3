import { createHash } from 'node:crypto';
import type { Advice, Confidence, Endpoint, Estimate, ExternalCall, Site, Traced } from '../analysis.ts';
import { latencyOf } from '../catalogue/index.ts';
import type { Bridge } from '../evidence/bridge.ts';
import {
  type Boundaries,
  boundariesOf,
  type Finding,
  factsOf,
  findingsOf,
  type HandlerEvidence,
  type HandlerFacts,
  handlerEvidence,
  type Project,
} from '../evidence/index.ts';
import type { Handler } from '../handlers/handler.ts';
import { canonicalRoute, disagreementsOf, type TracedHandlers } from '../traces/index.ts';
import { flipsOf } from './flips.ts';
import { type SlowCall, slowCalls } from './score.ts';
import type { BeforeAndAfter, Simulation } from './simulate.ts';
import { type Case, count, judge } from './verdict.ts';
import type { Draws, Priors, Runtime, Weights } from './weights.ts';

/** The options with every default filled in. */
export interface Settings {
  readonly weights: Weights;
  readonly priors: Priors;
  readonly runtime: Runtime;
  readonly draws: Draws;
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

/** Reads, estimates and judges one handler. */
export function examineHandler(
  project: Project,
  handler: Handler,
  siteOf: (bridge: Bridge) => Site,
  settings: Settings,
  simulation: Simulation,
  traces: TracedHandlers | undefined,
): ExaminedEndpoint {
  const evidence = handlerEvidence(project, handler);
  const facts = factsOf(evidence, settings.priors.unboundedRounds.median);
  const boundaries = boundariesOf(evidence, siteOf);
  const simulated = simulation.of(evidence.step);
  const measured = traces?.measuredFor(handler, simulated.now.d95[1]);
  const traced = measured && {
    ...measured,
    disagreements: disagreementsOf(measured, simulated.now, facts.externals),
  };
  const given = caseOf(facts, boundaries, simulated, traced);
  const findings = findingsOf(evidence);
  const parts: Parts = {
    handler,
    evidence,
    facts,
    boundaries,
    given,
    siteOf,
    settings,
    simulated,
    traced,
    findings,
  };
  return { endpoint: assemble(parts), handler, evidence, facts, findings, given };
}

/** Everything that decides; what was measured stands in for what was estimated. */
function caseOf(
  facts: HandlerFacts,
  boundaries: Boundaries,
  { now, after }: BeforeAndAfter,
  traced: TracedEvidence | undefined,
): Case {
  const adapting = boundaries.after.filter(({ kind }) => kind === 'sync-middleware').map(({ what }) => what);
  const calls = traced === undefined ? facts.perRequest.map(slowCallOf) : traced.calls.filter(isUsual);
  return {
    d95: traced?.d95 ?? now.d95,
    asyncShare: after.asyncShare,
    calls,
    boundariesLeft: boundaries.after.length,
    adapting: adapting.length > 0,
    now: boundaries.now,
    after: boundaries.after,
    bridges: facts.bridges.length,
    lateAccesses: facts.lateAccesses,
    adaptingMiddleware: adapting,
    wholeBridge: facts.bridgesExternal,
    waitsUnheld: facts.waitsUnheld,
    hold: holdOf(now.hold, after.hold, traced?.hold),
    streams: facts.streams,
    unknownCalls: facts.unknownCalls.length,
  };
}

/** What a rewrite changes cannot be measured before it: the measured hold shrinks as the simulated one does. */
function holdOf(now: number, after: number, measured: number | undefined): Case['hold'] {
  if (measured === undefined) return { now, after };
  return { now: measured, after: now === 0 ? 0 : measured * (after / now) };
}

/** A call that fewer than half of the requests make is not what they wait for. */
function isUsual({ rounds }: { readonly rounds: number }): boolean {
  return rounds >= 0.5;
}

type TracedEvidence = Traced & { readonly confidence: Confidence };

/** A stream counts to its last piece: the class of its client counts to the first one only. One in a loop is a transfer. */
function slowCallOf({
  client,
  category,
  host,
  p95,
  rounds,
  streaming,
  loop,
}: HandlerFacts['externals'][number]): SlowCall {
  const whole = streaming && category !== 'llm' ? latencyOf(loop ? 'transfer' : 'stream').p95 : 0;
  return { name: host ?? client, p95: Math.max(p95, whole), rounds };
}

interface Parts {
  readonly handler: Handler;
  readonly evidence: HandlerEvidence;
  readonly facts: HandlerFacts;
  readonly boundaries: Boundaries;
  readonly given: Case;
  readonly siteOf: (bridge: Bridge) => Site;
  readonly settings: Settings;
  readonly simulated: BeforeAndAfter;
  readonly traced: TracedEvidence | undefined;
  readonly findings: readonly Finding[];
}

function assemble(parts: Parts): Endpoint {
  const { handler, evidence, facts, boundaries, given, siteOf, traced, findings } = parts;
  const { weights } = parts.settings;
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
    estimate: estimateOf(parts),
    score,
    verdict,
    reasons: traced === undefined ? reasons : [...reasons, ...traceNotes(traced)],
    gates,
    flips: flipsOf(given, weights),
    confidence: traced?.confidence ?? confidenceOf(handler, facts, weights),
    evidence: traced === undefined ? 'static' : 'traces',
    sites: facts.bridges.map((bridge) => siteOf(bridge).id),
    unknownCalls: facts.unknownCalls,
    advice: findings
      .filter(({ kind }) => kind !== 'closure-holds-event-loop')
      .map((finding): Advice => finding),
    ...(traced === undefined ? {} : { traced: withoutConfidence(traced) }),
  };
}

function estimateOf({ given, simulated, traced, settings }: Parts): Estimate {
  const { now, after } = simulated;
  const { weights } = settings;
  // What a rewrite changes cannot be measured before it: the measured figure moves as the simulated one does.
  const change = now.p95[1] === 0 ? 1 : after.p95[1] / now.p95[1];
  const p95 = traced === undefined ? now.p95 : ([traced.p95, traced.p95, traced.p95] as const);
  const later = traced && traced.p95 * change;
  return {
    p95,
    p95After: later === undefined ? after.p95 : [later, later, later],
    d95: given.d95,
    hold: given.hold,
    factors: {
      d95: given.d95[1],
      asyncShare: given.asyncShare,
      slowCalls: slowCalls(given.calls, weights),
      middleware: given.adapting ? weights.adaptingMiddleware : 1,
      boundariesLeft: given.boundariesLeft,
    },
  };
}

function withoutConfidence({ confidence: _confidence, ...traced }: TracedEvidence): Traced {
  return traced;
}

function traceNotes({ requests, from, to, failed, warmUp, disagreements }: Traced): readonly string[] {
  const days = Math.max(1, Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000));
  const left =
    failed + warmUp === 0 ? '' : `; left out: ${failed} failed, ${warmUp} of a process just started`;
  return [`Measured: ${count(requests, 'request')} over ${count(days, 'day')}${left}.`, ...disagreements];
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
