import { isNothing, nothing, type Step, sequence } from '../evidence/step.ts';

const known = new WeakMap<Step, Step>();

/**
 * What of a step takes time on ordinary requests: without calls that only lead somewhere, ways that are never taken,
 * error paths and detached work. The simulation runs it many times, so it is worked out once per step.
 */
export function essential(step: Step): Step {
  const before = known.get(step);
  if (before !== undefined) return before;
  const found = reduced(step);
  known.set(step, found);
  return found;
}

function reduced(step: Step): Step {
  switch (step.kind) {
    case 'seq':
      return sequence(step.steps.map(essential));
    case 'call':
      return essential(step.body);
    case 'par': {
      const steps = step.steps.map(essential);
      const busy = steps.filter((part) => !isNothing(part));
      // The fastest of a race may be the one that does nothing.
      if (step.until === 'first' && busy.length < steps.length) return nothing;
      const [only] = busy;
      return busy.length <= 1 ? (only ?? nothing) : { ...step, steps: busy };
    }
    case 'branch': {
      const arms = step.arms
        .filter(({ probability, spread }) => probability + spread > 0)
        .map((arm) => ({ ...arm, step: essential(arm.step) }));
      const [only] = arms;
      if (arms.length === 1 && only !== undefined) return only.step;
      return arms.every((arm) => isNothing(arm.step)) ? nothing : { ...step, arms };
    }
    case 'loop': {
      const body = essential(step.body);
      return isNothing(body) ? nothing : { ...step, body };
    }
    case 'try':
      return sequence([
        essential(step.body),
        step.finalizer === undefined ? nothing : essential(step.finalizer),
      ]);
    case 'stream':
      return { ...step, source: essential(step.source), body: essential(step.body) };
    case 'start':
      return { ...step, body: essential(step.body) };
    case 'orm':
      return step.transaction === undefined ? step : { ...step, transaction: essential(step.transaction) };
    case 'bridge':
      return { ...step, body: essential(step.body) };
    case 'detached':
    case 'unknown':
      return nothing;
    case 'join':
    case 'io':
    case 'lazy':
    case 'late':
    case 'blocking':
      return step;
  }
}
