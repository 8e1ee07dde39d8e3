import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RewrittenApplication, rewrittenApplication } from '../support/rewritten-application.ts';
import type { ApplicationRun } from './application-run.ts';

let application: RewrittenApplication;

beforeAll(async () => {
  application = await rewrittenApplication('bookings');
}, 240_000);

afterAll(() => application?.remove());

function endpoint(route: string) {
  const { endpoints } = application.report.analysis;
  const found = endpoints.find(
    ({ method, paths }) => `${method} ${paths[0]}` === `${route.replace(' ', ' /api')}`,
  );
  if (found === undefined) throw new Error(`The analysis has no handler ${route}.`);
  return found;
}

describe('the ranking of the bookings', () => {
  test('has every method that the test requests exercise', () => {
    const exercised = new Set(application.before.exchanges.flatMap(({ request }) => request.handler ?? []));
    const found = new Set(
      application.report.analysis.endpoints.map(({ handler }) => handler?.name.replace(/^.*\./, '')),
    );
    expect([...exercised].filter((name) => !found.has(name))).toEqual([]);
    expect(application.report.analysis.endpoints).toHaveLength(16);
  });

  // Each was judged by reading the code first; what is asserted is the evidence that a reader would give.
  test.each([
    [
      'POST /bookings/:id/payment',
      'migrate',
      ['stripe', 'api.channels.example', 'api.twilio.com'],
      'three partners in turn',
    ],
    ['POST /bookings/reminders', 'migrate', ['api.twilio.com'], 'one message per arrival, in turn'],
    ['GET /rooms/available', 'migrate', ['api.channels.example'], 'one call per room, at once'],
    ['DELETE /bookings/:id', 'migrate', ['stripe'], 'a refund takes over a second at p95'],
    ['POST /bookings', 'depends', ['api.channels.example'], 'one call before the transaction'],
    ['PUT /rooms/:id/photo', 'depends', ['photos.s3.eu-central-1.amazonaws.com'], 'one upload'],
    ['GET /bookings', 'stay', [], 'a list'],
    ['GET /bookings/:id', 'stay', [], 'a lazy relation in a bridge of its own'],
    ['POST /bookings/:id/reviews', 'stay', [], 'a query and an insert'],
    ['GET /rooms', 'stay', [], 'a list'],
    ['GET /rooms/:id', 'stay', [], 'two queries'],
    ['PATCH /rooms/:id', 'stay', [], 'one update'],
    ['GET /rooms/houses', 'stay', [], 'lazy relations per row: select them first'],
    ['GET /reports/revenue', 'stay', [], 'one aggregation'],
    ['GET /reports/occupancy', 'stay', [], 'a query per room'],
    ['GET /reports/houses', 'stay', [], 'one count'],
  ])('%s: %s, for %j: %s', (route, verdict, externals, _why) => {
    const found = endpoint(route);
    expect(found.externals.map(({ client, host }) => host ?? client)).toEqual(externals);
    expect(found.verdict).toBe(verdict);
    if (externals.length === 0) expect(found.reasons[0]).toMatch(/^No external call on the hot path: /);
  });

  test('follows an abstract gateway to the class that is provided for it', () => {
    const [charge] = endpoint('POST /bookings/:id/payment').externals;
    expect(charge?.location.file).toMatch(/partners\/payments\.ts$/);
    expect(charge?.via?.map(({ name }) => name)).toEqual(['this.bookings.pay', 'this.payments.charge']);
  });

  test('counts the global guard as one bridge of every route', () => {
    const { endpoints, projectFindings } = application.report.analysis;
    for (const { boundaries, middlewares } of endpoints) {
      expect(middlewares.map(({ name }) => name)).toContain('TokenGuard');
      expect(boundaries.now[0]?.location.file).toMatch(/common\/guards\.ts$/);
    }
    expect(projectFindings.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('TokenGuard crosses a bridge on the way to 16 endpoints'),
    );
  });

  test('advises what the code shows, whatever the verdict', () => {
    const advice = (route: string) => (endpoint(route).advice ?? []).map(({ kind }) => kind);
    expect(advice('GET /reports/occupancy')).toContain('n-plus-one');
    expect(advice('GET /rooms/houses')).toContain('n-plus-one');
    expect(advice('GET /bookings/:id')).toContain('lazy-relation');
    expect(advice('POST /bookings/reminders')).toContain('sequential-loop');
  });
});

describe('the rewritten bookings', () => {
  test('type-check', () => {
    const { status, stdout } = application.typeCheck();
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  test('answer, write and ask their partners as the original does', () => {
    const answers = ({ exchanges }: ApplicationRun) => exchanges.map(({ crossings, ...answer }) => answer);
    const { before, after } = application;
    expect(answers(before).filter(({ request, status }) => status !== request.status)).toEqual([]);
    expect(answers(after)).toEqual(answers(before));
    expect(after.tables).toEqual(before.tables);
    expect(after.partnerCalls).toEqual(before.partnerCalls);
    expect((before.partnerCalls as string[]).length).toBeGreaterThan(8);
  });

  test('cross no bridge where they migrated', () => {
    const crossings = (run: ApplicationRun, name: string) =>
      run.exchanges
        .filter(({ request, status }) => request.handler === name && status < 400)
        .reduce((sum, { crossings: own }) => sum + own, 0);
    const { before, after } = application;
    for (const name of ['pay', 'available', 'remind', 'cancel']) {
      expect.soft(crossings(before, name), name).toBeGreaterThan(0);
      expect.soft(crossings(after, name), name).toBe(0);
    }
  });
});
