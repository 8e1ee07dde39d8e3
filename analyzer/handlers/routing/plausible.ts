import type { Node } from '@babel/types';
import {
  type Binding,
  type Call,
  callsOf,
  isFunction,
  keyName,
  memberName,
  type SourceFile,
  unwrapped,
} from '../../sources/index.ts';

/** Words that the type of something routes are registered on has in its name, in every framework known here. */
const routerType =
  /App|Router|Express|Fastify|Koa|Hono|Server|Instance|Route|Polka|Elysia|Plugin|any|unknown/i;

/**
 * Whether routes may be registered on an expression, by a look at its own file only.
 *
 * Following a parameter to every caller is what costs most, and most parameters with a `get` are maps, requests and
 * clients that say so in their type.
 */
export function isPlausible(file: SourceFile, given: Node): boolean {
  const root = rootOf(given);
  if (root.type === 'ThisExpression') return true;
  if (root.type !== 'Identifier') return !/Literal$|^(?:ObjectExpression|ArrayExpression)$/.test(root.type);
  const binding = file.scopes.bindingOf(root);
  if (binding === undefined)
    return root.name === 'require' || root.name === 'module' || root.name === 'exports';
  return binding.kind === 'parameter' ? isPlausibleParameter(binding) : isPlausibleDeclaration(binding);
}

/** What a chain of members and calls starts at, or `this.field` as a whole. */
function rootOf(given: Node): Node {
  let node = unwrapped(given);
  for (;;) {
    if (node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression')
      node = unwrapped(node.object);
    else if (node.type === 'CallExpression' || node.type === 'OptionalCallExpression')
      node = unwrapped(node.callee);
    else if (node.type === 'NewExpression') node = unwrapped(node.callee);
    else if (node.type === 'AwaitExpression') node = unwrapped(node.argument);
    else return node;
  }
}

function isPlausibleParameter(binding: Binding): boolean {
  const type = typeText(binding.identifier);
  if (type !== undefined) return routerType.test(type);
  if (!isFunction(binding.declaration)) return true;
  // Callbacks of lists and promises get elements and results; an element may be a router, a constant index may not.
  const index = binding.declaration.params.indexOf(binding.identifier as never);
  return index < 4;
}

function isPlausibleDeclaration(binding: Binding): boolean {
  const { declaration } = binding;
  const type = typeText(binding.identifier);
  if (type !== undefined && !routerType.test(type)) return false;
  if (declaration.type !== 'VariableDeclarator' || !declaration.init) return true;
  const init = unwrapped(declaration.init);
  if (init.type !== 'NewExpression' || init.callee.type !== 'Identifier') return true;
  return !/^(?:Map|Set|WeakMap|WeakSet|URL|URLSearchParams|Headers|FormData|Date|Error|Proxy|Promise|RegExp|Request|Response|AbortController)$/.test(
    init.callee.name,
  );
}

/** Names in the annotation of an identifier; `undefined` when it has none. */
function typeText(identifier: Node): string | undefined {
  if (!('typeAnnotation' in identifier) || identifier.typeAnnotation?.type !== 'TSTypeAnnotation')
    return undefined;
  return namesIn(identifier.typeAnnotation.typeAnnotation, 0);
}

function namesIn(type: Node, depth: number): string {
  if (depth > 4) return '';
  switch (type.type) {
    case 'TSAnyKeyword':
      return 'any';
    case 'TSUnknownKeyword':
      return 'unknown';
    case 'TSTypeReference': {
      const own = nameOf(type.typeName);
      return /^(?:ReturnType|Awaited|InstanceType|Parameters|Promise|Readonly)$/.test(own) ? 'any' : own;
    }
    case 'TSUnionType':
    case 'TSIntersectionType':
      return type.types.map((part) => namesIn(part, depth + 1)).join(' ');
    case 'TSParenthesizedType':
      return namesIn(type.typeAnnotation, depth + 1);
    case 'TSTypeQuery':
    case 'TSImportType':
    case 'TSIndexedAccessType':
      return 'any';
    case 'TSTypeLiteral':
      return 'any';
    default:
      return '';
  }
}

function nameOf(name: Node): string {
  if (name.type === 'Identifier') return name.name.length < 3 ? 'any' : name.name;
  return name.type === 'TSQualifiedName' ? `${nameOf(name.left)}.${name.right.name}` : '';
}

/** Calls that register something else than one method at one path, and so take other arguments. */
const otherCalls = /^(?:use|route|prefix|param|register|redirect|doc|doc31|openapi|mount|addHook)$/;

/**
 * Whether a call has the arguments of a registration: a path and something that answers, or what stands for them.
 * @param options whether an object of options may stand in the handler's place
 */
export function isPlausibleCall(file: SourceFile, call: Call, options: boolean): boolean {
  const name = memberName(unwrapped(call.callee));
  // `app.on(method, path, handler)`; events of emitters take two arguments.
  if (name === 'on') return call.arguments.length > 2;
  if (name !== undefined && otherCalls.test(name)) return call.arguments.length > 0;
  const first = call.arguments[0];
  const last = call.arguments.at(-1);
  if (first === undefined || last === undefined) return false;
  if (call.arguments.length > 1)
    return (!isPlainData(first, false) || saysPath(first)) && !isPlainData(last, options);
  // `route(path).get(handler)` has its path elsewhere, and `app.get(handler)` of Hono has that of the call before.
  const bare = unwrapped(first);
  if (isFunction(bare) || bare.type === 'SpreadElement') return true;
  return callsOf(file).byMember.has('route') && !isPlainData(bare, false) && bare.type !== 'StringLiteral';
}

/** `{ name: 'list', path: '/carts' }`: the options of a route in front of what answers. */
function saysPath(given: Node): boolean {
  const node = unwrapped(given);
  if (node.type !== 'ObjectExpression') return false;
  return node.properties.some(
    (own) => own.type === 'ObjectProperty' && /^(?:path|url)$/.test(keyName(own) ?? ''),
  );
}

/** Data that neither is a path nor answers. */
function isPlainData(given: Node, options: boolean): boolean {
  const node = unwrapped(given);
  if (node.type === 'ObjectExpression') return !options;
  return /^(?:NumericLiteral|BooleanLiteral|NullLiteral|UnaryExpression|BigIntLiteral)$/.test(node.type);
}
