import type { Range } from '../analysis.ts';
import type { Bridge } from '../evidence/bridge.ts';
import { partsOf, type Step } from '../evidence/step.ts';
import { type Clocks, mean, SpareClocks, tailOf } from './clocks.ts';
import { RequestDraws } from './draws.ts';
import { essential } from './essential.ts';
import { percentile, randomSource } from './random.ts';
import { Run } from './run.ts';
import { Shapes } from './shapes.ts';
import type { Draws, Priors, Runtime } from './weights.ts';

/** What the simulated requests of one handler took. */
export interface Simulated {
  /** 95th percentile of the duration, milliseconds. */
  readonly p95: Range;
  /** Share of the critical path spent on external waits over the slowest 5 % of requests, 0 to 1. */
  readonly d95: Range;
  /** Share of that behind clients that do not block, 0 to 1; 1 when there is no external wait. */
  readonly asyncShare: number;
  /** Mean time a sync lane is held, milliseconds. */
  readonly hold: number;
}

/** What a handler is simulated with. */
export interface World {
  readonly priors: Priors;
  readonly runtime: Runtime;
  readonly draws: Draws;
  /** Takes every prior for what it is, for a what-if: no world is faster or slower than another. */
  readonly certain?: boolean;
}

/** A handler's requests, as the code is and as it will be. */
export interface BeforeAndAfter {
  readonly now: Simulated;
  readonly after: Simulated;
}

/**
 * Simulates requests of handlers, as the code is and as it will be.
 *
 * Two levels: the outer one draws what is not known (how fast a class of calls is, how often a branch is taken), the
 * inner one draws requests. Every range is P10, P50 and P90 over the outer level. The same seed gives the same result,
 * so handlers that do the same are simulated once.
 */
export class Simulation {
  private readonly world: World;
  private readonly rewritten: (bridge: Bridge) => boolean;
  private readonly shapes: Shapes;
  private readonly spare: SpareClocks;
  private readonly known = new Map<number, BeforeAndAfter>();

  /** @param rewritten bridges that the rewrite removes */
  constructor(world: World, rewritten: (bridge: Bridge) => boolean) {
    this.world = world;
    this.rewritten = rewritten;
    this.shapes = new Shapes(rewritten);
    this.spare = new SpareClocks(world.draws.requests);
  }

  /** What requests take that do what `step` says. */
  of(step: Step): BeforeAndAfter {
    const short = essential(step);
    const shape = this.shapes.numberOf(short);
    const found = this.known.get(shape) ?? this.simulated(short);
    this.known.set(shape, found);
    return found;
  }

  private simulated(step: Step): BeforeAndAfter {
    const { world, rewritten, spare } = this;
    const draws = new RequestDraws(world.draws.requests, world.draws.seed);
    const now = summary(step, world, draws, () => false, spare);
    const after = crosses(step, rewritten) ? summary(step, world, draws, rewritten, spare) : now;
    return { now, after };
  }
}

function crosses(step: Step, rewritten: (bridge: Bridge) => boolean): boolean {
  return (
    (step.kind === 'bridge' && rewritten(step.bridge)) ||
    partsOf(step).some((part) => crosses(part, rewritten))
  );
}

function summary(
  step: Step,
  world: World,
  draws: RequestDraws,
  rewritten: (bridge: Bridge) => boolean,
  spare: SpareClocks,
): Simulated {
  const outcomes = Array.from({ length: world.draws.worlds }, (_, index) => {
    draws.rewind();
    const run = new Run(world, draws, randomSource(world.draws.seed + 1 + index), rewritten, spare);
    const clocks = spare.empty();
    run.handler(step, clocks);
    const outcome = outcomeOf(clocks);
    spare.giveBack(clocks);
    return outcome;
  });
  const middle = (values: readonly number[]) => percentile(values, 0.5);
  return {
    p95: range(outcomes.map(({ p95 }) => p95)),
    d95: range(outcomes.map(({ d95 }) => d95)),
    asyncShare: middle(outcomes.map(({ asyncShare }) => asyncShare)),
    hold: middle(outcomes.map(({ hold }) => hold)),
  };
}

function range(values: readonly number[]): Range {
  return [percentile(values, 0.1), percentile(values, 0.5), percentile(values, 0.9)];
}

function outcomeOf(clocks: Clocks) {
  const p95 = percentile(clocks.now, 0.95);
  return { p95, ...tailOf(clocks, p95), hold: mean(clocks.held) };
}
