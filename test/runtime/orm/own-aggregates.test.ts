import {
  Aggregate,
  Count,
  F,
  FieldError,
  Func,
  fields,
  Q,
  Upper,
  Value,
  ValueError,
  Window,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call, lastStatement } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Book, Publisher } from '../support/library.ts';

class Median extends Aggregate<number | null> {
  static override readonly function = 'PERCENTILE_CONT';
  static override readonly template = '%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)';
  static override readonly outputField = fields.float();
}
class Joined extends Aggregate<string> {
  static override readonly function = 'STRING_AGG';
  static override readonly arity = 2;
  static override readonly allowDistinct = true;
  static override readonly allowOrderBy = true;
  static override readonly emptyResultSetValue = '';
  static override readonly outputField = fields.text();
}
class Share extends Aggregate<number | null> {
  static override readonly template = '100 * COUNT(%(distinct)s%(expressions)s) / COUNT(*)';
  static override readonly allowDistinct = true;
  static override readonly outputField = fields.integer();
}
const { behaviour } = harness();

behaviour("an aggregate of the application's own stands where others do", function* () {
  const figures = { all: new Median('pages'), long: new Median('pages', { filter: Q({ pages__gt: 150 }) }) };
  expect(yield* call(Book.objects, 'aggregate', figures)).toEqual({ all: 300, long: 350 });
  const none = { none: new Median('pages', { filter: Q({ pages: 0 }), default: 0 }) };
  expect(yield* call(Book.objects, 'aggregate', none)).toEqual({ none: 0 });
  const grouped = Publisher.objects.annotate({ middle: new Median('books__pages') }).orderBy('id');
  expect(yield* call(grouped.valuesList('id', 'middle'), 'list')).toEqual([
    [1, 200],
    [2, 350],
    [3, null],
  ]);
  expect(yield* call(grouped.filter({ middle__gt: 300 }).values('id'), 'list')).toEqual([{ id: 2 }]);
  const groups = Publisher.objects.annotate({ n: Count('books') });
  expect(yield* call(groups, 'aggregate', { n: new Median('n') })).toEqual({ n: 2 });
});
behaviour(
  "an aggregate of the application's own takes several values, an order and distinct ones",
  function* () {
    const titles = { titles: new Joined('title', Value(','), { orderBy: '-id' }) };
    expect(yield* call(Book.objects, 'aggregate', titles)).toEqual({
      titles: 'alphabet,Delta_50%,Gamma,Beta,Alpha',
    });
    const names = { names: new Joined('publisher__name', Value(','), { distinct: true }) };
    expect(yield* call(Book.objects, 'aggregate', names)).toEqual({ names: 'Acme,Birch' });
  },
);
behaviour('a template without a name of a function has places of its own', function* () {
  const shares = { rated: new Share('rating'), apart: new Share('rating', { distinct: true }) };
  expect(yield* call(Book.objects, 'aggregate', shares)).toEqual({ rated: 80, apart: 60 });
  expect(lastStatement()).toContain('100 * COUNT(DISTINCT "book"."rating") / COUNT(*)');
});
behaviour('an aggregate is called by its name, and by default its key is that of its class', function* () {
  const most = Aggregate('pages', { function: 'MAX', outputField: fields.bigInteger() });
  expect(yield* call(Book.objects, 'aggregate', { most })).toEqual({ most: 500n });
  class Largest extends Aggregate<number> {
    static override readonly function = 'MAX';
  }
  expect(yield* call(Book.objects, 'aggregate', new Largest('pages'))).toEqual({ pages__largest: 500 });
  const soFar = Window({ expression: Aggregate('pages', { function: 'SUM' }), orderBy: 'id' });
  const rows = Book.objects.annotate({ soFar }).orderBy('id').valuesList('soFar', { flat: true });
  expect(yield* call(rows.slice(0, 3), 'list')).toEqual([100, 300, 600]);
});
behaviour('over no rows an aggregate has the value that its class says', function* () {
  const empty = { rated: new Share('rating'), titles: new Joined('title', Value(',')) };
  expect(yield* call(Book.objects.none(), 'aggregate', empty)).toEqual({ rated: null, titles: '' });
});
test('what is said about an aggregate is looked at', () => {
  expect(() => new Joined('title')).toThrow(new TypeError("'Joined' takes exactly 2 arguments (1 given)"));
  expect(() => new Median()).toThrow(new TypeError("'Median' takes at least 1 argument (0 given)"));
  expect(() => new Median('pages', { distinct: true })).toThrow(
    new TypeError('Median does not allow distinct.'),
  );
  expect(() => new Median('pages', { orderBy: 'id' })).toThrow(
    new TypeError('Median does not allow orderBy.'),
  );
  expect(() => new Median('pages', { filtr: Q({ id: 1 }) } as never)).toThrow(
    new TypeError("Median() got an unexpected option 'filtr', perhaps you meant filter?"),
  );
  expect(() => Aggregate('pages', {})).toThrow(
    new TypeError('Aggregate needs the name of a function: { function: … }.'),
  );
  expect(() => Aggregate('pages', { function: 'sum(1); --' })).toThrow(TypeError);
  expect(() => Aggregate('pages', { function: 'SUM', template: '%(name)s(%(expressions)s)' })).toThrow(
    new TypeError(
      'A template names %(function)s, %(distinct)s, %(expressions)s and %(orderBy)s only, not %(name)s.',
    ),
  );
  const counted = Publisher.objects.annotate({ n: Count('books') });
  expect(() => counted.annotate({ middle: new Median('n') })).toThrow(
    new FieldError("Cannot compute Median('n'): 'n' is an aggregate"),
  );
});
behaviour('a function that says so is taken by windows, others are not', function* () {
  class Last extends Func<number> {
    static override readonly function = 'LAST_VALUE';
    static override readonly windowCompatible = true;
    static override readonly outputField = fields.integer();
  }
  const last = Window({ expression: new Last('id'), orderBy: 'id', frame: { rows: [null, null] } });
  expect(yield* call(Book.objects.filter({ id__lt: 3 }).values({ last }).slice(0, 1), 'get')).toEqual({
    last: 2,
  });
  const refused = (name: string) =>
    new ValueError(`Expression '${name}' isn't compatible with OVER clauses.`);
  expect(() => Window({ expression: Func('id', { function: 'ABS' }) })).toThrow(refused('Func'));
  expect(() => Window({ expression: Upper('title') })).toThrow(refused('Upper'));
  expect(() => Window({ expression: F('title') })).toThrow(refused('F'));
});
behaviour('an own aggregate of a built-in function is another one, whichever ran first', function* () {
  const own = () => Aggregate('price', { function: 'COUNT', outputField: fields.decimal(9, 2) });
  const Plain = class extends Aggregate {
    static override readonly function = 'COUNT';
  };
  for (const order of [
    ['own', 'built', 'plain'],
    ['plain', 'built', 'own'],
  ]) {
    for (const which of order) {
      const asked = { own: own(), plain: new Plain('price'), built: Count('price') }[which];
      const { n } = yield* call<{ n: unknown }>(Book.objects, 'aggregate', { n: asked as never });
      expect([which, typeof n]).toEqual([which, which === 'built' ? 'number' : 'string']);
    }
  }
});
