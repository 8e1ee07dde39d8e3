import { inspect } from 'node:util';
import { describe } from '../describe.ts';
import { ImproperlyConfigured } from '../errors.ts';
import { CompositeKeyDescription } from '../fields/composite.ts';
import { type Field, momentOf } from '../fields/field.ts';
import type { ForeignObjectField } from '../fields/foreign-object.ts';
import { ForeignKeyField, type OnDeleteRule } from '../fields/relations.ts';
import { closeMatches } from '../lookups/suggestions.ts';
import { isOptions } from '../options.ts';
import { relationTwin } from '../twins.ts';
import type { ModelOptions } from '../types/model.ts';
import { checkChoices } from './choice-checks.ts';
import { checkConstraintForms, checkIndexForms } from './constraint-checks.ts';
import type { ModelMeta } from './meta.ts';
import { camelCase } from './naming.ts';
import { checkRelatedName, checkWayBack } from './reverse-names.ts';
import { areUniqueTogether, isUnique } from './unique.ts';

// What Django's system checks refuse is refused where a model is set up: what it says of itself when it is declared,
// what it says of others when it is first used.

function refused(message: string): ImproperlyConfigured {
  return new ImproperlyConfigured(message);
}

/**
 * @throws TypeError for what is no name; ImproperlyConfigured for one that lookups could not hold (models.E023, E024)
 */
export function checkModelName(name: unknown): void {
  if (typeof name !== 'string' || name === '')
    throw new TypeError(`model() takes the name of the model first, not ${describe(name)}.`);
  if (name.startsWith('_') || name.endsWith('_'))
    throw refused(
      `The model name '${name}' cannot start or end with an underscore: lookups are made with them.`,
    );
  if (name.includes('__'))
    throw refused(`The model name '${name}' cannot contain "__": lookups are made with it.`);
}

/**
 * @param members names that every instance has
 * @throws ImproperlyConfigured for a name that no field can have (fields.E001 to E003)
 */
export function checkFieldName(name: string, described: unknown, members: object): void {
  if (typeof (described as { readonly kind?: unknown } | null | undefined)?.kind !== 'string')
    throw new TypeError(`'${name}' is no field: it is ${describe(described)}, not what fields.…() returns.`);
  if (described instanceof CompositeKeyDescription) {
    if (name === 'pk') return;
    throw refused(`A composite primary key must be named 'pk', not '${name}'.`);
  }
  if (name === 'pk') throw refused("'pk' is a reserved word that cannot be used as a field name.");
  if (name.endsWith('_')) throw refused(`The field name ${name} must not end with an underscore.`);
  if (name.includes('__')) throw refused(`The field name ${name} must not contain "__".`);
  if (name in members)
    throw refused(`The field name ${name} is taken: every instance has a member of that name.`);
}

/**
 * The columns of a composite key (models.E042).
 *
 * @param fields those of the model's own table
 */
export function checkedKey(meta: ModelMeta, fields: readonly Field[], names: readonly string[]): Field[] {
  const parts: Field[] = [];
  for (const name of names) {
    const unfit = (reason: string) =>
      refused(
        `'${name}' cannot be included in the composite primary key of ${meta.label}: '${name}' ${reason}.`,
      );
    const field = meta.field(name);
    if (field === undefined) throw unfit('is not a valid field');
    if (field.computed) throw unfit('field is a generated field');
    if (field.options.nullable) throw unfit('field may not be null');
    if (!fields.includes(field)) throw unfit('field is not a local field');
    // By its name and by its attribute.
    if (parts.includes(field)) throw unfit('is there already');
    parts.push(field);
  }
  const other = fields.find(({ options }) => options.primaryKey);
  if (other === undefined) return parts;
  throw refused(`The model ${meta.label} cannot have more than one primary key: pk, ${other.name}.`);
}

