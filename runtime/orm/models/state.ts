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

/**
 * A few values by name. Nearly always it is one, for which a `Map` costs ten times as much to make, and there is one for
 * every row that comes with what it is related to.
 */
export class ByName<Value> {
  #name: string | undefined = undefined;
  #value: Value | undefined = undefined;
  #more: Map<string, Value> | undefined = undefined;

  get(name: string): Value | undefined {
    return name === this.#name ? this.#value : this.#more?.get(name);
  }
  has(name: string): boolean {
    return name === this.#name || this.#more?.has(name) === true;
  }
  set(name: string, value: Value): void {
    if (this.#name === undefined || this.#name === name) {
      this.#more?.delete(name);
      this.#name = name;
      this.#value = value;
      return;
    }
    this.#more ??= new Map();
    this.#more.set(name, value);
  }
  delete(name: string): void {
    if (name === this.#name) {
      this.#name = undefined;
      this.#value = undefined;
    } else this.#more?.delete(name);
  }
  keys(): string[] {
    const more = this.#more === undefined ? [] : [...this.#more.keys()];
    return this.#name === undefined ? more : [this.#name, ...more];
  }
  values(): Value[] {
    return this.keys().map((name) => this.get(name) as Value);
  }
}

/** What is known of an instance beside its attributes. */
export class InstanceState {
  /** True until the instance has a row. */
  adding: boolean;
  /** Database the instance came from or was saved to. */
  alias: string | undefined;
  /** Related instances by accessor name; null where there is known to be none. */
  related: ByName<object | null> | undefined = undefined;
  /** Keys for which a relation is known to lead nowhere, by its name. */
  absent: ByName<unknown> | undefined = undefined;
  /** Relations that were assigned an instance without a key; the key is taken over when this one is saved. */
  unsaved: Set<string> | undefined = undefined;
  /** How what is missing is fetched; undefined fetches it for this instance alone. */
  fetching: Fetching | undefined = undefined;
  /** Prefetched rows of the many sides, by accessor name. */
  prefetched: ByName<object[]> | undefined = undefined;
  /** Key of the instance whose prefetched row this is, until the rows are handed out. */
  owner: unknown = undefined;

  constructor(adding: boolean, alias: string | undefined) {
    this.adding = adding;
    this.alias = alias;
  }
}

/** Name under which prefetched rows say whose they are. */
export const ownerName = '_prefetch_owner';

let read: (instance: Stateful) => InstanceState;
let peek: (instance: Stateful) => InstanceState | undefined;
let origin: (instance: Stateful) => string | undefined;
let store: (instance: Stateful, alias: string) => void;

/**
 * Keeps the state in a private field: it is no property of the instance, so it is neither printed nor compared nor
 * serialised, and no attribute can collide with it. A row of which nothing more is known than where it came from needs
 * no state of its own, and that is most of them.
 */
export class Stateful {
  #state: InstanceState | Loaded | undefined;

  static {
    read = (instance) => {
      const known = instance.#state;
      if (known instanceof InstanceState) return known;
      const made = new InstanceState(known === undefined, known?.alias);
      instance.#state = made;
      return made;
    };
    peek = (instance) => (instance.#state instanceof InstanceState ? instance.#state : undefined);
    origin = (instance) => instance.#state?.alias;
    store = (instance, alias) => {
      const known = instance.#state;
      if (known instanceof InstanceState) {
        known.adding = false;
        known.alias = alias;
      } else instance.#state = loadedFrom(alias);
    };
  }
  constructor(loaded: Loaded | undefined) {
    this.#state = loaded;
  }
  /** Kept in the state: a property that is taken off again would leave a slow object behind. */
  set [ownerName](owner: unknown) {
    read(this).owner = owner;
  }
}

export function stateOf(instance: object): InstanceState {
  return read(instance as Stateful);
}
/** As `stateOf`, where nothing is to be done about an instance of which nothing is known. */
export function knownState(instance: object): InstanceState | undefined {
  return peek(instance as Stateful);
}
/** The database that an instance came from or was saved to. */
export function originOf(instance: object): string | undefined {
  return origin(instance as Stateful);
}
/** Notes that an instance has a row on a database now. */
export function markStored(instance: object, alias: string): void {
  store(instance as Stateful, alias);
}

/** Remembers the instance a relation leads to, or that it leads to none. */
export function relate(instance: object, name: string, related: object | null): void {
  const state = read(instance as Stateful);
  state.related ??= new ByName();
  state.related.set(name, related);
}

/** Remembers that a relation leads nowhere as long as the instance holds `key`: the row is missing, or was left out. */
export function relateNone(instance: object, name: string, key: unknown): void {
  relate(instance, name, null);
  const state = read(instance as Stateful);
  state.absent ??= new ByName();
  state.absent.set(name, key);
}
