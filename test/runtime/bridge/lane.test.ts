import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Lane, type LaneResource } from '../../../runtime/bridge/lane.ts';

// Work that comes in the very moment in which a lane or a job ends. How many microtasks that moment is away is nobody's
// business, so all the likely numbers are tried.
const moments = Array.from({ length: 24 }, (_each, index) => index);
async function microtasks(count: number): Promise<void> {
  for (let passed = 0; passed < count; passed += 1) await undefined;
}

class Kept implements LaneResource {
  readonly busy = false;
  released = false;
  async release(): Promise<void> {
    this.released = true;
  }
}

test.each(moments)('a job that comes %i microtasks after the last one keeps what it uses', async (moment) => {
  const lane = new Lane();
  const kept = () => lane.resource('kept', () => new Kept());
  let over: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    over = resolve;
  })
    .then(() => microtasks(moment))
    .then(() =>
      lane.run(async () => {
        const own = kept();
        await turnOfTheLoop();
        return own.released;
      }),
    );
  const first = lane.run(async () => {
    kept();
    await turnOfTheLoop();
    over();
  });
  const ended = lane.end();
  await first;
  expect(await released).toBe(false);
  await ended;
});

test.each(moments)(
  'work of a job that comes %i microtasks after its end has a turn of its own',
  async (moment) => {
    const lane = new Lane();
    let active = 0;
    let most = 0;
    const job = async () => {
      active += 1;
      most = Math.max(most, active);
      await turnOfTheLoop();
      active -= 1;
    };
    let inside: Promise<void> | undefined;
    const outer = lane.run(() => {
      inside = microtasks(moment).then(() => lane.run(job));
    });
    const next = lane.run(job);
    await Promise.all([outer, next]);
    await inside;
    expect(most).toBe(1);
  },
);
