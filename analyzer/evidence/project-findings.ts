import type { Location, ProjectFinding } from '../analysis.ts';
import { placeOf } from './boundaries.ts';
import type { Finding } from './findings.ts';
import type { HandlerEvidence } from './handlers.ts';

/** One handler's part in the findings of the project. */
export interface Finder {
  readonly id: string;
  readonly evidence: HandlerEvidence;
  readonly findings: readonly Finding[];
}

/** What concerns several handlers, said once with the handlers it concerns, the most of them first. */
export function projectFindings(finders: readonly Finder[]): readonly ProjectFinding[] {
  const shared = sharedFindings(finders).filter(({ endpoints }) => endpoints.length > 1);
  return [...syncMiddleware(finders), ...heldEventLoop(finders), ...shared].sort(
    (left, right) =>
      right.endpoints.length - left.endpoints.length ||
      compare(left.kind, right.kind) ||
      compare(left.message, right.message),
  );
}

/** Middleware that blocks or crosses: one fix unlocks every handler behind it. */
function syncMiddleware(finders: readonly Finder[]): readonly ProjectFinding[] {
  return [
    ...middlewareFindings(finders, 'sync-adapting', (name, endpoints) => {
      return `The sync-only middleware ${name} blocks ${endpoints}: made native once, it unlocks them all.`;
    }),
    ...middlewareFindings(finders, 'io-bridged', (name, endpoints) => {
      return `The middleware ${name} crosses a bridge on the way to ${endpoints}: made native once, it takes a boundary off each.`;
    }).filter(({ endpoints }) => endpoints.length > 1),
  ];
}

function middlewareFindings(
  finders: readonly Finder[],
  wanted: HandlerEvidence['middlewares'][number]['kind'],
  says: (name: string, endpoints: string) => string,
): readonly ProjectFinding[] {
  const found = new Map<string, { name: string; location: Location | undefined; endpoints: Set<string> }>();
  for (const { id, evidence } of finders) {
    for (const { name, kind, location } of evidence.middlewares) {
      if (kind !== wanted) continue;
      const key = location === undefined ? name : placeOf(location);
      const known = found.get(key) ?? { name, location, endpoints: new Set() };
      found.set(key, known);
      known.endpoints.add(id);
    }
  }
  return [...found.values()].map(({ name, location, endpoints }) => ({
    kind: wanted === 'io-bridged' ? 'bridged-middleware' : 'sync-middleware',
    message: says(name, counted(endpoints.size, 'endpoint')),
    location,
    endpoints: [...endpoints],
  }));
}

/** One remark for all of them, because nearly every bridged closure is one. */
function heldEventLoop(finders: readonly Finder[]): readonly ProjectFinding[] {
  const places = new Set<string>();
  const endpoints = new Set<string>();
  for (const { id, findings } of finders) {
    for (const { kind, location } of findings) {
      if (kind !== 'closure-holds-event-loop') continue;
      places.add(placeOf(location));
      endpoints.add(id);
    }
  }
  if (places.size === 0) return [];
  const message = `${counted(places.size, 'bridged closure')} cannot move to another thread: the queries inside block the event loop while they run.`;
  return [{ kind: 'closure-holds-event-loop', message, location: undefined, endpoints: [...endpoints] }];
}

function sharedFindings(finders: readonly Finder[]): readonly ProjectFinding[] {
  const found = new Map<string, { finding: Finding; endpoints: Set<string> }>();
  for (const { id, findings } of finders) {
    for (const finding of findings) {
      if (finding.kind === 'closure-holds-event-loop') continue;
      const key = `${finding.kind} ${placeOf(finding.location)}`;
      const known = found.get(key) ?? { finding, endpoints: new Set() };
      found.set(key, known);
      known.endpoints.add(id);
    }
  }
  return [...found.values()].map(({ finding, endpoints }) => ({ ...finding, endpoints: [...endpoints] }));
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
