import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Catalogue } from '../../../analyzer/catalogue/index.ts';
import {
  measure,
  readTraces,
  requestsOf,
  type Span,
  type TracedRequest,
  timeOf,
} from '../../../analyzer/traces/index.ts';
import { db, http, server, spansOf, type TestSpan } from './spans.ts';

// Traces as they really come: incomplete, repeated, in two generations of names, from clocks that are not exact.

function requests(spans: readonly Span[]): readonly TracedRequest[] {
  return requestsOf(spans, new Catalogue()).requests;
}

function only(spans: readonly TestSpan[]): TracedRequest {
  const [first, ...more] = requests(spansOf('t', spans));
  if (first === undefined || more.length > 0) throw new Error('Expected one request.');
  return first;
}

describe('spans that are not where they belong', () => {
  it('go to the request that was open, when their parent was dropped', () => {
    const spans = spansOf('t', [server('/', 100), http('a', 'a.io', 10, 60, 'a middleware nobody exported')]);
    const { requests: found, lost } = requestsOf(spans, new Catalogue());
    expect(found.map(({ leaves }) => leaves.length)).toEqual([1]);
    expect(lost).toBe(0);
  });

  it('are lost, and counted, when two requests of the trace were open or none was', () => {
    const two = spansOf('t', [
      server('/', 100),
      { ...server('/', 100), id: 'other' },
      http('a', 'a.io', 10, 60, 'dropped'),
    ]);
    expect(requestsOf(two, new Catalogue())).toMatchObject({ lost: 1 });
    const late = spansOf('t', [server('/', 100), http('a', 'a.io', 150, 60, 'dropped')]);
    expect(requestsOf(late, new Catalogue())).toMatchObject({ lost: 1 });
    const foreign = spansOf('t', [
      server('/', 100),
      { ...http('a', 'a.io', 10, 60, 'dropped'), service: 'elsewhere' },
    ]);
    expect(requestsOf(foreign, new Catalogue())).toMatchObject({ lost: 1 });
  });

  it('are counted once when an exporter sent them twice', () => {
    const once = spansOf('t', [server('/', 100), http('a', 'a.io', 10, 60)]);
    const [request, ...more] = requests([...once, ...once]);
    expect(more).toEqual([]);
    expect(request?.leaves).toHaveLength(1);
  });

  it('make a request of their own for each root, and for a parent in another service that is not here', () => {
    const found = requests(
      spansOf('t', [
        server('/a', 50),
        { ...server('/b', 60), id: 'second' },
        { ...server('/c', 70), id: 'third', parent: 'the caller, in files of its own' },
        http('of b', 'b.io', 5, 30, 'second'),
      ]),
    );
    expect(found.map(({ leaves }) => leaves.length)).toEqual([0, 1, 0]);
  });

  it('of another process of the same service are a request of that process', () => {
    const call: TestSpan = { id: 'self call', parent: 'server', at: 5, for: 50 };
    const inner: TestSpan = { ...server('/inner', 40), id: 'inner', parent: 'self call', instance: 'two' };
    expect(requests(spansOf('t', [server('/', 100), call, inner]))).toHaveLength(2);
    expect(requests(spansOf('t', [server('/', 100), call, { ...inner, instance: 'one' }]))).toHaveLength(1);
  });

  it('may go round in circles', () => {
    const spans = spansOf('t', [
      { ...server('/', 100), parent: 'b' },
      { id: 'b', parent: 'server', at: 1, for: 5 },
    ]);
    expect(() => requests(spans)).not.toThrow();
  });

  it('may be nested ten thousand deep', () => {
    const deep = Array.from({ length: 10_000 }, (_, index): TestSpan => {
      return { id: `s${index}`, parent: index === 0 ? 'server' : `s${index - 1}`, at: 1, for: 50 };
    });
    expect(only([server('/', 100), ...deep, http('a', 'a.io', 2, 30, 's9999')]).leaves).toHaveLength(1);
  });
});

