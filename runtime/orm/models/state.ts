import type { Fetching } from './fetch-modes.ts';

/** Passed to a model's constructor for a row that was read: the reader fills the attributes in. */
export class Loaded {
  readonly alias: string;

  constructor(alias: string) {
    this.alias = alias;
  }
}

const byAlias = new Map<string, Loaded>();

/** The one `Loaded` of a database. */
export function loadedFrom(alias: string): Loaded {
  let loaded = byAlias.get(alias);
  if (loaded === undefined) {
    loaded = new Loaded(alias);
    byAlias.set(alias, loaded);
  }
  return loaded;
}

/** What is known of an instance beside its attributes. */
export class InstanceState {
  /** True until the instance has a row. */
  adding: boolean;
  /** Database the instance came from or was saved to. */
  alias: string | undefined;
  /** Related instances by accessor name; null where there is known to be none. */
  related: Map<string, object | null> | undefined = undefined;
  /** Relations that were assigned an instance without a key; the key is taken over when this one is saved. */
  unsaved: Set<string> | undefined = undefined;
  /** How what is missing is fetched; undefined fetches it for this instance alone. */
  fetching: Fetching | undefined = undefined;
  /** Prefetched rows of the many sides, by accessor name. */
  prefetched: Map<string, object[]> | undefined = undefined;

  constructor(adding: boolean, alias: string | undefined) {
    this.adding = adding;
    this.alias = alias;
  }
}

let read: (instance: Stateful) => InstanceState;

/**
 * Keeps the state in a private field: it is no property of the instance, so it is neither printed nor compared nor
 * serialised, and no attribute can collide with it.
 */
export class Stateful {
  #state: InstanceState;

  static {
    read = (instance) => instance.#state;
  }
  constructor(loaded: Loaded | undefined) {
    this.#state = new InstanceState(loaded === undefined, loaded?.alias);
  }
}

export function stateOf(instance: object): InstanceState {
  return read(instance as Stateful);
}

/** Remembers the instance a relation leads to, or that it leads to none. */
export function relate(instance: object, name: string, related: object | null): void {
  const state = read(instance as Stateful);
  state.related ??= new Map();
  state.related.set(name, related);
}
