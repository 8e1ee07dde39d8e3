import type { Operation, Step } from './steps.ts';

/** Answers each step until the operation returns; what an answer throws is thrown inside the operation. */
export function drive<Result>(operation: Operation<Result>, answer: (step: Step) => unknown): Result {
  let step = operation.next();
  while (!step.done) {
    let value: unknown;
    try {
      value = answer(step.value);
    } catch (error) {
      step = operation.throw(error);
      continue;
    }
    step = operation.next(value as never);
  }
  return step.value;
}

/** As `drive`, with answers to wait for. `first` is the operation's first step, where it was already taken. */
export async function driveAsync<Result>(
  operation: Operation<Result>,
  answer: (step: Step) => Promise<unknown>,
  first?: IteratorResult<Step, Result>,
): Promise<Result> {
  let step = first ?? operation.next();
  while (!step.done) {
    let value: unknown;
    try {
      value = await answer(step.value);
    } catch (error) {
      step = operation.throw(error);
      continue;
    }
    step = operation.next(value as never);
  }
  return step.value;
}
