import type { Node } from '@babel/types';
import {
  type Binding,
  constantText,
  type Environment,
  type Evaluator,
  keyName,
  memberName,
  type SourceFile,
  unwrapped,
} from '../sources/index.ts';
import { ormFlow } from './orm.ts';
import { chainRoot } from './orm-paths.ts';
import { isQuerySource } from './orm-values.ts';
import type { BridgeTable } from './project.ts';

/** What a value is traced back through: the part of a walk that says what names stand for and what crosses bridges. */
export interface Trail {
  readonly project: { readonly evaluator: Evaluator; readonly bridges: BridgeTable };
  readonly file: SourceFile;
  readonly environment: Environment;
}

/** An expression, and the trail that its names belong to. */
export interface Spot {
  readonly walk: Trail;
  readonly file: SourceFile;
  readonly node: Node;
  readonly depth: number;
}

/** Steps back from a use to its query: real code is shallow, cycles are not. */
export const furthest = 25;

/**
 * The relations that the rows of a query set come with, as lookup paths such as `subscription__plan`.
 * @param parentLoads what the instance came with that a related manager such as `entry.postings` belongs to
 * @returns `undefined` when the expression is no query set
 */
export function loadedByQuery(
  spot: Spot,
  parentLoads: (instance: Spot) => readonly string[],
): readonly string[] | undefined {
  const { walk, file, depth } = spot;
  if (depth > furthest) return undefined;
  const node = unwrapped(spot.node);
  const inner = (to: Node) => loadedByQuery({ walk, file, node: to, depth: depth + 1 }, parentLoads);
  if (memberName(node) === 'objects') return [];
  switch (node.type) {
    case 'CallExpression':
    case 'OptionalCallExpression': {
      const callee = unwrapped(node.callee);
      if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') break;
      const before = inner(callee.object);
      const name = memberName(callee);
      const loads = name === 'selectRelated' || name === 'prefetchRelated';
      if (!loads || before === undefined) return before;
      // `selectRelated(null)` takes back what was asked for before.
      return node.arguments[0]?.type === 'NullLiteral' ? [] : [...before, ...lookups(spot, node.arguments)];
    }
    case 'ConditionalExpression': {
      const other = inner(node.alternate);
      return inner(node.consequent)?.filter((path) => other?.includes(path));
    }
    case 'Identifier': {
      const binding = file.scopes.bindingOf(node);
      const ways = binding === undefined ? [] : waysOf(file, binding).map(inner);
      const [first, ...others] = ways;
      if (first === undefined || others.some((way) => way === undefined)) break;
      return first.filter((path) => others.every((way) => way?.includes(path)));
    }
    case 'MemberExpression':
    case 'OptionalMemberExpression': {
      const value = ormFlow(walk.project.evaluator).value(file, node);
      if (value?.kind !== 'related') break;
      const prefix = `${memberName(node)}__`;
      const parent = parentLoads({ walk, file, node: node.object, depth: depth + 1 });
      return parent.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
    }
  }
  const value = ormFlow(walk.project.evaluator).value(file, node);
  return value !== undefined && isQuerySource(value) ? [] : undefined;
}

/** What a name may stand for; `posts = posts.filter(…)` only narrows what it stood for before. */
function waysOf(file: SourceFile, { declaration, assignments, identifier }: Binding): readonly Node[] {
  if (declaration.type !== 'VariableDeclarator' || declaration.id.type !== 'Identifier') return [];
  const written = assignments.flatMap((by) => {
    const right =
      by.type === 'AssignmentExpression' && by.left.type === 'Identifier' && by.operator === '='
        ? by.right
        : undefined;
    const root = right && chainRoot(right);
    const isOwn = root?.type === 'Identifier' && file.scopes.bindingOf(root)?.identifier === identifier;
    return isOwn ? [] : [right ?? by];
  });
  return declaration.init ? [declaration.init, ...written] : written;
}

/** The paths given to `selectRelated` and `prefetchRelated`, those inside a `Prefetch` included. */
function lookups(spot: Spot, given: readonly Node[]): readonly string[] {
  const { walk, file } = spot;
  return given.flatMap((argument): readonly string[] => {
    const node = unwrapped(argument);
    if (node.type === 'CallExpression') {
      const [path] = lookups(spot, node.arguments.slice(0, 1));
      return path === undefined
        ? []
        : [path, ...nested(spot, node.arguments[1]).map((inner) => `${path}__${inner}`)];
    }
    const text = constantText(walk.project.evaluator.evaluate(file, node, walk.environment));
    return text === undefined ? [] : [text];
  });
}

/** `Prefetch('postings', { queryset: Posting.objects.selectRelated('account') })`: what the inner query loads. */
function nested(spot: Spot, options: Node | undefined): readonly string[] {
  if (options?.type !== 'ObjectExpression') return [];
  for (const property of options.properties) {
    if (property.type !== 'ObjectProperty' || keyName(property) !== 'queryset') continue;
    return loadedByQuery({ ...spot, node: property.value, depth: spot.depth + 1 }, () => []) ?? [];
  }
  return [];
}

/** `{ order, plan: chosen }`: relations that an instance is made with are there; a key alone is not the instance. */
export function givenRelations({ walk, file }: Spot, values: Node | undefined): readonly string[] {
  if (values?.type !== 'ObjectExpression') return [];
  const flow = ormFlow(walk.project.evaluator);
  return values.properties.flatMap((property) => {
    const name = property.type === 'ObjectProperty' ? keyName(property) : undefined;
    if (property.type !== 'ObjectProperty' || name === undefined) return [];
    return flow.value(file, property.value)?.kind === 'instance' ? [name] : [];
  });
}
