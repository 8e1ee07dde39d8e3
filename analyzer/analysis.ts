/**
 * The contract between the analyzer and everything after it: plain data, serialisable, versioned.
 *
 * Published as a JSON Schema in docs/schema/analysis.schema.json.
 */
export interface Analysis {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: 'migrate-async'; readonly version: string };
  /** Folder that every path is relative to, as an absolute path. */
  readonly root: string;
  /** Every request handler found, best score first. */
  readonly endpoints: readonly Endpoint[];
  /** Every bridge found, inside handlers and outside. */
  readonly sites: readonly Site[];
  /** Findings that concern many handlers at once, such as one sync middleware. */
  readonly projectFindings: readonly ProjectFinding[];
  /** Registrations whose method, path or handler only run time knows. */
  readonly dynamicRegistrations: readonly DynamicRegistration[];
  /** What the given traces hold besides the requests of the endpoints; absent when none were given. */
  readonly traces?: {
    readonly spans: number;
    /** Requests that no handler was found for. */
    readonly unmatched: readonly {
      readonly method: string;
      readonly route: string;
      readonly requests: number;
    }[];
    /** Ids of the endpoints that no request in them reached. */
    readonly withoutTraffic: readonly string[];
    /** What makes the figures less than they look. */
    readonly warnings: readonly string[];
  };
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  /** What a crossing costs, in milliseconds, and where the figures come from. */
  readonly runtime: {
    readonly crossing: { readonly p50: number; readonly p95: number };
    /** Mean wait for a lane per crossing. */
    readonly laneWait: number;
    readonly lanes: number;
    readonly basis: string;
  };
  /** Files that do not parse. */
  readonly failed: readonly {
    readonly path: string;
    readonly message: string;
    readonly line: number;
    readonly column: number;
  }[];
}

/** A place in source. Lines and columns are 1-based. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type Verdict = 'migrate' | 'depends' | 'stay';

export type Confidence = 'high' | 'medium' | 'low';

/** A handler with what is known of it and what follows. */
export interface Endpoint {
  /** SHA-1 of method, canonical path and handler symbol: stays the same when lines move. */
  readonly id: string;
  readonly framework: string;
  readonly kind: string;
  /** Upper case; `ALL` for any. */
  readonly method: string;
  /** Full path through every mount; more than one when a router is mounted more than once. */
  readonly paths: readonly string[];
  /** The verb token, decorator or exported name that registers it. */
  readonly location: Location;
  readonly handler: (Location & { readonly name: string }) | undefined;
  readonly middlewares: readonly {
    readonly name: string;
    readonly kind: MiddlewareKind;
    readonly location: Location | undefined;
  }[];
  readonly counts: Counts;
  readonly boundaries: { readonly now: readonly Boundary[]; readonly after: readonly Boundary[] };
  readonly externals: readonly ExternalCall[];
  readonly estimate: Estimate;
  /** 0 to 100. */
  readonly score: number;
  readonly verdict: Verdict;
  /** Why the verdict is what it is, the deciding reason first. */
  readonly reasons: readonly string[];
  /** Gates that decided before the score was looked at. */
  readonly gates: readonly { readonly gate: string; readonly reason: string }[];
  /** The shortest list of facts that would change the verdict. */
  readonly flips: readonly string[];
  readonly confidence: Confidence;
  readonly evidence: 'static' | 'traces';
  /** Ids of the sites on this handler's path, in the order of the source. */
  readonly sites: readonly string[];
  /** Calls that could not be resolved, which lower the confidence. */
  readonly unknownCalls: readonly { readonly text: string; readonly location: Location }[];
  /** What a person may change about it, each with the place that shows why. */
  readonly advice?: readonly Advice[];
  /** What traces say of it, where some were given and have requests of it. */
  readonly traced?: Traced;
}

/** Something worth changing in the source, whatever the verdict. */
export interface Advice {
  /** `n-plus-one`, `lazy-relation`, `sequential-externals`, … */
  readonly kind: string;
  readonly message: string;
  readonly location: Location;
}

