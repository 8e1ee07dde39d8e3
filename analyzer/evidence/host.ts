import type { Node } from '@babel/types';
import { hostKind, hostOf } from '../catalogue/index.ts';
import {
  type ApiValue,
  constantText,
  Frame,
  isFunction,
  keyName,
  type SourceFile,
  unwrapped,
} from '../sources/index.ts';
import { shortened } from './orm-access.ts';
import { evaluated, type Walk } from './walk.ts';

/**
 * Where an HTTP call goes: a host that the source states, else `«expression»` for what run time puts there.
 *
 * A loopback address that comes from elsewhere than the call is a development default: production sets another.
 */
export function hostOfCall(walk: Walk, node: Node, value: ApiValue): string | undefined {
  const given = 'arguments' in node ? (node.arguments as Node[]) : [];
  const own = given[0] && hostOfTarget(walk, unwrapped(given[0]));
  if (own !== undefined && own !== relative && !own.startsWith('«')) return own;
  // Clients with a base put it in front of everything that is no URL of its own.
  return baseHost(walk, value) ?? (own === relative ? undefined : own);
}

/** A path without a host: the client knows the rest. */
const relative = Symbol('relative');

function hostOfTarget(walk: Walk, node: Node): string | typeof relative | undefined {
  switch (node.type) {
    case 'StringLiteral':
      return hostOf(node.value) ?? (node.value.startsWith('/') ? relative : undefined);
    case 'TemplateLiteral':
      return hostOfTemplate(walk, node);
    case 'BinaryExpression':
      return node.operator === '+' && node.left.type !== 'PrivateName'
        ? hostOfTarget(walk, unwrapped(node.left))
        : undefined;
    case 'NewExpression': {
      const [path, base] = node.arguments;
      const outer = base ?? path;
      return outer && hostOfTarget(walk, unwrapped(outer));
    }
    case 'ObjectExpression':
      return hostOfOptions(walk, node);
    default:
      return hostOfExpression(walk, node);
  }
}

