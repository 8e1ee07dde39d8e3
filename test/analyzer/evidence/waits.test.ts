import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../analyzer/analysis.ts';
import { analysed, application, endpointOf, examinedOf, type Files, models } from './project.ts';

// What a request waits for, in the ways people write it.

const query = 'const post = await syncToAsync(Post.objects.get)({ id: 1 });';

/** A handler with one query and then `body`. */
function handler(body: string, head = '', more: Files = {}): Endpoint {
  return endpointOf(application(`${query} ${body} res.json(post);`, more, head));
}

function slowCalls({ estimate }: Endpoint): number {
  return estimate.factors.slowCalls;
}

function calls({ externals }: Endpoint): readonly string[] {
  return externals.map(({ client, host }) => host ?? client);
}

function advice({ advice: given = [] }: Endpoint): readonly string[] {
  return given.map(({ kind }) => kind);
}

describe('ways that exclude each other', () => {
  it('count as the slowest of them: a request takes one', () => {
    const either = handler(`
      if (req.query.fast) { await fetch('https://a.io/'); } else { await fetch('https://b.io/'); }`);
    expect(calls(either)).toEqual(['a.io', 'b.io']);
    expect(slowCalls(either)).toBe(1);
    const uneven = handler(`
      switch (req.query.kind) {
        case 'one': await fetch('https://a.io/'); break;
        default: await fetch('https://b.io/'); await fetch('https://c.io/');
      }`);
    expect(slowCalls(uneven)).toBe(2);
  });

  it('are told apart inside each other, and from what every request does', () => {
    const nested = handler(`
      await fetch('https://always.io/');
      if (req.query.a) {
        if (req.query.b) await fetch('https://b.io/'); else await fetch('https://c.io/');
        await fetch('https://d.io/');
      } else { await fetch('https://e.io/'); }`);
    expect(slowCalls(nested)).toBe(3);
  });

  it('are runners of a race, too; those of Promise.all are not', () => {
    const list = `[fetch('https://a.io/'), fetch('https://b.io/')]`;
    expect(slowCalls(handler(`await Promise.any(${list});`))).toBe(1);
    expect(slowCalls(handler(`await Promise.race(${list});`))).toBe(1);
    expect(slowCalls(handler(`await Promise.all(${list});`))).toBe(2);
  });

  it('may begin with an early return that waits for something of its own', () => {
    const early = `if (req.query.full) { await fetch('https://slow.io/'); return res.end(); }`;
    expect(calls(handler(early))).toEqual(['slow.io']);
    expect(calls(handler(early.replace('return res.end()', 'return res.status(404).end()')))).toEqual([]);
    expect(calls(handler(early.replace('req.query.full', '!req.user')))).toEqual([]);
    expect(calls(handler(early.replace('return res.end()', "throw new Error('no')")))).toEqual([]);
  });
});