/** What the columns of one model say of each other (models.E004, E006, E007, E026; fields.E007, E160, E320 to E322). */
export function checkFields(meta: ModelMeta, fields: readonly Field[]): void {
  const keys = fields.filter(({ options }) => options.primaryKey);
  if (keys.length > 1) {
    const names = keys.map(({ name }) => name).join(', ');
    throw refused(`The model ${meta.label} cannot have more than one primary key: ${names}.`);
  }
  const attributes = new Map<string, Field>();
  const columns = new Map<string, Field>();
  for (const field of fields) {
    const names = [field.name, field.attribute];
    if (field instanceof ForeignKeyField) names.push(relationTwin(field.name));
    for (const name of new Set(names)) {
      const other = attributes.get(name);
      if (other !== undefined) {
        throw refused(
          `The field '${field.name}' clashes with the field '${other.name}' from model '${meta.label}'.`,
        );
      }
      attributes.set(name, field);
    }
    const holder = columns.get(field.column);
    if (holder !== undefined) {
      throw refused(
        `Field '${field.name}' has column name '${field.column}' that is used by another field: '${holder.name}'. ` +
          'Specify another name with .column().',
      );
    }
    columns.set(field.column, field);
    checkField(field, meta.declaration.pk !== undefined);
    if (meta.options.abstract !== true) checkPeriods(meta, field);
  }
}

function checkPeriods(meta: ModelMeta, { name, options }: Field): void {
  for (const [period, on] of Object.entries(options.uniqueFor)) {
    if (['date', 'dateTime'].includes(momentOf(meta.field(on)) ?? '')) continue;
    throw refused(
      `'${name}' cannot be unique for the ${period} of '${on}', which is no date of ${meta.label}.`,
    );
  }
}

function checkField(field: Field, composite: boolean): void {
  const { name, options } = field;
  const { primaryKey, nullable, autoNow, autoNowAdd, hasDefault, validators, dbDefault, generatedFrom } =
    options;
  if (name === 'id' && !primaryKey && !composite) {
    throw refused("'id' can only be used as a field name if the field is the primary key: .primaryKey().");
  }
  if (primaryKey && nullable) throw refused(`Primary keys must not be null: '${name}'.`);
  if ([autoNow, autoNowAdd, hasDefault].filter(Boolean).length > 1) {
    throw refused(
      `The options autoNow, autoNowAdd, and default are mutually exclusive. Only one of these options may be present: '${name}'.`,
    );
  }
  if (generatedFrom !== undefined && (hasDefault || dbDefault !== undefined))
    throw refused(`The database computes '${name}': it cannot have a default.`);
  const wrong = validators.find((check) => typeof check !== 'function');
  if (wrong !== undefined) throw refused(`All validators must be callable: '${name}'.`);
  checkChoices(field);
}

/** What the options of a model name (models.E012, E013, E016), and that they are options at all. */
export function checkOptions(meta: ModelMeta, given: ModelOptions): void {
  const plain: unknown = given;
  if (!isOptions(plain))
    throw new TypeError(`The options of model ${meta.name} are an object, not ${describe(plain)}.`);
  const unknown = Object.keys(given).filter((name) => !(name in optionNames));
  if (unknown.length > 0) {
    const hints = unknown.flatMap((name) => optionHint(name) ?? []);
    const hint = hints.length === 0 ? '' : `. ${hints.join(' ')}`;
    throw new TypeError(
      `The options of model ${meta.name} got invalid attribute(s): ${unknown.join(', ')}${hint}`,
    );
  }
  const { orderWithRespectTo, ordering } = given;
  if (ordering !== undefined && !Array.isArray(ordering))
    throw new TypeError(
      `'ordering' of ${meta.name} is a list of names and terms, not ${describe(ordering)}.`,
    );
  if (orderWithRespectTo !== undefined && ordering !== undefined && ordering.length > 0)
    throw refused(`'ordering' and 'orderWithRespectTo' of ${meta.label} cannot be used together.`);
  if (orderWithRespectTo !== undefined) {
    checkTerms(meta, 'orderWithRespectTo', [orderWithRespectTo]);
    if (!(meta.field(orderWithRespectTo) instanceof ForeignKeyField))
      throw refused(
        `'orderWithRespectTo' of ${meta.label} must name a foreign key, not '${orderWithRespectTo}'.`,
      );
  }
  checkConstraintForms(meta.name, given.constraints ?? []);
  checkIndexForms(meta.name, given.indexes ?? []);
  for (const constraint of given.constraints ?? []) {
    if ('unique' in constraint)
      checkTerms(meta, 'constraints', [...constraint.unique, ...(constraint.include ?? [])]);
    else if ('exclude' in constraint)
      checkTerms(
        meta,
        'constraints',
        constraint.exclude.map(([term]) => term),
      );
  }
  for (const index of given.indexes ?? []) {
    checkTerms(meta, 'indexes', 'fields' in index ? [...index.fields, ...(index.include ?? [])] : index);
  }
}
/** What Django's options are called here, or why they are not there. */
const django: Readonly<Record<string, string>> = {
  dbTable: "The name of the table is 'table'.",
  uniqueTogether: "Columns that are unique together are a constraint: constraints: [{ unique: ['a', 'b'] }].",
  indexTogether: "An index on several columns is one of 'indexes': indexes: [['a', 'b']].",
  verboseName: 'Models have no names for people: there are no forms and no admin.',
  verboseNamePlural: 'Models have no names for people: there are no forms and no admin.',
  permissions: 'There are no permissions.',
  defaultPermissions: 'There are no permissions.',
  appLabel: "There are no apps: the name of the table is 'table'.",
  swappable: 'Models cannot be swapped.',
  dbTablespace: "A table's tablespace cannot be given; an index has 'tablespace'.",
  requiredDbVendor: 'Tables are made for the models given to createTables().',
  requiredDbFeatures: 'Tables are made for the models given to createTables().',
};
function optionHint(name: string): string | undefined {
  const camel = camelCase(name);
  if (Object.hasOwn(django, camel)) return django[camel];
  const [close] = closeMatches(camel, Object.keys(optionNames));
  return close === undefined ? undefined : `Perhaps you meant '${close}'?`;
}
const optionNames: Readonly<Record<keyof ModelOptions, true>> = {
  table: true,
  ordering: true,
  getLatestBy: true,
  constraints: true,
  indexes: true,
  abstract: true,
  managed: true,
  defaultRelatedName: true,
  defaultManagerName: true,
  baseManagerName: true,
  orderWithRespectTo: true,
  selectOnSave: true,
  dbTableComment: true,
  extends: true,
  proxy: true,
};

