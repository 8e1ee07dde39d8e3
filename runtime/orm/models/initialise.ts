import type { Field } from '../fields/field.ts';
import { ForeignKeyField } from '../fields/relations.ts';
import { requireValues } from '../operations/given.ts';
import { optimises } from '../optimisations.ts';
import type { ModelInstance } from './instance.ts';
import type { ModelMeta } from './meta.ts';

type Values = Readonly<Record<string, unknown>>;
/** Gives a new instance its values and defaults. A value that is undefined was not given. */
export type Initialiser = (instance: ModelInstance, values: Values) => void;

/**
 * Makes what initialises the instances of a model: straight-line code that names every attribute, so that all of them
 * get the same layout at once. A loop over the fields stores each attribute in six times as long.
 */
export function initialiserOf(meta: ModelMeta): Initialiser {
  if (meta.options.abstract === true) {
    return () => {
      throw new TypeError('Abstract models cannot be instantiated.');
    };
  }
  const general = generalInitialiser(meta);
  // What every object has under that name would be taken for a value.
  const ambiguous = meta.fields.some(
    ({ name, attribute }) => name in Object.prototype || attribute in Object.prototype,
  );
  return ambiguous || !optimises('compiled-initialisers') ? general : compiled(meta, general);
}

function compiled(meta: ModelMeta, general: Initialiser): Initialiser {
  const fields: Field[] = [];
  const parts = meta.fields.map((field) => fieldSource(field, fields));
  const source = `return function initialise(o, v) {
    const p = v === null ? undefined : prototypeOf(v);
    if (p !== everything && p !== null) return general(o, v);
    for (const name in everything) return general(o, v);
    let n = 0, x, y;
    ${parts.join('\n')}
    const more = keys(v).length - n;
    if (more > 0) others(o, v);
    else if (more < 0) general(o, v);
  }`;
  const others: Initialiser = (instance, values) => assignOthers(meta, instance, values);
  const names = fields.map((_field, at) => `f${at}`);
  const given = ['prototypeOf', 'everything', 'keys', 'own', 'general', 'others', ...names];
  const { getPrototypeOf, prototype, keys, hasOwn } = Object;
  try {
    const make = new Function(...given, source);
    return make(getPrototypeOf, prototype, keys, hasOwn, general, others, ...fields) as Initialiser;
  } catch (error) {
    // Where code may not be made from text.
    if (error instanceof EvalError) return general;
    throw error;
  }
}

/** `o` is the instance, `v` the values, `n` counts the names that were found in them. */
function fieldSource(field: Field, fields: Field[]): string {
  const attribute = JSON.stringify(field.attribute);
  const take = `x = v[${attribute}];
    if (x !== undefined) { n++; o[${attribute}] = x; }
    else { if (own(v, ${attribute})) n++; o[${attribute}] =`;
  const initial = initialSource(field, fields);
  if (!(field instanceof ForeignKeyField)) return `${take} ${initial}; }`;
  const name = JSON.stringify(field.name);
  return `y = v[${name}];
    ${take} y === undefined ? ${initial} : null; }
    if (y !== undefined) { n++; if (typeof y === 'object' && y !== null) o[${name}] = y; else o[${attribute}] = y; }
    else if (own(v, ${name})) n++;`;
}

/** Undefined stands for the database's default, until there is a row. */
function initialSource(field: Field, fields: Field[]): string {
  const { hasDefault, dbDefault } = field.options;
  const none = dbDefault === undefined ? 'null' : 'undefined';
  if (!hasDefault) return none;
  const called = `f${fields.push(field) - 1}.initialValue()`;
  return dbDefault === undefined ? `(${called} ?? null)` : called;
}

/** The same without code made from text, for values of any kind. */
function generalInitialiser(meta: ModelMeta): Initialiser {
  return (instance, values) => {
    requireValues(instance.constructor.name, values);
    for (const field of meta.fields) {
      const own = given(values, field.attribute);
      const related = field instanceof ForeignKeyField ? given(values, field.name) : undefined;
      instance[field.attribute] = own ?? null;
      if (related !== undefined) {
        // An instance is assigned through the accessor, which remembers it; anything else is a key.
        if (typeof related === 'object' && related !== null) instance[field.name] = related;
        else instance[field.attribute] = related;
      } else if (own === undefined) {
        const value = field.initialValue();
        instance[field.attribute] = field.options.dbDefault === undefined ? (value ?? null) : value;
      }
    }
    assignOthers(meta, instance, values);
  };
}
/** What the values have of their own: every object has a `constructor`. */
function given(values: Values, name: string): unknown {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** What is no column: relations, `pk`, and properties of the class. */
function assignOthers(meta: ModelMeta, instance: ModelInstance, values: Values): void {
  for (const name of Object.keys(values)) {
    // `pk` is known as a field, too, but under no attribute of that name.
    if (name !== 'pk' && meta.field(name) !== undefined) continue;
    if (isAssignable(instance, name)) {
      if (values[name] !== undefined) instance[name] = values[name];
    } else throw new TypeError(`${instance.constructor.name}() got unexpected keyword arguments: '${name}'`);
  }
}

/**
 * `pk`, relations that are no columns, and properties for which the model has a setter; not the prototype, which every
 * object has a setter for.
 *
 * @param instance of the model, or its prototype
 */
export function isAssignable(instance: object, name: string): boolean {
  for (let each = instance; each !== Object.prototype; each = Object.getPrototypeOf(each)) {
    const property = Object.getOwnPropertyDescriptor(each, name);
    if (property !== undefined) return property.set !== undefined;
  }
  return false;
}
