import { describe, expect, it } from 'vitest';
import { Catalogue, type CatalogueOverrides, type ClientCall } from '../../../analyzer/catalogue/index.ts';
import {
  type ApiValue,
  Evaluator,
  extendApi,
  Sources,
  unwrapped,
  walk,
} from '../../../analyzer/sources/index.ts';

/** What the catalogue says of every call in a module, in source order. */
function callsIn(text: string, overrides: CatalogueOverrides = {}, host?: string): readonly ClientCall[] {
  const list = { root: '/project', files: ['a.ts'], manifests: [], skipped: [], repository: false };
  const sources = new Sources(list, new Map([['a.ts', text]]));
  const evaluator = new Evaluator(sources);
  const catalogue = new Catalogue(overrides);
  const file = sources.file('a.ts');
  if (file === undefined) throw new Error('The text does not parse.');
  const found: ClientCall[] = [];
  walk(file.ast.program, (node) => {
    if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return true;
    const step = { kind: node.type === 'NewExpression' ? 'new' : 'call' } as const;
    for (const value of evaluator.evaluate(file, unwrapped(node.callee))) {
      const call =
        value.kind === 'api' &&
        catalogue.match(extendApi(value as ApiValue, step), host === undefined ? {} : { host });
      if (call) found.push(call);
    }
    return true;
  });
  return found;
}

function named(text: string, overrides?: CatalogueOverrides): readonly string[] {
  return callsIn(text, overrides).map(
    ({ client, operation, category }) => `${client} ${operation} ${category}`,
  );
}