/** Names must be those of columns of the model's own table; expressions are looked into when they become SQL. */
function checkTerms(meta: ModelMeta, option: string, terms: readonly unknown[]): void {
  for (const term of terms) {
    if (typeof term !== 'string') continue;
    const name = term.replace(/^-/, '');
    const field = meta.field(name);
    if (field === undefined) {
      const pairs = meta.manyToMany.some((relation) => relation.name === name);
      throw refused(
        pairs
          ? `'${option}' of ${meta.label} refers to a many-to-many relation '${name}', but those are not permitted in '${option}'.`
          : `'${option}' of ${meta.label} refers to the nonexistent field '${name}'.`,
      );
    }
    if (field.model.concrete === meta.concrete) continue;
    throw refused(
      `'${option}' refers to field '${name}' which is not local to model '${meta.label}'. ` +
        `It lies in the table of ${field.model.label}.`,
    );
  }
}

/** What can only be told once the models that are pointed at are there (fields.E300, E302 to E305, E311, E320 to E323; models.E050). */
export function checkRelations(meta: ModelMeta): void {
  for (const field of meta.localFields) {
    if (!(field instanceof ForeignKeyField)) continue;
    checkRelatedName(field);
    checkForeignKey(field);
  }
  for (const relation of meta.manyToMany) {
    checkRelatedName(relation);
    if (relation.target.options.abstract === true)
      throw refused(
        `${meta.label}.${relation.name} defines a relation with model '${relation.target.label}', which is abstract.`,
      );
    // Looks for the two foreign keys of the through model.
    relation.hops;
  }
  for (const field of meta.localForeignObjects) {
    checkRelatedName(field);
    checkForeignObject(field);
  }
  for (const relation of meta.genericRelations) {
    const { reverse } = relation;
    if (reverse !== undefined) checkWayBack(relation, 'relatedQueryName', reverse.name);
  }
  for (const relation of [...meta.manyToMany, ...meta.genericRelations]) {
    for (const side of [meta, relation.target]) refuseCompositeKey(`${meta.label}.${relation.name}`, side);
  }
}

/** One column cannot hold a key of several (fields.E347). */
function refuseCompositeKey(own: string, { label, primaryKey }: ModelMeta): void {
  if (primaryKey.parts === undefined) return;
  throw refused(
    `${own} defines a relation involving model '${label}' which has a composite primary key, and such relations are not supported.`,
  );
}

const rules: ReadonlySet<unknown> = new Set<OnDeleteRule>([
  'cascade',
  'protect',
  'restrict',
  'setNull',
  'setDefault',
  'doNothing',
  'dbCascade',
  'dbSetNull',
  'dbSetDefault',
]);

