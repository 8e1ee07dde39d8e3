import { lognormal, normal, randomSource } from './random.ts';

/**
 * The draws of one handler's simulated requests, made once and used in every world and for both the present and the
 * rewritten handler: what differs between two simulations then differs because of the code, not because of chance.
 */
export class RequestDraws {
  readonly requests: number;
  private readonly random: () => number;
  private readonly columns: Float64Array[] = [];
  private next = 0;

  constructor(requests: number, seed: number) {
    this.requests = requests;
    this.random = randomSource(seed);
  }

  /** Starts over: the same steps will be given the same draws. */
  rewind(): void {
    this.next = 0;
  }

  /** Lognormal durations, one per request, in the unit of the percentiles. */
  durations(p50: number, p95: number): Float64Array {
    return this.column(() => lognormal(p50, p95, normal(this.random)));
  }

  /** Uniform numbers in [0, 1), one per request. */
  uniform(): Float64Array {
    return this.column(this.random);
  }

  private column(draw: () => number): Float64Array {
    const at = this.next++;
    const known = this.columns[at];
    if (known !== undefined) return known;
    const made = new Float64Array(this.requests);
    for (let index = 0; index < made.length; index++) made[index] = draw();
    this.columns[at] = made;
    return made;
  }
}
