import { syncToAsync, threadSensitiveContext } from '@migrate-async/runtime';
import {
  configureDatabases,
  connections,
  fields,
  foreignKey,
  Manager,
  model,
  Q,
  transaction,
  ValidationError,
} from '@migrate-async/runtime/orm';
import { describe, expect, test } from 'vitest';
import { call, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

class Room extends model(
  'room',
  {
    code: fields.slug(10).unique(),
    floor: fields.integer().validate((floor) => {
      if (floor === 13) throw new ValidationError('There is no such floor.');
    }),
    doorNumber: fields.integer(),
    kind: fields.choice('office', 'hall').default('office'),
    seats: fields.integer().default(1),
    standing: fields.integer().default(0),
    main: fields.boolean().default(false),
    annex: foreignKey<Room>(() => Room).null(),
    inspected: fields.date().autoNow(),
    added: fields.dateTime().autoNowAdd(),
  },
  {
    constraints: [
      { unique: ['floor', 'doorNumber'] },
      { check: Q({ seats__gte: 1 }), name: 'has_seats' },
      { unique: ['floor'], where: Q({ main: true }), name: 'one_main' },
      { unique: ['standing', 'seats'], where: Q({ standing__gt: 0 }), violationErrorCode: 'full' },
    ],
  },
) {
  static objects = new Manager(this);
  override clean() {
    if (this.kind === 'hall' && this.standing === 0) throw new ValidationError('A hall has room to stand.');
  }
}
class Studio extends model(
  'studio',
  { rent: fields.integer(), owner: fields.char(10) },
  {
    extends: Room,
    constraints: [
      { unique: ['rent'], name: 'one_rent' },
      { unique: ['owner'], name: 'one_owner', violationErrorMessage: 'Nobody has two.' },
    ],
  },
) {
  static objects = new Manager(this);
}
class Counted extends model('counted', {
  count: fields.integer().validate(() => {
    throw new ReferenceError('a mistake in the check');
  }),
}) {}

class Seat extends model('seat', {
  label: fields.char(10),
  room: foreignKey<Room>(() => Room),
}) {
  static objects = new Manager(this);
  override async clean() {
    if (await Seat.objects.filter({ label: this.label.toUpperCase() }).aexists())
      throw new ValidationError({ label: 'There is one like it.' });
    if (await Seat.objects.filter({ label: 'x' }).aexists()) throw new ValidationError('No more seats.');
  }
}
/** As code compiled for old engines has it: a plain function that gives a promise. */
class OldSeat extends model('oldSeat', { label: fields.char(10) }) {
  override clean() {
    return Promise.reject(new ValidationError({ label: 'Never.' }));
  }
}

const { behaviour, reset } = harness(
  [Room, Studio, Seat],
  `insert into room (code, floor, door_number, kind, seats, standing, main, inspected, added) values ('a', 1, 1, 'office', 2, 0, true, '2024-01-01', '2024-01-01T00:00:00Z'), ('b', 1, 2, 'office', 2, 0, false, '2024-01-01', '2024-01-01T00:00:00Z');`,
);
const failure = (error: Error) => (error as ValidationError).errors;

behaviour('fullClean of what is right says nothing', function* () {
  const room = yield* call<Room>(Room.objects, 'get', { code: 'a' });
  yield* call(room, 'fullClean');
  yield* call(new Room({ code: 'c', floor: 2, doorNumber: 1, main: true }), 'fullClean');
});
behaviour('fullClean names every field that is wrong, and asks nothing about those', function* () {
  const room = new Room({ code: 'not a slug', floor: 13, kind: 'barn' as never });
  const error = yield* thrownBy(() => call(room, 'fullClean'));
  expect(error).toBeInstanceOf(ValidationError);
  expect(Object.keys(failure(error)).sort()).toEqual(['code', 'doorNumber', 'floor', 'kind']);
  expect(failure(error).floor).toEqual(['There is no such floor.']);
  expect(failure(error).kind).toEqual(["Value 'barn' is not a valid choice."]);
  expect(statements().some((sql) => sql.includes('"code" ='))).toBe(false);
});
behaviour(
  'a check that fails for another reason than the value is not taken for a complaint about it',
  function* () {
    const room = new Room({ code: 'c', floor: 3, doorNumber: 1 });
    room.clean = () => {
      throw new TypeError('a mistake in clean');
    };
    expect((yield* thrownBy(() => call(room, 'fullClean'))).message).toBe('a mistake in clean');
    expect(() => new Counted({ count: 1 }).cleanFields()).toThrow(ReferenceError);
  },
);
behaviour('fullClean finds other rows with values that must be unique', function* () {
  const error = yield* thrownBy(() => call(new Room({ code: 'a', floor: 1, doorNumber: 2 }), 'fullClean'));
  expect(failure(error)).toEqual({
    code: ['Room with this Code already exists.'],
    __all__: ['Room with this Floor and Door number already exists.'],
  });
  const same = yield* call<Room>(Room.objects, 'get', { code: 'b' });
  yield* call(same, 'validateUnique');
  same.code = 'a';
  expect(failure(yield* thrownBy(() => call(same, 'validateUnique')))).toEqual({
    code: ['Room with this Code already exists.'],
  });
  yield* call(same, 'fullClean', { exclude: ['code'] });
  yield* call(same, 'fullClean', { validateUnique: false });
  const twin = new Room({ code: 'z', floor: 1, doorNumber: 2 });
  yield* call(twin, 'validateUnique');
  expect(failure(yield* thrownBy(() => call(twin, 'validateConstraints')))).toEqual({
    __all__: ['Room with this Floor and Door number already exists.'],
  });
});
behaviour('fullClean tests checks and conditional uniqueness', function* () {
  const none = new Room({ code: 'c', floor: 3, doorNumber: 1, seats: 0 });
  expect(failure(yield* thrownBy(() => call(none, 'validateConstraints')))).toEqual({
    __all__: ['Constraint “has_seats” is violated.'],
  });
  const main = new Room({ code: 'c', floor: 1, doorNumber: 3, main: true });
  expect(failure(yield* thrownBy(() => call(main, 'fullClean')))).toEqual({
    __all__: ['Constraint “one_main” is violated.'],
  });
  main.main = false;
  yield* call(main, 'fullClean');
});
behaviour('fullClean calls clean, whose message concerns the whole row', function* () {
  const hall = new Room({ code: 'h', floor: 4, doorNumber: 1, kind: 'hall' });
  const error = yield* thrownBy(() => call(hall, 'fullClean'));
  expect(failure(error)).toEqual({ __all__: ['A hall has room to stand.'] });
  yield* call(hall, 'save');
});
behaviour('each complaint has a code, wherever it was found', function* () {
  const codes = function* (room: Room) {
    const error = (yield* thrownBy(() => call(room, 'fullClean'))) as ValidationError;
    return Object.entries(error.errorDict).map(([name, list]) => [name, ...list.map(({ code }) => code)]);
  };
  const wrong = new Room({ code: 'a', floor: 13, kind: 'barn' as never, annexId: 99 } as never);
  expect(yield* codes(wrong)).toEqual([
    ['floor', undefined],
    ['doorNumber', 'null'],
    ['kind', 'invalid_choice'],
    ['annex', 'invalid'],
    ['code', 'unique'],
  ]);
  expect(yield* codes(new Room({ code: 'not a slug', floor: 1, doorNumber: 1 }))).toEqual([
    ['code', 'invalid'],
    ['__all__', 'unique_together'],
  ]);
  yield* call(Room.objects, 'create', { code: 'x', floor: 5, doorNumber: 1, standing: 3, seats: 2 });
  expect(yield* codes(new Room({ code: 'y', floor: 6, doorNumber: 1, standing: 3, seats: 2 }))).toEqual([
    ['__all__', 'full'],
  ]);
});
behaviour('what is unique in a table that a model extends is told of that model', function* () {
  yield* call(Studio.objects, 'create', {
    code: 'st',
    floor: 7,
    doorNumber: 1,
    rent: 5,
    owner: 'Ann',
  } as never);
  const again = new Studio({ code: 'st', floor: 8, doorNumber: 1, rent: 5, owner: 'Ann' } as never);
  expect(failure(yield* thrownBy(() => call(again, 'fullClean')))).toEqual({
    code: ['Room with this Code already exists.'],
    rent: ['Studio with this Rent already exists.'],
    __all__: ['Nobody has two.'],
  });
  const same = yield* call<Studio>(Studio.objects, 'get', {});
  yield* call(same, 'fullClean');
});

async function unhandledIn(work: () => Promise<void>): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    await work();
    await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    process.off('unhandledRejection', note);
  }
  return unhandled;
}
describe.each([true, false])('an async clean (native: %s)', (native) => {
  const prepared = async () => {
    await reset();
    const { settings } = connections.get();
    configureDatabases({ default: { ...settings, native } });
    await Seat.objects.acreate({ label: 'A', roomId: 1 });
  };
  test('is waited for by afullClean, and may query', async () => {
    await prepared();
    const errors = (label: string) =>
      new Seat({ label, roomId: 1 }).afullClean().then(
        () => 'fine',
        (error: ValidationError) => error.errors,
      );
    expect(await errors('b')).toBe('fine');
    expect(await errors('a')).toEqual({ label: ['There is one like it.'] });
    expect(await new OldSeat({ label: 'a' }).afullClean().catch(failure)).toEqual({ label: ['Never.'] });
    expect(await threadSensitiveContext(() => Promise.all([errors('a'), errors('b')]))).toEqual([
      { label: ['There is one like it.'] },
      'fine',
    ]);
  });
  test('sees the transaction that it is called in', async () => {
    await prepared();
    await transaction.aatomic(async () => {
      await Seat.objects.acreate({ label: 'x', roomId: 1 });
      const error = await new Seat({ label: 'b', roomId: 1 }).afullClean().catch((thrown: Error) => thrown);
      expect(failure(error as Error)).toEqual({ __all__: ['No more seats.'] });
      transaction.setRollback(true);
    });
    await new Seat({ label: 'b', roomId: 1 }).afullClean();
  });
  test('is refused by fullClean, on every path', async () => {
    await prepared();
    const unhandled = await unhandledIn(async () => {
      expect(() => new Seat({ label: 'a', roomId: 1 }).fullClean()).toThrow(
        new TypeError('Seat.clean() is async, and fullClean() cannot wait for it; use afullClean().'),
      );
      const bridged = syncToAsync(new Seat({ label: 'a', roomId: 1 }).fullClean);
      await expect(bridged()).rejects.toThrow(TypeError);
      expect(() => new OldSeat({ label: 'a' }).fullClean()).toThrow(/use afullClean/);
    });
    expect(unhandled).toEqual([]);
  });
});
test('a check of a field that gives an answer, or a promise of one, is a mistake in the check', async () => {
  class Answered extends model('answered', {
    more: fields
      .integer()
      .default(4)
      .validate(((value: number) => value > 3) as never),
    later: fields
      .integer()
      .default(4)
      .validate((async (value: number) => {
        if (value < 4) throw new ValidationError('x');
      }) as never),
  }) {}
  const unhandled = await unhandledIn(async () => {
    expect(() => new Answered({ more: 1 }).cleanFields({ exclude: ['later'] })).toThrow(
      new TypeError("A check of 'more' returned false; a check throws ValidationError."),
    );
    new Answered({ more: 4 }).cleanFields({ exclude: ['later'] });
    expect(() => new Answered({ later: 1 }).cleanFields()).toThrow(/^A check of 'later' gave a promise/);
    await expect(new Answered({ later: 1 }).afullClean()).rejects.toThrow(TypeError);
    expect(() => new Answered({ later: 5 }).fullClean()).toThrow(TypeError);
  });
  expect(unhandled).toEqual([]);
});
