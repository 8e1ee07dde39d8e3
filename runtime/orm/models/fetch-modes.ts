import { FieldFetchBlocked } from '../errors.ts';
import { metaKey } from './registry.ts';
import { stateOf } from './state.ts';

/** What happens when something that was not loaded is read from an instance: it alone is fetched for it. */
export const FETCH_ONE = 'one';
/** It is fetched for every instance that came from the same query and lacks it, in one query. */
export const FETCH_PEERS = 'peers';
/** It is refused, with FieldFetchBlocked: nothing is read without being asked for. */
export const FETCH_RAISE = 'raise';
export type FetchMode = typeof FETCH_ONE | typeof FETCH_PEERS | typeof FETCH_RAISE;

/** How instances of one query fetch what they lack. */
export interface Fetching {
  readonly mode: FetchMode;
  /** The instances of that query that are still in use; none are needed to refuse. */
  readonly peers: readonly WeakRef<object>[];
}

/** Tells instances, and those that were joined to them, how to fetch what they lack. */
export function rememberFetchMode(rows: readonly object[], mode: FetchMode): void {
  const refusing: Fetching = { mode, peers: [] };
  const byModel = new Map<unknown, WeakRef<object>[]>();
  const visit = (instance: object) => {
    const { [metaKey]: meta } = instance as { readonly [metaKey]?: unknown };
    if (meta === undefined) return;
    const state = stateOf(instance);
    if (state.fetching !== undefined) return;
    if (mode === FETCH_PEERS) {
      const peers = byModel.get(meta) ?? [];
      byModel.set(meta, peers);
      peers.push(new WeakRef(instance));
      state.fetching = { mode, peers };
    } else state.fetching = refusing;
    for (const related of state.related?.values() ?? []) if (related !== null) visit(related);
  };
  for (const row of rows) visit(row);
}

/** Tells a new instance, which came with no others. */
export function giveFetchMode(instance: object, mode: FetchMode): void {
  stateOf(instance).fetching = { mode, peers: [new WeakRef(instance)] };
}

/** Refuses to fetch what an instance lacks, where that is its mode. */
export function requireFetchable(instance: object, label: string, name: string): void {
  if (stateOf(instance).fetching?.mode !== FETCH_RAISE) return;
  throw new FieldFetchBlocked(`Fetching of ${label}.${name} blocked.`);
}

/** The instances to fetch something for: this one, or all of its query. */
export function fetchedWith(instance: object): readonly object[] {
  const fetching = stateOf(instance).fetching;
  if (fetching?.mode !== FETCH_PEERS) return [instance];
  const peers = fetching.peers.map((peer) => peer.deref());
  return peers.filter((peer) => peer !== undefined);
}
