import type { DriverRequest, RawResult } from '../../bridge/messages.ts';

export interface BlockOptions {
  /** False joins the surrounding block instead of making a savepoint. */
  readonly savepoint?: boolean;
  readonly durable?: boolean;
}

/**
 * What an operation asks for. Operations do no I/O: they yield steps, and whoever runs them answers, blocking or not.
 */
export type Step =
  /** Answered with a RawResult. A `write` that fails inside a transaction marks the block for rollback. */
  | {
      readonly kind: 'statement';
      readonly alias: string;
      readonly request: DriverRequest;
      readonly write: boolean;
    }
  | { readonly kind: 'enter'; readonly alias: string; readonly options: BlockOptions }
  | {
      readonly kind: 'exit';
      readonly alias: string;
      readonly failure: { readonly error: unknown } | undefined;
    }
  /** Answered with true inside a transaction block. */
  | { readonly kind: 'inBlock'; readonly alias: string };

/** An operation: yields steps, returns its result. */
export type Operation<Result> = Generator<Step, Result, never>;

/** Sends one statement. */
export function* statement(alias: string, request: DriverRequest, write = false): Operation<RawResult> {
  return (yield { kind: 'statement', alias, request, write }) as unknown as RawResult;
}

/** Runs an operation in a transaction, or in a savepoint of the one that is open. */
export function* atomically<Result>(
  alias: string,
  options: BlockOptions,
  work: () => Operation<Result>,
): Operation<Result> {
  yield { kind: 'enter', alias, options };
  let result: Result;
  try {
    result = yield* work();
  } catch (error) {
    yield { kind: 'exit', alias, failure: { error } };
    throw error;
  }
  yield { kind: 'exit', alias, failure: undefined };
  return result;
}

export function* insideBlock(alias: string): Operation<boolean> {
  return (yield { kind: 'inBlock', alias }) as unknown as boolean;
}
