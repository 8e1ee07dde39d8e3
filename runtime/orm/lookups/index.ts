import type { ExpressionNode } from '../expressions/node.ts';
import type { Family } from '../fields/field.ts';
import type { Resolver } from '../query/resolver.ts';
import type { Predicate } from '../query/where.ts';
import { arrayLookups } from './arrays.ts';
import { equalityLookups, type LookupBuilder, orderingLookups } from './comparisons.ts';
import { compositeLookups } from './composite.ts';
import { JsonKey, jsonLookups } from './json.ts';
import type { Operand } from './operand.ts';
import { bilateral, ownLookup, ownNames, ownPredicate, ownTransform } from './own.ts';
import { unsupportedLookup } from './suggestions.ts';
import { textLookups } from './text.ts';
import {
  addTransforms,
  findTransform,
  lookForOwnTransforms,
  Transform,
  transformNames,
} from './transforms.ts';
import { yearLookup } from './years.ts';

type Lookups = Readonly<Record<string, LookupBuilder>>;
const ordered: Lookups = { ...equalityLookups, ...orderingLookups };
// Text lookups work on every column that can be cast to text, as in Django.
const castable: Lookups = { ...ordered, ...textLookups };

/** Which lookups a column takes. A lookup of a new kind is added here, in one line. */
const lookupsByFamily: Readonly<Record<Family, Lookups>> = {
  text: castable,
  number: castable,
  boolean: castable,
  date: castable,
  time: castable,
  dateTime: castable,
  duration: castable,
  uuid: castable,
  ip: castable,
  json: jsonLookups,
  array: { ...ordered, ...arrayLookups },
  binary: equalityLookups,
  relation: ordered,
  composite: compositeLookups,
};

/** Names of the lookups that fields of a family take, for the documentation. */
export function lookupNames(family: Family): string[] {
  return Object.keys(lookupsByFamily[family]);
}

lookForOwnTransforms(ownTransform);
addTransforms('json', (inner, name) => new JsonKey(inner, name));

/** The condition `lhs__names… operand`: transforms, then a lookup, `exact` when none is named. */
export function buildLookup(
  lhs: ExpressionNode,
  names: readonly string[],
  operand: Operand,
  resolver: Resolver,
): { readonly predicate: Predicate; readonly lookup: string } {
  let current = lhs;
  for (let at = 0; at < names.length; at++) {
    const name = names[at] as string;
    const Own = ownLookup(current, name);
    if (at === names.length - 1 && Own !== undefined) {
      return {
        predicate: ownPredicate(Own, current, bilateral(current, operand, resolver), resolver),
        lookup: name,
      };
    }
    const own = ownTransform(current, name);
    if (own !== undefined) {
      current = own;
      continue;
    }
    const lookups = current.output === undefined ? castable : lookupsByFamily[current.output.family];
    const builder = Object.hasOwn(lookups, name) ? lookups[name] : undefined;
    if (at === names.length - 1 && builder !== undefined) {
      const lookup = name === 'exact' && current.output?.family === 'json' ? 'json' : name;
      return { predicate: build(current, name, builder, operand, resolver), lookup };
    }
    const transformed = findTransform(current, name);
    if (transformed === undefined) {
      const parts = current.output === undefined ? [] : transformNames(current.output.family);
      throw unsupportedLookup(current.output, names.slice(at), [
        ...Object.keys(lookups),
        ...parts,
        ...ownNames(current),
      ]);
    }
    current = transformed;
  }
  if (current.output?.family === 'json') {
    // Not the `exact` that asks for SQL null.
    return {
      predicate: (jsonLookups.exact as LookupBuilder)(current, operand, resolver, 'exact'),
      lookup: 'json',
    };
  }
  const { exact } = current.output === undefined ? equalityLookups : lookupsByFamily[current.output.family];
  return { predicate: build(current, 'exact', exact as LookupBuilder, operand, resolver), lookup: 'exact' };
}

function build(
  lhs: ExpressionNode,
  name: string,
  builder: LookupBuilder,
  operand: Operand,
  resolver: Resolver,
): Predicate {
  const both = bilateral(lhs, operand, resolver);
  if (both !== operand) return builder(lhs, both, resolver, name);
  if (lhs instanceof Transform && lhs.zone === undefined && (lhs.name === 'year' || lhs.name === 'isoYear')) {
    const bounded = yearLookup(lhs, name, operand, resolver);
    if (bounded !== undefined) return bounded;
  }
  return builder(lhs, operand, resolver, name);
}
