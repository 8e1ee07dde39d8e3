import type { Location } from '../analysis.ts';
import { placeOf } from './boundaries.ts';
import type { Bridge } from './bridge.ts';
import type { HandlerEvidence } from './handlers.ts';
import { type Position, visitPath } from './path.ts';
import { locationOf } from './project.ts';
import { type Io, partsOf, type Step } from './step.ts';
import { holds } from './walk.ts';

/** Something about a handler that a person may want to change, with the place that shows it. */
export interface Finding {
  readonly kind: FindingKind;
  readonly message: string;
  readonly location: Location;
}

export type FindingKind =
  | 'n-plus-one'
  | 'sequential-externals'
  | 'external-in-transaction'
  | 'closure-holds-event-loop'
  | 'async-for-each'
  | 'floating-promise'
  | 'blocking-call'
  | 'lazy-relation'
  | 'late-access'
  | 'sequential-loop'
  | 'bridged-external';

/** Everything worth saying about one handler, in the order of the source. */
export function findingsOf(evidence: HandlerEvidence): readonly Finding[] {
  const found = new Map<string, Finding>();
  const add = (finding: Finding) => {
    const key = `${finding.kind} ${placeOf(finding.location)}`;
    if (!found.has(key)) found.set(key, finding);
  };
  visitPath(evidence.step, (step, position) => {
    for (const finding of findingsAt(step, position)) add(finding);
  });
  for (const { calls } of evidence.overlaps) {
    const [first] = calls;
    if (first === undefined) continue;
    const names = calls.map(({ what, location }) => `${what} (line ${location.line})`).join(', ');
    add({
      kind: 'sequential-externals',
      message: `${names} wait one after the other although none needs the result of another: Promise.all would overlap them.`,
      location: first.location,
    });
  }
  return [...found.values()].sort((left, right) => comparePlaces(left.location, right.location));
}

function findingsAt(step: Step, position: Position): readonly Finding[] {
  switch (step.kind) {
    case 'orm':
      return ormFindings(step, position);
    case 'lazy':
      return lazyFindings(step, position);
    case 'late':
      return lateFindings(step);
    case 'io':
      return ioFindings(step, position);
    case 'bridge':
      return bridgeFindings(step.bridge, position);
    case 'blocking':
      return [
        finding('blocking-call', `${step.what} stops the event loop for every request.`, step.location),
      ];
    case 'detached':
      return detachedFindings(step);
    case 'loop':
      return loopFindings(step);
    default:
      return [];
  }
}

function ormFindings(step: Step & { kind: 'orm' }, { loops, bridge }: Position): readonly Finding[] {
  const found: Finding[] = [];
  const loop = loops.findLast(
    ({ overQuery, rounds, list }) => overQuery || (list && rounds.kind !== 'known'),
  );
  if (loop !== undefined && step.transaction === undefined) {
    const advice = step.writes
      ? 'one bulk operation instead of one statement per element'
      : 'one query with `__in`, `inBulk` or prefetchRelated instead of one per element';
    found.push(
      finding('n-plus-one', `${step.what} runs once per element of ${loop.over}: ${advice}.`, step.location),
    );
  }
  if (step.path === 'sync' && bridge === undefined) {
    found.push(
      finding(
        'blocking-call',
        `${step.what} is a sync query outside a bridge: it throws in an async context.`,
        step.location,
      ),
    );
  }
  if (step.transaction !== undefined && holds(step.transaction, isExternal, partsOf)) {
    found.push(
      finding(
        'external-in-transaction',
        `${step.what} keeps a transaction open while an external call waits: call before or after it.`,
        step.location,
      ),
    );
  }
  return found;
}