function hostOfTemplate(
  walk: Walk,
  node: Node & { type: 'TemplateLiteral' },
): string | typeof relative | undefined {
  const start = node.quasis[0]?.value.cooked ?? '';
  if (start.startsWith('/') && !start.startsWith('//')) return relative;
  const host = hostOf(start);
  if (host !== undefined && (/^\w*:?\/\/[^/]+\//.test(start) || node.expressions.length === 0)) return host;
  const [first] = node.expressions;
  if (first === undefined) return undefined;
  // `https://${tenant}.partner.example/…`: the part that stands there tells whose host it is.
  const after = node.quasis[1]?.value.cooked ?? '';
  const [suffix] = /^(?:\.[\w-]+)+/.exec(after) ?? [];
  if (/^\w+:\/\/$/.test(start) && suffix !== undefined) return `*${suffix.toLowerCase()}`;
  return hostOfExpression(walk, unwrapped(first));
}

function hostOfExpression(walk: Walk, node: Node): string | undefined {
  const values = evaluated(walk, node);
  const text = constantText(values);
  const host = text === undefined ? undefined : hostOf(text);
  if (host !== undefined && hostKind(host) !== 'loopback') return host;
  const passedOn = definedHost(walk, node) ?? handedHost(walk, node) ?? returnedHost(walk, node);
  if (passedOn !== undefined) return passedOn;
  return `«${shortened(walk.file.textOf(node))}»`;
}

/** `endpoint()`, where the function gives a URL from somewhere: that place says more than the call. */
function returnedHost(walk: Walk, node: Node): string | undefined {
  if (node.type !== 'CallExpression') return undefined;
  const [only, ...more] = evaluated(walk, unwrapped(node.callee));
  if (only?.kind !== 'function' || more.length > 0) return undefined;
  const [given, ...others] = walk.project.evaluator.returnExpressions(only.node);
  if (given === undefined || others.length > 0 || walk.stack.includes(only.node)) return undefined;
  const inside: Walk = {
    ...walk,
    file: only.file,
    environment: only.environment,
    stack: [...walk.stack, only.node],
  };
  const host = hostOfTarget(inside, unwrapped(given));
  return host === relative ? undefined : host;
}

/** `const url = \`${base}/v1\`; fetch(url)`: what the name stands for says more than the name. */
function definedHost(walk: Walk, node: Node): string | undefined {
  if (node.type !== 'Identifier') return undefined;
  const binding = walk.file.scopes.bindingOf(node);
  if (binding?.declaration.type !== 'VariableDeclarator' || !binding.declaration.init) return undefined;
  // A name that is written to later begins as something else than the address.
  if (binding.declaration.id.type !== 'Identifier' || binding.assignments.length > 0) return undefined;
  const host = hostOfTarget(walk, unwrapped(binding.declaration.init));
  return host === relative ? undefined : host;
}

/** `post(\`${base}/mail\`)` with `post = (url) => fetch(url)`: what a parameter was handed says more than its name. */
function handedHost(walk: Walk, node: Node): string | undefined {
  const binding = node.type === 'Identifier' ? walk.file.scopes.bindingOf(node) : undefined;
  if (binding?.kind !== 'parameter') return undefined;
  for (let frame = walk.environment; frame instanceof Frame; frame = frame.outer) {
    if (frame.owner !== binding.declaration || !isFunction(frame.owner)) continue;
    const index = (frame.owner.params as Node[]).indexOf(binding.identifier);
    const { file, node: call, environment } = frame.site;
    const given = 'arguments' in call ? (call.arguments as Node[])[index] : undefined;
    if (given === undefined || given.type === 'SpreadElement') return undefined;
    const host = hostOfTarget(elsewhere(walk, file, environment), unwrapped(given));
    return host === relative ? undefined : host;
  }
  return undefined;
}

function hostOfOptions(
  walk: Walk,
  node: Node & { type: 'ObjectExpression' },
): string | typeof relative | undefined {
  for (const wanted of ['baseURL', 'prefixUrl', 'hostname', 'host', 'url', 'uri']) {
    for (const property of node.properties) {
      if (property.type !== 'ObjectProperty' || keyName(property) !== wanted) continue;
      const value = unwrapped(property.value);
      if ((wanted === 'host' || wanted === 'hostname') && value.type === 'StringLiteral')
        return value.value.toLowerCase();
      const found = hostOfTarget(walk, value);
      if (found !== relative) return found;
    }
  }
  return undefined;
}

/** What a client is made with: options, under a name or not, or the address itself, as in `new Pool(origin)`. */
function hostOfMaking(walk: Walk, given: Node, kind: 'call' | 'new'): string | typeof relative | undefined {
  if (given.type === 'ObjectExpression') return hostOfOptions(walk, given);
  if (given.type === 'StringLiteral' || given.type === 'TemplateLiteral' || given.type === 'NewExpression')
    return kind === 'new' ? hostOfTarget(walk, given) : undefined;
  const values = evaluated(walk, given);
  for (const value of values) {
    if (value.kind !== 'object' || value.node.type !== 'ObjectExpression') continue;
    return hostOfOptions(elsewhere(walk, value.file, value.environment), value.node);
  }
  return kind === 'new' && constantText(values) !== undefined ? hostOfTarget(walk, given) : undefined;
}

/** The base URL of a client made with one: `axios.create({ baseURL })`. */
function baseHost(walk: Walk, value: ApiValue): string | undefined {
  for (const step of value.steps) {
    if ((step.kind !== 'call' && step.kind !== 'new') || step.at === undefined) continue;
    const { file, node, environment } = step.at;
    const [given] = 'arguments' in node ? (node.arguments as Node[]) : [];
    if (given === undefined) continue;
    const found = hostOfMaking(elsewhere(walk, file, environment), unwrapped(given), step.kind);
    if (found !== undefined && found !== relative) return found;
  }
  return undefined;
}

function elsewhere(walk: Walk, file: SourceFile, environment: Walk['environment'] = new Map()): Walk {
  return { ...walk, file, environment };
}