describe('loops', () => {
  it.each([
    `for (let i = 0; i < 3; i++) { try { return await fetch('https://a.io/'); } catch { await delay(i); } }`,
    `while (true) { const r = await fetch('https://a.io/'); if (r.ok) return r; await delay(1); }`,
    `for (const host of hosts) { const r = await fetch('https://a.io/'); if (!r.error) break; }`,
    `do { return await fetch('https://a.io/'); } while (true);`,
  ])('that try again run once as a rule: %s', (loop) => {
    const found = handler(
      `await attempt(req.body.hosts);`,
      `async function attempt(hosts) { ${loop} } const delay = (ms) => new Promise((go) => setTimeout(go, ms));`,
    );
    expect(found.externals).toMatchObject([{ host: 'a.io', loop: false }]);
    expect(slowCalls(found)).toBe(1);
  });

  it('that depend on what they get cannot overlap, and nobody is told that they could', () => {
    const paging = handler(`
      let next = 'https://a.io/1';
      while (next) { const r = await fetch(next); next = (await r.json()).next; }`);
    expect(paging.externals).toMatchObject([{ loop: true }]);
    expect(advice(paging)).not.toContain('sequential-loop');
    const list = handler(`for (const id of req.body.ids) await fetch('https://a.io/' + id);`);
    expect(advice(list)).toContain('sequential-loop');
  });

  it('that poll the database are not one query per element of anything', () => {
    const polling = handler(
      `while (true) { const n = await syncToAsync(Post.objects.count)(); if (n > 3) break; }`,
    );
    expect(advice(polling)).not.toContain('n-plus-one');
  });

  it.each([
    [
      'p-limit',
      `import pLimit from 'p-limit'; const limit = pLimit(2);`,
      'limit(() => fetch("https://a.io/" + id))',
    ],
    [
      'p-limit made for the request with a constant',
      `import pLimit from 'p-limit'; const width = 2; const limit = pLimit(width);`,
      'limit(async () => { return fetch("https://a.io/" + id); })',
    ],
    [
      'p-queue',
      `import PQueue from 'p-queue'; const queue = new PQueue({ concurrency: 2 });`,
      'queue.add(() => fetch("https://a.io/" + id))',
    ],
  ])('under %s run so many at once', (_name, head, call) => {
    const p95 = ({ estimate }: Endpoint) => estimate.p95[1];
    const limited = handler(`await Promise.all(req.body.ids.map((id) => ${call}));`, head);
    const free = handler(`await Promise.all(req.body.ids.map((id) => fetch('https://a.io/' + id)));`);
    expect(limited.externals).toMatchObject([{ host: 'a.io', loop: true }]);
    expect(p95(limited)).toBeGreaterThan(p95(free) * 1.3);
  });

  it('through the pages of an SDK are as many calls as there are pages, and no stream', () => {
    const stripe = `import Stripe from 'stripe'; const stripe = new Stripe('k');`;
    const listed = handler(
      `for await (const charge of stripe.charges.list({ limit: 100 })) { use(charge); }`,
      stripe,
    );
    expect(listed.externals).toMatchObject([{ client: 'stripe', loop: true, streaming: false }]);
    expect(listed.reasons.join(' ')).not.toContain('Streams its response');
    const octokit = `import { Octokit } from '@octokit/rest'; const github = new Octokit();`;
    const paginated = handler(`await github.paginate(github.rest.issues.list, {});`, octokit);
    expect(paginated.externals).toMatchObject([{ loop: true }]);
    expect(slowCalls(paginated)).toBe(5);
    expect(slowCalls(handler(`await github.rest.issues.get({});`, octokit))).toBe(1);
  });
});

describe('work that goes on after the response', () => {
  const audit = `async function audit(post) { await fetch('https://audit.io/'); }`;

  it.each([
    [
      'waitUntil of the platform',
      `waitUntil(audit(post));`,
      `import { waitUntil } from '@vercel/functions';`,
    ],
    ['waitUntil of a context', `req.context.waitUntil(audit(post));`, ''],
    ['after with a promise', `after(audit(post));`, `import { after } from 'next/server';`],
    ['after with a function', `after(() => audit(post));`, `import { after } from 'next/server';`],
    ['setImmediate', `setImmediate(() => audit(post));`, ''],
  ])('by %s is not waited for', (_name, body, head) => {
    const found = handler(body, `${head} ${audit}`);
    expect(calls(found)).toEqual([]);
    expect(found.verdict).toBe('stay');
    expect(calls(handler('await audit(post);', audit))).toEqual(['audit.io']);
  });

  it('is only worth a remark where it does more than keep a line for later', () => {
    const sentry = `import * as Sentry from '@sentry/node';`;
    expect(advice(handler(`Sentry.captureMessage('seen');`, sentry))).toEqual([]);
    expect(advice(handler('audit(post);', audit))).toEqual(['floating-promise']);
  });
});

