import { describe, expect, it } from 'vitest';
import { analysed, application, endpointOf } from './project.ts';

// Where a client comes from when no call in the source says so: the type of what holds it.

const services = `
  import OpenAI from 'openai';
  import type Stripe from 'stripe';
  export interface Money { readonly stripe: Stripe }
  export interface Services extends Money { readonly openai: OpenAI; readonly limits: { readonly perDay: number } }
  export type Words = { model: OpenAI };
`;

function clients(body: string, head = '') {
  const files = application(
    body,
    { 'services.ts': services },
    `import type { Services, Words } from './services.ts'; ${head}`,
  );
  const { externals, unknownCalls } = endpointOf(files);
  return {
    clients: externals.map(({ client }) => client),
    unknown: unknownCalls.map(({ text }) => text),
  };
}

describe('a receiver that only its type tells', () => {
  const ask = 'chat.completions.create({})';

  it('is a member of an interface, taken as a member or by destructuring', () => {
    const head = `
      async function one(services: Services) { return services.openai.${ask}; }
      async function other({ openai }: Services) { return openai.${ask}; }
      async function renamed({ openai: model }: Services) { return model.${ask}; }`;
    expect(clients('await one(req.app.services);', head).clients).toEqual(['openai']);
    expect(clients('await other(req.app.services);', head).clients).toEqual(['openai']);
    expect(clients('await renamed(req.app.services);', head).clients).toEqual(['openai']);
  });

  it('is inherited from the interfaces that one extends, or named by an alias', () => {
    const head = `
      async function pay(services: Services) { return services.stripe.refunds.create({}); }
      async function say(words: Words) { return words.model.${ask}; }
      async function inline(held: { client: Words['model'] } & { other: Words }) { return held.other.model.${ask}; }`;
    expect(clients('await pay(req.app.services);', head).clients).toEqual(['stripe']);
    expect(clients('await say(req.app.words);', head).clients).toEqual(['openai']);
    expect(clients('await inline(req.app.held);', head).clients).toEqual(['openai']);
  });

  it('is what is handed over where that is known, not what the type allows', () => {
    const head = `
      interface Sender { send(): Promise<void>; url: string }
      const local = { send: async () => {}, url: '' };
      async function through(sender: Sender) { await sender.send(); }`;
    expect(clients('await through(local);', head)).toEqual({ clients: [], unknown: [] });
  });

  it('is every class that implements the interface', () => {
    const head = `
      interface Gateway { charge(): Promise<void> }
      class Live implements Gateway { async charge() { await fetch('https://pay.example/charges'); } }
      async function through(gateway: Gateway) { await gateway.charge(); }`;
    const files = application('await through(req.app.gateway);', {}, head);
    expect(endpointOf(files).externals.map(({ host }) => host)).toEqual(['pay.example']);
  });

  it('promises nothing of members that are not clients', () => {
    const head = `async function limit({ limits }: Services) { return limits.perDay; }`;
    expect(clients('await limit(req.app.services);', head)).toEqual({ clients: [], unknown: [] });
  });
});

describe('the host of a call through a function that is handed its URL', () => {
  it('is that of the call in front of it', () => {
    const head = `
      const base = 'https://mail.example/v3';
      async function post(url, body) { return fetch(url, { method: 'POST', body }); }
      const send = (id) => post(base + '/send/' + id, '');`;
    const files = application(
      `await send(req.params.id); await post('https://edge.example/' + req.params.id);`,
      {},
      head,
    );
    expect(endpointOf(files).externals.map(({ host }) => host)).toEqual(['mail.example', 'edge.example']);
  });
});

describe('the options of a plugin', () => {
  it('are what it is registered with', () => {
    const { endpoints } = analysed({
      'app.ts': `
        import Fastify from 'fastify';
        import Stripe from 'stripe';
        import { money } from './money.ts';
        const app = Fastify();
        app.register(money, { prefix: '/money', stripe: new Stripe('key') });
        app.listen({ port: 3000 });`,
      'money.ts': `
        export const money = async (app, { stripe }) => {
          const { invoices } = stripe;
          app.get('/invoices', async () => invoices.list());
          app.post('/refunds', async () => stripe.refunds.create({}));
        };`,
    });
    expect(endpoints.map(({ method, externals }) => [method, externals.map(({ client }) => client)])).toEqual(
      expect.arrayContaining([
        ['GET', ['stripe']],
        ['POST', ['stripe']],
      ]),
    );
  });
});
