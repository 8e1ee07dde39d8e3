import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Readable } from 'node:stream';
import vm from 'node:vm';
import {
  asyncContext,
  type CrossingEvent,
  channels,
  SynchronousOnlyOperation,
  syncToAsync,
  threadSensitiveContext,
} from '@migrate-async/runtime';
import { F, Q, transaction } from '@migrate-async/runtime/orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { harness } from '../support/harness.ts';
import { Book, Parent, Publisher } from '../support/library.ts';

const setup = harness();
beforeEach(() => setup.reset());
class Counter {
  #count = 2;
  read(this: Counter, add = 0): number {
    return this.#count + add;
  }
  get arrow() {
    return (add: number) => this.#count + add;
  }
}

describe('what can be bridged', () => {
  test('functions of every make, with what they are bound to', async () => {
    const counter = new Counter();
    const { log } = console;
    const functions: readonly [(...values: number[]) => unknown, unknown][] = [
      [counter.read.bind(counter), 3],
      [counter.read.bind(counter, 5), 7],
      [counter.arrow, 3],
      [Math.max, 1],
      [new Proxy(counter.read.bind(counter), {}), 3],
      [Object.setPrototypeOf((value: number) => value, null), 1],
      [vm.runInNewContext('(value) => value + 1'), 2],
      [new Function('value', 'return value + 1') as (value: number) => number, 2],
      [Boolean as never, true],
    ];
    for (const [each, expected] of functions) expect(await syncToAsync(each)(1)).toBe(expected);
    expect(console.log).toBe(log);
  });
  test('a method that lost its object fails as it does when it is called', async () => {
    const { read } = new Counter();
    await expect(syncToAsync(read as () => number)()).rejects.toThrow(TypeError);
  });
  test('a class needs new, and says so', async () => {
    await expect(syncToAsync(Counter as never)()).rejects.toThrow(/without 'new'/);
    expect(await syncToAsync((add: number) => new Counter().read(add))(1)).toBe(3);
  });
  test('a generator function gives its generator: what it queries is queried by whoever reads it', async () => {
    function* titles() {
      for (const { title } of Book.objects.orderBy('id')) yield title;
    }
    await asyncContext(async () => {
      const generator = await syncToAsync(titles)();
      expect(() => [...generator]).toThrow(SynchronousOnlyOperation);
      expect(await syncToAsync(() => [...titles()])()).toHaveLength(5);
    });
  });
  test('an async function is refused in every disguise', () => {
    const wait = async () => 1;
    const disguises = [
      wait.bind(null),
      new Proxy(wait, {}),
      vm.runInNewContext('async () => 1'),
      vm.runInNewContext('async function* numbers() {}'),
      { method: wait }.method,
    ];
    for (const each of disguises) {
      expect(() => syncToAsync(each)).toThrow(
        new TypeError('syncToAsync can only be applied to sync functions.'),
      );
    }
  });
  test('353 options that do not exist are refused', () => {
    const bridge = (options: object) => () => syncToAsync(() => 1, options);
    expect(bridge({ executor: {} })).toThrow(
      new TypeError('executor must not be set when thread_sensitive is True'),
    );
    expect(bridge({ executor: {}, threadSensitive: false })).toThrow(TypeError);
    expect(bridge({ threadSensitve: false })).toThrow('syncToAsync has no option threadSensitve.');
    expect(bridge({ threadSensitive: undefined })).not.toThrow();
  });
  test('a promise that the function returns is waited for, also one of another library', async () => {
    expect(await syncToAsync(() => Promise.resolve(1))()).toBe(1);
    // biome-ignore lint/suspicious/noThenProperty: a promise of another library
    expect(await syncToAsync(() => ({ then: (done: (value: number) => void) => done(2) }))()).toBe(2);
    await expect(syncToAsync(() => Promise.reject(new RangeError('late')))()).rejects.toThrow(RangeError);
  });
});

describe('what goes in and comes out', () => {
  const cyclic: Record<string, unknown> = { name: 'cyclic' };
  cyclic.self = cyclic;
  const values: readonly unknown[] = [
    () => 1,
    class {},
    new Counter(),
    Symbol('s'),
    Readable.from(['a']),
    new Proxy({}, {}),
    cyclic,
    new WeakMap(),
    Promise.resolve(1).constructor,
    new Error('as a value', { cause: new RangeError('cause') }),
    new AggregateError([new Error('a')], 'all'),
    new DOMException('stopped', 'AbortError'),
    AbortSignal.abort(),
    Object.create(null),
    (function* () {})(),
    undefined,
    Number.NaN,
    -0,
  ];
  test('a closure takes and gives the very values, whatever could not be cloned', async () => {
    for (const value of values) {
      const { seen } = await syncToAsync((given: unknown) => ({ seen: given }))(value);
      expect(Object.is(seen, value)).toBe(true);
    }
  });
  test('a method reference takes what its method takes: instances, query sets, Q, F, functions, iterators', async () => {
    await setup.reset();
    const publisher = await Publisher.objects.aget({ id: 1 });
    const books = Book.objects.filter({ publisher });
    const ids = (await books.orderBy('id').alist()).map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(0);
    expect(await syncToAsync(Book.objects.filter({ publisher }).count)()).toBe(ids.length);
    expect((await syncToAsync(Book.objects.get)(Q({ id: ids[0] as number }), { publisher })).id).toBe(ids[0]);
    expect(await syncToAsync(books.contains)(await Book.objects.aget({ id: ids[0] as number }))).toBe(true);
    expect(await syncToAsync(Book.objects.filter({ id__in: books.values('id') }).count)()).toBe(ids.length);
    expect(await syncToAsync(books.update)({ pages: F('pages').add(1) })).toBe(ids.length);
    const made = [new Parent({ name: 'a' }), new Parent({ name: 'b' })];
    expect(await syncToAsync(Parent.objects.bulkCreate)(made)).toEqual(made);
    expect(made.every(({ id }) => id > 0)).toBe(true);
    const [row, created] = await syncToAsync(Parent.objects.getOrCreate)(
      { name: 'c' },
      { defaults: { name: () => 'made' } as never },
    );
    expect([row.name, created]).toEqual(['made', true]);
    expect(row).toBeInstanceOf(Parent);
    expect(await syncToAsync(Parent.objects.inBulk)(new Set([row.id]).values() as never)).toEqual(
      new Map([[row.id, row]]),
    );
  });
  test('values that no column takes are refused before anything is sent, and the thread goes on', async () => {
    const refused = [() => 1, Symbol('s'), cyclic, new WeakMap(), Readable.from(['a'])];
    for (const value of refused) {
      await expect(
        asyncContext(async () => syncToAsync(Parent.objects.create)({ name: value as never })),
      ).rejects.toThrow();
    }
    expect(await syncToAsync(Book.objects.count)()).toBe(5);
  });
});

