import { type AnyModel, fields, Manager, model, type ValidationError } from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call, statements, thrownBy } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

const depots = new Map([['n', 'North']]);
class Parcel extends model('parcel', {
  state: fields.choice('draft', 'sent').default('draft'),
  size: fields.choice({ small: 'Small', large: 'Rather large' }).null(),
  urgency: fields
    .integer()
    .choices([
      [1, 'Can wait'],
      [2, 'Urgent'],
    ])
    .default(1),
  goods: fields
    .char(10)
    .null()
    .choices([
      [
        'Food',
        [
          ['fruit', 'Fruit'],
          ['meat', 'Meat'],
        ],
      ],
      ['other', 'Other'],
      [null, 'Unknown'],
    ]),
  carrier: fields
    .char(5)
    .choices({ Sea: { ship: 'Ship', ferry: 'Ferry' }, truck: 'Truck' })
    .default('truck'),
  depot: fields
    .char(1)
    .choices(() => depots)
    .default('n'),
  fee: fields
    .decimal(5, 2)
    .choices([
      ['1.5', 'Low'],
      ['20', 'High'],
    ])
    .null(),
  opens: fields.time().choices({ '09:00': 'Early', '10:30': 'Late' }).default('9:00'),
}) {
  static objects = new Manager(this);
}
const { behaviour } = harness(
  [Parcel],
  `insert into parcel (state, size, urgency, goods, carrier, depot, fee, opens) values ('sent', 'large', 2, 'fruit', 'ferry', 'n', 1.50, '10:30:00'), ('draft', null, 9, null, 'mule', 'x', 3, '11:00:00');`,
);
const shown = (row: Parcel) => [
  row.getStateDisplay(),
  row.getSizeDisplay(),
  row.getUrgencyDisplay(),
  row.getGoodsDisplay(),
  row.getCarrierDisplay(),
  row.getDepotDisplay(),
  row.getFeeDisplay(),
  row.getOpensDisplay(),
];

behaviour('rows say what their values are called', function* () {
  const [known, other] = yield* call<Parcel[]>(Parcel.objects.orderBy('id'), 'list');
  const before = statements().length;
  expect(shown(known as Parcel)).toEqual([
    'sent',
    'Rather large',
    'Urgent',
    'Fruit',
    'Ferry',
    'North',
    'Low',
    'Late',
  ]);
  // What has no label is shown as it is.
  expect(shown(other as Parcel)).toEqual(['draft', null, '9', 'Unknown', 'mule', 'x', '3.00', '11:00:00']);
  expect(statements()).toHaveLength(before);
  depots.set('x', 'Elsewhere');
  expect((other as Parcel).getDepotDisplay()).toBe('Elsewhere');
  depots.delete('x');
});
behaviour('values that are none of the choices are refused by fullClean, and by nothing else', function* () {
  const wrong = new Parcel({
    state: 'lost in the post' as never,
    urgency: 3,
    goods: 'furniture and more',
    carrier: 'mule',
    fee: 2,
  });
  const error = (yield* thrownBy(() => call(wrong, 'fullClean'))) as ValidationError;
  expect(error.errors).toEqual({
    state: ["Value 'lost in the post' is not a valid choice."],
    urgency: ['Value 3 is not a valid choice.'],
    goods: ["Value 'furniture and more' is not a valid choice."],
    carrier: ["Value 'mule' is not a valid choice."],
    fee: ["Value '2' is not a valid choice."],
  });
  expect(error.errorDict.urgency?.map(({ code, params }) => [code, params])).toEqual([
    ['invalid_choice', { value: 3 }],
  ]);
  const right = new Parcel({ urgency: '2' as never, goods: 'meat', fee: '1.50' });
  yield* call(right, 'fullClean');
  right.carrier = 'cart';
  yield* call(right, 'save');
  expect(yield* call(Parcel.objects.filter({ carrier: 'cart' }), 'count')).toBe(1);
});

class Shape extends model(
  'shape',
  {
    kind: fields.char(10).choices([
      ['round', 'Round'],
      ['flat', 'Flat'],
    ]),
  },
  { abstract: true },
) {}
class Ball extends model('ball', {}, { extends: Shape }) {}
class Disc extends model(
  'disc',
  { kind: fields.char(10).choices({ round: 'Round and flat' }) },
  { extends: Shape },
) {}
class Coin extends model('coin', { side: fields.choice('head', 'tail') }) {
  override get getSideDisplay() {
    return () => `the ${this.side}`;
  }
}
class Medal extends model('medal', {}, { extends: Coin as unknown as AnyModel }) {}

test('models that extend another have its labels, or their own', () => {
  const display = (row: object) => (row as { getKindDisplay(): string }).getKindDisplay();
  expect(display(new Ball({ kind: 'round' } as never))).toBe('Round');
  expect(display(new Disc({ kind: 'round' } as never))).toBe('Round and flat');
  expect(display(new Disc({ kind: 'flat' } as never))).toBe('flat');
});
test('a model may say itself what its values are called', () => {
  expect(new Coin({ side: 'head' }).getSideDisplay()).toBe('the head');
  const medal = new Medal({ side: 'tail' } as never) as unknown as Coin;
  expect(medal.getSideDisplay()).toBe('the tail');
});
test('items of an array may be chosen, too', () => {
  class Shop extends model('shop', {
    days: fields.array(fields.smallInteger().choices(new Map([[1, 'Monday']]))),
    rooms: fields.array(fields.text().null()).default(() => [null]),
  }) {}
  new Shop({ days: [1, 1] }).cleanFields();
  expect(() => new Shop({ days: [1, 8] }).cleanFields()).toThrow(
    'days: Item 2 in the array did not validate: Value 8 is not a valid choice.',
  );
  expect(() => new Shop({ days: [null] } as never).cleanFields()).toThrow(
    'days: Item 1 in the array did not validate: This field cannot be null.',
  );
});
test('a field without choices has no labels', () => {
  expect('getIdDisplay' in Parcel.prototype).toBe(false);
  expect(Object.keys(new Parcel())).not.toContain('getStateDisplay');
});
test('choices that are none are refused where they are declared', () => {
  const wrong: [unknown, string][] = [
    ['abc', "'abc'"],
    [['abc', 'def'], "'abc'"],
    [[['a', 'A', 'x']], '<Array>'],
    [[['a', 1]], '1'],
    [{ a: 1 }, '1'],
    [null, 'null'],
  ];
  for (const [given, named] of wrong) {
    expect(() => fields.char(5).choices(given as never)).toThrow(
      new TypeError(
        `Choices are pairs of a value and its label, an object of labels by value, or a function that returns them; not ${named}.`,
      ),
    );
  }
  expect(() => fields.choice(...([] as unknown as ['a']))).toThrow('choice() takes at least one string.');
  expect(() => fields.choice({})).toThrow('choice() takes at least one string.');
});
test('choices that the column cannot hold are refused with the model', () => {
  expect(() => model('a', { b: fields.char(3).choices({ long: 'Long' }) })).toThrow(
    "'maxLength' of a.b is too small to fit the longest value in 'choices' (4 characters).",
  );
  expect(() => model('a', { b: fields.integer().choices({ one: 'One' }) })).toThrow(
    "The choice 'one' is no value of a.b: Field 'b' expected a number but got 'one'.",
  );
  model('a', { b: fields.integer().choices({ 1: 'One' }) });
});
