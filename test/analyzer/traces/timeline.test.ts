import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Catalogue } from '../../../analyzer/catalogue/index.ts';
import { type RequestTime, requestsOf, timeOf } from '../../../analyzer/traces/index.ts';
import { db, http, server, spansOf, type TestSpan } from './spans.ts';

function time(spans: readonly TestSpan[], catalogue = new Catalogue()): RequestTime {
  const [request] = requestsOf(spansOf('t', spans), catalogue).requests;
  if (request === undefined) throw new Error('No request was found.');
  return timeOf(request);
}

describe('the time of a request', () => {
  it('counts two parallel calls of 100 and 180 ms as 200 ms when they start 20 ms apart', () => {
    const found = time([server('/', 210), http('a', 'a.io', 0, 100), http('b', 'b.io', 20, 180)]);
    expect(found).toMatchObject({ externalOnly: 200, both: 0, self: 10 });
    expect(found.overlap).toBeCloseTo(1.4);
  });

  it('follows the wait that finished last backwards', () => {
    // The query ends after the call that it overlaps: only the part of the call before it is critical.
    const found = time([server('/', 120), http('a', 'a.io', 0, 100), db('q', 60, 50)]);
    expect(found).toMatchObject({ externalOnly: 60, both: 40, otherOnly: 10, externalCritical: 60 });
  });

  it('clips what outlives the response, and leaves out what starts after it', () => {
    const found = time([server('/', 100), http('a', 'a.io', 50, 500), http('late', 'b.io', 100, 50)]);
    expect(found).toMatchObject({ externalOnly: 50, externalCritical: 50 });
  });

  it('does not look below a wait, nor into other services', () => {
    const found = time([
      server('/', 100),
      {
        id: 'ai',
        parent: 'server',
        kind: 'client',
        at: 0,
        for: 80,
        attributes: { 'gen_ai.system': 'openai' },
      },
      http('inner', 'api.openai.com', 5, 70, 'ai'),
      http('call', 'orders.io', 80, 20),
      { id: 'remote', parent: 'call', kind: 'server', at: 82, for: 16, service: 'orders' },
      db('theirs', 83, 10, 'remote'),
    ]);
    expect(found).toMatchObject({ externalOnly: 100, otherOnly: 0 });
    expect(found.overlap).toBeCloseTo(1);
  });

  it('knows the old names of attributes', () => {
    const old: TestSpan[] = [
      {
        id: 'server',
        kind: 'server',
        at: 0,
        for: 100,
        attributes: { 'http.method': 'GET', 'http.route': '/' },
      },
      {
        id: 'call',
        parent: 'server',
        kind: 'client',
        at: 0,
        for: 60,
        attributes: { 'http.url': 'https://a.io:8443/x' },
      },
      {
        id: 'query',
        parent: 'server',
        kind: 'client',
        at: 60,
        for: 30,
        attributes: { 'db.system': 'mysql', 'db.statement': 'select' },
      },
      { id: 'get', parent: 'server', kind: 'client', at: 90, for: 5, attributes: { 'db.system': 'redis' } },
    ];
    expect(time(old)).toMatchObject({ externalOnly: 60, otherOnly: 35, self: 5 });
  });

  it('knows the names of OpenTracing, and of the clients of Zipkin', () => {
    const wait = (id: string, at: number, attributes: TestSpan['attributes']): TestSpan => {
      return { id, parent: 'server', kind: 'client', at, for: 10, ...(attributes && { attributes }) };
    };
    const spans = [
      server('/', 100),
      wait('query', 0, { 'db.type': 'sql', 'peer.hostname': 'db.partner.com' }),
      wait('cache', 10, { 'db.type': 'redis' }),
      wait('brave', 20, { 'sql.query': 'select 1', 'peer.service': 'app_db' }),
      wait('call', 30, { 'peer.hostname': 'api.partner.com' }),
    ];
    expect(time(spans)).toMatchObject({ externalOnly: 10, otherOnly: 30, self: 60 });
  });

  it('takes an internal service for external unless the project says otherwise', () => {
    const spans = [server('/', 100), http('a', 'stock.internal', 0, 90)];
    expect(time(spans).externalOnly).toBe(90);
    expect(time(spans, new Catalogue({ hosts: { '*.internal': { external: false } } }))).toMatchObject({
      externalOnly: 0,
      otherOnly: 90,
    });
  });

  it('measures the wait for a lane between a bridge and its query', () => {
    const bridge: TestSpan = {
      id: 'bridge',
      parent: 'server',
      at: 10,
      for: 40,
      attributes: { 'migrate_async.bridge': 'true' },
    };
    expect(time([server('/', 60), bridge, db('q', 22, 20, 'bridge')])).toMatchObject({
      laneWait: 12,
      otherOnly: 20,
    });
  });

  it('takes a server span inside another of the same service for one request', () => {
    const inner: TestSpan = { id: 'next', parent: 'server', kind: 'server', at: 1, for: 90 };
    const spans = spansOf('t', [server('/', 100), inner, http('a', 'a.io', 10, 50, 'next')]);
    expect(requestsOf(spans, new Catalogue()).requests).toHaveLength(1);
  });

  it('always adds up', () => {
    const wait = fc.record({
      at: fc.integer({ min: 0, max: 150 }),
      for: fc.integer({ min: 0, max: 120 }),
      external: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(wait, { maxLength: 12 }), (waits) => {
        const leaves = waits.map((each, index) =>
          each.external ? http(`s${index}`, 'a.io', each.at, each.for) : db(`s${index}`, each.at, each.for),
        );
        const found = time([server('/', 100), ...leaves]);
        const sum = found.externalOnly + found.both + found.otherOnly + found.self;
        expect(sum).toBeCloseTo(found.total, 6);
        expect(found.externalCritical).toBeLessThanOrEqual(found.externalOnly + found.both + 1e-6);
        expect(found.externalCritical).toBeGreaterThanOrEqual(
          found.externalOnly - found.otherOnly - 1e-6 - found.total,
        );
      }),
    );
  });
});
