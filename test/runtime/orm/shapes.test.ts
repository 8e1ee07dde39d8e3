import { fields, Manager, model } from '@migrate-async/runtime/orm';
import { describe, expect, test } from 'vitest';

class Part extends model('shapes_part', {
  name: fields.text(),
  size: fields.smallInteger(),
  sold: fields.boolean(),
  madeAt: fields.dateTime().null(),
}) {
  static objects = new Manager(Part);
}

interface Inside {
  readonly shape: { readonly number: number };
  toSql(): { readonly sql: string; readonly parameters: readonly unknown[] };
}
const inside = (queryset: unknown) => queryset as Inside;
const sqlOf = (queryset: unknown) => inside(queryset).toSql();

describe('a filter of plain values that was written before', () => {
  test('finds the shape of the first one, with its own values', () => {
    const first = Part.objects.filter({ name: 'a', size__gt: 1 });
    const second = Part.objects.filter({ name: 'b', size__gt: 2 });
    expect(inside(second).shape).toBe(inside(first).shape);
    expect(sqlOf(first).parameters).toEqual(['a', '1']);
    expect(sqlOf(second).parameters).toEqual(['b', '2']);
  });

  test('is another one when the kind of a value makes another SQL', () => {
    const written = () => [
      Part.objects.filter({ sold: true }),
      Part.objects.filter({ sold: false }),
      Part.objects.filter({ madeAt: null }),
      Part.objects.filter({ madeAt: new Date(0) }),
    ];
    const statements = [...written(), ...written()].map((queryset) => sqlOf(queryset).sql);
    expect(new Set(statements).size).toBe(4);
    expect(statements.slice(0, 4)).toEqual(statements.slice(4));
  });

  test('is another one when its names come in another order', () => {
    const [first, second] = [
      Part.objects.filter({ name: 'a', size: 1 }),
      Part.objects.filter({ size: 1, name: 'a' }),
    ];
    for (let again = 0; again < 2; again += 1) {
      expect(sqlOf(Part.objects.filter({ name: 'x', size: 3 }))).toMatchObject({
        sql: sqlOf(first).sql,
        parameters: ['x', '3'],
      });
      expect(sqlOf(Part.objects.filter({ size: 3, name: 'x' }))).toMatchObject({
        sql: sqlOf(second).sql,
        parameters: ['3', 'x'],
      });
    }
  });

  test('with a number that no row can have is a query of its own, before and after', () => {
    const beyond = () => sqlOf(Part.objects.filter({ size__lt: 100_000 }));
    const within = () => sqlOf(Part.objects.filter({ size__lt: 10 }));
    const expected = [beyond(), within()];
    expect([beyond(), within()]).toEqual(expected);
    expect(expected[1]?.parameters).toEqual(['10']);
    expect(expected[0]?.parameters).toEqual([]);
  });

  test('still refuses what cannot be a value of the field', () => {
    expect(sqlOf(Part.objects.filter({ size: 1 })).parameters).toEqual(['1']);
    const wrong = { size: 'wide' } as unknown as { size: number };
    for (let again = 0; again < 2; again += 1) {
      expect(() => sqlOf(Part.objects.filter(wrong))).toThrow(
        "Field 'size' expected a number but got 'wide'.",
      );
    }
    const unknown = { nope: 1 } as unknown as { size: number };
    for (let again = 0; again < 2; again += 1) expect(() => Part.objects.filter(unknown)).toThrow(/'nope'/);
  });

  test('does not take inherited or odd properties for names', () => {
    const inherited = Object.assign(Object.create({ size: 5 }), { name: 'a' });
    expect(sqlOf(Part.objects.filter(inherited)).parameters).toEqual(['a']);
    const parsed = JSON.parse('{"__proto__": 1}');
    expect(() => Part.objects.filter(parsed)).toThrow(/Cannot resolve keyword/);
  });
});

test('shapes are forgotten when there are too many, and what is in use comes back', () => {
  const held = Part.objects.filter({ name: 'held' });
  const first = inside(held.slice(0, 5)).shape;
  for (let at = 1; at < 2_500; at += 1) held.slice(at, at + 5);
  expect(inside(held.slice(0, 5)).shape).not.toBe(first);
  expect(inside(held.slice(0, 5)).shape).toBe(inside(held.slice(0, 5)).shape);
  expect(sqlOf(held.slice(0, 5)).sql).toContain('LIMIT 5');
  expect(sqlOf(Part.objects.filter({ name: 'other' })).parameters).toEqual(['other']);
});
