/** Known I/O clients: data, not code. */
export { type CallContext, Catalogue, type ClientCall } from './catalogue.ts';
export {
  type ClientEntry,
  clientEntries,
  knownCategories,
  type Latency,
  latencyClasses,
  latencyOf,
  latencySources,
  type Weight,
  weightOf,
} from './entries.ts';
export { categoryOfHost, type HostKind, hostKind, hostOf } from './hosts.ts';
export type { CatalogueOverrides, LatencyOverride } from './overrides.ts';
export { oneOf, parseShape, ShapeError, type ShapeMatcher } from './shape.ts';
