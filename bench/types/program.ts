// The program every contestant checks: 30 models of 9 columns and 3 relations, 300 queries of three conditions up to
// two hops away.

export const modelCount = 30;
export const filterCount = 300;

/** A column every model has, and a condition on it. */
interface Condition {
  readonly column: string;
  readonly lookup: string;
  readonly value: string;
}
/** `number` picks the conditions of query `number`: another column at every hop. */
export function conditionAt(number: number): Condition {
  return conditions[number % conditions.length] as Condition;
}
const conditions: readonly Condition[] = [
  { column: 'title', lookup: 'startsWith', value: "'a'" },
  { column: 'pages', lookup: 'gte', value: '3' },
  { column: 'isOpen', lookup: 'exact', value: 'true' },
  { column: 'made', lookup: 'lt', value: 'new Date()' },
  { column: 'rating', lookup: 'gt', value: '1.5' },
  { column: 'note', lookup: 'contains', value: "'b'" },
  { column: 'sold', lookup: 'lte', value: '7n' },
];

/** Models that model `of` points at: `first` directly, `second` perhaps; `others` point at it. */
export function neighbours(of: number) {
  return {
    first: (of + 1) % modelCount,
    second: (of + 7) % modelCount,
    others: (of + modelCount - 1) % modelCount,
  };
}

/**
 * The program for this project's types, against the published package.
 *
 * @param filters how many filters it has
 */
export function program(filters = filterCount): string {
  const lines = [
    `import { fields, foreignKey, Manager, model, reverse } from '@migrate-async/runtime/orm';`,
    '',
  ];
  for (let of = 0; of < modelCount; of++) lines.push(modelSource(of));
  for (let number = 0; number < filters; number++) lines.push(filterSource(number));
  lines.push(
    '// @ts-expect-error there is no such column two hops away',
    `M0.objects.filter({ first__second__titel: 'a' });`,
    '// @ts-expect-error the column two hops away is no text',
    `M0.objects.filter({ first__second__pages: 'a' });`,
    '',
  );
  return lines.join('\n');
}

function modelSource(of: number): string {
  const { first, second, others } = neighbours(of);
  return `class M${of} extends model('m${of}', {
  title: fields.char(100), note: fields.text().null(), pages: fields.integer(), sold: fields.bigInteger(),
  price: fields.decimal(8, 2), isOpen: fields.boolean().default(true), made: fields.dateTime(), rating: fields.float().null(),
  day: fields.date(),
  first: foreignKey<M${first}>(() => M${first}),
  second: foreignKey<M${second}>(() => M${second}, { relatedName: '+' }).null(),
  others: reverse<M${others}, 'first'>(() => M${others}),
}) { static objects = new Manager(this); }
`;
}

function filterSource(number: number): string {
  const own = conditionAt(number);
  const near = conditionAt(number + 2);
  const far = conditionAt(number + 4);
  return (
    `M${number % modelCount}.objects.filter({ ${own.column}__${own.lookup}: ${own.value}, ` +
    `first__${near.column}__${near.lookup}: ${near.value}, second__first__${far.column}__${far.lookup}: ${far.value} });`
  );
}
