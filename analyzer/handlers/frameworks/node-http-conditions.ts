import type { Node } from '@babel/types';
import {
  type Binding,
  constantText,
  type Environment,
  type Evaluator,
  memberName,
  type SourceFile,
  unwrapped,
  type Value,
  walk,
} from '../../sources/index.ts';
import { argumentValues, option } from '../routing/options.ts';

/** What a request must be for a branch to run; `undefined` leaves that part open. */
export interface Match {
  readonly methods: readonly string[] | undefined;
  readonly paths: readonly string[] | undefined;
}

export const anything: Match = { methods: undefined, paths: undefined };

/** The names of one dispatcher that stand for the request and for what was read off it. */
export interface Dispatcher {
  readonly evaluator: Evaluator;
  readonly file: SourceFile;
  readonly environment: Environment;
  readonly request: Binding;
}

/** Whether an expression is read off the request's URL (`url`, `pathname`) or its method. */
export function readsFrom(dispatcher: Dispatcher, given: Node, depth = 0): 'url' | 'method' | undefined {
  const node = unwrapped(given);
  const { file, request } = dispatcher;
  if (depth > 12) return undefined;
  if (node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression') {
    const object = unwrapped(node.object);
    if (object.type === 'Identifier' && file.scopes.bindingOf(object) === request)
      return partNamed(memberName(node));
    return readsFrom(dispatcher, object, depth + 1);
  }
  if (node.type === 'Identifier') return ofBinding(dispatcher, file.scopes.bindingOf(node), depth);
  if (
    node.type === 'CallExpression' ||
    node.type === 'OptionalCallExpression' ||
    node.type === 'NewExpression'
  ) {
    const callee = unwrapped(node.callee);
    const parts: Node[] =
      callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression' ? [callee.object] : [];
    const [first] = node.arguments;
    if (first) parts.push(first);
    return parts.map((part) => readsFrom(dispatcher, part, depth + 1)).find(Boolean);
  }
  if (node.type === 'LogicalExpression') {
    return readsFrom(dispatcher, node.left, depth + 1) ?? readsFrom(dispatcher, node.right, depth + 1);
  }
  if (node.type === 'TemplateLiteral') {
    return node.expressions.map((part) => readsFrom(dispatcher, part, depth + 1)).find(Boolean);
  }
  return undefined;
}

function partNamed(name: string | undefined): 'url' | 'method' | undefined {
  if (name === 'method') return 'method';
  return /^(?:url|originalUrl|path|pathname)$/.test(name ?? '') ? 'url' : undefined;
}

/** A name declared from the request: `const { url, method } = request`, `const path = parse(request.url).pathname`. */
function ofBinding(
  dispatcher: Dispatcher,
  binding: Binding | undefined,
  depth: number,
): 'url' | 'method' | undefined {
  const { file, request } = dispatcher;
  const declaration = binding?.declaration;
  if (binding === undefined || declaration?.type !== 'VariableDeclarator' || !declaration.init)
    return undefined;
  const init = unwrapped(declaration.init);
  const isRequest = init.type === 'Identifier' && file.scopes.bindingOf(init) === request;
  if (declaration.id.type === 'ObjectPattern') {
    for (const property of declaration.id.properties) {
      if (property.type !== 'ObjectProperty' || property.key.type !== 'Identifier') continue;
      const holds = property.value === binding.identifier || contains(property.value, binding.identifier);
      if (!holds) continue;
      if (isRequest) return partNamed(property.key.name);
      return /^(?:pathname|path|href)$/.test(property.key.name)
        ? readsFrom(dispatcher, init, depth + 1)
        : undefined;
    }
    return undefined;
  }
  if (declaration.id.type === 'ArrayPattern' && declaration.id.elements[0] !== binding.identifier)
    return undefined;
  return readsFrom(dispatcher, init, depth + 1);
}

function contains(outer: Node, inner: Node): boolean {
  let found = false;
  walk(outer, (node) => {
    if (node === inner) found = true;
    return !found;
  });
  return found;
}

/**
 * What a condition asks of the request, in the form of alternatives.
 * @returns `undefined` when it asks something else
 */
export function matchOf(dispatcher: Dispatcher, given: Node, depth = 0): Match | undefined {
  const test = unwrapped(given);
  if (test.type === 'Identifier') return keptMatch(dispatcher, test, depth);
  if (test.type === 'LogicalExpression') {
    const left = matchOf(dispatcher, test.left, depth);
    const right = matchOf(dispatcher, test.right, depth);
    if (test.operator === '&&') return left && right ? both(left, right) : (left ?? right);
    if (test.operator === '||' && left && right) return either(left, right);
    return undefined;
  }
  if (test.type === 'BinaryExpression' && (test.operator === '===' || test.operator === '==')) {
    return equality(dispatcher, test.left, test.right) ?? equality(dispatcher, test.right, test.left);
  }
  if (test.type === 'BinaryExpression' && (test.operator === '!==' || test.operator === '!='))
    return unwrapped(test.right).type === 'NullLiteral' ? matchOf(dispatcher, test.left, depth) : undefined;
  if (test.type === 'CallExpression' || test.type === 'OptionalCallExpression')
    return called(dispatcher, test);
  return undefined;
}

