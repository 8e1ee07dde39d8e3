import { describe, expect, it } from 'vitest';
import { application, endpointOf } from './project.ts';
import { summary } from './shape.ts';

describe('what a handler waits for', () => {
  it('comes in the order it is awaited', () => {
    expect(summary(`await fetch('https://a.io/x'); res.json(await fetch('https://b.io/y'));`)).toBe(
      'a.io b.io',
    );
  });

  it('overlaps in Promise.all, however the promises get there', () => {
    expect(summary(`await Promise.all([fetch('https://a.io/'), fetch('https://b.io/')]);`)).toBe(
      'par(a.io, b.io)',
    );
    expect(
      summary(`const a = fetch('https://a.io/'); const b = await fetch('https://b.io/'); res.json(await a);`),
    ).toBe('start1(a.io) b.io join1');
    expect(
      summary(
        `const all = []; for (const id of req.body) all.push(fetch('https://a.io/')); await Promise.all(all);`,
      ),
    ).toBe('loop[n](start1(a.io)) join1');
    expect(summary(`await Promise.race([fetch('https://a.io/'), fetch('https://b.io/')]);`)).toBe(
      'race(a.io, b.io)',
    );
  });

  it('is followed into functions, imports, methods, wrappers and callbacks', () => {
    const more = {
      'client.ts': `
        export async function load(path) { return (await fetch('https://a.io' + path)).json(); }
        class Base { constructor(private url) {} protected send(path) { return fetch(this.url + path); } }
        export class Client extends Base { orders = { list: () => this.send('/orders') }; get(id) { return this.send('/' + id); } }
        export const client = new Client('https://b.io');
        export const retried = (work) => async (...args) => { try { return await work(...args); } catch { return work(...args); } };
      `,
    };
    const head = `import { client, load, retried } from './client.ts'; import { withSpan } from 'tracing';`;
    expect(summary(`await load('/x');`, more, head)).toBe('a.io');
    expect(summary(`await client.get(req.params.id);`, more, head)).toBe('b.io');
    expect(summary(`await retried(load)('/x');`, more, head)).toBe('try(a.io | a.io)');
    expect(summary(`await withSpan('x', async () => { await load('/x'); });`, more, head)).toBe('a.io');
    expect(
      summary(
        `await load('/x').then((body) => fetch('https://c.io/')).catch(() => fetch('https://d.io/'));`,
        more,
        head,
      ),
    ).toBe('try(a.io c.io | d.io)');
  });

  it('knows a helper as its caller uses it', () => {
    const head = `
      async function run(work) { return work(); }
      app0(() => run(() => fetch('https://elsewhere.io/')));
      function app0(f) {}
    `;
    expect(summary(`await run(() => fetch('https://a.io/'));`, {}, head)).toBe('a.io');
  });

  it('repeats in loops as often as the source says', () => {
    const call = `await fetch('https://a.io/')`;
    expect(summary(`for (const x of [1, 2, 3]) { ${call}; }`)).toBe('loop[3](a.io)');
    expect(summary(`for (const x of req.body.items) { ${call}; }`)).toBe('loop[n](a.io)');
    expect(summary(`for (const x of req.body.items.slice(0, 10)) { ${call}; }`)).toBe('loop[<=10](a.io)');
    expect(summary(`for (let i = 0; i < 4; i++) { ${call}; }`)).toBe('loop[4](a.io)');
    expect(summary(`await Promise.all(req.body.items.map((x) => fetch('https://a.io/')));`)).toBe(
      'loop[n together](a.io)',
    );
    expect(
      summary(
        `await pMap(req.body.items, (x) => fetch('https://a.io/'), { concurrency: 4 });`,
        {},
        `import pMap from 'p-map';`,
      ),
    ).toBe('loop[n 4 at once](a.io)');
  });

  it('leaves out what nobody waits for', () => {
    expect(summary(`void fetch('https://a.io/'); fetch('https://b.io/'); res.end();`)).toBe(
      'detached(a.io) detached(b.io)',
    );
    expect(summary(`setImmediate(async () => { await fetch('https://a.io/'); });`)).toBe('detached(a.io)');
    expect(summary(`res.on('finish', () => fetch('https://a.io/'));`)).toBe('detached(a.io)');
    expect(summary(`req.body.forEach(async (x) => { await fetch('https://a.io/'); });`)).toBe(
      'detached(loop[n together](a.io))',
    );
    expect(endpointOf(application(`void fetch('https://a.io/');`)).externals).toEqual([]);
  });

  it('takes early exits and error paths for exceptions, and a cache hit for one of two ways', () => {
    expect(
      summary(`if (!req.user) { await fetch('https://a.io/'); return; } await fetch('https://b.io/');`),
    ).toBe('branch(0: a.io, 1: b.io)');
    expect(
      summary(`try { await fetch('https://a.io/'); } catch (e) { await fetch('https://b.io/'); throw e; }`),
    ).toBe('try(a.io | b.io)');
    expect(summary(`if (req.query.full) { await fetch('https://a.io/'); }`)).toBe('branch(0.5: a.io, 0.5: )');
    const head = `import Redis from 'ioredis'; const redis = new Redis();`;
    expect(
      summary(
        `const kept = await redis.get('k'); if (kept) return res.json(kept); await fetch('https://a.io/');`,
        {},
        head,
      ),
    ).toBe('ioredis branch(0.5: , 0.5: a.io)');
  });

  it('streams', () => {
    const pieces = `const r = await fetch('https://a.io/'); for await (const chunk of r.body) res.write(chunk);`;
    expect(summary(pieces)).toBe('a.io stream( | )');
    expect(endpointOf(application(pieces)).externals[0]).toMatchObject({ streaming: true });
    const head = `
      import OpenAI from 'openai'; const openai = new OpenAI();
      async function* words() { const s = await openai.chat.completions.create({ stream: true }); for await (const w of s) yield w; }`;
    expect(summary(`for await (const word of words()) res.write(word);`, {}, head)).toBe(
      'stream(stream(openai | ) stream( | ) | )',
    );
  });

  it('tells a body that was read whole from one that comes in', () => {
    const whole = `const r = await fetch('https://a.io/'); for (const row of await r.json()) res.write(row);`;
    expect(summary(whole)).toBe('a.io');
    expect(endpointOf(application(whole)).externals[0]).toMatchObject({ streaming: false });
    const head = `import { pipeline } from 'node:stream/promises'; import { Readable } from 'node:stream';`;
    const piped = `const r = await fetch('https://a.io/'); await pipeline(Readable.from(await r.arrayBuffer()), res);`;
    expect(summary(piped, {}, head)).toBe('a.io');
  });

  it('tells a response that streams from a body carried to a file', () => {
    const head = `import fs from 'node:fs'; import { pipeline } from 'node:stream/promises';`;
    const saved = `const r = await fetch('https://a.io/'); await pipeline(r.body, fs.createWriteStream('copy'));`;
    const sent = `const r = await fetch('https://a.io/'); await pipeline(r.body, res);`;
    const says = (body: string) => endpointOf(application(body, {}, head)).reasons.join(' ');
    expect(says(sent)).toContain('Streams its response');
    expect(says(saved)).not.toContain('Streams its response');
    const p95 = (body: string) => endpointOf(application(body, {}, head)).estimate.p95[1];
    expect(p95(saved)).toBeLessThan(p95(sent) / 3);
  });

  it('says what it could not follow, where it is waited for', () => {
    const head = `import { sign } from './missing.ts';`;
    const { unknownCalls } = endpointOf(application(`sign(req.body); await sign(req.body);`, {}, head));
    expect(unknownCalls.map(({ text }) => text)).toEqual(['sign']);
    expect(endpointOf(application(`const body = await req.json(); "x".padEnd(2);`)).unknownCalls).toEqual([]);
  });

  it('ends where functions call each other', () => {
    const head = `async function a() { await fetch('https://a.io/'); return b(); } async function b() { return a(); }`;
    expect(summary(`await a();`, {}, head)).toBe('loop[n](a.io)');
  });

  it('follows an abstract receiver to what implements it', () => {
    const head = `
      abstract class Mailer { abstract send(): Promise<void>; }
      class Remote extends Mailer { async send() { await fetch('https://mail.io/'); } }
      declare const mailer: Mailer;`;
    expect(summary(`await mailer.send();`, {}, head)).toBe('mail.io');
  });
});
