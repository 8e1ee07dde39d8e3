// Checked, never run: columns whose values have labels.
import { fields, Manager, model } from '@migrate-async/runtime/orm';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_T extends true>() => {};

const sizes = { small: 'Small', large: 'Rather large' } as const;
export class Parcel extends model('parcel', {
  state: fields.choice('draft', 'sent').default('draft'),
  size: fields.choice({ small: 'Small', large: 'Rather large' }).null(),
  wrapping: fields.choice(sizes),
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
  carrier: fields.char(10).choices({ Sea: { ship: 'Ship', ferry: 'Ferry' }, truck: 'Truck' }),
  zone: fields
    .smallInteger()
    .choices(
      new Map([
        [1, 'Near'],
        [2, 'Far'],
      ]),
    )
    .unique(),
  depot: fields.char(10).choices(() => [['a', 'A']]),
  note: fields.text(),
}) {
  static objects = new Manager(this);
}

export function labels(row: Parcel) {
  same<Equal<typeof row.size, 'small' | 'large' | null>>();
  same<Equal<typeof row.wrapping, 'small' | 'large'>>();
  same<Equal<typeof row.urgency, number>>();
  same<Equal<ReturnType<typeof row.getStateDisplay>, string>>();
  same<Equal<ReturnType<typeof row.getSizeDisplay>, string | null>>();
  same<Equal<ReturnType<typeof row.getUrgencyDisplay>, string>>();
  same<Equal<ReturnType<typeof row.getGoodsDisplay>, string | null>>();
  const texts: string[] = [row.getWrappingDisplay(), row.getCarrierDisplay(), row.getZoneDisplay()];
  texts.push(row.getDepotDisplay());
  // @ts-expect-error a column without choices has no labels
  row.getNoteDisplay();
  // @ts-expect-error a value of another type
  fields.integer().choices([['one', 'One']]);
  // @ts-expect-error a label is a text
  fields.integer().choices([[1, 2]]);
  // @ts-expect-error strings, not a list of them
  fields.choice(['draft', 'sent']);
  // @ts-expect-error none of the choices
  fields.choice({ small: 'Small' }).default('large');
  // @ts-expect-error none of the choices
  Parcel.objects.filter({ size: 'huge' });
  Parcel.objects.filter({ size: 'small', urgency__gte: 1, carrier__startsWith: 's' });
  return texts;
}

export class Letter extends model('letter', { state: fields.choice('draft', 'sent') }) {
  override get getStateDisplay() {
    return () => `A letter that is ${this.state}`;
  }
}
