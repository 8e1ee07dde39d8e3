import type { CallExpression, Node, OptionalCallExpression } from '@babel/types';
import { mergedValues } from './assigned-members.ts';
import { functionAround, whetherRun } from './branches.ts';
import type { Evaluator } from './evaluator.ts';
import { exportedItems } from './exported-values.ts';
import { elementFrame } from './parameters.ts';
import type { SourceFile } from './source-file.ts';
import { isFunction, keyName, memberName, unwrapped } from './tree.ts';
import { type ApiValue, type Environment, type ListItem, noEnvironment, type Value } from './values.ts';

/** Loops over longer lists are not followed: a table of routes is shorter, a table of data is not one of routes. */
const longestList = 500;

/** The elements of a list that the source spells out; `undefined` when some are not known. */
export function listItems(evaluator: Evaluator, value: Value): readonly ListItem[] | undefined {
  if (value.kind === 'list') return value.items;
  if (value.kind === 'api') return collectionItems(evaluator, value);
  if (value.kind !== 'array' || value.node.elements.length > longestList) return undefined;
  const { file, environment } = value;
  const found: ListItem[] = [];
  for (const element of value.node.elements) {
    if (element === null) continue;
    if (element.type !== 'SpreadElement') {
      found.push({
        file,
        node: element,
        environment,
        values: evaluator.evaluate(file, element, environment),
      });
      continue;
    }
    const spread = evaluator.evaluate(file, element.argument, environment);
    const inner = spread.length === 1 && spread[0] ? listItems(evaluator, spread[0]) : undefined;
    if (inner === undefined) return undefined;
    found.push(...inner);
  }
  return [...found, ...pushedItems(evaluator, value)];
}

/** What `new Map([…])` and `new Set([…])` were made of. */
function collectionItems(evaluator: Evaluator, value: ApiValue): readonly ListItem[] | undefined {
  const [name, made] = value.steps;
  if (value.module !== 'global' || value.steps.length !== 2 || made?.kind !== 'new') return undefined;
  if (name?.kind !== 'member' || !/^(?:Map|Set)$/.test(name.name) || made.at === undefined) return undefined;
  const { file, node, environment } = made.at;
  const [given] = 'arguments' in node ? node.arguments : [];
  if (given === undefined) return undefined;
  const lists = evaluator.evaluate(file, given, environment).map((list) => listItems(evaluator, list));
  return lists.length === 1 ? lists[0] : undefined;
}

function isMap(value: Value): value is ApiValue {
  const [name] = value.kind === 'api' ? value.steps : [];
  return name?.kind === 'member' && name.name === 'Map';
}

/** `map.entries()`, `map.keys()` and `map.values()` of a `Map` that is spelled out; `undefined` for anything else. */
export function mapItems(
  evaluator: Evaluator,
  method: string,
  value: Value,
): readonly ListItem[] | undefined {
  const items = isMap(value) ? listItems(evaluator, value) : undefined;
  if (items === undefined || method === 'entries') return items;
  return items.map((item) => {
    const [key = [], own = []] = item.values
      .flatMap((pair) => listItems(evaluator, pair) ?? [])
      .map(({ values }) => values);
    return method === 'keys' ? { ...item, values: key } : { ...item, values: own, further: key };
  });
}

/** Lists that are being filled: one that is pushed into itself, through others or not, ends there. */
const underWay = new WeakSet<Node>();

/** What `list.push(…)` adds to a list that was declared as a literal. */
function pushedItems(evaluator: Evaluator, value: Value & { kind: 'array' }): readonly ListItem[] {
  if (underWay.has(value.node)) return [];
  underWay.add(value.node);
  try {
    return addedItems(evaluator, value);
  } finally {
    underWay.delete(value.node);
  }
}

function addedItems(evaluator: Evaluator, value: Value & { kind: 'array' }): readonly ListItem[] {
  const { file, node, environment } = value;
  const parent = file.parentOf(node);
  const holder = parent?.type === 'TSAsExpression' ? file.parentOf(parent) : parent;
  if (holder?.type !== 'VariableDeclarator' || holder.id.type !== 'Identifier') return [];
  const references = file.scopes.bindingOf(holder.id)?.references ?? [];
  return references.flatMap((reference) => {
    const member = file.parentOf(reference);
    const call = member && file.parentOf(member);
    if (member === undefined || memberName(member) !== 'push') return [];
    if (call?.type !== 'CallExpression' || call.callee !== member) return [];
    if (whetherRun(evaluator, file, call, functionAround(file, node), environment) === 'never') return [];
    return call.arguments.flatMap((argument): readonly ListItem[] => {
      if (argument.type === 'SpreadElement') {
        const spread = evaluator.evaluate(file, argument.argument, environment);
        return spread.flatMap((inner) => listItems(evaluator, inner) ?? []);
      }
      const values = evaluator.evaluate(file, argument, environment);
      return [{ file, node: argument, environment, values }];
    });
  });
}

