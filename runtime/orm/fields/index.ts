import { describe } from '../describe.ts';
import { ValueError } from '../errors.ts';
import { type Registrable, registerOnKind, unregisterOnKind } from '../lookups/registered.ts';
import { requireFlags, requireOptions } from '../options.ts';
import type {
  Fields,
  ForeignKeyFunction,
  ForeignObjectFunction,
  GenericForeignKeyFunction,
  GenericRelationFunction,
  ManyToManyFunction,
  OneToOneFunction,
  ReverseFunction,
} from '../types/fields.ts';
import type { RegistersLookups } from '../types/own-lookups.ts';
import { validators } from '../validators/index.ts';
import { CompositeKeyDescription } from './composite.ts';
import { DateField, DateTimeField, DurationField, TimeField } from './dates.ts';
import { FieldDescription } from './description.ts';
import type { Field } from './field.ts';
import { ForeignObjectDescription, type ForeignObjectOptions } from './foreign-object.ts';
import { UntypedGeneratedField } from './generated.ts';
import { GenericKeyDescription, GenericRelationDescription, type GenericRelationOptions } from './generic.ts';
import {
  AutoField,
  BigIntegerField,
  BooleanField,
  DecimalField,
  FloatField,
  IntegerField,
  PositiveBigIntegerField,
  PositiveIntegerField,
} from './numbers.ts';
import {
  ForeignKeyField,
  ManyToManyDescription,
  type ManyToManyOptions,
  type RelationOptions,
  ReverseDescription,
  type TargetThunk,
} from './relations.ts';
import { ArrayField, BinaryField, JsonField } from './structured.ts';
import { CharField, ChoiceField, IpField, PatternField, TextField, UuidField } from './text.ts';

function described(field: Field): FieldDescription {
  return new FieldDescription(field);
}

const factories = {
  auto: () => described(new AutoField('integer', 'AutoField').with({ primaryKey: true })),
  smallAuto: () => described(new AutoField('smallint', 'SmallAutoField').with({ primaryKey: true })),
  bigAuto: () => described(new AutoField('bigint', 'BigAutoField').with({ primaryKey: true })),
  char: (maxLength?: number) => described(new CharField(maxLength)),
  text: () => described(new TextField()),
  integer: () => described(new IntegerField('integer', 'IntegerField')),
  smallInteger: () => described(new IntegerField('smallint', 'SmallIntegerField')),
  bigInteger: () => described(new BigIntegerField()),
  positiveInteger: () => described(new PositiveIntegerField('integer', 'PositiveIntegerField')),
  positiveSmallInteger: () => described(new PositiveIntegerField('smallint', 'PositiveSmallIntegerField')),
  positiveBigInteger: () => described(new PositiveBigIntegerField()),
  float: () => described(new FloatField()),
  decimal: (precision: number, scale: number) => described(new DecimalField(precision, scale)),
  boolean: () => described(new BooleanField()),
  date: () => described(new DateField()),
  time: () => described(new TimeField()),
  dateTime: () => described(new DateTimeField()),
  duration: () => described(new DurationField()),
  uuid: () => described(new UuidField()),
  json: () => described(new JsonField()),
  binary: () => described(new BinaryField()),
  array: (of: FieldDescription) => {
    if (!(of instanceof FieldDescription))
      throw new TypeError(`array() takes a field, as in fields.array(fields.text()), not ${describe(of)}.`);
    if (of.field instanceof ForeignKeyField)
      throw new TypeError(
        'The items of an array cannot be a relation: the database would not look after them.',
      );
    return described(new ArrayField(of.field));
  },
  email: (maxLength = 254) => described(new PatternField('EmailField', maxLength, validators.email)),
  url: (maxLength = 200) => described(new PatternField('URLField', maxLength, validators.url)),
  slug: (maxLength = 50) =>
    described(new PatternField('SlugField', maxLength, validators.slug).with({ index: true })),
  ip: () => described(new IpField()),
  compositePrimaryKey: (...names: string[]) => new CompositeKeyDescription(names),
  choice: (...values: unknown[]) => described(new ChoiceField(values)),
  generated: (expression: unknown, of?: FieldDescription) =>
    described((of?.field ?? new UntypedGeneratedField()).computedFrom(expression)),
};

