import type { Location } from '../analysis.ts';
import type { Call, Crossing, Loop, Step } from './step.ts';
import { partsOf } from './step.ts';

/** Where on a handler's path a step is. */
export interface Position {
  /** Whether the response waits for it on ordinary requests: not detached, not on an error path, not a way never taken. */
  readonly hot: boolean;
  readonly detached: boolean;
  readonly bridge: Crossing | undefined;
  /** The loops around it, outermost first. */
  readonly loops: readonly Loop[];
  /** Steps with the same group wait at the same time. */
  readonly parallelGroup: string | undefined;
  /** The ways it is on, outermost first, where a request takes one of several. */
  readonly ways: readonly Way[];
  /** The calls that led to it, outermost first. */
  readonly calls: readonly Call[];
  /** Product of the confidences of those calls, 0 to 1. */
  readonly confidence: number;
  /** The transaction it is in. */
  readonly transaction: (Step & { readonly kind: 'orm' }) | undefined;
}

/** One arm of a branch, or one runner of a race. */
export interface Way {
  readonly of: Step;
  readonly arm: number;
}

const start: Position = {
  hot: true,
  detached: false,
  bridge: undefined,
  loops: [],
  parallelGroup: undefined,
  ways: [],
  calls: [],
  confidence: 1,
  transaction: undefined,
};

/** Visits every step of a handler, with where it is. */
export function visitPath(
  step: Step,
  visit: (step: Step, position: Position) => void,
  position = start,
): void {
  visit(step, position);
  for (const [part, inside] of partsWith(step, position)) visitPath(part, visit, inside);
}

function partsWith(step: Step, position: Position): readonly (readonly [Step, Position])[] {
  const all = (inside: Position) => partsOf(step).map((part) => [part, inside] as const);
  switch (step.kind) {
    case 'detached':
      return all({ ...position, hot: false, detached: true });
    case 'branch':
      return step.arms.map((arm, index) => {
        const taken = arm.probability + arm.spread > 0;
        const ways = [...position.ways, { of: step, arm: index }];
        return [arm.step, { ...position, ways, hot: position.hot && taken }] as const;
      });
    case 'try': {
      const { body, handler, finalizer } = step;
      const parts: (readonly [Step, Position])[] = [[body, position]];
      if (handler) parts.push([handler, { ...position, hot: false }]);
      if (finalizer) parts.push([finalizer, position]);
      return parts;
    }
    case 'loop':
      return all({
        ...position,
        hot: position.hot && !(step.rounds.kind === 'known' && step.rounds.count === 0),
        loops: [...position.loops, step],
        parallelGroup: step.pace === 'each' ? position.parallelGroup : groupOf(step.location),
      });
    case 'par': {
      const inside = { ...position, parallelGroup: groupOf(step.location) };
      if (step.until === 'all') return all(inside);
      return step.steps.map((part, index) => {
        return [part, { ...inside, ways: [...position.ways, { of: step, arm: index }] }] as const;
      });
    }
    case 'call':
      return all({
        ...position,
        calls: [...position.calls, step],
        confidence: position.confidence * step.confidence,
      });
    case 'bridge':
      return all({ ...position, bridge: position.bridge ?? step });
    case 'orm':
      return all({ ...position, transaction: step.transaction === undefined ? position.transaction : step });
    default:
      return all(position);
  }
}

function groupOf({ file, line, column }: Location): string {
  return `${file}:${line}:${column}`;
}

/**
 * How often a step in these loops runs per request.
 * @param unbounded rounds taken for a loop whose length only run time knows
 */
export function roundsIn(loops: readonly Loop[], unbounded: number): number {
  return loops.reduce((rounds, { rounds: own }) => {
    return rounds * (own.kind === 'known' ? own.count : own.kind === 'bounded' ? own.most : unbounded);
  }, 1);
}
