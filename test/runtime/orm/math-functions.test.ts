import {
  Abs,
  ACos,
  ASin,
  ATan,
  ATan2,
  Ceil,
  Cos,
  Cot,
  Count,
  Degrees,
  Exp,
  F,
  Floor,
  fields,
  Ln,
  Log,
  Manager,
  Mod,
  model,
  Pi,
  Power,
  Radians,
  Random,
  Round,
  Sign,
  Sin,
  Sqrt,
  Sum,
  Tan,
  UUID4,
  UUID7,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

class Measure extends model('measure', {
  whole: fields.integer(),
  large: fields.bigInteger(),
  fraction: fields.float(),
  exact: fields.decimal(8, 3),
  missing: fields.float().null(),
}) {
  static objects = new Manager(this);
}
const { behaviour } = harness(
  [Measure],
  `insert into measure (whole, large, fraction, exact) values (-20, -9223372036854775807, -27.5, -12.915);`,
);

/** The value of an expression on the one row. */
function* value(expression: unknown) {
  return yield* call(
    Measure.objects.values({ x: expression as never }).valuesList('x', { flat: true }),
    'get',
  );
}

behaviour('whole numbers stay whole, decimals lose nothing, floats are numbers', function* () {
  expect(yield* value(Abs('whole'))).toBe(20);
  expect(yield* value(Abs('large'))).toBe(9223372036854775807n);
  expect(yield* value(Abs('fraction'))).toBe(27.5);
  expect(yield* value(Abs('exact'))).toBe('12.915');
  expect(yield* value(Abs('missing'))).toBeNull();
  expect(yield* value(Ceil('whole'))).toBe(-20);
  expect(yield* value(Ceil('large'))).toBe(-9223372036854775807n);
  expect(yield* value(Ceil('fraction'))).toBe(-27);
  expect(yield* value(Ceil('exact'))).toBe('-12');
  expect(yield* value(Floor('large'))).toBe(-9223372036854775807n);
  expect(yield* value(Floor('fraction'))).toBe(-28);
  expect(yield* value(Floor('exact'))).toBe('-13');
  expect(yield* value(Sign('whole'))).toBe(-1);
  expect(yield* value(Sign('large'))).toBe(-1n);
  expect(yield* value(Sign('exact'))).toBe('-1');
});
behaviour('numbers are rounded to digits behind or in front of the point', function* () {
  expect(yield* value(Round('fraction'))).toBe(-28);
  expect(yield* value(Round('exact'))).toBe('-13');
  expect(yield* value(Round('exact', 2))).toBe('-12.92');
  expect(yield* value(Round('fraction', 1))).toBe(-27.5);
  expect(yield* value(Round('whole', 2))).toBe(-20);
  expect(yield* value(Round('whole', -2))).toBe(0);
  expect(yield* value(Round(F('large').add(7), -1))).toBe(-9223372036854775800n);
  expect(yield* value(Round('exact', F('whole').add(21)))).toBe('-12.9');
});
behaviour('roots, powers and logarithms', function* () {
  expect(yield* value(Sqrt(Abs('fraction')))).toBeCloseTo(Math.sqrt(27.5), 12);
  expect(yield* value(Sqrt(Abs('whole')))).toBeCloseTo(Math.sqrt(20), 12);
  expect(yield* value(Sqrt(Abs('exact')))).toMatch(/^3\.59374/);
  expect(yield* value(Power('whole', 2))).toBe(400);
  expect(yield* value(Power('exact', 2))).toMatch(/^166\.797/);
  expect(yield* value(Exp('fraction'))).toBeCloseTo(Math.exp(-27.5), 20);
  expect(yield* value(Ln(Abs('whole')))).toBeCloseTo(Math.log(20), 12);
  expect(yield* value(Log(2, Abs('whole')))).toBeCloseTo(Math.log2(20), 12);
  expect(yield* value(Log(2.5, Abs('fraction')))).toBeCloseTo(Math.log(27.5) / Math.log(2.5), 10);
  expect(yield* value(Mod('whole', 3))).toBe(-2);
  expect(yield* value(Mod('fraction', 5))).toBe(-2.5);
  expect(yield* value(Mod('exact', 5))).toBe('-2.915');
});
behaviour('angles', function* () {
  expect(yield* value(ACos(0.25))).toBeCloseTo(Math.acos(0.25), 12);
  expect(yield* value(ASin(0.25))).toBeCloseTo(Math.asin(0.25), 12);
  expect(yield* value(ATan('whole'))).toBeCloseTo(Math.atan(-20), 12);
  expect(yield* value(ATan2('fraction', 'whole'))).toBeCloseTo(Math.atan2(-27.5, -20), 12);
  expect(yield* value(ATan2('whole', 'exact'))).toMatch(/^-2\.14/);
  expect(yield* value(Cos('fraction'))).toBeCloseTo(Math.cos(-27.5), 12);
  expect(yield* value(Cot('fraction'))).toBeCloseTo(1 / Math.tan(-27.5), 12);
  expect(yield* value(Sin('whole'))).toBeCloseTo(Math.sin(-20), 12);
  expect(yield* value(Tan('whole'))).toBeCloseTo(Math.tan(-20), 12);
  expect(yield* value(Degrees(Pi()))).toBeCloseTo(180, 12);
  expect(yield* value(Radians('whole'))).toBeCloseTo((-20 * Math.PI) / 180, 12);
  expect(yield* value(Sin('exact'))).toMatch(/^-0\.34/);
});
behaviour('functions of numbers are combined, filtered by and summed', function* () {
  expect(yield* value(Abs('whole').add(Floor('fraction')))).toBe(-8);
  expect(yield* call(Measure.objects.alias({ size: Abs('whole') }).filter({ size__gte: 20 }), 'count')).toBe(
    1,
  );
  expect(
    yield* call(Measure.objects, 'aggregate', { s: Sum(Abs('whole')), r: Round(Sum('exact'), 1) }),
  ).toEqual({
    s: 20,
    r: '-12.9',
  });
  expect(yield* call(Measure.objects, 'update', { fraction: Round(F('fraction').div(3), 2) })).toBe(1);
  expect(yield* value(F('fraction'))).toBe(-9.17);
});
behaviour('what is another for each row makes no groups', function* () {
  const grouped = Measure.objects.values({ r: Random() }, 'whole').annotate({ n: Count('id') });
  const [row] = (yield* rounded(grouped)) as [{ whole: number; n: number }];
  expect(row).toMatchObject({ whole: -20, n: 1 });
  expect(lastStatement()).toMatch(/GROUP BY "measure"."whole"$|GROUP BY 1$|GROUP BY .*"whole"/);
  expect(lastStatement()).not.toMatch(/GROUP BY.*RANDOM/);
});
/** Rows with numbers by chance taken out: the paths could not agree on them. */
function* rounded(rows: { values(...names: string[]): unknown } | object) {
  const picked = (rows as { values(...names: string[]): object }).values('whole', 'n');
  return yield* call(picked, 'list');
}
behaviour('UUIDs are made by the database, as default or for each row', function* () {
  const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-([47])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
  const made = Measure.objects.annotate({ four: UUID4(), seven: UUID7(), later: UUID7(3_600_000) });
  const alike = made.filter({ four__regex: shape.source, seven__regex: shape.source, later__gt: F('seven') });
  expect(yield* call(alike, 'count')).toBe(1);
  const random = Measure.objects.annotate({ r: Random() }).filter({ r__gte: 0, r__lt: 1 });
  expect(yield* call(random, 'count')).toBe(1);
});
