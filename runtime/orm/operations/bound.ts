import { boundOperation } from '../../bridge/bound.ts';
import { relationTwin } from '../twins.ts';
import { runAsynchronously, runBlocking, runBridged } from './run.ts';
import type { Operation } from './steps.ts';

/** An operation written once: a generator function whose first parameter is what it is called on. */
export type OperationOf<Self, Arguments extends readonly unknown[], Result> = (
  self: Self,
  ...values: Arguments
) => Operation<Result>;

/**
 * The sync form of an operation, as it is read from an object (`Post.objects.get`, without the call): a bound
 * function that blocks when it is called, and that tells a bridge what to execute on its thread instead.
 */
export function synchronous<Self extends object, Arguments extends readonly unknown[], Result>(
  self: Self,
  name: string,
  operation: OperationOf<Self, Arguments, Result>,
): (...values: Arguments) => Result {
  const blocking = (...values: Arguments): Result => runBlocking(operation(self, ...values));
  return Object.assign(blocking, {
    [boundOperation]: {
      name,
      run: (...values: unknown[]) => runBridged(operation(self, ...(values as unknown as Arguments))),
    },
  });
}

/** Gives objects a method for an operation, by their prototype: `name` in its sync form, and its twin. */
export function defineOperation<Self extends object>(
  prototype: object,
  name: string,
  operation: OperationOf<Self, unknown[], unknown>,
): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    get(this: Self) {
      return synchronous(this, name, operation);
    },
  });
  Object.defineProperty(prototype, relationTwin(name), {
    configurable: true,
    writable: true,
    value(this: Self, ...values: unknown[]) {
      return asynchronous(operation(this, ...values));
    },
  });
}

/** The native form of an operation; `signal` cancels it, besides that of the context. */
export function asynchronous<Result>(operation: Operation<Result>, signal?: AbortSignal): Promise<Result> {
  return runAsynchronously(operation, signal);
}
