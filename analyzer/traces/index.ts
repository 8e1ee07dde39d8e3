/** Traces of real traffic, as measured evidence. */
export type { SpanClass } from './classify.ts';
export { disagreementsOf } from './disagreements.ts';
export { type TracedHandlers, tracedHandlers, type UnmatchedRequests } from './evidence.ts';
export type { MatchedBy } from './match.ts';
export { type Measured, type MeasuredCall, measure } from './measure.ts';
export { readTraces, TraceLines } from './read.ts';
export { type Leaf, requestsOf, type TracedRequest, type TracedRequests } from './requests.ts';
export { canonicalRoute } from './route.ts';
export { type Span, type SpanKind, TraceError } from './span.ts';
export { type RequestTime, timeOf } from './timeline.ts';
