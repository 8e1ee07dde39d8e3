/** What is open in a context and must not outlive it: transactions and streams that nobody waited for. */
export class Scope {
  readonly #open = new Set<() => Promise<void>>();

  /**
   * Notes something that is open.
   *
   * @param abandon ends it; called when the context ends first
   * @returns to be called when it ends by itself; false when it was abandoned before
   */
  enter(abandon: () => Promise<void>): () => boolean {
    this.#open.add(abandon);
    return () => this.#open.delete(abandon);
  }
  async end(): Promise<void> {
    const open = [...this.#open];
    this.#open.clear();
    await Promise.allSettled(open.map((abandon) => abandon()));
  }
}
