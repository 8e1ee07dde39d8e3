import type { Node } from '@babel/types';
import type { Location } from '../analysis.ts';
import {
  type Binding,
  contains,
  Frame,
  isFunction,
  keyName,
  memberName,
  type SourceFile,
  unwrapped,
  type Value,
} from '../sources/index.ts';
import { relationsAwaited } from './awaited-relations.ts';
import { ormFlow } from './orm.ts';
import { isQuerySource, type Located } from './orm-values.ts';
import { locationOf } from './project.ts';
import { furthest, givenRelations, loadedByQuery, type Spot, type Trail } from './query-origin.ts';
import { iteratedList, loopedOver, patternPath, tuplePart } from './taken-parts.ts';

/** Where a model instance came from, and which of its relations came with it. */
export interface Origin {
  /** Lookup paths such as `subscription__plan`. */
  readonly loaded: readonly string[];
  /** The query or the construction. */
  readonly location: Location;
  /** The one query set that every such instance comes out of, where there is one and no more. */
  readonly query?: Located;
}

/** The query an instance, or the list it is an element of, came out of; `undefined` when it cannot be found. */
export function originOfInstance(walk: Trail, node: Node): Origin | undefined {
  return originAt({ walk, file: walk.file, node, depth: 0 });
}

function originAt(spot: Spot): Origin | undefined {
  if (spot.depth > furthest) return undefined;
  const node = unwrapped(spot.node);
  const value = ormFlow(spot.walk.project.evaluator).value(spot.file, node);
  if (value !== undefined && isQuerySource(value)) {
    // Gone through as it is: `for (const posting of entry.postings.all())`.
    const loaded = loadedByQuery(spot, loadedOf);
    return loaded && { loaded, location: locationOf(spot.file, node), query: { file: spot.file, node } };
  }
  const at = (to: Node, file = spot.file, walk = spot.walk) =>
    originAt({ walk, file, node: to, depth: spot.depth + 1 });
  switch (node.type) {
    case 'Identifier':
      return originOfName(spot, node);
    case 'AwaitExpression':
      return at(node.argument);
    case 'CallExpression':
    case 'OptionalCallExpression':
      return originOfCall(spot, node);
    case 'NewExpression':
      return { loaded: givenRelations(spot, node.arguments[0]), location: locationOf(spot.file, node) };
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
    case 'FunctionDeclaration':
    case 'ClassMethod':
    case 'ObjectMethod': {
      const [only, ...more] = spot.walk.project.evaluator.returnExpressions(node);
      return only && more.length === 0 ? at(only) : undefined;
    }
    case 'ArrayExpression': {
      const [only] = node.elements;
      return only && node.elements.length === 1
        ? at(only.type === 'SpreadElement' ? only.argument : only)
        : undefined;
    }
    case 'LogicalExpression':
      return node.operator === '&&' ? at(node.right) : either(spot, [node.left, node.right]);
    case 'ConditionalExpression':
      return either(spot, [node.consequent, node.alternate]);
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      // `rows[0]`, `basket.items`: an element, or a part of what a function put together.
      return memberName(node) === undefined ? at(node.object) : originOfPart(spot, node);
    default:
      return undefined;
  }
}

/** Ways to a value that are looked into; each may branch again. */
const mostWays = 4;

/** An instance that comes from the one place or the other: only what every way loads is there. */
function either({ walk, file, depth }: Spot, nodes: readonly Node[]): Origin | undefined {
  const ways = nodes.filter((node) => !isNothing(file, node));
  if (ways.length > mostWays) return undefined;
  // Ways multiply with every name that has several.
  const further = ways.length > 1 ? depth + furthest / 5 : depth + 1;
  const found = ways.flatMap((node) => originAt({ walk, file, node, depth: further }) ?? []);
  const [first, ...others] = found;
  if (first === undefined || ways.length === 1) return first;
  const isEverywhere = (path: string) => others.every((other) => other.loaded.includes(path));
  const loaded = found.length < ways.length ? [] : first.loaded.filter(isEverywhere);
  return { loaded, location: first.location };
}

function isNothing(file: SourceFile, expression: Node): boolean {
  const node = unwrapped(expression);
  if (node.type === 'Identifier') return node.name === 'undefined' && file.scopes.isGlobal(node);
  return node.type === 'NullLiteral';
}

