import { setTimeout as delay } from 'node:timers/promises';
import { asyncContext, syncToAsync, threadSensitiveContext } from '@migrate-async/runtime';
import {
  F,
  fields,
  IntegrityError,
  Manager,
  model,
  OperationalError,
  TransactionManagementError,
  transaction,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { Random } from './random.ts';

export class Entry extends model(
  'entry',
  { owner: fields.integer().index(), key: fields.char(30), n: fields.integer() },
  { constraints: [{ unique: ['owner', 'key'] }] },
) {
  static objects = new Manager(this);
}
export class Account extends model('account', { balance: fields.integer() }) {
  static objects = new Manager(this);
}
export const accounts = 8;

/** What a client has in the table, by key. */
type Rows = ReadonlyMap<string, number>;
type Work = (before: Rows) => Promise<Rows>;

type Place = (work: () => Promise<void>) => Promise<void>;

class Deliberate extends Error {}
const aborted = new Error('the client went away');

/** How often each kind of work was done, and how it ended. */
export type Tally = Record<string, number>;

/**
 * One client: works on rows of its own in random ways, and knows what the table must hold after each. Accounts are
 * shared with the other clients; their sum must not change.
 */
export class RandomClient {
  readonly #owner: number;
  readonly #random: Random;
  readonly #tally: Tally;
  readonly #place: Place;
  #rows: Rows = new Map();
  #keys = 0;

  /** @param place where it does its work: as it is, or in a context with a thread of its own */
  constructor(owner: number, seed: number, tally: Tally, place: Place = (work) => work()) {
    this.#place = place;
    this.#owner = owner;
    this.#random = new Random(seed * 1_000 + owner);
    this.#tally = tally;
  }
  get rows(): Rows {
    return this.#rows;
  }

  async runUntil(over: () => boolean): Promise<void> {
    while (!over()) {
      const kind = this.#random.pick(kinds);
      await this.#place(async () => {
        await this[kind]();
        this.#count(kind);
        if (this.#random.chance(0.2)) await this.check();
      });
    }
    await this.#place(() => this.check());
  }
  /** Compares the table with what it must hold. */
  async check(): Promise<void> {
    expect(await this.#stored(), `rows of client ${this.#owner}`).toEqual(this.#rows);
  }

  async write(): Promise<void> {
    await this.#autocommitted((before) => this.#change(before), undefined);
  }
  async writeAborted(): Promise<void> {
    await this.#autocommitted((before) => this.#change(before), this.#soon());
  }
  async bridged(): Promise<void> {
    await this.#autocommitted(
      (before) =>
        threadSensitiveContext(async () => {
          const key = this.#newKey();
          await syncToAsync(Entry.objects.create)({ owner: this.#owner, key, n: 1 });
          const seen = await syncToAsync(() => Entry.objects.filter({ owner: this.#owner }).count())();
          expect(seen).toBe(before.size + 1);
          return new Map(before).set(key, 1);
        }),
      undefined,
    );
  }
  async transaction(): Promise<void> {
    await this.#inTransaction(undefined);
  }
  async transactionAborted(): Promise<void> {
    await this.#inTransaction(this.#soon());
  }
  async stream(): Promise<void> {
    const seen = new Map<string, number>();
    const leaveAfter = this.#random.chance(0.5) ? this.#random.below(this.#rows.size + 1) : undefined;
    const read = async () => {
      if (leaveAfter === 0) return;
      for await (const row of this.#own()
        .orderBy('id')
        .aiterator({ chunkSize: 1 + this.#random.below(5) })) {
        expect(row.owner).toBe(this.#owner);
        seen.set(row.key, row.n);
        if (seen.size === leaveAfter) break;
      }
    };
    const inside = this.#random.chance(0.3);
    const whole = await settledAs(inside ? () => transaction.aatomic(read) : read);
    // What was read before a connection was lost is right, too.
    for (const [key, n] of seen) expect(this.#rows.get(key)).toBe(n);
    if (whole === 'done') expect(seen.size).toBe(leaveAfter ?? this.#rows.size);
  }
  async sum(): Promise<void> {
    const total = async () => {
      const balances = await Account.objects.valuesList('balance', { flat: true }).alist();
      expect(balances).toHaveLength(accounts);
      expect(balances.reduce((sum, balance) => sum + balance, 0)).toBe(0);
    };
    await settledAs(total);
  }

  #own() {
    return Entry.objects.filter({ owner: this.#owner });
  }
  #newKey(): string {
    this.#keys += 1;
    return `k${this.#keys}`;
  }
  #count(name: string): void {
    this.#tally[name] = (this.#tally[name] ?? 0) + 1;
  }
  /** A signal that is aborted within milliseconds. */
  #soon(): AbortSignal {
    const controller = new AbortController();
    const wait = this.#random.below(6);
    if (wait === 0) controller.abort(aborted);
    else setTimeout(() => controller.abort(aborted), wait);
    return controller.signal;
  }

  /** One change of one statement or operation. */
  async #change(before: Rows): Promise<Rows> {
    const keys = [...before.keys()];
    const rows = new Map(before);
    const kind = this.#random.pick(keys.length > 30 ? (['delete'] as const) : changes);
    if (kind === 'create' || keys.length === 0) {
      const key = this.#newKey();
      await Entry.objects.acreate({ owner: this.#owner, key, n: 0 });
      return rows.set(key, 0);
    }
    const key = this.#random.pick(keys);
    const one = this.#own().filter({ key });
    switch (kind) {
      case 'bulk': {
        const made = [1, 2, 3].map((n) => ({ owner: this.#owner, key: this.#newKey(), n }));
        await Entry.objects.abulkCreate(made);
        for (const row of made) rows.set(row.key, row.n);
        return rows;
      }
      case 'update':
        expect(await one.aupdate({ n: F('n').add(1) })).toBe(1);
        return rows.set(key, (before.get(key) ?? 0) + 1);
      case 'save': {
        const row = await one.aget();
        expect(row.n).toBe(before.get(key));
        row.n += 10;
        await row.asave();
        return rows.set(key, row.n);
      }
      case 'getOrCreate': {
        const name = this.#random.chance(0.5) ? key : this.#newKey();
        const where = { owner: this.#owner, key: name };
        const [row, created] = await Entry.objects.agetOrCreate(where, { defaults: { n: 5 } });
        expect(created).toBe(!before.has(name));
        return rows.set(name, row.n);
      }
      case 'delete':
        expect((await one.adelete())[0]).toBe(1);
        rows.delete(key);
        return rows;
    }
  }
  /** Changes, inner blocks, errors that are caught and errors that are not. */
  async #changes(before: Rows, depth: number): Promise<Rows> {
    let rows = before;
    for (let count = 1 + this.#random.below(3); count > 0; count -= 1) {
      const kind = this.#random.below(depth < 3 ? 6 : 3);
      if (kind < 3) rows = await this.#change(rows);
      else if (kind === 3) rows = await this.#nested(rows, depth);
      else if (kind === 4) await this.#transfer();
      else await this.#duplicate(rows);
    }
    return rows;
  }
  async #nested(before: Rows, depth: number): Promise<Rows> {
    try {
      return await transaction.aatomic(async () => {
        const inner = await this.#changes(before, depth + 1);
        if (this.#random.chance(0.4)) throw new Deliberate();
        return inner;
      });
    } catch (error) {
      if (!(error instanceof Deliberate)) throw error;
      this.#count('savepoint rolled back');
      return before;
    }
  }
  async #duplicate(rows: Rows): Promise<void> {
    const [key] = rows.keys();
    if (key === undefined) return;
    try {
      await transaction.aatomic(() => Entry.objects.acreate({ owner: this.#owner, key, n: 0 }));
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error;
      this.#count('duplicate refused');
    }
  }
  /** In whatever order: two of them may meet the wrong way round, and one is then rolled back. */
  async #transfer(): Promise<void> {
    const amount = 1 + this.#random.below(9);
    for (const change of [amount, -amount]) {
      const id = 1 + this.#random.below(accounts);
      await Account.objects.filter({ id }).aupdate({ balance: F('balance').add(change) });
    }
  }
  async #inTransaction(signal: AbortSignal | undefined): Promise<void> {
    const before = this.#rows;
    let ran = 0;
    let after = before;
    const work = () =>
      transaction.aatomic(async () => {
        transaction.onCommit(async () => {
          await delay(0);
          ran += 1;
        });
        const rows = await this.#changes(before, 0);
        if (this.#random.chance(0.2)) throw new Deliberate();
        after = rows;
      });
    const outcome = await settledAs(() => withSignal(signal, work));
    this.#count(outcome);
    expect(ran, `hooks that ran after "${outcome}"`).toBe(outcome === 'done' ? 1 : 0);
    if (outcome === 'done') this.#rows = after;
    else if (outcome === 'commit in doubt') {
      const stored = await this.#stored();
      // All of it or nothing.
      expect([before, after]).toContainEqual(stored);
      this.#rows = stored;
    }
  }
  /** Work of statements that are committed by themselves: what failed may have been done or not. */
  async #autocommitted(work: Work, signal: AbortSignal | undefined): Promise<void> {
    const before = this.#rows;
    const outcome = await settledAs(() =>
      withSignal(signal, async () => {
        this.#rows = await work(before);
      }),
    );
    this.#count(outcome);
    if (outcome === 'done') return;
    const stored = await this.#stored();
    // One change of one row, or of three that come together.
    const changed = differing(before, stored);
    expect([0, 1, 3], `rows that a failed statement changed: ${changed}`).toContain(changed.length);
    this.#rows = stored;
  }
  async #stored(): Promise<Rows> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return new Map(await this.#own().valuesList('key', 'n').alist());
      } catch (error) {
        if (!(error instanceof OperationalError) || attempt === 20) throw error;
        await delay(attempt);
      }
    }
  }
}

const kinds = [
  'write',
  'write',
  'writeAborted',
  'bridged',
  'transaction',
  'transaction',
  'transactionAborted',
  'stream',
  'sum',
] as const;
const changes = ['create', 'bulk', 'update', 'save', 'getOrCreate', 'delete'] as const;

function withSignal<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  return signal === undefined ? asyncContext(work) : asyncContext({ signal }, work);
}

type Outcome =
  | 'done'
  | 'aborted'
  | 'rolled back'
  | 'connection lost'
  | 'deadlock'
  | 'refused'
  | 'commit in doubt';
/** How work ended; an error that is none of those that may happen is thrown. */
async function settledAs(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    await work();
    return 'done';
  } catch (error) {
    if (error === aborted) return 'aborted';
    if (error instanceof Deliberate) return 'rolled back';
    // The connection was lost while an inner block was rolled back: what comes next in the outer one is told so.
    if (error instanceof TransactionManagementError) return 'refused';
    if (!(error instanceof OperationalError)) throw error;
    if (/may have been committed or not/.test(error.message)) return 'commit in doubt';
    return error.code === '40P01' ? 'deadlock' : 'connection lost';
  }
}
function differing(before: Rows, after: Rows): string[] {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].filter((key) => before.get(key) !== after.get(key));
}
