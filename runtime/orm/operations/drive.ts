import type { Operation, Step, Streaming } from './steps.ts';

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

/** Hands out the rows of a streaming operation. When the reader leaves early it gets to do what it does on its way out. */
export function* driveRows(
  streaming: Streaming,
  answer: (step: Step) => unknown,
): Generator<unknown, void, undefined> {
  let step = streaming.next();
  try {
    while (!step.done) {
      const { value } = step;
      if (value.kind === 'rows') {
        yield* value.rows;
        step = streaming.next();
      } else step = resumed(streaming, value, answer);
    }
  } finally {
    for (let last = streaming.return(); !last.done; ) last = resumed(streaming, last.value as Step, answer);
  }
}
function resumed(streaming: Streaming, step: Step, answer: (step: Step) => unknown) {
  let value: unknown;
  try {
    value = answer(step);
  } catch (error) {
    return streaming.throw(error);
  }
  return streaming.next(value as never);
}

/** How far the reader of a stream has come. */
export interface Reading {
  rows: number;
}

/** As `driveRows`, with answers to wait for; counts what was handed out in `reading`. */
export async function* driveRowsAsync(
  streaming: Streaming,
  answer: (step: Step) => Promise<unknown>,
  reading: Reading,
): AsyncGenerator<unknown, void, undefined> {
  let step = streaming.next();
  try {
    while (!step.done) {
      const { value } = step;
      if (value.kind === 'rows') {
        // Not `yield*`, which would wait for every row twice.
        for (const row of value.rows) {
          reading.rows += 1;
          yield row;
        }
        step = streaming.next();
      } else step = await resumedAsync(streaming, value, answer);
    }
  } finally {
    for (let last = streaming.return(); !last.done; ) {
      last = await resumedAsync(streaming, last.value as Step, answer);
    }
  }
}
async function resumedAsync(streaming: Streaming, step: Step, answer: (step: Step) => Promise<unknown>) {
  let value: unknown;
  try {
    value = await answer(step);
  } catch (error) {
    return streaming.throw(error);
  }
  return streaming.next(value as never);
}
