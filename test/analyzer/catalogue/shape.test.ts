import { describe, expect, it } from 'vitest';
import { parseShape, ShapeError } from '../../../analyzer/catalogue/index.ts';
import type { ApiStep } from '../../../analyzer/sources/index.ts';

/** Reads `default.create().get()` or `Stripe.new().charges.create()` as steps. */
function steps(path: string): readonly ApiStep[] {
  return (path.match(/\.?[\w$]+|\(\)/g) ?? []).map((token): ApiStep => {
    if (token === '()') return { kind: 'call' };
    const name = token.replace(/^\./, '');
    return name === 'new' || name === 'instance' ? { kind: name } : { kind: 'member', name };
  });
}

const accepted: readonly (readonly [shape: string, path: string])[] = [
  ['default()', '()'],
  ['default()', 'default()'],
  ['ns.{request,get}()', 'default.get()'],
  ['ns.{request,get}()', 'request()'],
  ['{ofetch,$fetch}()', '$fetch()'],
  ['new {Client}().search()', 'Client.new.search()'],
  ['new {Client}().search()', 'Client.instance.search()'],
  ['new {OpenAI|default}().chat.completions.create()', 'default.new.chat.completions.create()'],
  ['new {OpenAI|default}().chat.completions.create()', 'OpenAI.new.chat.completions.create()'],
  ['default().messages.create()', 'default().messages.create()'],
  ['new default().**.{create,list}()', 'new.checkout.sessions.create()'],
  ['default()()', 'default()()'],
  ['ns.*Sync()', 'readFileSync()'],
  ['{neon}()`tagged`', 'neon()()'],
  ['{drizzle}().{select}().**', 'drizzle().select().from().where()'],
  ['**.createQueryBuilder().**.getMany()', 'getRepository().createQueryBuilder().where().getMany()'],
  ['{Repository}.instance.{find,save}()', 'Repository.instance.find()'],
  ['**()', 'anything.at.all()'],
];

const refused: readonly (readonly [shape: string, path: string])[] = [
  ['default()', 'get()'],
  ['default()', 'default'],
  ['ns.{request,get}()', 'createServer()'],
  ['new {Client}().search()', 'Client().search()'],
  ['new {OpenAI}().chat.completions.create()', 'default.new.chat.completions.create()'],
  ['new default().**.{create,list}()', 'new.webhooks.constructEvent()'],
  ['ns.*Sync()', 'readFile()'],
  ['{createClient}().*()', 'createClient().a.b()'],
];

describe('a call shape', () => {
  it.each(accepted)('%s takes %s', (shape, path) => {
    expect(parseShape(shape)(steps(path))).toBe(true);
  });

  it.each(refused)('%s leaves %s', (shape, path) => {
    expect(parseShape(shape)(steps(path))).toBe(false);
  });

  it.each(['', 'axios.get()', '{A', 'default..get()', 'new {A}', 'default()?'])('refuses %j', (shape) => {
    expect(() => parseShape(shape)).toThrow(ShapeError);
  });
});
