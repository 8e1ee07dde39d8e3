import type { Node } from '@babel/types';
import {
  type ApiValue,
  type CallPlace,
  callsOf,
  type Evaluator,
  exportedItems,
  isTestFile,
  keyName,
  noEnvironment,
  type SourceFile,
  type Sources,
  unwrapped,
  type Value,
} from '../../sources/index.ts';
import type { Discovery, Framework, Handler } from '../handler.ts';
import { operandsOf } from '../routing/operands.ts';
import { argumentsOf, argumentValues } from '../routing/options.ts';
import { locationOf, middlewareOf, referenceName, targetOf } from '../routing/targets.ts';

/** tRPC 10 and 11 procedures, named by their path through nested routers. */
export const trpc: Framework = {
  name: 'trpc',
  packages: /^@trpc\/server/,
  discover(sources, evaluator) {
    if (evaluator.references.graph.usersOf(this.packages).size === 0) return { handlers: [], dynamic: [] };
    return discoverProcedures(sources, evaluator);
  },
};

interface RouterCall {
  readonly file: SourceFile;
  readonly node: Node;
  readonly environment: CallPlace['environment'];
  /** Names it has inside other routers; none when it is a root. */
  readonly parents: { readonly parent: RouterCall; readonly name: string }[];
}

const procedureKinds: Readonly<Record<string, string>> = {
  query: 'QUERY',
  mutation: 'MUTATION',
  subscription: 'SUBSCRIPTION',
};

function discoverProcedures(sources: Sources, evaluator: Evaluator): Discovery {
  const routers = new Map<Node, RouterCall>();
  const found: {
    readonly router: RouterCall;
    readonly name: string;
    readonly value: ApiValue;
    readonly key: Place;
  }[] = [];
  for (const path of sources.mentioning(['outer(', 'outers('])) {
    const file = isTestFile(path) ? undefined : sources.file(path);
    for (const call of file ? callsOf(file).all : []) {
      if (file === undefined || !/router/i.test(referenceName(call.callee) ?? '')) continue;
      for (const value of evaluator.evaluate(file, call)) {
        if (value.kind !== 'api' || lastCall(value, /^(?:router|createRouter)$/)?.node !== call) continue;
        const router = routerAt(routers, { file, node: call });
        for (const given of argumentValues(evaluator, { file, node: call }, 0))
          readMembers(evaluator, given, '', router, routers, found, 0);
      }
    }
  }
  const handlers = found.flatMap(({ router, name, value, key }) => {
    const paths = namesOf(router, new Set()).map((before) => before + name);
    return procedure(evaluator, value, paths, key);
  });
  return { handlers, dynamic: [] };
}

interface Place {
  readonly file: SourceFile;
  readonly node: Node;
}

type Found = {
  readonly router: RouterCall;
  readonly name: string;
  readonly value: ApiValue;
  readonly key: Place;
}[];

function routerAt(routers: Map<Node, RouterCall>, place: CallPlace): RouterCall {
  let router = routers.get(place.node);
  if (router === undefined) {
    router = { file: place.file, node: place.node, environment: place.environment, parents: [] };
    routers.set(place.node, router);
  }
  return router;
}

interface Member {
  readonly name: string;
  readonly key: Place;
  readonly values: readonly Value[];
}

/** What an object spells out by name, and what a module exports where `import * as` stands for one. */
function membersOf(evaluator: Evaluator, value: Value): readonly Member[] {
  if (value.kind === 'module')
    return exportedItems(evaluator, value.file).map(({ name, file, node, values }) => {
      return { name, key: { file, node: unwrapped(node) }, values };
    });
  if (value.kind !== 'object') return [];
  const { file, environment } = value;
  return value.node.properties.flatMap((property): readonly Member[] => {
    const name = property.type === 'ObjectProperty' ? keyName(property) : undefined;
    if (property.type !== 'ObjectProperty' || name === undefined) return [];
    const values = evaluator.evaluate(file, property.value, environment);
    return [{ name, key: { file, node: property.key }, values }];
  });
}

/** Reads `{ name: procedure, other: router, nested: { … } }`. */
function readMembers(
  evaluator: Evaluator,
  value: Value,
  before: string,
  router: RouterCall,
  routers: Map<Node, RouterCall>,
  found: Found,
  depth: number,
): void {
  if (depth > 10) return;
  for (const property of value.kind === 'object' ? value.node.properties : []) {
    if (property.type !== 'SpreadElement' || value.kind !== 'object') continue;
    for (const inner of evaluator.evaluate(value.file, property.argument, value.environment))
      readMembers(evaluator, inner, before, router, routers, found, depth + 1);
  }
  for (const member of membersOf(evaluator, value)) {
    const name = before + member.name;
    for (const own of member.values) {
      if (own.kind !== 'api') readMembers(evaluator, own, `${name}.`, router, routers, found, depth + 1);
      if (own.kind !== 'api') continue;
      if (lastCall(own, /^(?:query|mutation|subscription)$/))
        found.push({ router, name, value: own, key: member.key });
      for (const inner of nestedRouters(evaluator, own, 0))
        routerAt(routers, inner).parents.push({ parent: router, name: `${name}.` });
    }
  }
}