describe('what is thrown', () => {
  const thrown: readonly unknown[] = [
    new RangeError('plain'),
    new Error('with a cause', { cause: new TypeError('the cause') }),
    new AggregateError([new RangeError('a'), 'b'], 'several'),
    new DOMException('stopped', 'AbortError'),
    Object.assign(new Error('with fields'), { status: 404, name: 'NotFound' }),
    'text',
    404,
    undefined,
    null,
    Symbol('thrown'),
    Object.create(null),
    () => 'a function',
    Object.freeze(new Error('frozen')),
  ];
  test('arrives as it is, whatever it is, and the crossing says that it failed', async () => {
    const seen: CrossingEvent[] = [];
    const observe = (event: unknown) => void seen.push(event as CrossingEvent);
    subscribe(channels.crossing, observe);
    for (const threadSensitive of [true, false]) {
      for (const each of thrown) {
        const call = syncToAsync(
          () => {
            throw each;
          },
          { threadSensitive },
        );
        const outcome = await call().then(
          () => ['nothing was thrown'],
          (error: unknown) => [error],
        );
        expect(Object.is(outcome[0], each)).toBe(true);
        const event = seen.at(-1);
        expect(event !== undefined && 'error' in event && Object.is(event.error, each)).toBe(true);
      }
    }
    unsubscribe(channels.crossing, observe);
    expect(await syncToAsync(Book.objects.count)()).toBe(5);
  });
  test('a StopIteration of ours, the end of a generator, is a value like any other', async () => {
    const numbers = [1][Symbol.iterator]();
    const next = syncToAsync(() => numbers.next());
    expect([await next(), await next()]).toEqual([
      { done: false, value: 1 },
      { done: true, value: undefined },
    ]);
  });
  test('an abort may have any reason', async () => {
    for (const reason of ['text', null, 0, Symbol('s')]) {
      const signal = AbortSignal.abort(reason);
      const call = asyncContext({ signal }, () => syncToAsync(() => 1)());
      const outcome = await call.then(
        () => ['done'],
        (error: unknown) => [error],
      );
      expect(outcome).toEqual([reason]);
      const native = Book.objects.all().abortable(signal).alist();
      expect(
        await native.then(
          () => ['done'],
          (error: unknown) => [error],
        ),
      ).toEqual([reason]);
    }
  });
});

describe('values of the context', () => {
  const variable = new AsyncLocalStorage<string>();
  test('are those of the call, in whatever order calls are made and served', async () => {
    const read = syncToAsync(() => variable.getStore());
    const seen = await threadSensitiveContext(() =>
      Promise.all(
        ['a', 'b', 'c'].map((value) =>
          variable.run(value, async () => {
            const direct = await read();
            await syncToAsync(Book.objects.count)();
            return [direct, await read(), variable.getStore()];
          }),
        ),
      ),
    );
    expect(seen).toEqual(['a', 'b', 'c'].map((value) => [value, value, value]));
  });
  test('are seen through nested bridges, and by hooks', async () => {
    await setup.reset();
    const seen: unknown[] = [];
    await variable.run('outside', async () => {
      await syncToAsync(() =>
        syncToAsync(() => {
          seen.push(variable.getStore());
          return syncToAsync(() => void seen.push(variable.getStore()))();
        })(),
      )();
      await transaction.aatomic(async () => {
        await variable.run('inside', async () => {
          transaction.onCommit(() => void seen.push(variable.getStore()));
        });
        await Parent.objects.acreate({ name: 'a' });
      });
    });
    // A hook runs where its block ends.
    expect(seen).toEqual(['outside', 'outside', 'outside']);
  });
  test('objects are shared both ways', async () => {
    const shared = new AsyncLocalStorage<{ count: number }>();
    await shared.run({ count: 0 }, async () => {
      const add = syncToAsync(() => {
        (shared.getStore() as { count: number }).count += 1;
      });
      await Promise.all([add(), add(), add()]);
      await threadSensitiveContext(() => Promise.all([add(), add()]));
      expect(shared.getStore()).toEqual({ count: 5 });
    });
  });
});

test('bridges nested to any depth come back, on one thread and on threads of their own', async () => {
  const nested = (depth: number, threadSensitive: boolean): Promise<number> =>
    syncToAsync(() => (depth === 0 ? Book.objects.count() : nested(depth - 1, threadSensitive)), {
      threadSensitive,
    })() as Promise<number>;
  expect(await nested(20, true)).toBe(5);
  expect(await nested(20, false)).toBe(5);
  expect(await threadSensitiveContext(() => nested(20, true))).toBe(5);
});