/** Where the instance of that name came from, and the relations that were set on it before this use. */
function originOfName(spot: Spot, node: Node & { type: 'Identifier' }): Origin | undefined {
  const binding = spot.file.scopes.bindingOf(node);
  if (binding === undefined) return undefined;
  const origin = originOfBinding(spot, node, binding);
  const set = [
    ...relationsSet(spot.file, binding, node.start ?? 0),
    ...relationsAwaited(spot.file, binding, node),
  ];
  if (set.length === 0) return origin;
  const location = origin?.location ?? locationOf(spot.file, binding.identifier);
  return { ...origin, loaded: [...(origin?.loaded ?? []), ...set], location };
}

/** `item.product = product`: a relation that was set is loaded. */
function relationsSet(file: SourceFile, binding: Binding, before: number): readonly string[] {
  return binding.references.flatMap((reference) => {
    const member = file.parentOf(reference);
    const assignment = member && file.parentOf(member);
    if (assignment?.type !== 'AssignmentExpression' || assignment.left !== member) return [];
    const name = memberName(member);
    return name === undefined || (assignment.end ?? 0) > before ? [] : [name];
  });
}

function originOfBinding(
  spot: Spot,
  node: Node & { type: 'Identifier' },
  binding: Binding,
): Origin | undefined {
  const { file, walk, depth } = spot;
  const { declaration } = binding;
  if (binding.kind === 'parameter' && isFunction(declaration))
    return originOfParameter(spot, node, declaration);
  if (declaration.type !== 'VariableDeclarator') return undefined;
  const source = declaration.init ?? loopedOver(file, declaration);
  if (binding.assignments.length > 0) {
    const written = binding.assignments.map((by) =>
      by.type === 'AssignmentExpression' && by.left.type === 'Identifier' ? by.right : by,
    );
    return declaration.id === binding.identifier
      ? either(spot, source ? [source, ...written] : written)
      : undefined;
  }
  if (!source) return undefined;
  if (declaration.id.type === 'ObjectPattern') {
    const part = patternPath(declaration.id, binding.identifier);
    return part && originOfMember({ walk, file, node: source, depth: depth + 1 }, part);
  }
  if (declaration.id.type === 'ArrayPattern' && declaration.init) {
    const index = declaration.id.elements.indexOf(binding.identifier);
    const part = tuplePart(declaration.init, index);
    return originAt({ walk, file, node: part ?? declaration.init, depth: depth + 1 });
  }
  return originAt({ walk, file, node: source, depth: depth + 1 });
}

/** What the call that is being followed gave for a parameter, or the list its callback is called for. */
function originOfParameter(spot: Spot, node: Node, owner: Node): Origin | undefined {
  const { file, walk, depth } = spot;
  const declared = file.scopes.bindingOf(node)?.identifier;
  const parameters = isFunction(owner) ? owner.params : [];
  const index = parameters.findIndex((parameter) => declared !== undefined && contains(parameter, declared));
  const parameter = parameters[index];
  const part = parameter && declared && patternPath(parameter, declared);
  if (part === undefined) return undefined;
  const parent = file.parentOf(owner);
  if (parent?.type === 'CallExpression' && parent.callee !== owner) {
    const list = iteratedList(parent, index);
    if (list !== undefined) return originOfMember({ walk, file, node: list, depth: depth + 1 }, part);
  }
  for (let frame = walk.environment; frame instanceof Frame; frame = frame.outer) {
    if (frame.owner !== owner) continue;
    const { site } = frame;
    const outer: Trail = { ...walk, file: site.file, environment: site.environment };
    const given = 'arguments' in site.node ? (site.node.arguments as Node[]) : [];
    // A function that is itself an argument of its call is a callback: it is given elements, not arguments.
    const source = isHandedOver(site, owner, walk) ? iteratedList(site.node, index) : given[index];
    if (source === undefined || source === owner) return undefined;
    return originOfMember({ walk: outer, file: site.file, node: source, depth: depth + 1 }, part);
  }
  return undefined;
}

function isHandedOver(site: Frame['site'], owner: Node, walk: Trail): boolean {
  const given = 'arguments' in site.node ? (site.node.arguments as Node[]) : [];
  return given.some((argument) => {
    if (argument === owner) return true;
    if (argument.type !== 'Identifier' && argument.type !== 'MemberExpression') return false;
    const values = walk.project.evaluator.evaluate(site.file, argument, site.environment);
    return values.some((value) => value.kind === 'function' && value.node === owner);
  });
}

