import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { asyncContext } from '@migrate-async/runtime';
import {
  configureDatabases,
  connections,
  DatabaseError,
  F,
  TransactionManagementError,
  transaction,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { atomic, type Behaviour, call, leave, stream, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Book, Parent } from '../support/library.ts';

const { behaviour, reset } = harness();

function* names(): Behaviour<unknown> {
  return yield* call(Parent.objects.orderBy('name').valuesList('name', { flat: true }), 'list');
}
const make = (name: string) => call(Parent.objects, 'create', { name });
/** A write that the database refuses. */
const failing = () => call(Parent.objects.filter({ name: 'a' }), 'update', { name: null });
class Boom extends Error {}
const broken =
  "An error occurred in the current transaction. You can't execute queries until the end of the 'atomic' block.";

behaviour(
  'a block is repaired by hand: the mark is taken back, then a savepoint is rolled back to',
  function* () {
    yield* atomic(function* () {
      yield* make('a');
      const savepoint = yield* call<string>(transaction, 'savepoint');
      yield* thrownBy(() => atomic(failing, { savepoint: false }));
      expect(transaction.getRollback()).toBe(true);
      transaction.setRollback(false);
      yield* call(transaction, 'savepointRollback', savepoint);
      yield* make('b');
    });
    expect(yield* names()).toEqual(['a', 'b']);
  },
);
behaviour('while it is marked a block takes nothing that is about savepoints either', function* () {
  yield* atomic(function* () {
    yield* make('a');
    const savepoint = yield* call<string>(transaction, 'savepoint');
    yield* thrownBy(failing);
    for (const [name, ...values] of [
      ['savepoint'],
      ['savepointRollback', savepoint],
      ['savepointCommit', savepoint],
    ] as const) {
      const error = yield* thrownBy(() => call(transaction, name, ...values));
      expect(error).toEqual(new TransactionManagementError(broken));
    }
  });
  expect(yield* names()).toEqual([]);
});
behaviour('a mark that is set and taken back leaves the block as it was', function* () {
  yield* atomic(function* () {
    yield* make('a');
    transaction.setRollback(true);
    transaction.setRollback(false);
    yield* make('b');
  });
  expect(yield* names()).toEqual(['a', 'b']);
});
behaviour('the mark of an inner block is its own', function* () {
  yield* atomic(function* () {
    yield* make('a');
    yield* atomic(function* () {
      yield* make('b');
      transaction.setRollback(true);
    });
    expect(transaction.getRollback()).toBe(false);
    yield* make('c');
  });
  expect(yield* names()).toEqual(['a', 'c']);
});
behaviour('a durable block may hold others, and stand beside one of another database', function* () {
  const { settings } = connections.get();
  configureDatabases({ other: settings });
  yield* atomic(
    () =>
      atomic(function* () {
        yield* make('a');
      }),
    { durable: true },
  );
  yield* atomic(() => atomic(() => call(Parent.objects.all(), 'count'), { durable: true, using: 'other' }));
  const deep = () => atomic(() => atomic(() => make('never'), { durable: true }));
  expect((yield* thrownBy(() => atomic(deep))).message).toBe(
    'A durable atomic block cannot be nested within another atomic block.',
  );
  expect(yield* names()).toEqual(['a']);
  yield* call(connections.get('other'), 'close');
});
behaviour('a refused durable block leaves the block around it as it was', function* () {
  yield* atomic(function* () {
    yield* make('a');
    yield* thrownBy(() => atomic(() => make('never'), { durable: true }));
    yield* make('b');
  });
  expect(yield* names()).toEqual(['a', 'b']);
});
behaviour('blocks of two databases end each by itself, whichever is outside', function* () {
  const { settings } = connections.get();
  configureDatabases({ other: settings });
  const count = () => call(Parent.objects.using('other'), 'count');
  yield* atomic(function* () {
    yield* thrownBy(() =>
      atomic(
        function* () {
          yield* count();
          throw new Boom();
        },
        { using: 'other' },
      ),
    );
    yield* make('a');
  });
  yield* thrownBy(() =>
    atomic(function* () {
      yield* atomic(() => count(), { using: 'other' });
      yield* make('lost');
      throw new Boom();
    }),
  );
  expect(yield* names()).toEqual(['a']);
  yield* call(connections.get('other'), 'close');
});
behaviour('a hook of one database does not wait for the block of another', function* () {
  const { settings } = connections.get();
  configureDatabases({ other: settings });
  const ran: string[] = [];
  yield* atomic(function* () {
    transaction.onCommit(() => void ran.push('other'), { using: 'other' });
    expect(ran).toEqual(['other']);
    transaction.onCommit(() => void ran.push('own'));
    yield* make('a');
  });
  expect(ran).toEqual(['other', 'own']);
});
behaviour(
  'a hook that is added by a hook runs at once, and one may open a block with hooks of its own',
  function* () {
    const ran: string[] = [];
    yield* atomic(function* () {
      yield* make('a');
      transaction.onCommit(() => {
        ran.push('first');
        transaction.onCommit(() => void ran.push('inside the first'));
        expect(transaction.getAutocommit()).toBe(true);
      });
      transaction.onCommit(() => void ran.push('second'));
    });
    expect(ran).toEqual(['first', 'inside the first', 'second']);
  },
);
behaviour(
  '329 of hooks that fail the robust ones keep nobody from running, whatever they throw',
  function* () {
    const ran: string[] = [];
    const thrown = [new Boom('x'), 'text', undefined, null, Symbol('s'), Object.create(null), 3n];
    const { emitWarning } = process;
    process.emitWarning = ((text: string) => void ran.push(text.split('\n')[0] as string)) as never;
    try {
      yield* atomic(function* () {
        yield* make('a');
        for (const each of thrown) {
          transaction.onCommit(
            () => {
              throw each;
            },
            { robust: true },
          );
        }
        transaction.onCommit(() => void ran.push('last'));
      });
    } finally {
      process.emitWarning = emitWarning;
    }
    const failed = 'A robust onCommit hook failed: ';
    expect(ran).toHaveLength(thrown.length + 1);
    expect(ran[0]).toMatch(`${failed}Error: x`);
    expect(ran.slice(1)).toEqual([
      `${failed}'text'`,
      `${failed}undefined`,
      `${failed}null`,
      `${failed}Symbol(s)`,
      `${failed}[Object: null prototype] {}`,
      `${failed}3n`,
      'last',
    ]);
  },
);
behaviour('whatever a block throws rolls it back and arrives as it is', function* () {
  const thrown = ['text', undefined, null, 0, Symbol.for('s'), new AggregateError([new Boom('in')], 'all')];
  for (const each of thrown) {
    let caught: unknown = 'nothing';
    try {
      yield* atomic(function* () {
        yield* make('lost');
        // Not by a step: the suite writes down what steps throw.
        throw each;
      });
    } catch (error) {
      caught = error;
    }
    expect(caught).toBe(each);
  }
  expect(yield* names()).toEqual([]);
});
behaviour('a stream inside a block sees what the block wrote, and an error in it rolls back', function* () {
  yield* atomic(function* () {
    yield* make('a');
    yield* make('b');
    const seen: string[] = [];
    yield* stream<Parent>(Parent.objects.orderBy('name'), { chunkSize: 1 }, ({ name }) => {
      seen.push(name);
      return leave;
    });
    expect(seen).toEqual(['a']);
    yield* thrownBy(() =>
      atomic(() =>
        stream<Parent>(Parent.objects.orderBy('name'), { chunkSize: 1 }, function* ({ name }) {
          yield* make(`${name} again`);
          throw new Boom();
        }),
      ),
    );
    expect(yield* names()).toEqual(['a', 'b']);
  });
});
behaviour('an expression that fails in a block costs the block, not the connection', function* () {
  for (let turn = 0; turn < 3; turn += 1) {
    const error = yield* thrownBy(() =>
      atomic(function* () {
        yield* make('lost');
        yield* call(Book.objects.all(), 'update', { pages: F('nothing') });
      }),
    );
    expect(error.name).toBe('FieldError');
    const failed = yield* thrownBy(() => atomic(failingAfter));
    expect(failed).toBeInstanceOf(DatabaseError);
  }
  expect(yield* names()).toEqual([]);
});
function* failingAfter(): Behaviour<void> {
  yield* make('a');
  yield* failing();
}

test('a function that does nothing when it is called is refused', async () => {
  for (const work of [function* () {}, async function* () {}]) {
    expect(() => transaction.atomic(work as () => unknown)).toThrow(TypeError);
    await expect(transaction.aatomic(work as never)).rejects.toThrow(TypeError);
  }
  expect(() => transaction.atomic(undefined as never)).toThrow(TypeError);
  await expect(transaction.aatomic(3 as never)).rejects.toThrow(TypeError);
});
test('promises of any make are refused by the sync form', async () => {
  await reset();
  // biome-ignore lint/suspicious/noThenProperty: a promise of another library
  const foreign = { then: (done?: (value: number) => void) => done?.(1) };
  const work = (): unknown => {
    Parent.objects.create({ name: 'lost' });
    return foreign;
  };
  expect(() => transaction.atomic(work)).toThrow(/use transaction.aatomic/);
  expect(await Parent.objects.acount()).toBe(0);
});
const laters: readonly [string, (work: () => void) => void][] = [
  ['a timer', (work: () => void) => setTimeout(work, 30)],
  ['an immediate', (work: () => void) => setImmediate(() => setImmediate(() => setImmediate(work)))],
  [
    'a listener',
    (work: () => void) => {
      const emitter = new EventEmitter();
      emitter.once('done', work);
      setTimeout(() => emitter.emit('done'), 30);
    },
  ],
  ['a promise', (work: () => void) => void delay(30).then(work)],
];
test.each(laters)('366 a query of %s that comes when its block is over is refused', async (_what, later) => {
  await reset();
  for (const inner of [false, true]) {
    const outcomes: unknown[] = [];
    const attempt = () => {
      const query = Parent.objects.acreate({ name: 'late' });
      query.then(
        () => outcomes.push('done'),
        (error: unknown) => outcomes.push(error),
      );
    };
    const begun = () =>
      transaction.aatomic(async () => {
        await Parent.objects.acount();
        later(attempt);
      });
    await asyncContext(() => (inner ? transaction.aatomic(begun) : begun()));
    await expect.poll(() => outcomes).toHaveLength(1);
    expect(outcomes[0]).toBeInstanceOf(TransactionManagementError);
    expect(await Parent.objects.acount()).toBe(0);
  }
});
test('a block inside a block may be opened by a later turn of the same block, but not by one that is over', async () => {
  await reset();
  let late: Promise<unknown> = Promise.resolve();
  await transaction.aatomic(async () => {
    await Parent.objects.acreate({ name: 'a' });
    await Promise.all([1, 2, 3].map((count) => Parent.objects.acreate({ name: `p${count}` })));
    const inner = () => transaction.aatomic(() => Parent.objects.acreate({ name: 'inner' }));
    await new Promise<unknown>((resolve, reject) => {
      setTimeout(() => inner().then(resolve, reject), 5);
    });
    late = new Promise<unknown>((resolve) => {
      setTimeout(() => inner().then(resolve, resolve), 30);
    });
  });
  expect(await late).toBeInstanceOf(TransactionManagementError);
  expect(await Parent.objects.acount()).toBe(5);
});