describe('clocks', () => {
  it('never put a wait outside its request', () => {
    const skewed = only([server('/', 100), http('early', 'a.io', -40, 60), http('before', 'b.io', -50, 20)]);
    expect(timeOf(skewed)).toMatchObject({ externalOnly: 20, externalCritical: 20, self: 80 });
    expect(skewed.leaves.every(({ start, end }) => end >= start)).toBe(true);
  });

  it('of whole milliseconds may start a wait before the one it follows has ended', () => {
    const [request] = requests(
      spansOf('t', [
        server('/', 200),
        http('a', 'a.io', 0, 50.7),
        http('b', 'b.io', 50, 60),
        db('q', 109.5, 5),
      ]),
    );
    if (request === undefined) throw new Error('No request.');
    const { saveable, lateQueries } = measure([request], { failed: 0, warmUp: 0 }, 0);
    expect(saveable).toBeCloseTo(50.7, 3);
    expect(lateQueries).toBe(1);
  });

  it('do not make calls at the same time look as if they followed each other', () => {
    const [request] = requests(
      spansOf('t', [
        server('/', 300),
        http('a', 'a.io', 0, 100),
        http('within', 'b.io', 10, 20),
        http('after', 'c.io', 101, 50),
      ]),
    );
    if (request === undefined) throw new Error('No request.');
    // Two waits of 100 and 50 in turn; the one inside the first costs nothing.
    expect(measure([request], { failed: 0, warmUp: 0 }, 0).saveable).toBeCloseTo(50, 5);
  });
});

describe('work beside the request', () => {
  it('that outlives the span that began it counts for as long as the request lasted', () => {
    const spans = [
      server('/', 100),
      { id: 'middleware', parent: 'server', at: 0, for: 5 },
      http('async child', 'a.io', 2, 90, 'middleware'),
    ];
    expect(timeOf(only(spans))).toMatchObject({ externalOnly: 90 });
  });

  it('is a queue when it is a message, and what consumes the message is nobody else', () => {
    const request = only([
      server('/', 100),
      {
        id: 'publish',
        parent: 'server',
        kind: 'producer',
        at: 10,
        for: 8,
        attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' },
      },
      { id: 'consume', parent: 'server', kind: 'consumer', at: 20, for: 60, service: 'worker' },
      http('of the worker', 'a.io', 25, 40, 'consume'),
    ]);
    expect(request.leaves.map((leaf) => leaf.class)).toEqual(['queue']);
    expect(timeOf(request)).toMatchObject({ externalOnly: 0, otherOnly: 8, self: 92 });
  });

  it('of an agent is what its steps wait for, not the steps', () => {
    const request = only([
      server('/', 100),
      {
        id: 'agent',
        parent: 'server',
        at: 0,
        for: 100,
        attributes: { 'gen_ai.system': 'openai', 'gen_ai.operation.name': 'invoke_agent' },
      },
      {
        id: 'chat',
        parent: 'agent',
        kind: 'client',
        at: 0,
        for: 40,
        attributes: { 'gen_ai.system': 'openai', 'gen_ai.operation.name': 'chat' },
      },
      db('tool', 50, 30, 'agent'),
    ]);
    expect(timeOf(request)).toMatchObject({ externalOnly: 40, otherOnly: 30, self: 30 });
  });
});

it('both generations of names may stand in one trace', () => {
  const request = only([
    server('/', 100),
    {
      id: 'old',
      parent: 'server',
      kind: 'client',
      at: 0,
      for: 30,
      attributes: { 'net.peer.name': 'old.io' },
    },
    http('new', 'new.io', 30, 30),
    { id: 'q', parent: 'server', kind: 'client', at: 60, for: 10, attributes: { 'db.system': 'postgresql' } },
    db('r', 70, 10),
  ]);
  expect(request.leaves.map(({ label }) => label)).toEqual(['old.io', 'new.io', 'q', 'SELECT post']);
  expect(timeOf(request)).toMatchObject({ externalOnly: 60, otherOnly: 20 });
});