/** The origin of what is reached from an expression by reading members off object literals. */
function originOfMember(spot: Spot, part: readonly string[]): Origin | undefined {
  const [name, ...rest] = part;
  if (name === undefined) return originAt(spot);
  const { walk, depth } = spot;
  if (depth > furthest) return undefined;
  for (const value of objectsAt(spot)) {
    for (const property of value.node.properties) {
      if (property.type !== 'ObjectProperty' || keyName(property) !== name) continue;
      const inside: Trail = { ...walk, file: value.file, environment: value.environment };
      return originOfMember({ walk: inside, file: value.file, node: property.value, depth: depth + 1 }, rest);
    }
  }
  return undefined;
}

function objectsAt({ walk, file, node }: Spot): readonly (Value & { readonly kind: 'object' })[] {
  return walk.project.evaluator
    .evaluate(file, unwrapped(node), walk.environment)
    .filter((value) => value.kind === 'object');
}

function originOfCall(
  spot: Spot,
  node: Node & { type: 'CallExpression' | 'OptionalCallExpression' },
): Origin | undefined {
  const { file, walk, depth } = spot;
  const bridge = walk.project.bridges.crossedBy(file, node);
  if (bridge?.argument) {
    const handed = unwrapped(bridge.argument);
    const crossed = bridge.target?.node ?? handed;
    return (
      terminalOrigin(spot, handed, node.arguments) ??
      originAt({ walk, file: bridge.target?.file ?? bridge.file, node: crossed, depth: depth + 1 })
    );
  }
  const callee = unwrapped(node.callee);
  const chained = terminalOrigin(spot, callee, node.arguments);
  if (chained !== undefined) return chained;
  const passing = memberName(callee);
  if (
    callee.type === 'MemberExpression' &&
    passing !== undefined &&
    /^(?:filter|slice|sort|find|at|then|all|from|flat|reverse)$/.test(passing)
  ) {
    const source = /^(?:all|from)$/.test(passing) ? node.arguments[0] : callee.object;
    return source && originAt({ walk, file, node: source, depth: depth + 1 });
  }
  const [only, ...more] = walk.project.evaluator.evaluate(file, callee, walk.environment);
  if (only?.kind !== 'function' || more.length > 0) return undefined;
  const environment = walk.project.evaluator.environmentOf(only, { file, call: node }, walk.environment);
  const inside: Trail = { ...walk, file: only.file, environment };
  return originAt({ walk: inside, file: only.file, node: only.node, depth: depth + 1 });
}

/** A terminal operation of a query set: its rows come with what the query set loads. */
function terminalOrigin(spot: Spot, method: Node, given: readonly Node[]): Origin | undefined {
  const value = ormFlow(spot.walk.project.evaluator).value(spot.file, method);
  if (value?.kind === 'function' && /^get(?:Object|List)Or404$/.test(value.name))
    return shortcutOrigin(spot, method, given[0]);
  if (method.type !== 'MemberExpression' && method.type !== 'OptionalMemberExpression') return undefined;
  const loaded = loadedByQuery({ ...spot, node: method.object, depth: spot.depth + 1 }, loadedOf);
  if (loaded === undefined) return undefined;
  const location = locationOf(spot.file, method);
  const creates = /^a?(?:create|getOrCreate|updateOrCreate)$/.test(memberName(method) ?? '');
  return creates
    ? { loaded: [...loaded, ...givenRelations(spot, given[0])], location }
    : { loaded, location, query: { file: spot.file, node: method.object } };
}

/** `getObjectOr404(Post.objects.selectRelated('author'), { id })`; a model alone loads nothing with its rows. */
function shortcutOrigin(spot: Spot, named: Node, from: Node | undefined): Origin {
  const loaded = from && loadedByQuery({ ...spot, node: from, depth: spot.depth + 1 }, loadedOf);
  const location = locationOf(spot.file, named);
  return from === undefined || loaded === undefined
    ? { loaded: [], location }
    : { loaded, location, query: { file: spot.file, node: from } };
}

/** What an instance came with; nothing when its query cannot be found. */
function loadedOf(spot: Spot): readonly string[] {
  return originAt(spot)?.loaded ?? [];
}

/** `basket.items`, where `basket` is an object literal that a function returned. */
function originOfPart(
  spot: Spot,
  node: Node & { type: 'MemberExpression' | 'OptionalMemberExpression' },
): Origin | undefined {
  const name = memberName(node);
  return name === undefined
    ? undefined
    : originOfMember({ ...spot, node: node.object, depth: spot.depth + 1 }, [name]);
}
