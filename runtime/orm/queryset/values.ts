import { describe } from '../describe.ts';
import { FieldError, ValueError } from '../errors.ts';
import { expressionFrom } from '../expressions/arguments.ts';
import { Condition } from '../expressions/condition.ts';
import { FieldReference } from '../expressions/field-reference.ts';
import { ExpressionNode } from '../expressions/node.ts';
import { isOptions, requireFlags, requireOptions } from '../options.ts';
import type { Query } from '../query/query.ts';
import type { Resolver } from '../query/resolver.ts';
import { addAnnotation, namedExpressions } from './annotations.ts';
import type { ChainStep } from './chain.ts';
import { requireUncombined } from './combine.ts';

// Rows in other forms than instances: values() and valuesList().

type Form = 'values' | 'tuples' | 'named' | 'scalars';
/** One value of a row: a name of the query, or an expression under a name of its own. */
type Selection = readonly [name: string, expression: ExpressionNode | undefined];

/** `values(…)`: names, and expressions by their names. */
export function valuesStep(parts: readonly unknown[]): ChainStep {
  const names = parts.filter((part) => typeof part === 'string');
  const objects = parts.filter((part) => typeof part !== 'string');
  for (const part of objects) requireEntries('values', part);
  const expressions = namedExpressions('values', objects);
  return selectionStep('values', [...names.map((name): Selection => [name, undefined]), ...expressions]);
}

/**
 * `valuesList(…)`: names and expressions, then `{ flat: true }` for the values of one of them, or `{ named: true }` for
 * arrays that can be read by name, too.
 */
export function valuesListStep(given: readonly unknown[]): ChainStep {
  const last = given.at(-1);
  const options = isFlat(last) ? last : {};
  const parts = isFlat(last) ? given.slice(0, -1) : given;
  requireOptions('valuesList', options, ['flat', 'named']);
  requireFlags('valuesList', options);
  if (options.named === true && options.flat === true) {
    throw new TypeError("'flat' and 'named' can't be used together.");
  }
  if (options.flat !== true) {
    return selectionStep(options.named === true ? 'named' : 'tuples', numbered(parts));
  }
  if (parts.length > 1) {
    throw new TypeError("'flat' is not valid when valuesList is called with more than one field.");
  }
  if (parts.length === 0) {
    throw new TypeError("'flat' needs the name of a field, as in valuesList('pk', { flat: true }).");
  }
  return selectionStep('scalars', numbered(parts));
}
/** Options, not expressions by name. */
function isFlat(given: unknown): given is Readonly<Record<string, unknown>> {
  return isOptions(given) && Object.values(given).every((value) => expressionFrom(value) === undefined);
}

/** Gives a name to every expression without one, and to names that come again: a number behind a default, as Django. */
function numbered(parts: readonly unknown[]): Selection[] {
  const taken = new Set<string>(parts.filter((part) => typeof part === 'string'));
  const used = new Set<string>();
  let count = 1;
  return parts.flatMap((part): readonly Selection[] => {
    const expression = expressionFrom(part);
    if (typeof part !== 'string' && expression === undefined) {
      requireEntries('valuesList', part);
      return namedExpressions('valuesList', [part]);
    }
    const given = typeof part === 'string' ? part : defaultName(part);
    if (typeof part === 'string' && !used.has(part)) {
      used.add(part);
      return [[part, undefined]];
    }
    while (taken.has(`${given}${count}`)) count += 1;
    const name = `${given}${count}`;
    taken.add(name);
    return [[name, expression ?? new FieldReference(given)]];
  });
}
function defaultName(part: unknown): string {
  if (part instanceof ExpressionNode) return part.defaultAlias ?? part.label.toLowerCase();
  return part instanceof Condition ? 'q' : 'subquery';
}

/** @throws TypeError for what is neither a name nor an object of expressions */
function requireEntries(method: string, part: unknown): void {
  if (isOptions(part)) return;
  const hint = method === 'values' ? '; valuesList() takes expressions without a name' : '';
  throw new TypeError(`${method}() takes names, and expressions by name, not ${describe(part)}${hint}.`);
}

function selectionStep(form: Form, selections: readonly Selection[]): ChainStep {
  return {
    describe: (sink) => {
      sink.token(form);
      for (const [name, expression] of selections) {
        sink.token(expression === undefined ? `.${name}` : `=${name}`);
        expression?.describe(sink);
      }
    },
    build: (query, resolver) => {
      // Before the columns are chosen: an aggregate in the same call is one of each row, as in Django.
      for (const [name, expression] of selections) {
        if (expression === undefined) continue;
        requireUncombined(query, 'annotate');
        query.requireFreeName(name, false);
        addAnnotation(query, resolver, name, expression, true);
      }
      const names =
        selections.length === 0
          ? [...query.model.fields.map((field) => field.attribute), ...query.selectedAnnotations]
          : selections.map(([name]) => name);
      if (form === 'named') requireReadable(names);
      query.related = undefined;
      query.loading = undefined;
      query.selected = new Map();
      for (const name of names) selectName(query, resolver, name);
      query.selectedAnnotations = new Set(names.filter((name) => query.annotations.has(name)));
      query.rows = { form, names };
      if (query.grouping === 'rows') regroup(query, names);
    },
  };
}

/** @throws ValueError for a name that arrays have for something else */
function requireReadable(names: readonly string[]): void {
  const taken = names.find((name) => name in Array.prototype);
  if (taken === undefined) return;
  throw new ValueError(
    `A named row cannot have a value called '${taken}': arrays have a member of that name. values() gives objects.`,
  );
}

function selectName(query: Query, resolver: Resolver, name: string): void {
  if (query.annotations.has(name)) {
    if (query.selectedAnnotations.has(name)) return;
    throw new FieldError(`Cannot select the '${name}' alias. Use annotate() to promote it.`);
  }
  query.selected?.set(name, resolver.path(name));
}

/** After annotate(), values() narrows what is returned, not what rows are counted by. */
function regroup(query: Query, names: readonly string[]): void {
  const columns = names.flatMap((name) => query.selected?.get(name)?.groupBy() ?? []);
  query.grouping = [query.keyColumn(), ...columns];
}