it('queries that differ in their values only are one query', () => {
  const texts = [
    "select * from post where id = 7 and title = 'It''s'",
    "select * from post  where id = 12 and title = 'b'",
    'select * from post where id = $1 and title = $2',
  ];
  const request = only([
    server('/', 100),
    ...texts.map((text, index): TestSpan => {
      const attributes = { 'db.system': 'mysql', 'db.statement': text };
      return { id: `q${index}`, parent: 'server', kind: 'client', at: index * 10, for: 5, attributes };
    }),
  ]);
  expect(new Set(request.leaves.map(({ label }) => label))).toEqual(
    new Set(['select * from post where id = ? and title = ?']),
  );
});

describe('sampling', () => {
  const otlp = (traceState: string) =>
    JSON.stringify({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  traceId: '5b8efff798038103d269b633813fc60c',
                  spanId: 'eee19b7ec3c1b174',
                  kind: 2,
                  startTimeUnixNano: 1_760_000_000_000_000_000,
                  endTimeUnixNano: 1_760_000_000_100_000_000,
                  traceState,
                },
              ],
            },
          ],
        },
      ],
    });

  it.each([
    // Half of all traces are below 8 followed by zeros; three quarters below c.
    ['ot=th:8', 2],
    ['vendor=1,ot=rv:6e6d1a75832a2f;th:c', 4],
    ['ot=p:3;r:5', 8],
    ['ot=th:0', 1],
    ['vendor=ot', 1],
  ])('by a trace state of %s lets a request stand for %i', (traceState, weight) => {
    expect(requests(readTraces('t.json', otlp(traceState)))[0]?.weight).toBeCloseTo(weight, 9);
  });

  it('weighs the percentiles', () => {
    const spans = [10, 100].flatMap((duration, index) =>
      spansOf(`t${index}`, [server('/', duration, { 'sampling.ratio': index === 0 ? 0.01 : 1 })]),
    );
    // A hundred quick requests stand behind the first.
    expect(measure(requests(spans), { failed: 0, warmUp: 0 }, 0)).toMatchObject({ p50: 10, p95: 10 });
  });
});

/** A wait of a random trace. */
interface Wait {
  readonly at: number;
  readonly for: number;
  readonly external: boolean;
}

const waits = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 90 }),
    for: fc.integer({ min: 1, max: 60 }),
    external: fc.boolean(),
  }),
  { maxLength: 8 },
);

function spansFor(list: readonly Wait[]): readonly TestSpan[] {
  return [
    server('/', 100),
    ...list.map((each, index) =>
      each.external ? http(`s${index}`, 'a.io', each.at, each.for) : db(`s${index}`, each.at, each.for),
    ),
  ];
}

