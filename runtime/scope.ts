import { startTimer } from './timer.ts';

/** What is open in a context and must not outlive it. */
export interface Opened {
  /** Ends it, because the context ended first. */
  abandon(): Promise<void>;
  /** Another number whenever something was done with it; undefined while something is. */
  readonly progress: number | undefined;
}

/** What is open in a context: transactions and streams that nobody waited for. */
export class Scope {
  /** Made when something is opened: most contexts end with nothing ever open. */
  #open: Set<Opened> | undefined;
  #patience: number | undefined;
  #look: NodeJS.Timeout | undefined;

  /** @returns to be called when it ends by itself; false when it was abandoned before */
  enter(opened: Opened): () => boolean {
    this.#open ??= new Set();
    const open = this.#open;
    open.add(opened);
    this.#watch();
    return () => open.delete(opened);
  }
  /** True while there is something to end. */
  get isOpen(): boolean {
    return this.#open !== undefined && this.#open.size > 0;
  }
  /** Ends everything at once. */
  async end(): Promise<void> {
    const open = [...(this.#open ?? [])];
    this.#open?.clear();
    await Promise.allSettled(open.map((opened) => opened.abandon()));
  }
  /**
   * Ends what stands still: what somebody goes on with is left alone until it ends by itself.
   *
   * @param patience milliseconds in which nothing may be done with it
   */
  endWhatStandsStill(patience: number): void {
    this.#patience = patience;
    this.#watch();
  }
  #watch(): void {
    if (this.#patience !== undefined && this.#look === undefined && this.isOpen) this.#compare(new Map());
  }
  #compare(before: ReadonlyMap<Opened, number | undefined>): void {
    const seen = new Map<Opened, number | undefined>();
    for (const opened of this.#open ?? []) {
      const { progress } = opened;
      if (progress === undefined || before.get(opened) !== progress) seen.set(opened, progress);
      else {
        this.#open?.delete(opened);
        opened.abandon().catch(() => undefined);
      }
    }
    this.#look = seen.size === 0 ? undefined : startTimer(() => this.#compare(seen), this.#patience ?? 0);
    // A finished program is not kept alive for it.
    this.#look?.unref();
  }
}
