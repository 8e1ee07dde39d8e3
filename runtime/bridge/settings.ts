export interface ThreadSettings {
  /**
   * Most thread-sensitive contexts, and as many calls that are not thread-sensitive, that hold a thread at a time.
   * Further ones wait.
   */
  readonly max: number;
  /** Threads kept with their connections when nobody uses them. */
  readonly keepIdle: number;
  /** Milliseconds after which a thread that nobody used is ended. */
  readonly maxIdle: number;
  /** Milliseconds to wait for a thread before ThreadTimeout. */
  readonly timeout: number;
}

let settings: ThreadSettings = { max: 64, keepIdle: 16, maxIdle: 60_000, timeout: 30_000 };

export function threadSettings(): ThreadSettings {
  return settings;
}

/** @throws RangeError for a number that bounds nothing */
export function changeThreadSettings(changes: Partial<ThreadSettings>): void {
  for (const [name, value] of Object.entries(changes)) {
    const least = name === 'max' ? 1 : 0;
    if (typeof value !== 'number' || !(value >= least)) {
      throw new RangeError(`${name} must be a number, ${least} or more.`);
    }
  }
  settings = { ...settings, ...changes };
}
