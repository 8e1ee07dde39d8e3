import type { Node } from '@babel/types';
import {
  type ApiStep,
  type ApiValue,
  apiPath,
  type Call as CallNode,
  memberName,
  noEnvironment,
  unwrapped,
  type Value,
} from '../sources/index.ts';
import { evaluated, type Walk } from './walk.ts';

/** Functions that give their argument back in another form: with a promise in place of a callback, or a limit. */
const adapters =
  /^(?:util\.promisify|util\.callbackify|pify|bluebird\.promisify|es6-promisify\.promisify|universalify\.from\w+)\(\)$/;

/** Members of an object made with a function that run it: `new CircuitBreaker(charge).fire(order)`. */
const runners = /^(?:fire|exec|execute|run|invoke)$/;

/**
 * `load.call(this, id)` and `load.apply(this, [id])` as the call they make; any other call as it is.
 *
 * A client may have a method of that name of its own: `redis.call('GET', key)`.
 */
export function directCall(walk: Walk, node: CallNode): CallNode {
  if (node.type === 'NewExpression') return node;
  const callee = unwrapped(node.callee);
  const name = memberName(callee);
  if (callee.type !== 'MemberExpression' || (name !== 'call' && name !== 'apply')) return node;
  const values = evaluated(walk, callee.object);
  const runs = values.some(
    (value) => value.kind === 'function' || (value.kind === 'api' && isClient(walk, value)),
  );
  if (!runs) return node;
  const [, ...given] = node.arguments;
  const [list] = given;
  if (name === 'call') return { ...node, callee: callee.object, arguments: given } as CallNode;
  const elements = list?.type === 'ArrayExpression' ? list.elements.filter((each) => each !== null) : [];
  return { ...node, callee: callee.object, arguments: elements } as CallNode;
}

function isClient(walk: Walk, value: ApiValue): boolean {
  const { catalogue } = walk.project;
  const called = (steps: readonly ApiStep[]) =>
    catalogue.match({ ...value, steps: [...steps, { kind: 'call' }] });
  return (
    called(value.steps) !== undefined &&
    called([...value.steps, { kind: 'member', name: 'call' }]) === undefined
  );
}

/**
 * What a callee stands for with the adapters taken off: `promisify(execFile)` is `execFile`, `fetch.bind(null, url)` is
 * `fetch`, and what a package made from a function of the project runs that function: `memoize(load)`.
 */
export function adaptedValues(walk: Walk, values: readonly Value[]): readonly Value[] {
  return values.flatMap((value) => (value.kind === 'api' ? throughAdapters(walk, value, 0) : [value]));
}

function throughAdapters(walk: Walk, value: ApiValue, depth: number): readonly Value[] {
  if (depth > 5) return [value];
  const [bind, last] = value.steps.slice(-2);
  if (last?.kind === 'call' && bind?.kind === 'member' && bind.name === 'bind') {
    return throughAdapters(walk, { ...value, steps: value.steps.slice(0, -2) }, depth + 1);
  }
  const given = last?.kind === 'call' ? firstArgument(walk, last) : undefined;
  if (given !== undefined && adapters.test(apiPath(value))) {
    return given.flatMap((each) => (each.kind === 'api' ? throughAdapters(walk, each, depth + 1) : [each]));
  }
  const made = last?.kind === 'member' && runners.test(last.name) ? bind : last;
  if (made?.kind !== 'call' && made?.kind !== 'new') return [value];
  if (made.kind === 'new' ? made === last : made !== last) return [value];
  if (walk.project.catalogue.knows(value.module)) return [value];
  const functions = (firstArgument(walk, made) ?? []).filter((each) => each.kind === 'function');
  return functions.length === 0 ? [value] : functions;
}

function firstArgument(walk: Walk, { at }: ApiStep & { kind: 'call' | 'new' }): readonly Value[] | undefined {
  if (at === undefined || !('arguments' in at.node)) return undefined;
  const [given] = at.node.arguments as Node[];
  const inside = { ...walk, file: at.file, environment: at.environment ?? noEnvironment };
  return given && evaluated(inside, unwrapped(given));
}
