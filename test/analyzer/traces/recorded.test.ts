import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Analysis } from '../../../analyzer/analysis.ts';
import { migrateAsync } from '../../support/command.ts';
import { copyOf } from '../../support/rewritten-application.ts';

// Real runs of the storefront on PostgreSQL, its partners answering in 30 ms: fixtures/traces/record.ts.

const { workspace, copy } = copyOf('storefront');
afterAll(() => rmSync(workspace, { recursive: true, force: true }));

async function analysed(recording: string): Promise<Analysis> {
  const file = fileURLToPath(new URL(`../../../fixtures/traces/${recording}.jsonl.gz`, import.meta.url));
  const traces = path.join(workspace, `${recording}.jsonl`);
  writeFileSync(traces, gunzipSync(readFileSync(file)));
  // The partners of the recording answered on loopback: in production they are somebody else's.
  const settings = { latencies: { hosts: { '127.0.0.1': { external: true } } } };
  writeFileSync(path.join(copy, 'migrate-async.json'), JSON.stringify(settings));
  const { stdout, stderr, code } = await migrateAsync(copy, [
    'analyze',
    '--traces',
    traces,
    '--format',
    'json',
  ]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const report = JSON.parse(stdout);
  return report.analysis ?? report;
}

function handlerIn({ endpoints }: Analysis, name: string) {
  const found = endpoints.find(({ handler }) => handler?.name === name);
  if (found?.traced === undefined) throw new Error(`${name} was not measured.`);
  return { ...found, traced: found.traced };
}

describe.each([
  ['storefront-opentelemetry', 'the unmodified OpenTelemetry SDK'],
  ['storefront-runtime', "the SDK and the runtime's own events"],
])('%s: %s', (recording) => {
  let analysis: Analysis;
  beforeAll(async () => {
    analysis = await analysed(recording);
  });

  it('gives every request to its handler by the route', () => {
    expect(analysis.traces?.unmatched).toEqual([]);
    const measured = analysis.endpoints.filter(({ traced }) => traced !== undefined);
    expect(measured.map(({ handler }) => handler?.name).sort()).toEqual([
      'accountDetail',
      'billingPanel',
      'fraudReview',
      'listAddresses',
      'listProducts',
      'operationsDashboard',
      'recommendations',
    ]);
    for (const { traced, evidence, confidence } of measured) {
      expect(traced).toMatchObject({ requests: 44, warmUp: 1, failed: 0, matchedBy: ['route'] });
      expect(evidence).toBe('traces');
      expect(confidence).toBe('medium');
    }
  });

  it('unites calls that overlap and adds those that follow each other', () => {
    const atOnce = handlerIn(analysis, 'operationsDashboard').traced;
    expect(atOnce.calls).toMatchObject([{ rounds: 4 }]);
    // Four calls of 30 ms at once are 30 ms of the request.
    expect(atOnce.p50).toBeGreaterThan(30);
    expect(atOnce.p50).toBeLessThan(60);
    expect(atOnce.saveable).toBe(0);
    const inTurn = handlerIn(analysis, 'fraudReview').traced;
    expect(inTurn.p50).toBeGreaterThan(60);
    expect(inTurn.saveable).toBeGreaterThan(20);
    expect(inTurn.saveable).toBeLessThan(40);
  });

  it('shows the share of the slowest requests, which the requests of the start do not distort', () => {
    for (const name of ['operationsDashboard', 'fraudReview', 'recommendations']) {
      const { d95 } = handlerIn(analysis, name).traced;
      expect.soft(d95[1], name).toBeGreaterThan(0.45);
      expect.soft(d95[1], name).toBeLessThan(0.9);
    }
    for (const name of ['accountDetail', 'listAddresses', 'listProducts'])
      expect.soft(handlerIn(analysis, name).traced.d95[1], name).toBe(0);
  });

  it('says where source and traces contradict each other: every panel but the first came out of the cache', () => {
    const { traced, verdict } = handlerIn(analysis, 'billingPanel');
    expect(traced.d95[1]).toBe(0);
    expect(verdict).toBe('stay');
    expect(traced.disagreements).toContainEqual(expect.stringContaining('no trace shows it'));
  });
});

describe("the runtime's own events", () => {
  it('tell what the SDK cannot see: the wait for a lane, and queries after the last external call', async () => {
    const plain = handlerIn(await analysed('storefront-opentelemetry'), 'fraudReview').traced;
    const own = handlerIn(await analysed('storefront-runtime'), 'fraudReview').traced;
    expect(plain).toMatchObject({ laneWait: 0, lateQueries: 0 });
    expect(own.laneWait).toBeGreaterThan(0);
    expect(own.lateQueries).toBe(1);
  });
});
