import { describe, expect, it } from 'vitest';
import { application, endpointOf } from './project.ts';
import { summary } from './shape.ts';

// Code as people write it: `a.io` and `b.io` are external calls, `Post.objects.get` a bridged query.
const a = `await fetch('https://a.io/')`;
const b = `await fetch('https://b.io/')`;
const query = `await syncToAsync(Post.objects.get)({ id: 1 })`;

type Form = readonly [what: string, expected: string, body: string, head?: string];

function check(forms: readonly Form[]): void {
  const cases = forms.map(([what, expected, body, head = '']) => [what, expected, body, head] as const);
  it.each(cases)('%s: %s', (_what, expected, body, head) => {
    expect(summary(body, {}, head)).toBe(expected);
  });
}

const limit = `import pLimit from 'p-limit'; const limit = pLimit(3);`;
const queue = `import PQueue from 'p-queue'; const queue = new PQueue({ concurrency: 2 });`;
const asyncLibrary = `import async from 'async';`;

describe('libraries that run functions', () => {
  check([
    ['p-limit', 'loop[n 3 at once](a.io)', `await Promise.all(req.body.map((x) => limit(() => fetch('https://a.io/'))));`, limit],
    ['p-limit over a list', 'loop[n 3 at once](a.io)', `await limit.map(req.body, (x) => fetch('https://a.io/'));`, limit],
    ['p-map by name', 'loop[n 2 at once](a.io)', `await pMap(req.body, one, { concurrency: 2 });`, `import pMap from 'p-map'; async function one() { ${a}; }`],
    ['p-all', 'par(a.io, b.io)', `await pAll([() => fetch('https://a.io/'), () => fetch('https://b.io/')]);`, `import pAll from 'p-all';`],
    ['p-all, one at a time', 'a.io b.io', `await pAll([() => fetch('https://a.io/'), () => fetch('https://b.io/')], { concurrency: 1 });`, `import pAll from 'p-all';`],
    ['a queue', 'loop[n 2 at once](a.io)', `await queue.addAll(req.body.map((x) => () => fetch('https://a.io/')));`, queue],
    ['async.parallel', 'par(a.io, b.io)', `await async.parallel([async () => { ${a}; }, async () => { ${b}; }]);`, asyncLibrary],
    ['async.parallel by name', 'par(a.io, b.io)', `await async.parallel({ one: async () => { ${a}; }, two: async () => { ${b}; } });`, asyncLibrary],
    ['async.series', 'a.io b.io', `await async.series([async () => { ${a}; }, async () => { ${b}; }]);`, asyncLibrary],
    ['a retry of a named function', 'a.io', `await pRetry(load, { retries: 3 });`, `import pRetry from 'p-retry'; async function load() { ${a}; }`],
    ['a circuit breaker', 'a.io', `await breaker.fire(1);`, `import CircuitBreaker from 'opossum'; async function load() { ${a}; } const breaker = new CircuitBreaker(load);`],
    ['a memoised function', 'a.io', `await load(1);`, `import memoize from 'memoize'; const load = memoize(async (x) => { ${a}; });`],
    ['a context', 'a.io', `await store.run({}, work, 1);`, `import { AsyncLocalStorage } from 'node:async_hooks'; const store = new AsyncLocalStorage(); async function work() { ${a}; }`],
    ['a promise handed on', 'a.io', `await pTimeout(fetch('https://a.io/'), { milliseconds: 5 });`, `import pTimeout from 'p-timeout';`],
  ]); // biome-ignore format: one form per line

  it('say nothing of a function that is only kept for later', () => {
    const head = `import { registry } from 'some-registry'; async function load() { ${a}; }`;
    expect(summary(`registry.keep('load', load); res.end();`, {}, head)).toBe('');
  });

  it('are not taken for failures to follow when they only wrap a promise', () => {
    const { unknownCalls } = endpointOf(
      application(`const [e, r] = await to(fetch('https://a.io/'));`, {}, `import to from 'await-to-js';`),
    );
    expect(unknownCalls).toEqual([]);
  });
});