describe('events', () => {
  const bus: Files = {
    'bus.ts': `import { EventEmitter } from 'node:events'; export const bus = new EventEmitter();`,
    'listeners.ts': `
      import { bus } from './bus.ts';
      bus.on('order.paid', async (order) => { await fetch('https://hooks.io/'); });
      bus.on('data', async () => { await fetch('https://never.io/'); });`,
  };
  const head = `import { bus } from './bus.ts'; import './listeners.ts';`;

  it('run their listeners, and nobody waits for those', () => {
    const { endpoint, evidence } = examinedOf(
      application(`${query} bus.emit('order.paid', post); res.json(post);`, bus, head),
    );
    expect(endpoint.externals).toEqual([]);
    expect(JSON.stringify(evidence.step, withoutNodes)).toContain('hooks.io');
  });

  it('are waited for where emitting gives a promise', () => {
    const found = handler(`await bus.emitAsync('order.paid', post);`, head, bus);
    expect(calls(found)).toEqual(['hooks.io']);
    // An event of that name is half a proof that it is this one.
    expect(examinedOf(application(`await bus.emitAsync('order.paid', 1);`, bus, head)).facts.confidence).toBe(
      0.5,
    );
    expect(calls(handler(`await bus.emitAsync('order.lost', post);`, head, bus))).toEqual([]);
    expect(calls(handler(`await bus.emitAsync('data', post);`, head, bus))).toEqual([]);
  });

  it('are heard by decorated methods, too', () => {
    const listener = {
      'listener.ts': `
        import { OnEvent } from '@nestjs/event-emitter';
        export class Listener {
          private readonly url = 'https://hooks.io/';
          @OnEvent('order.paid') async handle(order) { await fetch(this.url); }
        }`,
    };
    expect(
      calls(handler(`await events.emitAsync('order.paid', post);`, 'const events = app.events;', listener)),
    ).toEqual(['hooks.io']);
  });
});

describe('an interface', () => {
  const gateways: Files = {
    'gateway.ts': `export interface Gateway { charge(id: number): Promise<void>; }`,
    'gateways.ts': `
      import type { Gateway } from './gateway.ts';
      export class Partner implements Gateway { async charge() { await fetch('https://partner.io/'); } }
      export class Fake implements Gateway { async charge() { await fetch('https://fake.io/'); } }`,
    'pay.ts': `
      import type { Gateway } from './gateway.ts';
      export async function pay(gateway: Gateway) { await gateway.charge(1); }`,
  };
  const pay = `await pay(req.app.locals.gateway);`;

  it('is followed to the classes that somebody makes', () => {
    const head = `import { pay } from './pay.ts'; import { Partner } from './gateways.ts'; app.locals.gateway = new Partner();`;
    const moved = head.replace('app.locals.gateway = new Partner();', 'const made = new Partner();');
    expect(calls(handler(pay, moved, gateways))).toEqual(['partner.io']);
  });

  it('is followed to all of them when none is seen being made', () => {
    expect(calls(handler(pay, `import { pay } from './pay.ts';`, gateways))).toEqual([
      'partner.io',
      'fake.io',
    ]);
  });
});

describe('hosts', () => {
  it.each([
    [
      'undici pools',
      `import { Pool } from 'undici'; const pool = new Pool('https://pool.io');`,
      `pool.request({ path: '/' })`,
      'pool.io',
    ],
    [
      'GraphQL clients',
      `import { GraphQLClient } from 'graphql-request'; const graph = new GraphQLClient('https://graph.io/graphql');`,
      `graph.request('{ a }')`,
      'graph.io',
    ],
    [
      'clients whose options have a name',
      `import axios from 'axios'; const options = { baseURL: 'https://named.io' }; const http = axios.create(options);`,
      `http.get('/a')`,
      'named.io',
    ],
  ])('of %s are those they were made with', (_name, head, call, host) => {
    expect(calls(handler(`const answer = await ${call};`, head))).toEqual([host]);
  });

  it('of clients with a base are those of the base, whatever path follows', () => {
    const head = `import axios from 'axios'; const http = axios.create({ baseURL: process.env.LEDGER_URL });`;
    const to = (url: string) => calls(handler(`await http.get(${url});`, head));
    expect(to('req.query.version + "/entries"')).toEqual(['«process.env.LEDGER_URL»']);
    expect(to('"https://other.io/a"')).toEqual(['other.io']);
  });

  it('that are put together later are not what the name begins as', () => {
    const body = `let url = null; if (req.query.x) url = 'https://a.io/' + req.query.x; await fetch(url);`;
    expect(calls(handler(body))).toEqual(['«url»']);
  });
});

