import { latencyOf } from '../catalogue/index.ts';
import type { Bridge } from '../evidence/bridge.ts';
import { partsOf, type Rounds, type Step } from '../evidence/step.ts';
import {
  addRounds,
  addWait,
  type Clocks,
  choose,
  copyClocks,
  mean,
  type SpareClocks,
  waitForAll,
  waitForFirst,
  waitForStarted,
} from './clocks.ts';
import type { RequestDraws } from './draws.ts';
import { logUniform } from './random.ts';
import type { World } from './simulate.ts';
import { type Prior, uncertainty } from './weights.ts';

type Wait = 'external' | 'external-sync' | 'self';

/** Loops longer than this cost more to simulate than their length is worth knowing. */
const mostRounds = 200;

/** One world: what is not known is drawn once, and every simulated request lives in it. */
export class Run {
  private readonly world: World;
  private readonly draws: RequestDraws;
  private readonly unknowns: () => number;
  private readonly rewritten: (bridge: Bridge) => boolean;
  private readonly spare: SpareClocks;
  private readonly factors = new Map<string, number>();
  private readonly started = new Map<number, { readonly begun: Clocks; readonly ended: Clocks }>();
  /** Inside a bridge every wait holds a lane and blocks it. */
  private lane: 'none' | 'shared' | 'own' = 'none';
  /** Rounds of the loops of unknown length around the step, at most. */
  private unknownRounds = 1;
  /** Loops around the step. */
  private loops = 0;

  constructor(
    world: World,
    draws: RequestDraws,
    unknowns: () => number,
    rewritten: (bridge: Bridge) => boolean,
    spare: SpareClocks,
  ) {
    this.world = world;
    this.draws = draws;
    this.unknowns = unknowns;
    this.rewritten = rewritten;
    this.spare = spare;
  }

  /** The handler's own work, then what it does. */
  handler(step: Step, clocks: Clocks): void {
    this.wait(clocks, 'handler', this.world.priors.handler, 'assumption', 'self');
    this.step(step, clocks);
  }

  private step(step: Step, clocks: Clocks): void {
    switch (step.kind) {
      case 'seq':
      case 'call':
        for (const part of partsOf(step)) this.step(part, clocks);
        return;
      case 'par':
        this.parallel(step.steps, step.until, clocks);
        return;
      case 'branch':
        this.branch(step, clocks);
        return;
      case 'loop':
        this.loop(step, clocks);
        return;
      case 'try':
        this.step(step.body, clocks);
        if (step.finalizer) this.step(step.finalizer, clocks);
        return;
      case 'stream':
        this.stream(step, clocks);
        return;
      case 'start': {
        const begun = copyClocks(clocks);
        const ended = copyClocks(clocks);
        this.step(step.body, ended);
        this.started.set(step.id, { begun, ended });
        return;
      }
      case 'join': {
        const work = this.started.get(step.id);
        if (work) waitForStarted(clocks, work.begun, work.ended);
        return;
      }
      case 'bridge':
        this.crossing(step, clocks);
        return;
      case 'io': {
        const { call, host } = step;
        const kind = call.weight !== 'external' ? 'self' : call.asyncNative ? 'external' : 'external-sync';
        const group = host ?? `${call.client} ${call.operation}`;
        this.wait(clocks, group, call.latency, call.latency.basis, kind);
        return;
      }
      case 'orm':
        // A transaction is its statements, between two short round trips that begin and commit it.
        this.query(clocks, step.transaction === undefined ? 1 : 0.5);
        if (step.transaction !== undefined) this.step(step.transaction, clocks);
        return;
      case 'lazy':
        this.query(clocks, 1);
        return;
      case 'late':
        this.late(step.reads?.length, step.models.length, clocks);
        return;
      case 'blocking': {
        const latency = step.call?.latency;
        const basis = latency?.basis ?? 'assumption';
        this.wait(clocks, step.what, latency ?? this.world.priors.blocking, basis, 'self');
        return;
      }
      case 'detached':
      case 'unknown':
        return;
    }
  }

  private query(clocks: Clocks, share: number): void {
    const { p50, p95 } = this.world.priors.orm;
    this.wait(clocks, 'orm', { p50: p50 * share, p95: p95 * share }, 'assumption', 'self');
  }

  private wait(clocks: Clocks, group: string, { p50, p95 }: Prior, basis: string, kind: Wait): void {
    const factor = this.factorOf(group, basis);
    const durations = this.draws.durations(p50, p95);
    const held = this.lane !== 'none';
    addWait(clocks, durations, factor, {
      external: kind !== 'self',
      native: kind === 'external',
      held,
      lane: this.lane === 'shared',
    });
  }

