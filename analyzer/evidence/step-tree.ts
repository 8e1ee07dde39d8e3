import type { Location, Site } from '../analysis.ts';
import { weightOf } from '../catalogue/index.ts';
import type { Bridge } from './bridge.ts';
import { nameOfCall } from './findings.ts';
import type { Rounds, Step } from './step.ts';
import { isNothing } from './step.ts';

/** One line of an explanation, with what it rests on below it. */
export interface Explanation {
  readonly text: string;
  readonly location?: Location;
  /** What the text names, where that stands elsewhere: the function that a call leads to. */
  readonly leadsTo?: Location;
  readonly children: readonly Explanation[];
}

export function line(text: string, children: readonly Explanation[] = [], location?: Location): Explanation {
  return location === undefined ? { text, children } : { text, location, children };
}

/** What a handler does, one line per step, in the order it does it. */
export function stepTree(step: Step, siteOf: (bridge: Bridge) => Site): readonly Explanation[] {
  const below = (inner: Step) => stepTree(inner, siteOf);
  if (isNothing(step)) return [];
  switch (step.kind) {
    case 'seq':
      return step.steps.flatMap(below);
    case 'par': {
      const text =
        step.until === 'all'
          ? 'at the same time, until all are done'
          : 'at the same time, until the first is done';
      return [line(text, step.steps.flatMap(below), step.location)];
    }
    case 'branch':
      return branchLines(step, below);
    case 'loop':
      return [
        line(
          `${roundsText(step.rounds)} over ${step.over}${paceText(step.pace)}`,
          below(step.body),
          step.location,
        ),
      ];
    case 'try':
      return [
        ...below(step.body),
        ...(step.handler === undefined
          ? []
          : [line('on an error (not on the hot path)', below(step.handler))]),
        ...(step.finalizer === undefined ? [] : below(step.finalizer)),
      ];
    case 'detached':
      return [line(`not waited for: ${step.why}`, below(step.body), step.location)];
    case 'stream':
      return [
        line(
          `piece by piece until the end${step.to === 'store' ? ', to a file or store' : ''}`,
          [...below(step.source), ...below(step.body)],
          step.location,
        ),
      ];
    case 'start':
      return [line(`begins (${step.id}) and goes on`, below(step.body))];
    case 'join':
      return [line(`waits for what began as (${step.id})`)];
    case 'call':
      return [{ ...line(callText(step), below(step.body), step.location), leadsTo: step.target }];
    case 'bridge':
      return [line(bridgeText(step, siteOf(step.bridge)), below(step.body), step.location)];
    case 'io':
      return [line(ioText(step), [], step.location)];
    case 'orm': {
      const native = step.path === 'native' ? ', native' : '';
      if (step.transaction !== undefined) {
        return [line(`in one transaction${native}`, below(step.transaction), step.location)];
      }
      return [line(`${step.writes ? 'writes' : 'queries'}: ${step.what}${native}`, [], step.location)];
    }
    case 'lazy': {
      const loaded = step.origin ? `; the instance comes from ${step.origin.file}:${step.origin.line}` : '';
      return [line(`loads on access: ${step.what}${loaded}`, [], step.location)];
    }
    case 'late': {
      const reads =
        step.reads === undefined
          ? 'may query'
          : step.reads.length === 0
            ? 'reads no relation'
            : `reads ${step.reads.join(', ')}`;
      return [line(`renders ${step.what}: ${reads}`, [], step.location)];
    }
    case 'blocking':
      return [line(`blocks the event loop: ${step.what}`, [], step.location)];
    case 'unknown':
      return [line(`could not be followed: ${step.text}`, [], step.location)];
  }
}

function branchLines(
  step: Step & { readonly kind: 'branch' },
  below: (inner: Step) => readonly Explanation[],
): readonly Explanation[] {
  const busy = step.arms.filter((arm) => !isNothing(arm.step));
  const usual = step.arms.find((arm) => arm.probability === 1);
  // A guard is read over: the way that requests take stands where it stands in the source.
  const lines = busy
    .filter((arm) => arm !== usual)
    .map(({ probability, spread, when, step: inner }) => {
      const share = probability + spread === 0 ? 'exceptionally' : 'sometimes';
      return line(`${share}, if ${when}`, below(inner), step.location);
    });
  return [...lines, ...(usual === undefined ? [] : below(usual.step))];
}

function callText({ name, provenance, confidence }: Step & { readonly kind: 'call' }): string {
  const sure = confidence < 0.85 ? `, ${Math.round(confidence * 100)} % sure (${provenance})` : '';
  return `calls ${name}${sure}`;
}

function bridgeText({ lane }: Step & { readonly kind: 'bridge' }, { what, outcome }: Site): string {
  const then = outcome.kind === 'rewrite' ? 'rewritten' : `left: ${outcome.code}, ${outcome.reason}`;
  return `crosses a bridge${lane === 'own' ? ' on any lane' : ''}: ${what} (${then})`;
}

function ioText(step: Step & { readonly kind: 'io' }): string {
  const { category, latency } = step.call;
  const { p50, p95, basis, why } = latency;
  const counts = weightOf(category) === 'external' || step.call.weight === 'external' ? 'external' : category;
  return `waits for ${nameOfCall(step)} (${counts}; ${p50}/${p95} ms at p50/p95, ${basis}: ${why})`;
}

function roundsText(rounds: Rounds): string {
  switch (rounds.kind) {
    case 'known':
      return `${rounds.count} times`;
    case 'bounded':
      return `up to ${rounds.most} times`;
    case 'unbounded':
      return 'an unknown number of times';
  }
}

function paceText(pace: (Step & { readonly kind: 'loop' })['pace']): string {
  if (pace === 'each') return ', one after the other';
  return pace === 'together' ? ', all at once' : `, ${pace.atMost} at once`;
}