describe('clients', () => {
  it.each([
    [
      'gRPC services loaded at run time',
      `import * as grpc from '@grpc/grpc-js'; import * as loader from '@grpc/proto-loader';
       const proto = grpc.loadPackageDefinition(loader.loadSync('users.proto'));
       const users = new proto.acme.UserService('users:50051', grpc.credentials.createInsecure());`,
      `await new Promise((done, fail) => users.getUser({ id: 1 }, (error, user) => (error ? fail(error) : done(user))));`,
      'grpc',
    ],
    [
      'gRPC services that were generated',
      `import { UsersClient } from './users_grpc.ts'; const users = new UsersClient('users:50051');`,
      `await users.getUser({ id: 1 });`,
      'grpc',
    ],
    [
      'accounts of Supabase',
      `import { createClient } from '@supabase/supabase-js'; const supabase = createClient('u', 'k');`,
      `await supabase.auth.getUser();`,
      'auth',
    ],
    [
      'mail of the second AWS SDK',
      `import AWS from 'aws-sdk'; const ses = new AWS.SES();`,
      `await ses.sendEmail({}).promise();`,
      'email',
    ],
  ])('of %s wait for something outside', (_name, head, body, category) => {
    const generated = {
      'users_grpc.ts': `
        import { makeGenericClientConstructor } from '@grpc/grpc-js';
        export const UsersClient = makeGenericClientConstructor({}, 'acme.Users');`,
    };
    expect(handler(body, head, generated).externals).toMatchObject([{ category }]);
  });

  it.each([
    [
      'queues of the second AWS SDK',
      `import AWS from 'aws-sdk'; const sqs = new AWS.SQS();`,
      `sqs.sendMessage({}).promise()`,
      'queue',
    ],
    [
      'tables of the second AWS SDK',
      `import AWS from 'aws-sdk'; const table = new AWS.DynamoDB.DocumentClient();`,
      `table.get({}).promise()`,
      'db',
    ],
    [
      'rows of Supabase',
      `import { createClient } from '@supabase/supabase-js'; const supabase = createClient('u', 'k');`,
      `supabase.from('a').select('*')`,
      'db',
    ],
  ])('of %s are shared infrastructure', (_name, head, call, category) => {
    const found = handler(`await ${call};`, head);
    expect(found.externals).toEqual([]);
    expect(found.counts.other).toEqual({ [category]: 1 });
  });

  it('that pipe a body to the response keep it open, awaited or not', () => {
    const piped = handler(`got.stream('https://files.io/a').pipe(res);`, `import got from 'got';`);
    expect(piped.externals).toMatchObject([{ host: 'files.io', streaming: true }]);
    expect(piped.verdict).toBe('migrate');
    expect(advice(piped)).toEqual([]);
  });

  it('on what hangs off the application are found through this', () => {
    const { endpoints } = analysed({
      'models.ts': models,
      'app.ts': `
        import Fastify from 'fastify';
        const app = Fastify();
        app.decorate('price', async (sku) => (await fetch('https://prices.io/' + sku)).json());
        app.get('/', async function (request, reply) { return this.price('a'); });
        app.listen({ port: 1 });`,
    });
    expect(endpoints.flatMap(({ externals }) => externals)).toMatchObject([{ host: 'prices.io' }]);
  });
});

describe('a lane that nobody holds', () => {
  const note = 'no lane is held while they wait';

  it('is said where every external call comes before the first crossing', () => {
    const before = endpointOf(
      application(`const quote = await fetch('https://a.io/'); ${query} res.json(post);`),
    );
    expect(before.reasons.join(' ')).toContain(note);
    expect(handler(`await fetch('https://a.io/');`).reasons.join(' ')).not.toContain(note);
  });

  it('is held from the second round of a loop on, and not by what is detached or refused before', () => {
    const rounds = endpointOf(
      application(`for (const id of req.body.ids) { await fetch('https://a.io/'); ${query} }`),
    );
    expect(rounds.reasons.join(' ')).not.toContain(note);
    const refused = endpointOf(
      application(`
        if (!req.user) { await syncToAsync(Post.objects.count)(); throw new Error('no'); }
        await fetch('https://a.io/'); ${query} res.json(post);`),
    );
    expect(refused.reasons.join(' ')).toContain(note);
  });

  it('says nothing where there is no external call, or no crossing', () => {
    expect(endpointOf(application(query)).reasons.join(' ')).not.toContain(note);
    expect(endpointOf(application(`await fetch('https://a.io/');`)).reasons.join(' ')).not.toContain(note);
  });
});

/** Steps hold nodes and files, which go round in circles. */
function withoutNodes(key: string, value: unknown): unknown {
  return key === 'bridge' || key === 'node' || key === 'at' ? undefined : value;
}
