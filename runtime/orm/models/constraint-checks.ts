import { describe } from '../describe.ts';
import { ImproperlyConfigured, ValueError } from '../errors.ts';
import { Condition } from '../expressions/condition.ts';
import { ExpressionNode } from '../expressions/node.ts';
import { isOptions, requireFlags, unknownOption } from '../options.ts';
import type {
  CheckOptions,
  ConstraintOptions,
  ExclusionOptions,
  IndexOptions,
  UniqueOptions,
} from '../types/model.ts';

// The form of constraints and indexes. A misspelt `where` would leave a constraint that holds for every row.

type NamesOf<Options> = Options extends unknown ? readonly (keyof Options & string)[] : never;

const named = ['name', 'violationErrorMessage', 'violationErrorCode'] as const;
const forms = {
  unique: [
    'unique',
    'where',
    'include',
    'opclasses',
    'nullsDistinct',
    'deferrable',
    ...named,
  ] satisfies NamesOf<UniqueOptions>,
  check: ['check', ...named] satisfies NamesOf<CheckOptions>,
  exclude: [
    'exclude',
    'using',
    'where',
    'include',
    'deferrable',
    ...named,
  ] satisfies NamesOf<ExclusionOptions>,
};
const indexOptions = [
  'fields',
  'name',
  'where',
  'using',
  'include',
  'opclasses',
  'with',
  'tablespace',
] satisfies NamesOf<IndexOptions>;

/** @throws TypeError for what is no list of constraints; ImproperlyConfigured for names that are given twice */
export function checkConstraintForms(model: string, constraints: readonly ConstraintOptions[]): void {
  requireList(constraints, `The option 'constraints' of ${model}`);
  for (const constraint of constraints) {
    const form = (Object.keys(forms) as (keyof typeof forms)[]).find((each) => each in Object(constraint));
    if (form === undefined)
      throw new TypeError(`A constraint of ${model} is one of { unique }, { check } and { exclude }.`);
    requireKnown(`A constraint of ${model}`, constraint, forms[form]);
    const terms = Object(constraint)[form] as unknown;
    if (form !== 'check') requireList(terms, `'${form}' of a constraint of ${model}`);
    if (form === 'unique') requireDifferent(model, terms as readonly unknown[]);
    const what = `A constraint of ${model}`;
    requireParts(what, constraint);
    if ('unique' in constraint) requireUnique(constraint);
    else if ('exclude' in constraint) requireExclusion(constraint);
    else requireCondition(what, 'check', constraint.check);
  }
  requireNamedOnce(`A constraint of ${model}`, constraints);
}

/** @throws TypeError for what is no list of indexes; ImproperlyConfigured for names that are given twice */
export function checkIndexForms(model: string, indexes: readonly (IndexOptions | readonly string[])[]): void {
  requireList(indexes, `The option 'indexes' of ${model}`);
  const described = indexes.filter((index): index is IndexOptions => !Array.isArray(index));
  for (const index of described) {
    if (!isOptions(index))
      throw new TypeError(
        `An index of ${model} is a list of fields, or options by name, not ${describe(index)}.`,
      );
    requireKnown(`An index of ${model}`, index, indexOptions);
    requireList(index.fields, `'fields' of an index of ${model}`);
    requireParts(`An index of ${model}`, index);
    requireAsMany(index.fields, index.opclasses);
  }
  for (const index of indexes) {
    if (('fields' in index ? index.fields : index).length === 0)
      throw new ValueError('At least one field or expression is required to define an index.');
  }
  requireNamedOnce(`An index of ${model}`, described);
}

/** Django's names of what is called otherwise here. */
const django: Readonly<Record<string, string>> = { condition: 'where', expressions: 'fields' };

function requireKnown(what: string, given: object, known: readonly string[]): void {
  const unknown = unknownOption(given, known, django);
  if (unknown !== undefined) throw new TypeError(`${what} has no option ${unknown}`);
}
function requireList(given: unknown, what: string): void {
  if (!Array.isArray(given)) throw new TypeError(`${what} is a list, not ${describe(given)}.`);
}
function requireDifferent(model: string, terms: readonly unknown[]): void {
  const twice = terms.find((term, at) => typeof term === 'string' && terms.indexOf(term) !== at);
  if (twice !== undefined)
    throw new ImproperlyConfigured(`A constraint of ${model} names the field '${twice}' twice.`);
}

/** What constraints and indexes say beside their terms. */
function requireParts(what: string, given: Partial<UniqueOptions & IndexOptions>): void {
  const { name, where, include, opclasses, deferrable } = given;
  if (name !== undefined && typeof name !== 'string')
    throw new TypeError(`The name of ${lower(what)} is a string, not ${describe(name)}.`);
  for (const [option, list] of Object.entries({ include, opclasses }))
    if (list !== undefined) requireList(list, `'${option}' of ${lower(what)}`);
  if (where !== undefined) requireCondition(what, 'where', where);
  if (deferrable !== undefined && deferrable !== 'deferred' && deferrable !== 'immediate')
    throw new ValueError(`deferrable is 'deferred' or 'immediate', not ${describe(deferrable)}.`);
}
/** @throws ImproperlyConfigured for what no row can be tested by, and for what every row would pass */
function requireCondition(what: string, option: 'check' | 'where', given: unknown): void {
  if (given instanceof Condition ? !given.empty : given instanceof ExpressionNode) return;
  throw new ImproperlyConfigured(
    given instanceof Condition
      ? `${what} has a '${option}' without conditions, which holds for every row.`
      : `'${option}' of ${lower(what)} is a Q(…) or a boolean expression, not ${describe(given)}.`,
  );
}
function requireAsMany(terms: readonly unknown[], opclasses: readonly unknown[] = []): void {
  if (opclasses.length > 0 && opclasses.length !== terms.length)
    throw new ValueError('fields and opclasses must have the same number of elements.');
}
/** What only an index can be is not deferred. */
function requireUnique(constraint: UniqueOptions): void {
  const { unique, where, include = [], opclasses = [], deferrable, nullsDistinct } = constraint;
  requireFlags('UniqueConstraint', { nullsDistinct });
  if (unique.length === 0)
    throw new ValueError('At least one field or expression is required to define a unique constraint.');
  requireAsMany(unique, opclasses);
  if (deferrable === undefined) return;
  const kept = [
    where !== undefined ? 'conditions' : undefined,
    include.length > 0 ? 'include fields' : undefined,
    opclasses.length > 0 ? 'opclasses' : undefined,
    unique.some((term) => typeof term !== 'string' || term.startsWith('-')) ? 'expressions' : undefined,
  ].find((each) => each !== undefined);
  if (kept !== undefined) throw new ValueError(`UniqueConstraint with ${kept} cannot be deferred.`);
}
function requireExclusion({ exclude }: ExclusionOptions): void {
  if (exclude.length === 0)
    throw new ValueError('At least one expression is required to define an exclusion constraint.');
  if (!exclude.every((pair) => Array.isArray(pair) && pair.length >= 2))
    throw new ValueError('The expressions must be a list of 2-tuples.');
}
function lower(what: string): string {
  return `${what.charAt(0).toLowerCase()}${what.slice(1)}`;
}
function requireNamedOnce(what: string, given: readonly { readonly name?: string }[]): void {
  const names = given.flatMap(({ name }) => name ?? []);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new ImproperlyConfigured(`${what} has a name that is not unique: '${twice}'.`);
}
