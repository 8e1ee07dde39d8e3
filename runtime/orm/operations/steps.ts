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
  | { readonly kind: 'inBlock'; readonly alias: string }
  /** Keeps one connection for the operation until `unpin`: what lives in a session must be used in that session. */
  | { readonly kind: 'pin'; readonly alias: string }
  /** Ends that, with a last statement for what is still there. Never fails: the connection is dropped instead. */
  | { readonly kind: 'unpin'; readonly alias: string; readonly parting: string | undefined }
  /** Code of the application takes over, inside the same transaction; answered with what it returns. */
  | ({ readonly kind: 'application'; readonly alias: string } & ApplicationCode);

/** What an application put in place of an operation, in both of its forms. */
export interface ApplicationCode {
  readonly sync: () => unknown;
  /** Undefined where the application wrote the sync form only. */
  readonly native: (() => Promise<unknown>) | undefined;
  /** Names the code in messages: `Post.save()`. */
  readonly name: string;
}

/** An operation: yields steps, returns its result. */
export type Operation<Result> = Generator<Step, Result, never>;

/** Rows for whoever reads an operation's result in portions. */
export interface Portion {
  readonly kind: 'rows';
  readonly rows: readonly unknown[];
}
/** An operation whose result is read while it runs. It may be ended early with `return`. */
export type Streaming = Generator<Step | Portion, void, never>;

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

/** Hands over to code of the application. */
export function* applicationCode(alias: string, code: ApplicationCode): Operation<unknown> {
  return yield { kind: 'application', alias, ...code };
}

/** Whether the running code is inside a transaction block. */
export function* insideBlock(alias: string): Operation<boolean> {
  return (yield { kind: 'inBlock', alias }) as unknown as boolean;
}
