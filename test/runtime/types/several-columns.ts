// Checked, never run: relations by several columns.
import { F, fields, foreignObject, Manager, model, type QuerySet, reverse } from '@migrate-async/runtime/orm';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_T extends true>() => {};
type Item<T> = T extends QuerySet<infer _M, infer R, infer _A> ? R : never;

export class Ship extends model('ship', {
  pk: fields.compositePrimaryKey('fleet', 'number'),
  fleet: fields.integer(),
  number: fields.integer(),
  name: fields.text(),
  cabins: reverse<Cabin, 'ship'>(() => Cabin),
}) {
  static objects = new Manager(this);
}
export class Cabin extends model('cabin', {
  fleet: fields.integer(),
  shipNumber: fields.integer().null(),
  door: fields.text(),
  ship: foreignObject<Ship, 'fleet' | 'shipNumber'>(() => Ship, {
    fromFields: ['fleet', 'shipNumber'],
    relatedName: 'cabins',
  }).null(),
}) {
  static objects = new Manager(this);
}
/** One that is always there, and whose columns the types are not told. */
export class Log extends model('log', {
  fleet: fields.integer(),
  shipNumber: fields.integer(),
  ship: foreignObject<Ship>(() => Ship, { fromFields: ['fleet', 'shipNumber'], onDelete: 'protect' }),
}) {
  static objects = new Manager(this);
}

export function declarations() {
  foreignObject<Ship>(() => Ship, { fromFields: ['a', 'b'], toFields: ['fleet', 'number'] }).null();
  foreignObject<Ship, 'fleet' | 'shipNumber'>(() => Ship, {
    // @ts-expect-error not one of the columns that were named
    fromFields: ['fleet', 'shipNumbr'],
  });
  // @ts-expect-error the columns must be said
  foreignObject<Ship>(() => Ship);
  foreignObject<Ship>(() => Ship, {
    fromFields: ['fleet', 'number'],
    // @ts-expect-error a misspelt option
    toFeilds: ['fleet', 'number'],
  });
  foreignObject<Ship>(() => Ship, {
    fromFields: ['fleet', 'number'],
    // @ts-expect-error columns of the model's own are not let go when the other row is deleted
    onDelete: 'setNull',
  });
}

export async function accessors(ship: Ship, cabin: Cabin, log: Log) {
  same<Equal<typeof cabin.ship, Ship | null>>();
  same<Equal<typeof cabin.aship, Promise<Ship | null>>>();
  same<Equal<typeof log.ship, Ship>>();
  same<Equal<typeof log.aship, Promise<Ship>>>();
  (await cabin.aship)?.name.toUpperCase();
  cabin.ship = ship;
  cabin.ship = null;
  // @ts-expect-error a cabin is no ship
  cabin.ship = cabin;
  // @ts-expect-error there is always one
  log.ship = null;
  // @ts-expect-error it has no key attribute: its columns are
  cabin.shipId;
}

export async function manager(ship: Ship, cabin: Cabin) {
  ship.cabins.filter({ door: 'a' }).list() satisfies Cabin[];
  // The manager fills the columns.
  (await ship.cabins.acreate({ door: 'x' })).door;
  ship.cabins.getOrCreate({ door: 'x' });
  ship.cabins.add(cabin, 3);
  await ship.cabins.aset([cabin]);
  // @ts-expect-error the door is not among them
  ship.cabins.create({});
  // @ts-expect-error not cabins
  ship.cabins.add(ship);
}

export function writing(ship: Ship, cabin: Cabin) {
  Cabin.objects.create({ door: 'x', ship });
  Cabin.objects.create({ door: 'x', fleet: 1, shipNumber: 2 });
  Log.objects.create({ fleet: 1, shipNumber: 2 });
  Cabin.objects.update({ ship });
  new Cabin({ ship, door: 'x' }).save();
  // @ts-expect-error a cabin is no ship
  Cabin.objects.create({ door: 'x', ship: cabin });
  // @ts-expect-error a row is given as an instance
  Cabin.objects.create({ door: 'x', ship: [1, 2] });
}

export function paths(ship: Ship, cabin: Cabin) {
  Cabin.objects.filter({ ship });
  Cabin.objects.filter({ ship: [1, 2], ship__in: [ship, [1, 2]], ship__isNull: false });
  Cabin.objects.filter({ ship: null, ship__name__startsWith: 'y', ship__pk: [1, 2] });
  Ship.objects.filter({ cabins__door: 'a', cabins: cabin, cabins__in: [cabin, 1] });
  Cabin.objects.selectRelated('ship').only('door', 'ship__name').get().ship?.name;
  Cabin.objects.prefetchRelated('ship').orderBy('ship__name', '-ship');
  Ship.objects.prefetchRelated('cabins');
  const values = Cabin.objects.values('ship__name', 'ship', 'door');
  same<
    Equal<Item<typeof values>, { ship__name: string | null; ship: [number, number] | null; door: string }>
  >();
  const named = Cabin.objects.annotate({ name: F('ship__name') }).get();
  same<Equal<typeof named.name, string | null>>();
  // @ts-expect-error numbers
  Cabin.objects.filter({ ship: ['a', 2] });
  // @ts-expect-error both of them
  Cabin.objects.filter({ ship: [1] });
  // @ts-expect-error unknown field behind the relation
  Cabin.objects.filter({ ship__nam: 'a' });
  // @ts-expect-error it has no key attribute
  Cabin.objects.filter({ shipId: 1 });
  // @ts-expect-error unknown field behind the relation
  Cabin.objects.values('ship__nam');
}
