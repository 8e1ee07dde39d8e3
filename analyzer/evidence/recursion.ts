import type { Location } from '../analysis.ts';
import { isNothing, nothing, partsOf, type Step, sequence } from './step.ts';

/**
 * The body of a function that calls itself, as the loop that it is; any other body as it is. Where it calls itself only
 * after an error, it tries again.
 * @param body holds a call without a body wherever the function is called while it runs
 */
export function repeated(body: Step, target: Location, name: string): Step {
  if (!callsAgain(body, target)) return body;
  const once = withoutAgain(body, target);
  if (isNothing(once) || !isOrdinary(body, target)) return once;
  return {
    kind: 'loop',
    body: once,
    rounds: { kind: 'unbounded' },
    pace: 'each',
    over: `what ${name} calls itself for`,
    list: false,
    overQuery: false,
    location: target,
  };
}

function isAgain(step: Step, target: Location): boolean {
  return (
    step.kind === 'call' &&
    isNothing(step.body) &&
    step.target.file === target.file &&
    step.target.line === target.line &&
    step.target.column === target.column
  );
}

function callsAgain(step: Step, target: Location): boolean {
  return isAgain(step, target) || partsOf(step).some((part) => callsAgain(part, target));
}

/** Whether it calls itself on requests that go well. */
function isOrdinary(step: Step, target: Location): boolean {
  if (isAgain(step, target)) return true;
  switch (step.kind) {
    case 'detached':
      return false;
    case 'try':
      return isOrdinary(step.body, target);
    case 'branch':
      return step.arms.some((arm) => arm.probability + arm.spread > 0 && isOrdinary(arm.step, target));
    default:
      return partsOf(step).some((part) => isOrdinary(part, target));
  }
}

function withoutAgain(step: Step, target: Location): Step {
  if (isAgain(step, target)) return nothing;
  if (!callsAgain(step, target)) return step;
  const inner = (part: Step) => withoutAgain(part, target);
  switch (step.kind) {
    case 'seq':
      return sequence(step.steps.map(inner));
    case 'par': {
      const steps = step.steps.map(inner).filter((part) => !isNothing(part));
      return steps.length === 0 ? nothing : { ...step, steps };
    }
    case 'branch': {
      const arms = step.arms.map((arm) => ({ ...arm, step: inner(arm.step) }));
      return arms.every((arm) => isNothing(arm.step)) ? nothing : { ...step, arms };
    }
    case 'try':
      return {
        ...step,
        body: inner(step.body),
        handler: step.handler && inner(step.handler),
        finalizer: step.finalizer && inner(step.finalizer),
      };
    case 'stream':
      return { ...step, source: inner(step.source), body: inner(step.body) };
    case 'orm':
      return { ...step, transaction: step.transaction && inner(step.transaction) };
    case 'loop':
    case 'detached':
    case 'start':
    case 'call':
    case 'bridge': {
      const body = inner(step.body);
      return isNothing(body) && step.kind !== 'bridge' && step.kind !== 'start' ? nothing : { ...step, body };
    }
    case 'join':
    case 'io':
    case 'lazy':
    case 'late':
    case 'blocking':
    case 'unknown':
      return step;
  }
}
