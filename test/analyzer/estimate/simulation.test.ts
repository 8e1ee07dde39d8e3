import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultPriors, defaultRuntime, Simulation, type World } from '../../../analyzer/estimate/index.ts';
import { percentile } from '../../../analyzer/estimate/random.ts';
import type { Step } from '../../../analyzer/evidence/step.ts';
import { bridged, io, orm, par, seq } from './steps.ts';

const world: World = {
  priors: defaultPriors,
  runtime: defaultRuntime,
  draws: { requests: 40, worlds: 5, seed: 3 },
};

const location = { file: 'handler.ts', line: 1, column: 1 };
const call = io('partner', 50, 200);

/** Steps with every field that a simulation looks at set in more than one way. */
const leaves: readonly Step[] = [
  orm(),
  { ...orm(), transaction: io('partner', 1, 2) },
  call,
  io('other', 50, 200),
  io('partner', 50, 300),
  { ...call, host: 'api.partner.com' },
  { ...call, call: { ...call.call, asyncNative: false } },
  { ...call, call: { ...call.call, weight: 'database' } },
  { ...call, call: { ...call.call, latency: { ...call.call.latency, basis: 'assumption' } } },
  { kind: 'lazy', what: 'a.b', model: 'A', relation: 'b', origin: undefined, location },
  { kind: 'late', what: 'render', models: ['A'], reads: undefined, location },
  { kind: 'late', what: 'render', models: ['A'], reads: ['a.b', 'a.c'], location },
  { kind: 'blocking', what: 'readFileSync', call: undefined, location },
];

const loops = (body: Step): readonly Step[] =>
  (['each', 'together', { atMost: 2 }] as const).flatMap((pace) =>
    [
      { kind: 'known', count: 3 } as const,
      { kind: 'bounded', most: 4 } as const,
      { kind: 'unbounded' } as const,
    ].map((rounds) => ({
      kind: 'loop' as const,
      body,
      rounds,
      pace,
      over: 'rows',
      list: true,
      overQuery: false,
      location,
    })),
  );

const composed = (parts: readonly Step[]): readonly Step[] => [
  seq(...parts),
  par(...parts),
  { kind: 'par', until: 'first', steps: parts, location },
  ...[0.5, 0.9].map(
    (probability): Step => ({
      kind: 'branch',
      arms: parts.map((step, index) => ({
        probability: index === 0 ? probability : 1 - probability,
        spread: 0.1,
        when: 'x',
        step,
      })),
      location,
    }),
  ),
  ...parts.flatMap((part): Step[] => [
    bridged(part),
    { ...bridged(part), lane: 'own' },
    { kind: 'stream', to: 'store', source: part, body: orm(), waits: true, location },
    { kind: 'try', body: part, handler: undefined, finalizer: orm() },
    ...loops(part),
  ]),
];

const leaf = fc.constantFrom(...leaves);
const step = fc
  .array(leaf, { minLength: 1, maxLength: 3 })
  .chain((parts) => fc.constantFrom(...composed(parts)))
  .chain((one) => fc.tuple(fc.constant(one), leaf).chain((parts) => fc.constantFrom(...composed(parts))));

describe('a simulation of many handlers', () => {
  it('gives each what it gives it alone, whatever others it was asked about before', () => {
    const together = new Simulation(world, () => true);
    fc.assert(
      fc.property(step, (one) => {
        expect(together.of(one)).toEqual(new Simulation(world, () => true).of(one));
      }),
      { numRuns: 300 },
    );
  });

  it('simulates what is the same but for its names once', () => {
    const simulation = new Simulation(world, () => false);
    const list = seq({ ...orm(), what: 'Post.objects.get' }, bridged(orm()));
    const show = seq({ ...orm(), what: 'Cart.objects.get' }, bridged(orm()));
    expect(simulation.of(show)).toBe(simulation.of(list));
    expect(simulation.of(seq(orm()))).not.toBe(simulation.of(list));
  });
});

it('a percentile is what stands there when the values are sorted', () => {
  // Zero has one sign only: sorting leaves open which of them comes first.
  const value = fc.double({ noNaN: true, min: -1e9, max: 1e9 }).map((drawn) => drawn + 0);
  const values = fc.array(value, { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (given, share) => {
      const sorted = [...given].sort((left, right) => left - right);
      const at = (sorted.length - 1) * share;
      const [below = 0, above = 0] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
      expect(percentile(given, share)).toBe(below + (above - below) * (at - Math.floor(at)));
      expect(percentile(Float64Array.from(given), share)).toBe(percentile(given, share));
    }),
  );
});