/** The router calls a value stands for: one, those it merges, or the one a lazy import leads to. */
function nestedRouters(evaluator: Evaluator, value: ApiValue, depth: number): readonly CallPlace[] {
  const own = lastCall(value, /^(?:router|createRouter)$/);
  if (own !== undefined) return [own];
  const merged = lastCall(value, /^(?:mergeRouters|lazy)$/);
  if (merged === undefined || depth > 5) return [];
  const { file, environment = noEnvironment } = merged;
  return argumentsOf(merged).flatMap((argument) =>
    evaluator.evaluate(file, argument, environment).flatMap((inner) => {
      if (inner.kind === 'api') return nestedRouters(evaluator, inner, depth + 1);
      if (inner.kind !== 'function') return [];
      const results = evaluator
        .returnExpressions(inner.node)
        .flatMap((node) => evaluator.evaluate(inner.file, node, inner.environment));
      const members = results.flatMap((result) =>
        result.kind === 'module' ? moduleValues(evaluator, result.file) : [result],
      );
      return members.flatMap((result) =>
        result.kind === 'api' ? nestedRouters(evaluator, result, depth + 1) : [],
      );
    }),
  );
}

function moduleValues(evaluator: Evaluator, file: SourceFile): readonly Value[] {
  return ['default', ...file.scopes.topLevel.keys()].flatMap((name) => evaluator.exported(file, name));
}

/** The call of a member of tRPC that made the value, if its name is of `pattern`. */
function lastCall({ module, steps }: ApiValue, pattern: RegExp): CallPlace | undefined {
  const last = steps.at(-1);
  const member = steps.at(-2);
  const isTrpc = module.startsWith('@trpc/') || module === 'trpc';
  if (!isTrpc || last?.kind !== 'call' || member?.kind !== 'member' || !pattern.test(member.name))
    return undefined;
  return last.at;
}

/** The dotted names in front of what a router holds; empty text for a root. */
function namesOf(router: RouterCall, above: ReadonlySet<RouterCall>): readonly string[] {
  if (above.has(router)) return [];
  if (router.parents.length === 0) return [''];
  const inside = new Set([...above, router]);
  const names = router.parents.flatMap(({ parent, name }) =>
    namesOf(parent, inside).map((before) => before + name),
  );
  return [...new Set(names)].slice(0, 50);
}

function procedure(
  evaluator: Evaluator,
  value: ApiValue,
  paths: readonly string[],
  key: Place,
): readonly Handler[] {
  const last = value.steps.at(-1);
  const member = value.steps.at(-2);
  const at = last?.kind === 'call' ? last.at : undefined;
  const method = member?.kind === 'member' ? procedureKinds[member.name] : undefined;
  const [resolver] = argumentsOf(at);
  if (at === undefined || method === undefined || resolver === undefined || paths.length === 0) return [];
  const { file, environment = noEnvironment } = at;
  const [operand] = operandsOf(evaluator, file, [resolver], environment);
  if (operand === undefined) return [];
  const target = targetOf(evaluator, operand);
  const names = [...paths].sort();
  return [
    {
      framework: 'trpc',
      kind: 'procedure',
      method,
      paths: names,
      location: locationOf(file, verbToken(at.node)),
      target: target.name === 'anonymous' ? { ...target, name: file.textOf(key.node).slice(0, 80) } : target,
      middlewares: middlewaresOf(evaluator, value),
      condition: undefined,
    },
  ];
}

/** What `.use(…)` along the chain of a procedure runs before it, base procedures included. */
function middlewaresOf(evaluator: Evaluator, value: ApiValue): Handler['middlewares'] {
  return value.steps.flatMap((step, index) => {
    const member = value.steps[index - 1];
    if (step.kind !== 'call' || step.at === undefined) return [];
    if (member?.kind !== 'member' || member.name !== 'use') return [];
    const { file, environment = noEnvironment } = step.at;
    const operands = operandsOf(evaluator, file, argumentsOf(step.at), environment);
    return operands.map((operand) => middlewareOf(evaluator, operand));
  });
}

function verbToken(node: Node): Node {
  const callee = 'callee' in node ? unwrapped(node.callee as Node) : node;
  return callee.type === 'MemberExpression' ? callee.property : callee;
}
