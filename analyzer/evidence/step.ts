import type { Location } from '../analysis.ts';
import type { ClientCall } from '../catalogue/index.ts';
import type { Bridge } from './bridge.ts';

/**
 * What a handler does, in the order it waits: the structured summary ("async IR") of handlers and what they call.
 *
 * Only what takes time or crosses a boundary is in it. A `seq` waits for its parts one after the other, a `par` for
 * all of them at once, a `start` begins work that a later `join` waits for.
 */
export type Step =
  | Sequence
  | Parallel
  | Branch
  | Loop
  | Attempt
  | Detached
  | Stream
  | Start
  | Join
  | Call
  | Crossing
  | Io
  | OrmAccess
  | LazyRead
  | LateAccess
  | Blocking
  | UnknownCall;

export interface Sequence {
  readonly kind: 'seq';
  readonly steps: readonly Step[];
}

/** Work that overlaps; `first` is a race, which waits for the fastest only. */
export interface Parallel {
  readonly kind: 'par';
  readonly until: 'all' | 'first';
  readonly steps: readonly Step[];
  readonly location: Location;
}

export interface Branch {
  readonly kind: 'branch';
  readonly arms: readonly BranchArm[];
  readonly location: Location;
}

export interface BranchArm {
  /** Share of requests that take it, 0 to 1. */
  readonly probability: number;
  /** How far the share may be from that, either way. */
  readonly spread: number;
  /** The condition as a person would say it. */
  readonly when: string;
  readonly step: Step;
}

/** How often a loop runs. */
export type Rounds =
  | { readonly kind: 'known'; readonly count: number }
  | { readonly kind: 'bounded'; readonly most: number }
  | { readonly kind: 'unbounded' };

export interface Loop {
  readonly kind: 'loop';
  readonly body: Step;
  readonly rounds: Rounds;
  /** One after the other, or all at once, or at most so many at once. */
  readonly pace: 'each' | 'together' | { readonly atMost: number };
  /** What it goes over, as written. */
  readonly over: string;
  /** Whether it goes through a list or counts: then its rounds do not decide about each other. */
  readonly list: boolean;
  /** Whether it goes over what a query returned, so that a query inside is N+1. */
  readonly overQuery: boolean;
  readonly location: Location;
}

export interface Attempt {
  readonly kind: 'try';
  readonly body: Step;
  /** The error path: not on the hot path. */
  readonly handler: Step | undefined;
  readonly finalizer: Step | undefined;
}

/** Work that the response does not wait for. */
export interface Detached {
  readonly kind: 'detached';
  readonly body: Step;
  readonly why: string;
  readonly location: Location;
}

/** A body read or written piece by piece until its end. */
export interface Stream {
  readonly kind: 'stream';
  /** Where the pieces go: to the client, who decides how long that takes, or to a file or store. */
  readonly to: 'response' | 'store';
  readonly source: Step;
  readonly body: Step;
  /** Whether the pieces come from outside and the source counts to its first byte only. */
  readonly waits: boolean;
  readonly location: Location;
}

export interface Start {
  readonly kind: 'start';
  readonly id: number;
  readonly body: Step;
}

export interface Join {
  readonly kind: 'join';
  readonly id: number;
}

/** How a call was followed to the function it runs. */
export type Provenance = 'direct' | 'method' | 'callback' | 'implementation' | 'event';

/** A project function, with what it does. */
export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly location: Location;
  readonly target: Location;
  readonly provenance: Provenance;
  /** How sure it is that this is the function that runs, 0 to 1. */
  readonly confidence: number;
  readonly body: Step;
}

/** One passage through a bridge. */
export interface Crossing {
  readonly kind: 'bridge';
  readonly bridge: Bridge;
  /** Where it is crossed, which for a bridge kept under a name is not where it stands. */
  readonly location: Location;
  /** Whether it shares the request's one lane, as thread-sensitive bridges do. */
  readonly lane: 'shared' | 'own';
  readonly body: Step;
}

export interface Io {
  readonly kind: 'io';
  readonly call: ClientCall;
  /** Host, or `«expression»` where only run time knows it. */
  readonly host: string | undefined;
  readonly location: Location;
}

/** A database operation of the ORM. */
export interface OrmAccess {
  readonly kind: 'orm';
  /** As a person would say it: `Post.objects.get`. */
  readonly what: string;
  readonly model: string | undefined;
  readonly path: 'sync' | 'native';
  readonly writes: boolean;
  /** A transaction: what its callback does is inside it. */
  readonly transaction: Step | undefined;
  readonly location: Location;
}

/** A relation read that loads its target when it is not loaded yet. */
export interface LazyRead {
  readonly kind: 'lazy';
  /** As written: `account.subscription`. */
  readonly what: string;
  readonly model: string;
  readonly relation: string;
  /** Where the instance came from, so that advice can name the query to change. */
  readonly origin: Location | undefined;
  readonly location: Location;
}

/** Rendering or serialising that may read the database after the asynchronous part is over. */
export interface LateAccess {
  readonly kind: 'late';
  /** As a person would say it: `res.render('receipt')`. */
  readonly what: string;
  /** Model instances that flow in, such as `order: Order`. */
  readonly models: readonly string[];
  /** Relations that the template is known to read; `undefined` when it was not looked at. */
  readonly reads: readonly string[] | undefined;
  readonly location: Location;
}

/** Work that stops the event loop, or keeps the processor long enough to count. */
export interface Blocking {
  readonly kind: 'blocking';
  readonly what: string;
  readonly call: ClientCall | undefined;
  readonly location: Location;
}

/** A call that could not be followed and may do anything. */
export interface UnknownCall {
  readonly kind: 'unknown';
  readonly text: string;
  readonly location: Location;
}

export const nothing: Sequence = { kind: 'seq', steps: [] };

/** One after the other, without steps that do nothing and without sequences inside sequences. */
export function sequence(steps: readonly Step[]): Step {
  const flat = steps.flatMap((step) => (step.kind === 'seq' ? step.steps : [step]));
  const [only] = flat;
  return flat.length === 1 && only !== undefined
    ? only
    : flat.length === 0
      ? nothing
      : { kind: 'seq', steps: flat };
}

export function isNothing(step: Step): boolean {
  return step.kind === 'seq' && step.steps.length === 0;
}

/** The steps directly inside a step. */
export function partsOf(step: Step): readonly Step[] {
  switch (step.kind) {
    case 'seq':
    case 'par':
      return step.steps;
    case 'branch':
      return step.arms.map((arm) => arm.step);
    case 'loop':
    case 'detached':
    case 'start':
    case 'call':
    case 'bridge':
      return [step.body];
    case 'try':
      return [step.body, step.handler, step.finalizer].filter((part) => part !== undefined);
    case 'stream':
      return [step.source, step.body];
    case 'orm':
      return step.transaction === undefined ? [] : [step.transaction];
    case 'join':
    case 'io':
    case 'lazy':
    case 'late':
    case 'blocking':
    case 'unknown':
      return [];
  }
}
