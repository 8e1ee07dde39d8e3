import { ImproperlyConfigured } from '../errors.ts';
import { describe } from '../fields/text.ts';
import { closeMatches } from '../lookups/suggestions.ts';
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
  }
  requireNamedOnce(`A constraint of ${model}`, constraints);
}

/** @throws TypeError for what is no list of indexes; ImproperlyConfigured for names that are given twice */
export function checkIndexForms(model: string, indexes: readonly (IndexOptions | readonly string[])[]): void {
  requireList(indexes, `The option 'indexes' of ${model}`);
  const described = indexes.filter((index): index is IndexOptions => !Array.isArray(index));
  for (const index of described) {
    requireKnown(`An index of ${model}`, index, indexOptions);
    requireList(index.fields, `'fields' of an index of ${model}`);
  }
  requireNamedOnce(`An index of ${model}`, described);
}

/** Django's names of what is called otherwise here. */
const django: Readonly<Record<string, string>> = { condition: 'where', expressions: 'fields' };

function requireKnown(what: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const [close] = Object.hasOwn(django, unknown) ? [django[unknown]] : closeMatches(unknown, known);
  const hint = close === undefined ? `. Options are: ${known.join(', ')}` : `, perhaps you meant ${close}?`;
  throw new TypeError(`${what} has no option '${unknown}'${hint}`);
}
function requireList(given: unknown, what: string): void {
  if (!Array.isArray(given)) throw new TypeError(`${what} is a list, not ${describe(given)}.`);
}
function requireDifferent(model: string, terms: readonly unknown[]): void {
  const twice = terms.find((term, at) => typeof term === 'string' && terms.indexOf(term) !== at);
  if (twice !== undefined)
    throw new ImproperlyConfigured(`A constraint of ${model} names the field '${twice}' twice.`);
}
function requireNamedOnce(what: string, given: readonly { readonly name?: string }[]): void {
  const names = given.flatMap(({ name }) => name ?? []);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new ImproperlyConfigured(`${what} has a name that is not unique: '${twice}'.`);
}