/** Django's names of the kinds of fields, which lookups are registered on. */
const kinds: Readonly<Partial<Record<keyof typeof factories, string>>> = {
  auto: 'AutoField',
  smallAuto: 'SmallAutoField',
  bigAuto: 'BigAutoField',
  char: 'CharField',
  choice: 'CharField',
  text: 'TextField',
  integer: 'IntegerField',
  smallInteger: 'SmallIntegerField',
  bigInteger: 'BigIntegerField',
  positiveInteger: 'PositiveIntegerField',
  positiveSmallInteger: 'PositiveSmallIntegerField',
  positiveBigInteger: 'PositiveBigIntegerField',
  float: 'FloatField',
  decimal: 'DecimalField',
  boolean: 'BooleanField',
  date: 'DateField',
  time: 'TimeField',
  dateTime: 'DateTimeField',
  duration: 'DurationField',
  uuid: 'UUIDField',
  json: 'JSONField',
  binary: 'BinaryField',
  array: 'ArrayField',
  email: 'EmailField',
  url: 'URLField',
  slug: 'SlugField',
  ip: 'GenericIPAddressField',
};
for (const [name, kind] of [['', 'Field'], ...Object.entries(kinds)] as [
  keyof typeof factories | '',
  string,
][]) {
  // Not listed among the fields, which are.
  Object.defineProperties(name === '' ? factories : factories[name], {
    registerLookup: { value: (given: Registrable, as?: string) => registerOnKind(kind, given, as) },
    unregisterLookup: { value: (given: Registrable, as?: string) => unregisterOnKind(kind, given, as) },
  });
}

// The classes above are the run-time half; the typed half says what each attribute is.
export const fields = factories as unknown as Fields &
  RegistersLookups &
  Readonly<Record<keyof typeof kinds, RegistersLookups>>;

export const foreignKey = ((target: TargetThunk, options: RelationOptions = {}) => {
  requireRelation('foreignKey', target, options, foreignKeyOptions);
  return described(new ForeignKeyField('foreignKey', target, options));
}) as unknown as ForeignKeyFunction;

export const oneToOne = ((target: TargetThunk, options: RelationOptions = {}) => {
  requireRelation('oneToOne', target, options, oneToOneOptions);
  return described(new ForeignKeyField('oneToOne', target, options).with({ unique: true }));
}) as unknown as OneToOneFunction;

export const manyToMany = ((target: TargetThunk, options: ManyToManyOptions = {}) => {
  requireRelation('manyToMany', target, options, manyToManyOptions);
  requirePairs(options);
  return new ManyToManyDescription(target, options);
}) as unknown as ManyToManyFunction;

export const reverse = ((target: TargetThunk, via?: string) => {
  requireThunk('reverse()', target);
  return new ReverseDescription(target, via);
}) as unknown as ReverseFunction;

export const foreignObject = ((target: TargetThunk, options: ForeignObjectOptions) => {
  requireThunk('foreignObject()', target);
  return new ForeignObjectDescription(target, options);
}) as unknown as ForeignObjectFunction;

export const genericForeignKey = ((typeField = 'contentType', keyField = 'objectId') =>
  new GenericKeyDescription(typeField, keyField)) as unknown as GenericForeignKeyFunction;

export const genericRelation = ((target: TargetThunk, given: string | GenericRelationOptions = {}) => {
  const options = typeof given === 'string' ? { via: given } : given;
  requireRelation('genericRelation', target, options, genericRelationOptions);
  return new GenericRelationDescription(target, options);
}) as unknown as GenericRelationFunction;

const foreignKeyOptions = [
  'onDelete',
  'relatedName',
  'dbConstraint',
  'toField',
  'limitChoicesTo',
] as const satisfies NamesOf<RelationOptions>;
const oneToOneOptions = [...foreignKeyOptions, 'parentLink'] as const satisfies NamesOf<RelationOptions>;
const genericRelationOptions = ['via', 'relatedQueryName'] as const satisfies NamesOf<GenericRelationOptions>;
const manyToManyOptions = [
  'through',
  'throughFields',
  'relatedName',
  'table',
  'symmetrical',
] as const satisfies NamesOf<ManyToManyOptions>;
type NamesOf<Options> = readonly (keyof Options)[];

function requireRelation(call: string, target: unknown, options: unknown, known: readonly string[]): void {
  requireThunk(`${call}()`, target);
  requireOptions(call, options, known);
}
/** What says where the pairs are: the table of a through model is its own (fields.E337). */
function requirePairs({ through, throughFields, table, symmetrical }: ManyToManyOptions): void {
  requireFlags('manyToMany', { symmetrical });
  if (through !== undefined) {
    requireThunk("The option 'through' of manyToMany()", through);
    if (table !== undefined) throw new ValueError('Cannot specify a table if an intermediary model is used.');
  }
  if (throughFields === undefined) return;
  if (through === undefined) throw new ValueError('Cannot specify throughFields without a through model.');
  const two = Array.isArray(throughFields) && throughFields.length === 2;
  if (!two || !throughFields.every((name) => typeof name === 'string'))
    throw new ValueError(
      "'throughFields' names two foreign keys of the through model: the one to the model, then the one to the target.",
    );
}
/** Models name each other before both are declared, so the name has to be inside a function. */
function requireThunk(what: string, target: unknown): void {
  const isClass = typeof target === 'function' && /^class\b/.test(Function.prototype.toString.call(target));
  if (typeof target === 'function' && !isClass) return;
  const given = isClass ? `the class ${target.name} itself` : describe(target);
  throw new TypeError(`${what} takes a function that returns a model, as in () => Author, not ${given}.`);
}

/** `onDelete: set(value)`: rows that pointed at a deleted one point at `value`, or at what the function returns. */
export function set(value: unknown): { readonly set: unknown } {
  return { set: value };
}
