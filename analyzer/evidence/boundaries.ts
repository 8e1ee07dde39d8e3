import type { Boundary, Location, Site } from '../analysis.ts';
import type { Bridge } from './bridge.ts';
import type { HandlerEvidence } from './handlers.ts';
import { type Position, visitPath } from './path.ts';
import { type Crossing, partsOf, type Step } from './step.ts';

/** The crossings on a handler's hot path, as the code is and as the rewrite leaves it; each place once. */
export interface Boundaries {
  readonly now: readonly Boundary[];
  readonly after: readonly Boundary[];
}

/** @param siteOf what becomes of a bridge */
export function boundariesOf(evidence: HandlerEvidence, siteOf: (bridge: Bridge) => Site): Boundaries {
  const now = new Map<string, Boundary>();
  const after = new Map<string, Boundary>();
  const add = (boundary: Boundary, stays: boolean) => {
    const key = boundary.site ?? `${boundary.kind} ${placeOf(boundary.location)}`;
    if (!now.has(key)) now.set(key, boundary);
    if (stays && !after.has(key)) after.set(key, boundary);
  };
  const adapting = new Set<Step>();
  for (const { name, kind, location, step } of evidence.middlewares) {
    if (kind !== 'sync-adapting' || location === undefined) continue;
    adapting.add(step);
    const site = step.kind === 'bridge' ? siteOf(step.bridge) : undefined;
    const left = site?.outcome.kind === 'leave' ? { code: site.outcome.code } : {};
    const own = site === undefined ? {} : { site: site.id };
    add({ kind: 'sync-middleware', what: name, location, ...left, ...own }, site?.outcome.kind !== 'rewrite');
  }
  const collect = (step: Step, position: Position) => {
    if (!position.hot || position.bridge !== undefined) return;
    const found = boundaryAt(step, siteOf);
    if (found !== undefined) add(found.boundary, found.stays);
  };
  for (const { step } of evidence.middlewares) if (!adapting.has(step)) visitPath(step, collect);
  visitPath(withoutMiddlewares(evidence), collect);
  return { now: [...now.values()], after: [...after.values()] };
}

function withoutMiddlewares({ step, middlewares }: HandlerEvidence): Step {
  if (step.kind !== 'seq')
    return middlewares.some((each) => each.step === step) ? { kind: 'seq', steps: [] } : step;
  const before = new Set(middlewares.flatMap(({ step: own }) => (own.kind === 'seq' ? own.steps : [own])));
  return { kind: 'seq', steps: step.steps.filter((part) => !before.has(part)) };
}

function boundaryAt(
  step: Step,
  siteOf: (bridge: Bridge) => Site,
): { boundary: Boundary; stays: boolean } | undefined {
  switch (step.kind) {
    case 'bridge':
      return crossingBoundary(step, siteOf(step.bridge));
    case 'lazy':
      return {
        boundary: { kind: 'lazy-relation', what: `lazy ${step.what}`, location: step.location },
        stays: true,
      };
    case 'late':
      if (step.models.length === 0 || step.reads?.length === 0) return undefined;
      return { boundary: { kind: 'late-access', what: step.what, location: step.location }, stays: true };
    case 'blocking':
      return { boundary: { kind: 'blocking-call', what: step.what, location: step.location }, stays: true };
    case 'orm':
      if (step.path === 'native') return undefined;
      return { boundary: { kind: 'blocking-call', what: step.what, location: step.location }, stays: true };
    default:
      return undefined;
  }
}

function crossingBoundary(step: Crossing, site: Site): { boundary: Boundary; stays: boolean } {
  const { kind, what } = labelOf(step, site);
  const location: Location = { file: site.file, line: site.line, column: site.column };
  const { outcome } = site;
  const code = outcome.kind === 'leave' ? { code: outcome.code } : {};
  return { boundary: { kind, what, location, ...code, site: site.id }, stays: outcome.kind === 'leave' };
}

/** What crosses decides what the boundary is called: what removes it differs. */
function labelOf({ body }: Crossing, site: Site): Pick<Boundary, 'kind' | 'what'> {
  const leaves = leavesOf(body);
  const [only] = leaves;
  const late = leaves.find((leaf) => leaf.kind === 'late');
  if (late?.kind === 'late') return { kind: 'late-access', what: late.what };
  if (only !== undefined && leaves.every(({ kind }) => kind === 'lazy')) {
    const last = leaves.at(-1);
    return { kind: 'lazy-relation', what: `lazy ${last?.kind === 'lazy' ? last.what : site.what}` };
  }
  if (only?.kind === 'io' && only.call.category === 'cache' && leaves.length === 1) {
    return { kind: 'cache', what: `${only.call.client}.${only.call.operation}` };
  }
  return { kind: 'bridge', what: site.what };
}

function leavesOf(step: Step): readonly Step[] {
  const parts = partsOf(step);
  const below = parts.flatMap(leavesOf);
  const own = ['io', 'orm', 'lazy', 'late', 'blocking', 'unknown'].includes(step.kind) ? [step] : [];
  return [...own, ...below];
}

export function placeOf({ file, line, column }: Location): string {
  return `${file}:${line}:${column}`;
}