describe('figures, worked out millisecond by millisecond', () => {
  it('agree on what waits in each of them', () => {
    fc.assert(
      fc.property(waits, (list) => {
        const covered = (external: boolean, millisecond: number) =>
          list.some(
            (each) =>
              each.external === external && each.at <= millisecond && millisecond < each.at + each.for,
          );
        let [alone, both, other] = [0, 0, 0];
        for (let millisecond = 0; millisecond < 100; millisecond++) {
          const [outside, inside] = [covered(true, millisecond), covered(false, millisecond)];
          if (outside && inside) both++;
          else if (outside) alone++;
          else if (inside) other++;
        }
        const found = timeOf(only(spansFor(list)));
        expect(found.externalOnly).toBeCloseTo(alone, 6);
        expect(found.both).toBeCloseTo(both, 6);
        expect(found.otherOnly).toBeCloseTo(other, 6);
      }),
    );
  });

  it('agree on the critical path: from each moment back, whatever finished last', () => {
    fc.assert(
      fc.property(waits, (list) => {
        // One millisecond at a time from the end; a wait that was chosen is followed to its start.
        let external = 0;
        let chosen: Wait | undefined;
        for (let cursor = 100; cursor > 0; cursor--) {
          if (chosen === undefined || chosen.at >= cursor) {
            const open = list.filter(
              (each) => each.at < cursor && Math.min(each.at + each.for, 100) >= cursor,
            );
            chosen = open.sort((left, right) => left.at - right.at)[0];
          }
          if (chosen?.external) external++;
        }
        const ties = new Set(list.map(({ at }) => at)).size < list.length;
        // Two that start and end together are on the path alike: which of them counts is open.
        fc.pre(!ties);
        expect(timeOf(only(spansFor(list))).externalCritical).toBeCloseTo(external, 6);
      }),
    );
  });

  it('agree on D95: sums over the requests at or above p95', () => {
    const list = Array.from({ length: 60 }, (_, index) => ({
      total: 100 + ((index * 37) % 60) * 10,
      external: 20 + ((index * 17) % 60),
    }));
    const spans = list.flatMap(({ total, external }, index) =>
      spansOf(`t${index}`, [server('/', total), http('a', 'a.io', 5, external)]),
    );
    const sorted = list.map(({ total }) => total).sort((left, right) => left - right);
    // Type 7: position 59 · 0.95 = 56.05 counted from zero.
    const p95 = (sorted[56] ?? 0) + 0.05 * ((sorted[57] ?? 0) - (sorted[56] ?? 0));
    const tail = list.filter(({ total }) => total >= p95);
    const share =
      tail.reduce((sum, { external }) => sum + external, 0) / tail.reduce((sum, { total }) => sum + total, 0);
    const found = measure(requests(spans), { failed: 0, warmUp: 0 }, 0.5);
    expect(found.p95).toBeCloseTo(p95, 6);
    expect(found.tail).toBe(tail.length);
    expect(found.confidence).toBe('medium');
    expect(found.d95[1]).toBeCloseTo(share, 9);
    expect(found.bounds).toEqual([expect.closeTo(share, 9), expect.closeTo(share, 9)]);
  });

  it('draw fewer than forty towards the estimate, over the slowest tenth', () => {
    const totals = Array.from({ length: 20 }, (_, index) => 100 + index);
    const spans = totals.flatMap((total, index) =>
      spansOf(`t${index}`, [server('/', total), http('a', 'a.io', 5, index < 18 ? 10 : 50)]),
    );
    // Position 19 · 0.9 = 17.1, so the two slowest, of 118 and 119 ms, are the tail.
    const own = 100 / (118 + 119);
    const found = measure(requests(spans), { failed: 0, warmUp: 0 }, 0.8);
    expect(found.confidence).toBe('low');
    expect(found.d95[1]).toBeCloseTo((20 * own + 40 * 0.8) / 60, 9);
    expect(found.d95[0]).toBeLessThanOrEqual(found.d95[1]);
    expect(found.d95[2]).toBeGreaterThanOrEqual(found.d95[1]);
  });

  it('take as many requests as a day has', () => {
    const many = Array.from({ length: 150_000 }, (_, index): TracedRequest => {
      const [span] = spansOf(`t${index}`, [server('/', 10 + (index % 90))], index);
      if (span === undefined) throw new Error('No span.');
      const leaf = { class: 'external', label: 'a.io', start: span.start, end: span.start + 5 } as const;
      return { server: span, leaves: [leaf], inside: [span], failed: false, weight: 1 };
    });
    const {
      requests: count,
      perSecond,
      calls,
    } = measure(many.slice(0, 130_000), { failed: 0, warmUp: 0 }, 0);
    expect(count).toBe(130_000);
    expect(perSecond).toBeCloseTo(1000, 0);
    expect(calls).toMatchObject([{ name: 'a.io', rounds: 1 }]);
  });
});

describe('lanes', () => {
  const bridge = (id: string, at: number, duration: number, queued?: number): TestSpan => ({
    id,
    parent: 'server',
    at,
    for: duration,
    attributes: {
      'migrate_async.bridge': 'reference',
      ...(queued === undefined ? {} : { 'migrate_async.queued_ms': queued }),
    },
  });

  it('are waited for as long as the span of the bridge says, and held for the rest', () => {
    const found = timeOf(only([server('/', 100), bridge('b', 10, 30, 12), db('q', 25, 10, 'b')]));
    expect(found).toMatchObject({ laneWait: 12, held: 18, crossings: 1 });
  });

  it('are held once by bridges that overlap', () => {
    const found = timeOf(only([server('/', 100), bridge('b', 10, 30, 0), bridge('c', 20, 30, 0)]));
    expect(found).toMatchObject({ held: 40, crossings: 2 });
  });
});
