import type { Bridge } from '../../../analyzer/evidence/bridge.ts';
import type { Crossing, Io, OrmAccess, Step } from '../../../analyzer/evidence/step.ts';

// Steps written by hand, for tests of the estimate that need no source.

const location = { file: 'handler.ts', line: 1, column: 1 };

export function orm(): OrmAccess {
  return {
    kind: 'orm',
    what: 'Model.objects.get',
    model: 'Model',
    path: 'sync',
    writes: false,
    transaction: undefined,
    location,
  };
}

/** A call with its own latency, in milliseconds, which is taken for certain. */
export function io(name: string, p50: number, p95: number, category = 'external_api'): Io {
  return {
    kind: 'io',
    call: {
      client: name,
      category,
      weight: category === 'cache' ? 'shared' : 'external',
      operation: 'call',
      latency: { p50, p95, basis: 'configured', why: 'set by the test' },
      asyncNative: true,
      blocking: false,
      streaming: false,
      paged: false,
      lazy: false,
      batching: false,
      heuristic: false,
    },
    host: undefined,
    location,
  };
}

export function seq(...steps: Step[]): Step {
  return { kind: 'seq', steps };
}

export function par(...steps: Step[]): Step {
  return { kind: 'par', until: 'all', steps, location };
}

/** A bridge; the estimate only ever compares the object with itself. */
export function bridged(body: Step, bridge = {} as Bridge): Crossing {
  return { kind: 'bridge', bridge, location, lane: 'shared', body };
}
