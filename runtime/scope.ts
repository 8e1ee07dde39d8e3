/** What is open in a context and must not outlive it: transactions and streams that nobody waited for. */
export class Scope {
  /** Made when something is opened: most contexts end with nothing ever open. */
  #open: Set<() => Promise<void>> | undefined;

  /**
   * Notes something that is open.
   *
   * @param abandon ends it; called when the context ends first
   * @returns to be called when it ends by itself; false when it was abandoned before
   */
  enter(abandon: () => Promise<void>): () => boolean {
    this.#open ??= new Set();
    const open = this.#open;
    open.add(abandon);
    return () => open.delete(abandon);
  }
  /** True while there is something to end. */
  get isOpen(): boolean {
    return this.#open !== undefined && this.#open.size > 0;
  }
  async end(): Promise<void> {
    const open = [...(this.#open ?? [])];
    this.#open?.clear();
    await Promise.allSettled(open.map((abandon) => abandon()));
  }
}