/** `const found = url.match(/…/); if (found)`: what was asked where the name was declared. */
function keptMatch(dispatcher: Dispatcher, name: Node, depth: number): Match | undefined {
  const binding = dispatcher.file.scopes.bindingOf(name);
  const declaration = binding?.kind === 'const' ? binding.declaration : undefined;
  if (declaration?.type !== 'VariableDeclarator' || declaration.id.type !== 'Identifier') return undefined;
  return declaration.init && depth < 12 ? matchOf(dispatcher, declaration.init, depth + 1) : undefined;
}

function both(left: Match, right: Match): Match {
  return { methods: left.methods ?? right.methods, paths: left.paths ?? right.paths };
}

function either(left: Match, right: Match): Match {
  const joined = (first: readonly string[] | undefined, second: readonly string[] | undefined) =>
    first && second ? [...new Set([...first, ...second])] : undefined;
  return { methods: joined(left.methods, right.methods), paths: joined(left.paths, right.paths) };
}

/** Narrows what is known of a branch by the condition around it. */
export function narrowed(outer: Match, inner: Match): Match {
  return { methods: inner.methods ?? outer.methods, paths: inner.paths ?? outer.paths };
}

function equality(dispatcher: Dispatcher, subject: Node, value: Node): Match | undefined {
  const part = readsFrom(dispatcher, subject);
  const text = constantText(dispatcher.evaluator.evaluate(dispatcher.file, value, dispatcher.environment));
  return part === undefined || text === undefined ? undefined : partMatch(part, text);
}

export function partMatch(part: 'url' | 'method', text: string): Match | undefined {
  // `GET /path` compared with a text made of both.
  const [, method, path] = /^([A-Z]+)[ :]+(\/.*)$/.exec(text) ?? [];
  if (method !== undefined && path !== undefined) return { methods: [method], paths: [path] };
  if (part === 'method') return { methods: [text.toUpperCase()], paths: undefined };
  return text.startsWith('/') ? { methods: undefined, paths: [text] } : undefined;
}

/** `url.match(/…/)`, `/…/.test(url)`, `url.startsWith('/x')`, `['/a', '/b'].includes(url)`. */
function called(
  dispatcher: Dispatcher,
  call: Node & { type: 'CallExpression' | 'OptionalCallExpression' },
): Match | undefined {
  const { evaluator, file, environment } = dispatcher;
  const callee = unwrapped(call.callee);
  const [first] = call.arguments;
  if (
    (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') ||
    first === undefined
  )
    return undefined;
  const name = memberName(callee);
  const given = evaluator.evaluate(file, first, environment);
  if (name === 'match' || name === 'startsWith') {
    if (readsFrom(dispatcher, callee.object) !== 'url') return undefined;
    const [value] = given;
    if (value?.kind !== 'constant') return undefined;
    if (value.value instanceof RegExp)
      return { methods: undefined, paths: [pathOfPattern(value.value.source)] };
    const text = String(value.value);
    return { methods: undefined, paths: [name === 'match' ? text : `${text.replace(/\/$/, '')}/*`] };
  }
  const part = readsFrom(dispatcher, first);
  if (part === undefined) return undefined;
  const objects = evaluator.evaluate(file, callee.object, environment);
  if (name === 'test' || name === 'exec') {
    const [value] = objects;
    if (value === undefined || part !== 'url') return undefined;
    const isPattern = value.kind === 'constant' && value.value instanceof RegExp;
    const path = isPattern
      ? pathOfPattern((value.value as RegExp).source)
      : pathOfUrlPattern(dispatcher, value);
    return path === undefined ? undefined : { methods: undefined, paths: [path] };
  }
  if (name !== 'includes') return undefined;
  const texts = objects
    .flatMap((value) => evaluator.elements(value) ?? [])
    .map(({ values }) => constantText(values));
  if (texts.length === 0 || texts.includes(undefined)) return undefined;
  const found = texts.filter((text) => text !== undefined);
  return part === 'method' ? { methods: found, paths: undefined } : { methods: undefined, paths: found };
}

/** The path of `new URLPattern({ pathname: '/posts/:id' })` or `new URLPattern('/posts/:id', base)`. */
function pathOfUrlPattern({ evaluator }: Dispatcher, value: Value): string | undefined {
  const [name, made] = value.kind === 'api' ? value.steps : [];
  if (name?.kind !== 'member' || name.name !== 'URLPattern' || made?.kind !== 'new') return undefined;
  const given = argumentValues(evaluator, made.at, 0);
  const path = constantText(given) ?? constantText(option(evaluator, given, 'pathname')?.values ?? []);
  return path?.startsWith('/') ? path : undefined;
}

/** A pattern as a path: anchors go, a group or class of characters is a parameter. */
export function pathOfPattern(source: string): string {
  const plain = source.replace(/^\^/, '').replace(/\$$/, '').replace(/\\\//g, '/').replace(/\/\?$/, '');
  const segments = plain.split('/').map((segment) => {
    if (/^[\w.~-]*$/.test(segment.replace(/\\([.-])/g, '$1'))) return segment.replace(/\\([.-])/g, '$1');
    const [, name] = /\(\?<(\w+)>/.exec(segment) ?? [];
    if (name !== undefined) return `:${name}`;
    return /^\(?\.[*+]\)?$/.test(segment) ? '*' : ':id';
  });
  const path = joinClasses(segments).join('/');
  return path.startsWith('/') ? path : `/${path}`;
}

/** A class such as `[^/]+` holds a slash itself and was cut in two. */
function joinClasses(segments: readonly string[]): readonly string[] {
  return segments.filter((segment, index) => !(segment === ':id' && segments[index - 1] === ':id'));
}
