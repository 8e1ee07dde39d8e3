import type { Driver, RawResult } from '../../../../runtime/bridge/messages.ts';

/** How a bridge thread can come to its end; asked for as the text of a statement, or of the settings to die on opening. */
const ends: Readonly<Record<string, () => unknown>> = {
  'process.exit': () => process.exit(7),
  'uncaught error': () =>
    setTimeout(() => {
      throw new RangeError('nobody caught this');
    }),
  'unhandled rejection': () => {
    Promise.reject(new RangeError('nobody handled this'));
  },
  'no memory left': () => {
    // In small pieces: V8 ends the whole program where a large one does not fit.
    for (let kept: unknown; ; ) kept = { kept };
  },
  // Without a word to anybody, as when there is no memory left: no 'exit' event, no answer.
  silence: () => (process as unknown as { reallyExit(code: number): void }).reallyExit(1),
};
const answer: RawResult = { command: 'SELECT', rowCount: 1, rows: [['alive']], columns: ['state'] };

/** A driver whose connection takes its thread along when it is told to. */
export async function openDriver(settings: unknown): Promise<Driver> {
  const { dying } = settings as { readonly dying?: string };
  if (dying !== undefined) await end(dying);
  return {
    execute: ({ text }) => (text in ends ? end(text) : Promise.resolve(answer)),
    close: async () => undefined,
    cancel: async () => undefined,
    destroy: () => undefined,
    setIdle: () => undefined,
    usable: true,
    inTransaction: false,
  };
}
function end(how: string): Promise<never> {
  ends[how]?.();
  return new Promise(() => undefined);
}
export function describeError(error: unknown): object {
  return { message: String(error) };
}
