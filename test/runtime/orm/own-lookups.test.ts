import {
  Abs,
  Chr,
  F,
  FieldError,
  Func,
  fields,
  foreignKey,
  Length,
  Lookup,
  Manager,
  model,
  NotSupportedError,
  Q,
  Transform,
  Upper,
  Value,
  ValueError,
} from '@migrate-async/runtime/orm';
import { afterEach, expect, test } from 'vitest';
import { call, lastStatement, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';

declare module '@migrate-async/runtime/orm' {
  interface RegisteredLookups<T> {
    ne: T;
    sounds: string;
    anyOf: readonly T[];
    near: number;
    differs: T | null;
    multipleOf: number;
  }
  interface RegisteredTransforms {
    length: number;
    abs: number;
    upper: string;
    upperCase: string;
  }
}

class NotEqual extends Lookup {
  static override readonly lookupName = 'ne';
  override sql(left: string, right: string) {
    return `${left} <> ${right}`;
  }
}
class Differs extends Lookup {
  static override readonly lookupName = 'differs';
  static override readonly acceptsNull = true;
  override sql(left: string, right: string) {
    return `${left} IS DISTINCT FROM ${right}`;
  }
}
class AnyOf extends Lookup {
  static override readonly lookupName = 'anyOf';
  override sql(left: string, right: string) {
    return `${left} = ANY(${right})`;
  }
}
/** Length of the text, plus or minus one. */
class Near extends Lookup {
  static override readonly lookupName = 'near';
  static override readonly operandField = fields.integer();
  override sql(left: string, right: string) {
    return `ABS(LENGTH(${left}) - ${right}) <= 1`;
  }
}
class Sounds extends Lookup {
  static override readonly lookupName = 'sounds';
  static override readonly prepare = (value: string) => `${value.trim().slice(0, 1)}%`;
  override sql(left: string, right: string) {
    return `${left} LIKE ${right}`;
  }
}
class Either extends Lookup {
  static override readonly lookupName = 'ne';
  override sql(left: string, right: string) {
    return `${left} < ${right} OR ${left} > ${right}`;
  }
}
class UpperCase extends Transform<string> {
  static override readonly lookupName = 'upperCase';
  static override readonly function = 'UPPER';
  static override readonly bilateral = true;
}
class Absolute extends Transform<number> {
  static override readonly lookupName = 'abs';
  static override readonly function = 'ABS';
  static override readonly outputField = fields.integer();
}
class MultipleOf extends Lookup {
  static override readonly lookupName = 'multipleOf';
  override sql(left: string, right: string) {
    return `MOD(${left}, ${right}) = 0`;
  }
}

class Shelf extends model('shelf', { name: fields.char(20) }) {
  static objects = new Manager(this);
}
class Box extends model('box', {
  name: fields.char(20).registerLookup(Near),
  mail: fields.email().null(),
  weight: fields.integer(),
  shelf: foreignKey<Shelf>(() => Shelf),
}) {
  static objects = new Manager(this);
}
const { behaviour } = harness(
  [Shelf, Box],
  `insert into shelf (name) values ('top'), ('low');
   insert into box (name, mail, weight, shelf_id) values
     ('pens', 'a@x.org', -4, 1), ('paper', null, 6, 1), ('PENS', 'b@x.org', 9, 2), ('x', 'c@x.org', -9, 2);`,
);

afterEach(() => {
  for (const lookup of [NotEqual, Differs, AnyOf, Sounds, UpperCase, Absolute]) {
    for (const kind of [fields, fields.char, fields.email, fields.integer]) kind.unregisterLookup(lookup);
  }
  for (const transform of [Length, Abs, Upper]) {
    for (const kind of [fields, fields.char, fields.integer]) kind.unregisterLookup(transform);
  }
  Absolute.unregisterLookup(MultipleOf);
});
function* found(where: object) {
  const rows: unknown = yield* call(Box.objects.filter(where as never).orderBy('id'), 'list');
  return keys(rows as unknown[]);
}

behaviour('a lookup is there for the fields it is registered on', function* () {
  fields.char.registerLookup(NotEqual);
  expect(yield* found({ name__ne: 'pens' })).toEqual([2, 3, 4]);
  expect(lastStatement()).toContain('("box"."name" <> $1::varchar)');
  expect(yield* found({ shelf__name__ne: 'top' })).toEqual([3, 4]);
  expect(yield* found({ mail__ne: 'a@x.org' })).toEqual([3, 4]);
  expect(keys(yield* call(Box.objects.exclude({ mail__ne: 'a@x.org' }).orderBy('id'), 'list'))).toEqual([
    1, 2,
  ]);
  expect(yield* found({ name__ne: F('shelf__name') })).toEqual([1, 2, 3, 4]);
  const error = yield* thrownBy(() => call(Box.objects.filter({ weight__ne: 3 }), 'list'));
  expect(error).toEqual(
    new FieldError("Unsupported lookup 'ne' for IntegerField or join on the field not permitted."),
  );
});
behaviour('a lookup on all fields takes the type of each', function* () {
  fields.registerLookup(NotEqual);
  expect(yield* found({ weight__ne: -4 })).toEqual([2, 3, 4]);
  expect(yield* found({ weight__ne: 2 ** 40 })).toEqual([1, 2, 3, 4]);
  const error = yield* thrownBy(() => call(Box.objects.filter({ weight__ne: 'heavy' as never }), 'list'));
  expect(error).toEqual(new ValueError("Field 'weight' expected a number but got 'heavy'."));
  const none = yield* thrownBy(() => call(Box.objects.filter({ weight__ne: null as never }), 'list'));
  expect(none).toEqual(new ValueError('Cannot use None as a query value'));
});
behaviour('a lookup may take null, lists, other types, and change its values first', function* () {
  fields.registerLookup(Differs);
  fields.registerLookup(AnyOf);
  fields.char.registerLookup(Sounds);
  expect(yield* found({ mail__differs: null })).toEqual([1, 3, 4]);
  expect(yield* found({ mail__differs: 'a@x.org' })).toEqual([2, 3, 4]);
  expect(yield* found({ weight__anyOf: [6, 9] })).toEqual([2, 3]);
  expect(yield* found({ name__anyOf: ['x', 'it"s \\'] })).toEqual([4]);
  expect(yield* found({ name__sounds: ' penny ' })).toEqual([1, 2]);
  expect(yield* found({ name__near: 5 })).toEqual([1, 2, 3]);
});
behaviour('what is registered on one field stays there', function* () {
  const error = yield* thrownBy(() => call(Shelf.objects.filter({ name__near: 3 }), 'list'));
  expect(error.message).toBe("Unsupported lookup 'near' for CharField or join on the field not permitted.");
});
behaviour('what is taken back is gone, what is registered again replaces it', function* () {
  fields.char.registerLookup(NotEqual);
  expect(yield* found({ name__ne: 'x' })).toEqual([1, 2, 3]);
  fields.char.registerLookup(Either);
  expect(yield* found(Q({ name__ne: 'x' }).and({ weight: 9 }))).toEqual([3]);
  expect(lastStatement()).toContain('("box"."name" < $1::varchar OR "box"."name" > $1::varchar)');
  fields.char.unregisterLookup(Either);
  const error = yield* thrownBy(() => call(Box.objects.filter({ name__ne: 'x' }), 'list'));
  expect(error).toBeInstanceOf(FieldError);
});
behaviour('a registered lookup comes before one of the same name', function* () {
  class Loose extends Lookup {
    override sql(left: string, right: string) {
      return `LOWER(${left}) = LOWER(${right})`;
    }
  }
  fields.char.registerLookup(Loose, 'exact');
  try {
    expect(yield* found({ name: 'pens' })).toEqual([1]);
    expect(yield* found({ name__exact: 'pens' })).toEqual([1, 3]);
  } finally {
    fields.char.unregisterLookup(Loose, 'exact');
  }
});
behaviour('functions of one value are transforms once they are registered', function* () {
  fields.char.registerLookup(Length);
  fields.integer.registerLookup(Abs);
  expect(yield* found({ name__length__gt: 4 })).toEqual([2]);
  expect(yield* found({ name__length: 4 })).toEqual([1, 3]);
  expect(yield* found({ shelf__name__length__in: [3], weight__abs__gte: 9 })).toEqual([3, 4]);
  const rows = Box.objects.orderBy('-name__length', 'weight__abs').values('id', 'name__length');
  expect(yield* call(rows.slice(0, 2), 'list')).toEqual([
    { id: 2, name__length: 5 },
    { id: 1, name__length: 4 },
  ]);
  expect(
    yield* call(
      Box.objects.annotate({ n: F('name__length').add(F('weight__abs')) }).filter({ n: 8 }),
      'count',
    ),
  ).toBe(1);
});
behaviour('a transform of both sides changes the value, too', function* () {
  fields.char.registerLookup(UpperCase);
  expect(yield* found({ name__upperCase: 'Pens' })).toEqual([1, 3]);
  expect(lastStatement()).toContain('UPPER("box"."name") = UPPER($1::varchar)');
  expect(yield* found({ name__upperCase__startsWith: 'pe' })).toEqual([1, 3]);
  expect(yield* found({ name__upperCase: F('name') })).toEqual([1, 2, 3, 4]);
  const list = yield* thrownBy(() =>
    call(Box.objects.filter({ ['name__upperCase__in' as 'name']: ['a'] as never }), 'list'),
  );
  expect(list).toBeInstanceOf(NotSupportedError);
});
behaviour('a transform has lookups of its own', function* () {
  fields.integer.registerLookup(Absolute);
  Absolute.registerLookup(MultipleOf);
  expect(yield* found({ weight__abs__multipleOf: 3 })).toEqual([2, 3, 4]);
  const error = yield* thrownBy(() => call(Box.objects.filter({ weight__multipleOf: 3 }), 'list'));
  expect(error).toBeInstanceOf(FieldError);
});
behaviour('lookups and transforms are expressions, too', function* () {
  expect(yield* found(new NotEqual('name', Value('pens')))).toEqual([2, 3, 4]);
  const rows = Box.objects
    .annotate({ odd: new NotEqual('weight', 6), size: new Absolute('weight') })
    .orderBy('id');
  expect(yield* call(rows.valuesList('odd', 'size'), 'list')).toEqual([
    [true, 4],
    [false, 6],
    [true, 9],
    [true, 9],
  ]);
});
behaviour(
  'a class of functions says its name, template, separator and number of arguments once',
  function* () {
    class Joined extends Func<string> {
      static override readonly template = '(%(expressions)s)';
      static override readonly argJoiner = " || '%%' || ";
      static override readonly outputField = fields.text();
    }
    class Clamp extends Func<number> {
      readonly #most: number;
      constructor(value: string, most: number) {
        super(value);
        this.#most = most;
      }
      override sql([value]: readonly string[], database: string) {
        return database === 'postgresql' ? `LEAST(${value}, ${this.#most})` : `MIN(${value}, ${this.#most})`;
      }
    }
    const rows = Box.objects
      .orderBy('id')
      .values({ x: new Joined('name', 'shelf__name'), y: new Clamp('weight', 5) });
    expect(yield* call(rows.slice(0, 2), 'list')).toEqual([
      { x: 'pens%%top', y: -4 },
      { x: 'paper%%top', y: 5 },
    ]);
    const other = Box.objects
      .orderBy('id')
      .values({ x: new Joined('name', 'shelf__name'), y: new Clamp('weight', 1) });
    expect(yield* call(other.slice(1, 2), 'list')).toEqual([{ x: 'paper%%top', y: 1 }]);
    const grouped = Box.objects
      .values({ most: new Clamp('weight', 5) })
      .distinct()
      .orderBy('most');
    expect(yield* call(grouped.valuesList('most', { flat: true }), 'list')).toEqual([-9, -4, 5]);
  },
);
test('what is no lookup or function is refused', () => {
  class Nameless extends Lookup {
    override sql(left: string) {
      return left;
    }
  }
  expect(() => fields.char.registerLookup(Nameless)).toThrow(TypeError);
  expect(() => fields.registerLookup((value) => Chr(value))).toThrow('registerLookup() takes');
  expect(() => fields.registerLookup(Length, 'a__b')).toThrow(TypeError);
  expect(() => new Absolute('a', 'b')).toThrow("'Absolute' takes exactly 1 argument (2 given)");
  expect(() => Func('x', { function: 'f(); --' })).toThrow(TypeError);
  expect(() => Func('x', { function: 'f', template: '%(function)s(%(evil)s)' })).toThrow(
    'A template names %(function)s and %(expressions)s only, not %(evil)s.',
  );
});