describe('functions in another form', () => {
  check([
    ['promisified', 'child_process', `await run('x', ['y']);`, `import { promisify } from 'node:util'; import { execFile } from 'node:child_process'; const run = promisify(execFile);`],
    ['promisified on the spot', 'child_process', `await util.promisify(exec)('x');`, `import util from 'node:util'; import { exec } from 'node:child_process';`],
    ['promisified and bound', 'redis', `await get('k');`, `import { promisify } from 'node:util'; import redis from 'redis'; const client = redis.createClient(); const get = promisify(client.get).bind(client);`],
    ['promisified from the project', 'a.io', `await load('k');`, `import { promisify } from 'node:util'; import https from 'node:https'; function callback(k, done) { https.get('https://a.io/', (r) => done(null, r)); } const load = promisify(callback);`],
    ['bound', 'a.io', `await load();`, `async function go() { ${a}; } const load = go.bind(null);`],
    ['called', 'a.io', `await go.call(null, 1);`, `async function go() { ${a}; }`],
    ['applied', 'a.io', `await fetch.apply(null, ['https://a.io/']);`],
    ['a method of that name', 'ioredis', `await redis.call('GET', 'k');`, `import Redis from 'ioredis'; const redis = new Redis();`],
  ]); // biome-ignore format: one form per line
});

describe('conditions', () => {
  check([
    ['either of two', 'branch(0.5: a.io, 0.5: b.io)', `const r = req.query.x ? ${a} : ${b}; res.json(r);`],
    ['only sometimes', 'branch(0.5: a.io, 0.5: )', `req.query.x && (${a});`],
    ['instead of nothing', 'ioredis branch(0.5: a.io, 0.5: )', `const r = (await redis.get('k')) ?? (${a}); res.json(r);`, `import Redis from 'ioredis'; const redis = new Redis();`],
    ['kept the first time', 'start1(branch(0.5: a.io, 0.5: )) join1', `await (known ??= fetch('https://a.io/'));`, `let known;`],
    ['remembered in a map', 'branch(0.5: , 0.5: a.io)', `await token();`, `const known = new Map(); async function token() { const t = known.get('t'); if (t) return t; const r = ${a}; known.set('t', r); return r; }`],
    ['remembered in a variable', 'branch(0.5: , 0.5: a.io)', `await token();`, `let t; async function token() { if (t) return t; t = ${a}; return t; }`],
    ['remembered in a field', 'branch(0.5: , 0.5: a.io)', `await client.token();`, `class Client { t; async token() { if (this.t && this.until > Date.now()) return this.t; this.t = ${a}; return this.t; } } const client = new Client();`],
    ['refused, whatever a cache said', 'ioredis a.io', `const lock = await redis.set('k', '1'); if (lock !== 'OK') return void res.status(409).end(); ${a};`, `import Redis from 'ioredis'; const redis = new Redis();`],
    ['again with a new token', 'a.io branch(0: b.io, 1: )', `await get();`, `async function get() { const r = ${a}; if (r.status === 401) { ${b}; return get(); } return r; }`],
    ['else if', 'branch(0.5: a.io, 0.5: branch(0.5: , 0.5: b.io))', `if (req.query.x) { return ${a}; } else if (req.query.y) { res.end(); } else { ${b}; }`],
    ['what follows a way out', 'branch(0.5: a.io, 0.5: b.io)', `if (req.query.x) { ${a}; return; } else { ${b}; }`],
    ['what only an error leads to', 'try(a.io | b.io)', `try { return ${a}; } catch { console.log('again'); } return ${b};`],
  ]); // biome-ignore format: one form per line
});

describe('switch', () => {
  check([
    ['one way per case, and none', 'branch(0.3333333333333333: a.io, 0.3333333333333333: b.io, 0.3333333333333333: )', `switch (req.query.kind) { case 'a': ${a}; break; case 'b': ${b}; break; }`],
    ['labels above each other', 'branch(0.5: a.io, 0.5: )', `switch (req.query.kind) { case 'a': case 'b': ${a}; break; default: res.end(); }`],
    ['falling through', 'branch(0.5: a.io b.io, 0.5: b.io)', `switch (req.query.kind) { case 'a': ${a}; default: ${b}; }`],
    ['what follows cases that return', 'branch(0.5: a.io, 0.5: b.io)', `switch (req.query.kind) { case 'a': return ${a}; } ${b};`],
  ]); // biome-ignore format: one form per line
});