function checkForeignKey(field: ForeignKeyField): void {
  const { target, targetField, onDelete, options } = field;
  const own = `${field.model.label}.${field.name}`;
  if (target.options.abstract === true) {
    throw refused(`${own} defines a relation with model '${target.label}', which is abstract.`);
  }
  if (targetField === target.primaryKey) refuseCompositeKey(own, target);
  if (!isUnique(targetField)) {
    throw refused(
      `'${target.label}.${targetField.name}' must be unique because it is referenced by the foreign key ${own}.`,
    );
  }
  if (typeof onDelete !== 'object' && !rules.has(onDelete)) {
    throw refused(`${own} specifies onDelete: ${inspect(onDelete)}, which is no rule.`);
  }
  const change = 'or change the onDelete rule';
  if ((onDelete === 'setNull' || onDelete === 'dbSetNull') && !options.nullable) {
    throw refused(
      `${own} specifies onDelete: '${onDelete}', but cannot be null. Add .null() to the field, ${change}.`,
    );
  }
  if (onDelete === 'setDefault' && !options.hasDefault) {
    throw refused(
      `${own} specifies onDelete: 'setDefault', but has no default value. Set a default value, ${change}.`,
    );
  }
  if (onDelete === 'dbSetDefault' && options.dbDefault === undefined) {
    throw refused(
      `${own} specifies onDelete: 'dbSetDefault', but has no database default value. Add .dbDefault(), ${change}.`,
    );
  }
  checkUniform(field, own);
}

/** The columns that are pointed at together name one row (fields.E310), and no rule lets them go. */
function checkForeignObject(field: ForeignObjectField): void {
  const { model, name, target, targetField, onDelete } = field;
  const own = `${model.label}.${name}`;
  if (target.options.abstract === true)
    throw refused(`${own} defines a relation with model '${target.label}', which is abstract.`);
  const columns = targetField.parts ?? [];
  if (targetField !== target.primaryKey && !areUniqueTogether(target, columns)) {
    const names = columns.map((column) => `'${column.name}'`).join(', ');
    throw refused(
      `No subset of the fields ${names} on model '${target.label}' is unique. Mark a single field as .unique() or ` +
        'add a set of fields to a unique constraint.',
    );
  }
  if (onDelete === 'dbCascade') {
    if (!field.constrained)
      throw refused(`${own} specifies onDelete: 'dbCascade', which needs a constraint: dbConstraint: true.`);
    checkUniform(field, own);
    return;
  }
  if (onDelete === 'cascade' || onDelete === 'protect' || onDelete === 'restrict' || onDelete === 'doNothing')
    return;
  throw refused(
    `${own} specifies onDelete: ${inspect(onDelete)}, and several columns are let go by none but cascade, protect, restrict and doNothing.`,
  );
}

/** Where the database deletes rows, nobody sees those that an application would have to look after. */
function checkUniform({ model, target, onDelete, relation }: ForeignKeyField, own: string): void {
  const ofDatabase = isDatabaseRule(onDelete);
  if (ofDatabase && relation.dbConstraint === false) {
    throw refused(
      `${own} specifies onDelete: '${String(onDelete)}', which needs a constraint in the database.`,
    );
  }
  if (onDelete === 'doNothing') return;
  const beside = model.localFields.find((each) => hasOtherRule(each, ofDatabase));
  if (ofDatabase && beside !== undefined)
    throw refused(
      `${own} specifies an onDelete rule of the database, but ${model.label}.${beside.name} one of the application. ` +
        'Use one kind for all foreign keys of a model.',
    );
  const other = target.localFields.find((each) => hasOtherRule(each, ofDatabase));
  if (other === undefined) return;
  const [here, there] = ofDatabase ? ['database', 'application'] : ['application', 'database'];
  throw refused(
    `${own} specifies an onDelete rule of the ${here}, but ${target.label}.${other.name} one of the ${there}. ` +
      'Use one kind uniformly in a chain of references.',
  );
}
function hasOtherRule(field: Field, ofDatabase: boolean): boolean {
  if (!(field instanceof ForeignKeyField) || field.onDelete === 'doNothing') return false;
  return isDatabaseRule(field.onDelete) !== ofDatabase;
}
function isDatabaseRule(rule: unknown): boolean {
  return typeof rule === 'string' && rule.startsWith('db');
}
