import { applicationCode, type Operation } from './steps.ts';

/** Where a method of an application's is found, and which of its forms are the application's own. */
export interface Overriding {
  /** What errors call the class. */
  readonly label: string;
  /** Prototype that has it; the object itself when absent. */
  readonly from?: object;
  /** False where there is a sync form alone, which native code then runs on a bridge thread. */
  readonly native: boolean;
}

/**
 * Runs a method that an application overrides, in the form of the path that is taken.
 *
 * @param alias database whose transaction the method takes part in
 * @param name of the sync form
 */
export function applicationForm(
  self: object,
  alias: string,
  name: string,
  values: readonly unknown[],
  { label, from = self, native }: Overriding,
): Operation<unknown> {
  const call = (form: string) => {
    const method = Reflect.get(from, form, self) as (...given: unknown[]) => unknown;
    return method.apply(self, [...values]);
  };
  return applicationCode(alias, {
    sync: () => call(name),
    native: native ? () => call(`a${name}`) as Promise<unknown> : undefined,
    name: `${label}.${name}()`,
  });
}
