/** What the process ends with. */
export const exitCode = {
  done: 0,
  /** `--check` or `check` found something. */
  found: 1,
  someFilesFailed: 2,
  usage: 3,
  dirtyWorkingTree: 4,
  /** A bug of this tool; what sysexits.h calls EX_SOFTWARE. */
  internalError: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** A request that cannot be carried out as it was given: printed as one line, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code: ExitCode;

  constructor(message: string, code: ExitCode = exitCode.usage) {
    super(message);
    this.code = code;
  }
}