describe('work that nobody awaits', () => {
  const bcc = `import db from 'some-db';`;
  check([
    ['but that answers', 'a.io', `fetch('https://a.io/').then((r) => r.json()).then((x) => res.json(x)).catch(next);`],
    ['in a callback that answers', 'a.io', `db.load(1, (error, row) => { fetch('https://a.io/').then(() => res.json(row)); });`, bcc],
    ['when the body has come', 'a.io', `req.on('end', async () => { ${a}; res.end(); });`],
    ['in a function that runs at once', 'a.io', `void (async () => { ${a}; res.json({}); })();`],
    ['that only passes errors on', 'detached(a.io)', `fetch('https://a.io/').catch(next); res.end();`],
    ['that settles a promise', 'a.io', `await new Promise((resolve) => { request({ url: 'https://a.io/' }, (error, r, body) => resolve(body)); });`, `import request from 'request';`],
    ['that settles one made elsewhere', 'a.io', `const { promise, resolve } = Promise.withResolvers(); fetch('https://a.io/').then(resolve); await promise;`],
  ]); // biome-ignore format: one form per line
});

describe('loops', () => {
  check([
    ['a length', 'loop[4 together](a.io)', `await Promise.all(Array.from({ length: 4 }, () => fetch('https://a.io/')));`],
    ['Array.fromAsync', 'loop[n](a.io)', `await Array.fromAsync(req.body, (x) => fetch('https://a.io/'));`],
    ['rows of a query that was cut', 'bridge(Post.objects.all(…).slice(…).list) loop[<=10](a.io)', `const posts = await syncToAsync(() => [...Post.objects.all().slice(0, 10)])(); for (const post of posts) { ${a}; }`],
    ['promises in a list', 'par(a.io, b.io)', `for await (const r of [fetch('https://a.io/'), fetch('https://b.io/')]) console.log(r);`],
    ['promises of a list', `loop[n together](a.io) loop[n](bridge(Post.objects.get))`, `for await (const r of req.body.map((x) => fetch('https://a.io/'))) { ${query}; }`],
    ['a generator', 'loop[n](a.io bridge(Post.objects.get))', `for await (const page of pages()) { ${query}; }`, `async function* pages() { let next = 1; while (next) { const page = ${a}; yield page; next = page.next; } }`],
    ['a generator of a generator', 'loop[n](a.io bridge(Post.objects.get))', `for await (const page of all()) { ${query}; }`, `async function* pages() { while (1) { yield ${a}; } } async function* all() { yield* pages(); }`],
    ['a generator to the response', 'stream(loop[3](a.io) | )', `for await (const line of lines()) res.write(line);`, `async function* lines() { for (const id of [1, 2, 3]) { yield ${a}; } }`],
    ['a function that calls itself', 'loop[n](a.io)', `await walk(1);`, `async function walk(n) { const r = ${a}; if (r.next) await walk(r.next); }`],
    ['functions that call each other', 'loop[n](a.io)', `await one(1);`, `async function one(n) { ${a}; return two(n); } async function two(n) { return n > 5 ? n : one(n + 1); }`],
    ['a function that tries again', 'try(a.io | )', `await go(3);`, `async function go(n) { try { return ${a}; } catch (e) { if (n > 0) return go(n - 1); throw e; } }`],
    ['a function that walks data', 'a.io', `clean(req.body); ${a};`, `function clean(x) { for (const k in x) clean(x[k]); }`],
  ]); // biome-ignore format: one form per line

  it('hand what a generator yields to each loop that goes through it', () => {
    const head = `async function* pages() { while (1) { yield ${a}; } }`;
    const body = `for await (const page of pages()) { ${query}; } for await (const page of pages()) { ${b}; }`;
    expect(summary(body, {}, head)).toBe('loop[n](a.io bridge(Post.objects.get)) loop[n](a.io b.io)');
  });
});

describe('streams', () => {
  const head = `import { pipeline } from 'node:stream/promises'; import { Readable, Writable } from 'node:stream'; import zlib from 'node:zlib';`;
  check([
    ['through a zip', 'a.io stream( | )', `const r = ${a}; await pipeline(Readable.fromWeb(r.body), zlib.createGzip(), res);`, head],
    ['of the web', 'a.io stream( | )', `const r = ${a}; await r.body.pipeThrough(new TextDecoderStream()).pipeTo(Writable.toWeb(res));`, head],
  ]); // biome-ignore format: one form per line

  it('do not come of a loop that only collects', () => {
    const pages = `async function* pages() { while (1) { yield ${a}; } }`;
    const { reasons } = endpointOf(application(`for await (const page of pages()) { ${query}; }`, {}, pages));
    expect(reasons.join(' ')).not.toContain('Streams its response');
  });
});