describe('the catalogue', () => {
  it.each([
    [`import axios from 'axios'; axios.get('/')`, 'axios get http_client'],
    [
      `const axios = require('axios'); const api = axios.create(); api.post('/')`,
      'axios create.post http_client',
    ],
    [
      `import Stripe from 'stripe'; const s = new Stripe('k'); s.checkout.sessions.create({})`,
      'stripe checkout.sessions.create payment',
    ],
    [
      `import { Pool } from 'pg'; const pool = new Pool(); export const q = () => pool.query('select 1')`,
      'pg Pool.query db',
    ],
    [`import pg from 'pg'; const pool = new pg.Pool(); pool.query('')`, 'pg Pool.query db'],
    [
      `import type { Repository } from 'typeorm'; class S { constructor(private r: Repository<U>) {} f() { this.r.findOne({}) } }`,
      'typeorm Repository.findOne orm',
    ],
    [`import { readFileSync } from 'node:fs'; readFileSync('x')`, 'fs readFileSync fs'],
    [
      `import { drizzle } from 'drizzle-orm/node-postgres'; const db = drizzle(p); db.execute(x)`,
      'drizzle-orm drizzle.execute orm',
    ],
    [`fetch('https://x.example')`, 'fetch fetch http_client'],
    [`globalThis.fetch('https://x.example')`, 'fetch globalThis.fetch http_client'],
  ])('knows %s', (text, expected) => {
    expect(named(text)).toContain(expected);
  });

  it.each([
    `import Stripe from 'stripe'; const s = new Stripe('k'); s.webhooks.constructEvent(b, h, k)`,
    `import { getSignedUrl } from '@aws-sdk/s3-request-presigner'; getSignedUrl(c, k)`,
    `function fetch() {} fetch('/')`,
    `import { createServer } from 'node:http'; createServer()`,
    `import { get } from './own.ts'; get('/')`,
  ])('does not take %s for I/O', (text) => {
    expect(named(text)).toEqual([]);
  });

  it.each([
    [
      `import { PublishCommand, SchedulerClient } from '@aws-sdk/client-scheduler'; new SchedulerClient({}).send(new PublishCommand({}))`,
      '@aws-sdk/client-scheduler SchedulerClient.send external_api',
    ],
    [
      `import { S3Client } from '@aws-sdk/client-s3'; new S3Client({}).send(c)`,
      '@aws-sdk/client-s3 S3Client.send storage',
    ],
    [
      `import { TranslationServiceClient } from '@google-cloud/translate'; new TranslationServiceClient().translateText({})`,
      '@google-cloud/translate TranslationServiceClient.translateText external_api',
    ],
    [
      `import { PineconeStore } from '@langchain/pinecone'; new PineconeStore(e, {}).similaritySearch('q')`,
      '@langchain/pinecone PineconeStore.similaritySearch llm',
    ],
    [
      `import { PrismaClient } from '../generated/prisma/client.js'; const db = new PrismaClient(); db.user.findMany()`,
      '@prisma/client PrismaClient.user.findMany orm',
    ],
    [
      `import { createClient } from '@supabase/supabase-js'; createClient(u, k).storage.from('b').upload('p', f)`,
      '@supabase/supabase-js storage createClient.storage.from.upload storage',
    ],
    [
      `import { createClientPool } from 'redis'; const pool = createClientPool(); pool.get('k')`,
      'redis createClientPool.get cache',
    ],
    [
      `import { Client } from '@modelcontextprotocol/sdk/client/index.js'; const c = new Client(i); c.callTool({ name: 'x' })`,
      '@modelcontextprotocol/sdk Client.callTool external_api',
    ],
    [
      `import createClient from 'openapi-fetch'; const api = createClient({ baseUrl: 'https://a.io' }); api.GET('/x')`,
      'openapi-fetch GET http_client',
    ],
    [
      `import { MercadoPagoConfig, Payment } from 'mercadopago'; new Payment(new MercadoPagoConfig({})).create({})`,
      'mercadopago Payment.create payment',
    ],
  ])('knows families of packages and what is generated: %s', (text, expected) => {
    expect(named(text)).toContain(expected);
  });

  it('leaves a family to the entries that say more', () => {
    expect(named(`import { SQSClient } from '@aws-sdk/client-sqs'; new SQSClient({}).send(c);`)).toEqual([
      '@aws-sdk/client-sqs SQSClient.send queue',
    ]);
    expect(named(`import { Redis } from 'ioredis'; const r = new Redis(); r.on('error', f);`)).toEqual([]);
  });

  it('gives each kind of call its own latency class', () => {
    const text = `import OpenAI from 'openai'; const o = new OpenAI(); o.chat.completions.create({}); o.embeddings.create({});`;
    expect(callsIn(text).map(({ latency }) => latency.p50)).toEqual([2000, 150]);
  });

  it('says which calls block the event loop', () => {
    const text = `import bcrypt from 'bcrypt'; bcrypt.hashSync('a', 1); bcrypt.hash('a', 1); import D from 'better-sqlite3'; const d = new D('f'); d.prepare('').all();`;
    expect(callsIn(text).map(({ operation, blocking }) => [operation, blocking])).toEqual([
      ['hashSync', true],
      ['hash', false],
      ['prepare.all', true],
    ]);
  });

  it('takes the figures of a package, a call and a host from the project, in that order of strength', () => {
    const text = `import { Client } from '@acme/ledger'; const c = new Client(); c.post(); c.entries.get();`;
    const overrides: CatalogueOverrides = {
      packages: { '@acme/ledger': { category: 'payment', p50: 30 } },
      calls: { '@acme/ledger:new {Client}().entries.*()': { p50: 5, p95: 9 } },
      hosts: { '*.acme.example': { p95: 70, internal: true } },
    };
    const [post, get] = callsIn(text, overrides).filter(({ operation }) => operation !== 'Client');
    expect(post).toMatchObject({
      client: '@acme/ledger',
      category: 'payment',
      latency: { p50: 30, p95: 120, basis: 'configured' },
    });
    expect(get).toMatchObject({ category: 'external_api', latency: { p50: 5, p95: 9 } });
    const [fetched] = callsIn(`fetch('x')`, overrides, 'tax.acme.example');
    expect(fetched?.latency).toMatchObject({ p95: 70, basis: 'configured' });
  });

  it('judges plain HTTP by its host', () => {
    const classOf = (host: string) => callsIn(`fetch('x')`, {}, host)[0];
    expect(classOf('localhost')?.latency.p50).toBe(1.5);
    expect(classOf('orders.svc.cluster.local')?.latency.p50).toBe(12);
    expect(classOf('inventory')?.latency.p50).toBe(12);
    expect(classOf('api.stripe.com')).toMatchObject({ category: 'payment', latency: { p50: 350 } });
    expect(classOf('api.partner.example')?.latency.p50).toBe(100);
    expect(classOf('«config.partners.tax»')?.latency.p50).toBe(100);
  });

  it('refuses overrides that it cannot read', () => {
    expect(() => new Catalogue({ calls: { 'no shape': {} } })).toThrow(/package:shape/);
    expect(() => new Catalogue({ calls: { 'a:b.c': {} } })).toThrow(/root/);
  });
});
