import type { Bridge } from '../evidence/bridge.ts';
import type { Step } from '../evidence/step.ts';

/**
 * Numbers what steps do by all that a simulation looks at: two steps have the same number exactly when simulating them
 * gives the same figures. Handlers that list or load one kind of thing differ in little but names.
 *
 * Parts count by their numbers, so that a step costs no more than its own fields, however often it stands in others.
 */
export class Shapes {
  private readonly rewritten: (bridge: Bridge) => boolean;
  private readonly numbers = new Map<string, number>();
  private readonly known = new WeakMap<Step, number>();

  /** @param rewritten bridges that the rewrite removes */
  constructor(rewritten: (bridge: Bridge) => boolean) {
    this.rewritten = rewritten;
  }

  numberOf(step: Step): number {
    const before = this.known.get(step);
    if (before !== undefined) return before;
    const text = JSON.stringify([step.kind, ...this.fieldsOf(step)]);
    const number = this.numbers.get(text) ?? this.numbers.size;
    this.numbers.set(text, number);
    this.known.set(step, number);
    return number;
  }

  private fieldsOf(step: Step): readonly unknown[] {
    const of = (part: Step | undefined) => part && this.numberOf(part);
    switch (step.kind) {
      case 'seq':
        return step.steps.map(of);
      case 'par':
        return [step.until, ...step.steps.map(of)];
      case 'branch':
        return step.arms.map((arm) => [arm.probability, arm.spread, of(arm.step)]);
      case 'loop':
        return [step.rounds, step.pace, of(step.body)];
      case 'try':
        return [of(step.body), of(step.finalizer)];
      case 'stream':
        return [step.to, step.waits, of(step.source), of(step.body)];
      case 'start':
        return [step.id, of(step.body)];
      case 'join':
        return [step.id];
      case 'call':
        return [of(step.body)];
      case 'bridge':
        return [step.lane, this.rewritten(step.bridge), of(step.body)];
      case 'io': {
        const { client, operation, weight, asyncNative, latency } = step.call;
        return [step.host ?? [client, operation], weight, asyncNative, latency];
      }
      case 'orm':
        return [of(step.transaction)];
      case 'late':
        return [step.reads?.length, step.models.length];
      case 'blocking':
        return [step.what, step.call?.latency];
      case 'lazy':
      case 'detached':
      case 'unknown':
        return [];
    }
  }
}