  /** How far off a class is in this world: one draw, so that calls of one class are off together. */
  private factorOf(group: string, basis: string): number {
    const known = this.factors.get(group);
    if (known !== undefined) return known;
    const factor = this.world.certain === true ? 1 : logUniform(uncertainty[basis] ?? 1, this.unknowns);
    this.factors.set(group, factor);
    return factor;
  }

  private crossing(step: Step & { kind: 'bridge' }, clocks: Clocks): void {
    const { crossing, laneWait } = this.world.runtime;
    if (this.lane !== 'none' || this.rewritten(step.bridge)) {
      // The draws are taken all the same, so that both simulations see the same requests.
      this.draws.durations(crossing.p50, crossing.p95);
      this.step(step.body, clocks);
      return;
    }
    this.wait(clocks, 'crossing', crossing, 'traced', 'self');
    if (laneWait > 0) {
      const queued = new Float64Array(clocks.now.length).fill(laneWait);
      addWait(clocks, queued, 1, { external: false, native: false, held: false, lane: false });
    }
    this.lane = step.lane;
    this.step(step.body, clocks);
    this.lane = 'none';
  }

  private parallel(parts: readonly Step[], until: 'all' | 'first', clocks: Clocks): void {
    const before = this.spare.copyOf(clocks);
    const arms = parts.map((part) => {
      const arm = this.spare.copyOf(before);
      this.step(part, arm);
      return arm;
    });
    if (until === 'first') waitForFirst(clocks, arms);
    else waitForAll(clocks, arms, before);
    this.spare.giveBack(before, ...arms);
  }

  private branch(step: Step & { kind: 'branch' }, clocks: Clocks): void {
    const shares = step.arms.map(({ probability, spread }) =>
      Math.min(1, Math.max(0, probability + spread * (2 * this.unknowns() - 1))),
    );
    const drawn = this.draws.uniform();
    const arms = step.arms.map(({ step: inner }) => {
      const arm = this.spare.copyOf(clocks);
      this.step(inner, arm);
      return arm;
    });
    choose(clocks, arms, shares, drawn);
    this.spare.giveBack(...arms);
  }

  private loop(step: Step & { kind: 'loop' }, clocks: Clocks): void {
    const { high } = this.world.priors.unboundedRounds;
    const around = this.unknownRounds;
    const before = this.spare.copyOf(clocks);
    const after = this.spare.copyOf(before);
    if (step.rounds.kind === 'unbounded') this.unknownRounds *= high;
    this.loops++;
    this.step(step.body, after);
    this.loops--;
    this.unknownRounds = around;
    const width =
      step.pace === 'each' ? 1 : step.pace === 'together' ? Number.POSITIVE_INFINITY : step.pace.atMost;
    const turn = mean(after.now) - mean(before.now);
    const turns = Math.max(1, Math.floor(this.world.priors.longestLoop / turn));
    const rounds = this.rounds(step.rounds, width * turns);
    addRounds(clocks, before, after, rounds, width);
    this.spare.giveBack(before, after);
  }

  /** @param viable rounds after which a request would have been given up */
  private rounds(rounds: Rounds, viable: number): Float64Array {
    const { unboundedRounds, mostUnknownRounds } = this.world.priors;
    const { low, median, high } = unboundedRounds;
    switch (rounds.kind) {
      case 'known':
        return this.draws.uniform().map(() => Math.min(rounds.count, mostRounds));
      case 'bounded':
        return this.draws.uniform().map(() => Math.min(Math.max(1, rounds.most), mostRounds));
      case 'unbounded': {
        const most = Math.min(high, Math.max(1, Math.floor(mostUnknownRounds / this.unknownRounds)), viable);
        return this.draws
          .durations(median, high)
          .map((drawn) => Math.min(most, Math.max(low, Math.round(drawn))));
      }
    }
  }

  private stream(step: Step & { kind: 'stream' }, clocks: Clocks): void {
    this.step(step.source, clocks);
    if (step.waits) {
      const transfers = step.to === 'store' || this.loops > 0;
      const { p50, p95, basis } = latencyOf(transfers ? 'transfer' : 'stream');
      this.wait(clocks, transfers ? 'transfer' : 'stream', { p50, p95 }, basis, 'external');
    }
    this.step(step.body, clocks);
  }

  private late(known: number | undefined, models: number, clocks: Clocks): void {
    const { lateReads } = this.world.priors;
    const reads = models === 0 ? 0 : (known ?? Math.round(this.unknowns() * lateReads));
    const most = known ?? lateReads;
    const beyond = this.spare.empty();
    for (let read = 0; read < most; read++) this.query(read < reads ? clocks : beyond, 1);
    this.spare.giveBack(beyond);
  }
}
