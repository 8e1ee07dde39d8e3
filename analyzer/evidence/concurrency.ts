import type { Node } from '@babel/types';
import {
  type ApiValue,
  apiPath,
  type Call as CallNode,
  constantText,
  type FunctionValue,
  isFunction,
  noEnvironment,
  unwrapped,
  walk as walkTree,
} from '../sources/index.ts';
import { evaluated, type Walk } from './walk.ts';

/** Libraries that run a function per element, at most so many at once. */
export function limitedMap(
  walk: Walk,
  node: CallNode,
): { readonly atMost: number } | 'together' | 'each' | undefined {
  const api = evaluated(walk, unwrapped(node.callee)).find((value) => value.kind === 'api');
  if (api?.kind !== 'api') return undefined;
  const path = apiPath(api);
  if (/^p-limit\(\)\.map$/.test(path)) return capOf(walk, api);
  if (
    /^(?:p-map-series|p-each-series)$|^bluebird\.(?:each|mapSeries)$|^async\.(?:mapSeries|eachSeries)$/.test(
      path,
    )
  )
    return 'each';
  if (
    !/^(?:p-map|p-filter)(?:\.\w+)?$|^bluebird\.map$|^async\.(?:map|each|mapLimit|eachLimit|forEachOf)$/.test(
      path,
    )
  )
    return undefined;
  const width = concurrencyOf(walk, node);
  return width === undefined ? 'together' : { atMost: width };
}

/** How many a limiter lets run at once: what it was made with. */
export function capOf(walk: Walk, limiter: ApiValue): { readonly atMost: number } | undefined {
  const made = limiter.steps.find((step) => step.kind === 'call' || step.kind === 'new');
  const at = made && 'at' in made ? made.at : undefined;
  if (at === undefined || !('arguments' in at.node)) return undefined;
  const inside = { ...walk, file: at.file, environment: at.environment ?? noEnvironment };
  const atMost = concurrencyOf(inside, at.node as CallNode);
  return atMost === undefined ? undefined : { atMost };
}

export function concurrencyOf(walk: Walk, node: CallNode): number | undefined {
  for (const argument of node.arguments) {
    const own = numberOf(walk, argument);
    if (own !== undefined) return own;
    if (argument.type !== 'ObjectExpression') continue;
    for (const property of argument.properties) {
      if (property.type !== 'ObjectProperty' || property.key.type !== 'Identifier') continue;
      if (/^(?:concurrency|maxConcurrent)$/.test(property.key.name)) return numberOf(walk, property.value);
    }
  }
  return undefined;
}

function numberOf(walk: Walk, node: Node): number | undefined {
  if (isFunction(unwrapped(node))) return undefined;
  const text = constantText(evaluated(walk, unwrapped(node)));
  return text !== undefined && /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
}

const limiters = /^(?:p-limit|p-queue|bottleneck|async-sema|p-throttle)\b/;

/** `ids.map((id) => limit(() => load(id)))` with `limit = pLimit(3)`: three at a time. */
export function limiterIn(
  walk: Walk,
  { file, node, environment }: FunctionValue,
): { readonly atMost: number } | undefined {
  const inside: Walk = { ...walk, file, environment };
  let found: { readonly atMost: number } | undefined;
  walkTree(node.body, (inner) => {
    if (inner.type !== 'CallExpression' || found !== undefined) return found === undefined;
    for (const value of evaluated(inside, unwrapped(inner.callee))) {
      if (value.kind === 'api' && limiters.test(value.module)) found ??= capOf(walk, value);
    }
    return true;
  });
  return found;
}