/** What an array method gives when its list is spelled out: `map`, `filter`, `concat` and the like. */
export function listMethod(
  evaluator: Evaluator,
  file: SourceFile,
  call: CallExpression | OptionalCallExpression,
  name: string,
  lists: readonly Value[],
  environment: Environment,
): readonly Value[] | undefined {
  const items = lists.map((list) => listItems(evaluator, list));
  const known = items.flatMap((own) => own ?? []);
  if (items.length === 0 || items.includes(undefined) || known.length > longestList) return undefined;
  switch (name) {
    case 'filter':
    case 'slice':
    case 'reverse':
    case 'sort':
    case 'toSorted':
    case 'values':
      return [{ kind: 'list', items: known }];
    case 'flat':
      return [{ kind: 'list', items: flattened(evaluator, known) }];
    case 'concat':
      return [{ kind: 'list', items: [...known, ...concatenated(evaluator, file, call, environment)] }];
    case 'map':
    case 'flatMap': {
      const mapped = mappedItems(evaluator, file, call, known, environment);
      if (mapped === undefined) return undefined;
      return [{ kind: 'list', items: name === 'map' ? mapped : flattened(evaluator, mapped) }];
    }
    default:
      return undefined;
  }
}

function flattened(evaluator: Evaluator, items: readonly ListItem[]): readonly ListItem[] {
  return items.flatMap((item) => {
    const inner = item.values.flatMap((value) => listItems(evaluator, value) ?? []);
    return inner.length > 0 ? inner : [item];
  });
}

function concatenated(
  evaluator: Evaluator,
  file: SourceFile,
  call: CallExpression | OptionalCallExpression,
  environment: Environment,
): readonly ListItem[] {
  const given = call.arguments.map((node) => ({
    file,
    node,
    environment,
    values: evaluator.evaluate(file, node, environment),
  }));
  return flattened(evaluator, given);
}

function mappedItems(
  evaluator: Evaluator,
  file: SourceFile,
  call: CallExpression | OptionalCallExpression,
  items: readonly ListItem[],
  environment: Environment,
): readonly ListItem[] | undefined {
  const [callback] = call.arguments;
  if (callback === undefined || !isFunction(callback) || items.length > longestList) return undefined;
  return items.map((item) => {
    const frame = elementFrame(evaluator, { file, node: callback }, environment, item);
    const values = evaluator
      .returnExpressions(callback)
      .flatMap((node) => evaluator.evaluate(file, node, frame));
    return { file: item.file, node: item.node, environment: frame, values };
  });
}

/** `Object.values(x)`, `Object.entries(x)`, `Object.keys(x)` of an object or module that is spelled out. */
export function objectItems(
  evaluator: Evaluator,
  method: string,
  value: Value,
): readonly ListItem[] | undefined {
  const entries = entriesOf(evaluator, value);
  if (entries === undefined) return undefined;
  return entries.map(({ name, ...item }) => {
    const key: Value = { kind: 'constant', value: name };
    if (method === 'values') return item;
    if (method === 'keys') return { ...item, values: [key] };
    const pair: Value = { kind: 'list', items: [{ ...item, values: [key] }, item] };
    return { ...item, values: [pair] };
  });
}

function entriesOf(
  evaluator: Evaluator,
  value: Value,
): readonly (ListItem & { readonly name: string })[] | undefined {
  if (value.kind === 'module') return exportedItems(evaluator, value.file);
  if (value.kind !== 'object' || value.node.properties.length > longestList) return undefined;
  if (underWay.has(value.node)) return undefined;
  underWay.add(value.node);
  try {
    const merged = mergedValues(evaluator, value).flatMap((inner) => entriesOf(evaluator, inner) ?? []);
    return [...writtenEntries(evaluator, value), ...merged];
  } finally {
    underWay.delete(value.node);
  }
}

function writtenEntries(
  evaluator: Evaluator,
  value: Value & { kind: 'object' },
): readonly (ListItem & { readonly name: string })[] {
  const { file, environment } = value;
  return value.node.properties.flatMap((property) => {
    if (property.type === 'SpreadElement') {
      const spread = evaluator.evaluate(file, property.argument, environment);
      return spread.flatMap((inner) => entriesOf(evaluator, inner) ?? []);
    }
    const name = keyName(property);
    if (name === undefined) return [];
    const own: Node = property.type === 'ObjectMethod' ? property : property.value;
    return [{ name, file, node: own, environment, values: evaluator.member(value, name) }];
  });
}

/** The elements of `for (… of list)`, and the keys of `for (… in object)`. */
export function loopItems(
  evaluator: Evaluator,
  file: SourceFile,
  loop: Node & { type: 'ForOfStatement' | 'ForInStatement' },
  environment: Environment = noEnvironment,
): readonly ListItem[] | undefined {
  const values = evaluator.evaluate(file, unwrapped(loop.right), environment);
  const lists = values.map((value) =>
    loop.type === 'ForInStatement' ? objectItems(evaluator, 'keys', value) : listItems(evaluator, value),
  );
  return lists.length === 0 || lists.includes(undefined) ? undefined : lists.flatMap((items) => items ?? []);
}