/** One handler's requests as traces show them. Milliseconds and shares from 0 to 1. */
export interface Traced {
  readonly requests: number;
  /** Left out of the figures: errors, and the first request of every process. */
  readonly failed: number;
  readonly warmUp: number;
  /** ISO 8601. */
  readonly from: string;
  /** ISO 8601. */
  readonly to: string;
  readonly p50: number;
  readonly p95: number;
  /** External share of the critical path over the slowest 5 %: a 90 % interval round it. */
  readonly d95: Range;
  /** The same counting what waited alone, and whatever waited. */
  readonly bounds: readonly [low: number, high: number];
  /** External calls by host or name: percentiles, and how often one runs per request. */
  readonly calls: readonly {
    readonly name: string;
    readonly p50: number;
    readonly p95: number;
    readonly rounds: number;
  }[];
  /** Mean wait for a lane per request. */
  readonly laneWait: number;
  /** Mean time a lane is held per request; absent where the traces show no bridge. */
  readonly hold?: number;
  /** Mean passages through bridges per request; absent where the traces show none. */
  readonly crossings?: number;
  /** Requests per second; absent for a single moment. */
  readonly perSecond?: number;
  /** Share of requests that query after an external wait has ended. */
  readonly lateQueries: number;
  /** What overlapping external waits that follow each other would save, mean per request. */
  readonly saveable: number;
  /** Queries that run at least five times in one request, and how often. */
  readonly repeated: readonly { readonly query: string; readonly times: number }[];
  /** How requests were matched to the handler: `route`, `code`, `controller`, `procedure`, `suffix`, `path`. */
  readonly matchedBy: readonly string[];
  /** Where the estimate from the source and the traces contradict each other. */
  readonly disagreements: readonly string[];
}

export type MiddlewareKind = 'pure' | 'cpu' | 'io-native' | 'io-bridged' | 'sync-adapting' | 'unknown';

export interface Counts {
  /** ORM operations, each once per place. */
  readonly orm: number;
  readonly ormLazy: number;
  /** ORM work after the asynchronous part: templates, serializers. */
  readonly ormLate: number;
  readonly cache: number;
  readonly external: number;
  readonly unknown: number;
  /** Other I/O by catalogue category. */
  readonly other: Readonly<Record<string, number>>;
}

/** One sync/async crossing on the hot path. */
export interface Boundary {
  readonly kind: 'bridge' | 'lazy-relation' | 'cache' | 'late-access' | 'sync-middleware' | 'blocking-call';
  /** What crosses, as a person would say it: `Account.objects.get`, `cache.get`, `lazy account.plan`. */
  readonly what: string;
  readonly location: Location;
  /** Why it is left after the rewrite; absent where the rewrite removes it. */
  readonly code?: string;
  readonly site?: string;
}

export interface ExternalCall {
  readonly client: string;
  readonly category: string;
  readonly host: string | undefined;
  readonly location: Location;
  /** Milliseconds. */
  readonly p50: number;
  /** Milliseconds. */
  readonly p95: number;
  /** Where the latency comes from: `assumption`, `sourced`, `configured`, `traced`. */
  readonly basis: string;
  /** The basis in words: what was measured by whom, or what is assumed. */
  readonly why?: string;
  readonly asyncNative: boolean;
  readonly streaming: boolean;
  readonly loop: boolean;
  /** Calls with the same group run at the same time. */
  readonly parallelGroup?: string;
  /** The calls that lead from the handler to it, outermost first. */
  readonly via?: readonly (Location & { readonly name: string })[];
}

/** Low (P10), middle (P50) and high (P90) over the uncertainty of the inputs. */
export type Range = readonly [low: number, middle: number, high: number];

export interface Estimate {
  /** 95th percentile of the handler's duration today, milliseconds. */
  readonly p95: Range;
  /** The same after the rewrite, milliseconds. */
  readonly p95After: Range;
  /** Share of the critical path spent on external I/O at p95, 0 to 1. */
  readonly d95: Range;
  /** Mean time a sync lane is held per request, milliseconds: now and after the rewrite. */
  readonly hold: { readonly now: number; readonly after: number };
  /** The factors of the score. */
  readonly factors: {
    readonly d95: number;
    readonly asyncShare: number;
    readonly slowCalls: number;
    readonly middleware: number;
    readonly boundariesLeft: number;
  };
}

/** One place the tool may rewrite: a bridge. */
export interface Site {
  /** `path:start`. */
  readonly id: string;
  readonly transform: string;
  readonly file: string;
  /** Offsets of the whole bridge in UTF-16 units of the file's text. */
  readonly start: number;
  readonly end: number;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** What crosses, as a person would say it: `Post.objects.get`. */
  readonly what: string;
  readonly outcome: SiteOutcome;
  readonly operations: readonly SiteOperation[];
}

export type SiteOutcome =
  | { readonly kind: 'rewrite'; readonly form: string }
  /** Left on purpose: a stable MA code and the reason in words. */
  | { readonly kind: 'leave'; readonly code: string; readonly reason: string };

export interface SiteOperation {
  readonly name: string;
  readonly twin: string | undefined;
  readonly model: string | undefined;
  readonly writes: boolean;
}

export interface ProjectFinding {
  readonly kind: string;
  readonly message: string;
  readonly location: Location | undefined;
  /** Ids of the endpoints it concerns. */
  readonly endpoints: readonly string[];
}

export interface DynamicRegistration {
  readonly framework: string;
  readonly location: Location;
  readonly reason: string;
}
