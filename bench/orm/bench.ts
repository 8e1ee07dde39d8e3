import type { Bench, Figure } from '../figures.ts';
import { type Measurement, measure } from './index.ts';
import { tasks } from './tasks.ts';

const ours = 'migrate-async';
const rounds = 5;

/** Client CPU relative to the driver that is to be reached, by task. */
const reach: Readonly<Record<string, number>> = {
  getByKey: 0.35,
  thousandRows: 0.75,
  parentsWithChildren: 0.7,
  bulkInsert: 0.8,
};

/** The native path beside the driver it uses and other ORMs, all returning the same data. */
export const orm: Bench = {
  title: 'Client CPU per operation relative to pg with named statements (pool of 10)',
  async run() {
    const measurements = await measure({ rounds }, (line) => console.error(line));
    return measurements.flatMap(figuresOf);
  },
};

function figuresOf(measurement: Measurement): Figure[] {
  const task = tasks.find(({ name }) => name === measurement.task);
  if (task === undefined) return [];
  const { contestant } = measurement;
  const figure = (what: string, value: number, unit: string, bound?: Figure['reach']): Figure => ({
    what: `${task.title}: ${what}`,
    contestant,
    value,
    unit,
    ...(bound === undefined || contestant !== ours ? {} : { reach: bound }),
  });
  const atMost = reach[task.name];
  const figures = [
    figure('CPU', measurement.ratio, 'x', atMost === undefined ? undefined : { atMost }),
    figure('CPU', measurement.cpu, 'µs'),
  ];
  if (task.latency) {
    figures.push(figure('p50', measurement.p50, 'ms'), figure('p95', measurement.p95, 'ms'));
    figures.push(figure('p99', measurement.p99, 'ms'));
  } else figures.push(figure('time', measurement.wall, 'µs'));
  if (task.memory) figures.push(figure('peak memory', measurement.memory / 2 ** 20, 'MiB'));
  return figures;
}
