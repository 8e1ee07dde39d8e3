import {
  connections,
  NotSupportedError,
  OperationalError,
  TransactionManagementError,
  transaction,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { atomic, type Behaviour, call, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Parent } from '../support/library.ts';

const { behaviour, reset } = harness();

function* names(): Behaviour<unknown> {
  return yield* call(Parent.objects.orderBy('name').valuesList('name', { flat: true }), 'list');
}
const make = (name: string) => call(Parent.objects, 'create', { name });
class Boom extends Error {}

behaviour('322 what a block does at its end cannot be done by hand inside it', function* () {
  const byHand: readonly (readonly [string, ...unknown[]])[] = [
    ['commit'],
    ['rollback'],
    ['setAutocommit', false],
    ['setAutocommit', true],
  ];
  yield* atomic(function* () {
    yield* make('a');
    for (const [name, ...values] of byHand) {
      const error = yield* thrownBy(() => call(transaction, name, ...values));
      expect(error).toBeInstanceOf(TransactionManagementError);
      expect(error.message).toBe("This is forbidden when an 'atomic' block is active.");
    }
    expect(transaction.getAutocommit()).toBe(false);
  });
  expect(transaction.getAutocommit()).toBe(true);
  expect(yield* names()).toEqual(['a']);
});
behaviour('322 outside a block there is nothing to end, and autocommit stays', function* () {
  yield* make('a');
  yield* call(transaction, 'rollback');
  yield* call(transaction, 'commit');
  yield* call(transaction, 'setAutocommit', true);
  const error = yield* thrownBy(() => call(transaction, 'setAutocommit', false));
  expect(error).toBeInstanceOf(NotSupportedError);
  expect(yield* names()).toEqual(['a']);
});
behaviour(
  '323 a connection that its block closes takes the work along, and the next use reconnects',
  function* () {
    const error = yield* thrownBy(() =>
      atomic(function* () {
        yield* make('a');
        yield* call(connections.get(), 'close');
        const next = yield* thrownBy(() => call(Parent.objects, 'count'));
        expect(next).toBeInstanceOf(OperationalError);
        expect(next.message).toBe('the connection is closed');
      }),
    );
    // Not "committed or not": it is certain that it was not.
    expect(error).toBeInstanceOf(OperationalError);
    expect(error.message).toBe('the connection is closed');
    expect(yield* names()).toEqual([]);
    yield* atomic(() => make('c'));
    expect(yield* names()).toEqual(['c']);
  },
);
behaviour('323 closed inside an inner block, the outer one is lost too', function* () {
  const error = yield* thrownBy(() =>
    atomic(function* () {
      yield* make('a');
      yield* thrownBy(() =>
        atomic(function* () {
          yield* call(connections.get(), 'close');
          throw new Boom();
        }),
      );
      yield* make('b');
    }),
  );
  expect(error).toBeInstanceOf(TransactionManagementError);
  expect(yield* names()).toEqual([]);
});
behaviour('325 savepoints by hand: what came after is undone, or stays', function* () {
  yield* atomic(function* () {
    yield* make('s1');
    const first = yield* call<string>(transaction, 'savepoint');
    yield* make('s2');
    yield* call(transaction, 'savepointRollback', first);
    expect(yield* names()).toEqual(['s1']);
    const second = yield* call<string>(transaction, 'savepoint');
    yield* make('s3');
    yield* call(transaction, 'savepointCommit', second);
    for (const gone of [second, 'nothing', 's1; DROP TABLE parent']) {
      const error = yield* thrownBy(() => call(transaction, 'savepointRollback', gone));
      expect(error.message).toBe(`'${gone}' is no open savepoint of this transaction.`);
    }
  });
  expect(yield* names()).toEqual(['s1', 's3']);
});
behaviour('325 outside a transaction there is no savepoint, and nothing is sent', function* () {
  expect(yield* call(transaction, 'savepoint')).toBeNull();
  yield* call(transaction, 'savepointRollback', 's1');
  yield* call(transaction, 'savepointCommit', 's1');
  expect(statements()).toEqual([]);
});
behaviour('325 a savepoint rolled back by hand drops the hooks added since', function* () {
  const ran: string[] = [];
  yield* atomic(function* () {
    transaction.onCommit(() => void ran.push('before'));
    const savepoint = yield* call<string>(transaction, 'savepoint');
    transaction.onCommit(() => void ran.push('since'));
    yield* call(transaction, 'savepointRollback', savepoint);
    transaction.onCommit(() => void ran.push('after'));
  });
  expect(ran).toEqual(['before', 'after']);
});
behaviour('331 hooks of a transaction that is rolled back are gone for good', function* () {
  const ran: string[] = [];
  const hook = (name: string) => transaction.onCommit(() => void ran.push(name));
  yield* thrownBy(() =>
    atomic(function* () {
      hook('outer');
      yield* atomic(function* () {
        hook('inner');
        yield* make('a');
      });
      throw new Boom();
    }),
  );
  yield* atomic(function* () {
    hook('marked');
    yield* make('x');
    transaction.setRollback(true);
  });
  yield* atomic(function* () {
    hook('next');
    yield* make('b');
  });
  expect(ran).toEqual(['next']);
  expect(yield* names()).toEqual(['b']);
});
behaviour('334 a function that opens a block may call itself, with the same options', function* () {
  const options = { savepoint: true };
  const nested = (depth: number): Behaviour<unknown> =>
    atomic(function* () {
      yield* make(`d${depth}`);
      if (depth === 2) yield* thrownBy(() => nested(1));
      else if (depth > 0) yield* nested(depth - 1);
      if (depth === 1) throw new Boom();
    }, options);
  yield* nested(3);
  expect(yield* names()).toEqual(['d2', 'd3']);
  expect(statements().filter((sql) => sql === 'BEGIN')).toHaveLength(1);
});

test('closing everything inside a block is refused: it would wait for the block', async () => {
  await reset();
  await transaction.aatomic(async () => {
    await Parent.objects.acreate({ name: 'a' });
    await expect(connections.acloseAll()).rejects.toBeInstanceOf(TransactionManagementError);
  });
  expect(await Parent.objects.acount()).toBe(1);
});