function lazyFindings(step: Step & { kind: 'lazy' }, { loops, bridge }: Position): readonly Finding[] {
  const query = step.origin
    ? ` to the query at ${step.origin.file}:${step.origin.line}`
    : ' to the query it came from';
  const load = `add .selectRelated('${step.relation}')${query}`;
  const loop = loops.at(-1);
  if (loop !== undefined) {
    return [
      finding(
        'n-plus-one',
        `${step.what} loads its relation once per element of ${loop.over}: ${load}.`,
        step.location,
      ),
    ];
  }
  const where =
    bridge === undefined
      ? 'outside a bridge, where it throws in an async context'
      : 'inside a bridge: one more query';
  return [finding('lazy-relation', `${step.what} loads on access ${where}: ${load}.`, step.location)];
}

function lateFindings({ models, reads, what, location }: Step & { kind: 'late' }): readonly Finding[] {
  if (models.length === 0 || reads?.length === 0) return [];
  const seen = reads === undefined ? `may query through ${models.join(', ')}` : `reads ${reads.join(', ')}`;
  return [
    finding(
      'late-access',
      `${what} ${seen} after the asynchronous part: load it with selectRelated or prefetchRelated first.`,
      location,
    ),
  ];
}

function ioFindings(step: Io, { bridge, loops, hot }: Position): readonly Finding[] {
  if (!isExternal(step) || !hot) return [];
  const name = nameOfCall(step);
  if (bridge !== undefined) {
    return [
      finding(
        'bridged-external',
        `${name} waits inside a bridge and holds its lane: call it outside.`,
        step.location,
      ),
    ];
  }
  const loop = loops.at(-1);
  if (loop === undefined || !loop.list || loop.pace !== 'each' || loop.rounds.kind === 'known') return [];
  return [
    finding(
      'sequential-loop',
      `${name} waits once per element of ${loop.over}, one after the other: Promise.all over them would overlap.`,
      step.location,
    ),
  ];
}

function bridgeFindings(bridge: Bridge, { hot }: Position): readonly Finding[] {
  if (bridge.closure === undefined && bridge.target === undefined) return [];
  if (!hot) return [];
  const location = locationOf(bridge.file, bridge.wrap);
  const what = bridge.closure === undefined ? 'A project function' : 'A closure';
  return [
    finding(
      'closure-holds-event-loop',
      `${what} cannot move to another thread: its queries block the event loop while they run.`,
      location,
    ),
  ];
}

function detachedFindings({ body, why, location }: Step & { kind: 'detached' }): readonly Finding[] {
  if (why.startsWith('forEach')) {
    return [
      finding(
        'async-for-each',
        'forEach does not wait for an async callback: use for…of, or Promise.all with map.',
        location,
      ),
    ];
  }
  const matters = holds(
    body,
    (step) =>
      (step.kind === 'io' && step.call.weight !== 'local') || step.kind === 'orm' || step.kind === 'bridge',
    partsOf,
  );
  if (!why.startsWith('the promise') || !matters) return [];
  return [finding('floating-promise', `Work goes on unobserved: ${why}.`, location)];
}

function loopFindings({
  body,
  pace,
  over,
  location,
  rounds,
  list,
}: Step & { kind: 'loop' }): readonly Finding[] {
  if (pace !== 'each' || rounds.kind === 'known' || !list) return [];
  const crosses = holds(
    body,
    (step) => step.kind === 'bridge',
    (step) => (step.kind === 'loop' ? [] : partsOf(step)),
  );
  if (!crosses) return [];
  return [
    finding('n-plus-one', `One crossing per element of ${over}: group them under one query.`, location),
  ];
}

/** What an external call is called, its host included. */
export function nameOfCall({ call, host }: Io): string {
  const own =
    call.operation === call.client || call.operation === ''
      ? call.client
      : `${call.client} ${call.operation}`;
  return host === undefined ? own : `${own} ${host}`;
}

function isExternal(step: Step): boolean {
  return step.kind === 'io' && step.call.weight === 'external';
}

function finding(kind: FindingKind, message: string, location: Location): Finding {
  return { kind, message, location };
}

function comparePlaces(left: Location, right: Location): number {
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.line - right.line || left.column - right.column;
}
