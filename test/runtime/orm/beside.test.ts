import { threadSensitiveContext } from '@migrate-async/runtime';
import {
  connections,
  IntegrityError,
  TransactionManagementError,
  transaction,
} from '@migrate-async/runtime/orm';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { harness } from '../support/harness.ts';
import { libraryModels, libraryRows, Parent, Publisher } from '../support/library.ts';

// Savepoints are a stack: what code sends while a block inside its own is open lies above that block's savepoint, and
// goes when it is rolled back. Nobody may be told that it stayed.

const names = () => Parent.objects.orderBy('id').valuesList('name', { flat: true }).alist();
class Deliberate extends Error {}

/** An open inner block that waits, and what ends it. */
function innerBlock(end: 'commits' | 'fails') {
  let finish = () => {};
  let began = () => {};
  const open = new Promise<void>((resolve) => {
    began = resolve;
  });
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const block = transaction.aatomic(async () => {
    await Parent.objects.acreate({ name: 'inner' });
    began();
    await finished;
    if (end === 'fails') throw new Deliberate();
  });
  const ended = block.then(
    () => 'done',
    (error: Error) => error.constructor,
  );
  return {
    open,
    finish() {
      finish();
      return ended;
    },
  };
}

describe.each([true, false])('with native: %s', (native) => {
  const setup = harness(libraryModels, libraryRows, { native });
  beforeEach(() => setup.reset());
  /** Runs `work` in an outer block, where what is bridged shares one thread. */
  const outer = <T>(work: () => Promise<T>) => threadSensitiveContext(() => transaction.aatomic(work));

  test('a write beside an inner block stays when that commits', async () => {
    await outer(async () => {
      const inner = innerBlock('commits');
      await inner.open;
      await Parent.objects.acreate({ name: 'beside' });
      expect(await inner.finish()).toBe('done');
    });
    expect(await names()).toEqual(['inner', 'beside']);
  });
  test('a write beside an inner block that fails is lost, and its transaction says so', async () => {
    const ran: string[] = [];
    const block = outer(async () => {
      transaction.onCommit(() => void ran.push('hook'));
      const inner = innerBlock('fails');
      await inner.open;
      await Parent.objects.acreate({ name: 'beside' });
      expect(await inner.finish()).toBe(Deliberate);
    });
    await expect(block).rejects.toThrow(TransactionManagementError);
    await expect(block).rejects.toThrow(/part of it ran while a block beside or inside it was open/);
    expect(await names()).toEqual([]);
    expect(ran).toEqual([]);
  });
  test('afterwards the outer block takes no more statements', async () => {
    const block = outer(async () => {
      const inner = innerBlock('fails');
      await inner.open;
      const cursor = await connections.get().acursor();
      await cursor.aexecute("insert into parent (name) values ('beside')");
      await inner.finish();
      await Parent.objects.acreate({ name: 'later' });
    });
    await expect(block).rejects.toThrow(/An error occurred in the current transaction/);
    expect(await names()).toEqual([]);
  });
  test('a read beside an inner block that fails costs nothing', async () => {
    await outer(async () => {
      const inner = innerBlock('fails');
      await inner.open;
      expect(await names()).toEqual(['inner']);
      await inner.finish();
      await Parent.objects.acreate({ name: 'later' });
    });
    expect(await names()).toEqual(['later']);
  });
  test('an operation of several statements beside an inner block goes with it, too', async () => {
    const block = outer(async () => {
      const inner = innerBlock('fails');
      await inner.open;
      const [row] = await Parent.objects.agetOrCreate({ name: 'beside' });
      expect(row.id).toBeGreaterThan(0);
      await inner.finish();
    });
    await expect(block).rejects.toThrow(TransactionManagementError);
    expect(await names()).toEqual([]);
  });
  test('the level between is rolled back alone when the write was its own', async () => {
    await outer(async () => {
      await Parent.objects.acreate({ name: 'outermost' });
      const middle = transaction.aatomic(async () => {
        const inner = innerBlock('fails');
        await inner.open;
        await Parent.objects.acreate({ name: 'beside' });
        await inner.finish();
      });
      await expect(middle).rejects.toThrow(TransactionManagementError);
      await Parent.objects.acreate({ name: 'after' });
    });
    expect(await names()).toEqual(['outermost', 'after']);
  });
  test('a write that fails beside an inner block takes both, and both are told', async () => {
    const block = outer(async () => {
      const inner = innerBlock('commits');
      await inner.open;
      const taken = Publisher.objects.acreate({ id: 1, name: 'taken' } as never);
      await expect(taken).rejects.toThrow(IntegrityError);
      expect(await inner.finish()).toBe(TransactionManagementError);
      await Parent.objects.acreate({ name: 'later' });
    });
    await expect(block).rejects.toThrow(TransactionManagementError);
    expect(await names()).toEqual([]);
  });
  test('a hook belongs to the block whose code added it', async () => {
    const ran: string[] = [];
    await outer(async () => {
      const inner = innerBlock('fails');
      await inner.open;
      transaction.onCommit(() => void ran.push('outer'));
      await inner.finish();
    });
    expect(ran).toEqual(['outer']);
  });
  test('the mark to roll back is that of the block whose code sets it', async () => {
    await outer(async () => {
      const inner = innerBlock('commits');
      await inner.open;
      transaction.setRollback(true);
      expect(transaction.getRollback()).toBe(true);
      expect(await inner.finish()).toBe('done');
    });
    expect(await names()).toEqual([]);
  });
  test('savepoints by hand wait until the inner block is over', async () => {
    await outer(async () => {
      const inner = innerBlock('commits');
      await inner.open;
      await expect(transaction.asavepoint()).rejects.toThrow(TransactionManagementError);
      await inner.finish();
      const point = await transaction.asavepoint();
      await Parent.objects.acreate({ name: 'undone' });
      await transaction.asavepointRollback(point ?? '');
    });
    expect(await names()).toEqual(['inner']);
  });
  test('a robust hook that is async and fails is reported, wherever it was added', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const failing = async () => {
      throw new Deliberate();
    };
    await outer(async () => transaction.onCommit(failing, { robust: true }));
    transaction.atomic(() => transaction.onCommit(failing, { robust: true }));
    transaction.onCommit(failing, { robust: true });
    await transaction.aonCommit(failing, { robust: true });
    await expect.poll(() => warning.mock.calls.length).toBe(4);
    expect(new Set(warning.mock.calls.map(([, kind]) => kind))).toEqual(new Set(['OnCommitWarning']));
    warning.mockRestore();
    await expect(transaction.aonCommit(failing)).rejects.toThrow(Deliberate);
  });
});
