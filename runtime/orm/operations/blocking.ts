import { connections } from '../connections/index.ts';
import type { ThreadConnection } from '../connections/thread-connection.ts';
import type { DatabaseWrapper } from '../connections/wrapper.ts';
import { currentLevel } from '../transaction/blocks.ts';
import { runHook } from '../transaction/hooks.ts';
import type { CommitHook, Control } from '../transaction/state.ts';
import { drive, driveRows } from './drive.ts';
import { SessionPin } from './pin.ts';
import type { Operation, Step, Streaming } from './steps.ts';

/** Runs an operation on the running code's blocking connection; holds this thread. */
export function runBlocking<Result>(operation: Operation<Result>): Result {
  return drive(operation, (step) => answerBlocking(step));
}
/** Hands out the rows of a streaming operation, on the connection it was started on. */
export function streamBlocking(streaming: Streaming): Generator<unknown, void, undefined> {
  const pin = new SessionPin();
  return driveRows(streaming, (step) => answerBlocking(step, pin));
}

function answerBlocking(step: Step, pin = new SessionPin()): unknown {
  const wrapper = connections.get(step.alias);
  const connection = pin.connection ?? wrapper.connection;
  const { transaction } = connection;
  const from = currentLevel(step.alias);
  switch (step.kind) {
    case 'statement':
      transaction.check(from, step.request.text);
      try {
        return wrapper.executeBlocking(connection, step.request);
      } catch (error) {
        if (step.write) transaction.writeFailed(error, from);
        throw error;
      }
    case 'enter':
      return controlBlocking(wrapper, connection, transaction.enter(step.options, from));
    case 'exit':
      return endBlocking(wrapper, connection, step.failure !== undefined);
    case 'inBlock':
      return transaction.inBlock;
    case 'pin':
      pin.open(connection);
      return;
    case 'unpin':
      pin.close(wrapper, step.parting);
      return;
    case 'application':
      return step.sync();
  }
}

/** Runs a transaction protocol on a blocking connection. */
export function controlBlocking<Result>(
  wrapper: DatabaseWrapper,
  connection: ThreadConnection,
  control: Control<Result>,
): Result {
  let step = control.next();
  while (!step.done) {
    let result: ReturnType<DatabaseWrapper['executeBlocking']>;
    try {
      result = wrapper.executeBlocking(connection, { text: step.value, values: [] });
    } catch (error) {
      step = control.throw(error);
      continue;
    }
    step = control.next(result);
  }
  return step.value;
}

/** Ends the innermost block of a blocking connection and runs the hooks of a commit. */
export function endBlocking(wrapper: DatabaseWrapper, connection: ThreadConnection, failed: boolean): void {
  let hooks: readonly CommitHook[];
  try {
    hooks = controlBlocking(wrapper, connection, connection.transaction.exit(failed));
  } finally {
    if (connection.transaction.broken) connection.close();
  }
  for (const hook of hooks) runHook(hook);
}
