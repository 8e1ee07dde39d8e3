import type { Node } from '@babel/types';
import {
  type ApiValue,
  type CallPlace,
  type Evaluator,
  isTestFile,
  keyName,
  noEnvironment,
  type Sources,
  unwrapped,
  type Value,
  walk,
} from '../../sources/index.ts';
import type { Discovery, Framework, Handler } from '../handler.ts';
import { operandsOf } from '../routing/operands.ts';
import { argumentsOf, argumentValues } from '../routing/options.ts';
import { optionTexts } from '../routing/paths.ts';
import { locationOf, middlewareOf, referenceName, targetOf } from '../routing/targets.ts';

/** oRPC procedures, by the method and path of their `route(…)`, else by their name through nested routers. */
export const orpc: Framework = {
  name: 'orpc',
  packages: /^@orpc\/server/,
  discover(sources, evaluator) {
    if (evaluator.references.graph.usersOf(this.packages).size === 0) return { handlers: [], dynamic: [] };
    return discoverProcedures(sources, evaluator);
  },
};

/** What serves a router: `new RPCHandler(router)`, `new OpenAPIHandler(router)`. */
const serving = /Handler$/;

/** How deep routers may be nested before they are taken for a cycle. */
const deepest = 10;

function discoverProcedures(sources: Sources, evaluator: Evaluator): Discovery {
  const handlers: Handler[] = [];
  for (const path of orpcFiles(sources, evaluator)) {
    const file = sources.file(path);
    if (file === undefined) continue;
    walk(file.ast.program, (node) => {
      if (node.type !== 'NewExpression' || !serving.test(referenceName(node.callee) ?? '')) return true;
      const isOrpc = evaluator
        .evaluate(file, node.callee)
        .some((value) => value.kind === 'api' && value.module.startsWith('@orpc/'));
      for (const router of isOrpc ? argumentValues(evaluator, { file, node }, 0) : [])
        handlers.push(...proceduresIn(evaluator, router, '', 0));
      return true;
    });
  }
  return { handlers, dynamic: [] };
}

function orpcFiles(sources: Sources, evaluator: Evaluator): readonly string[] {
  const users = evaluator.references.graph.usersOf(/^@orpc\//);
  return [...users].filter((file) => !isTestFile(file) && sources.mentions(file, ['Handler(']));
}

function proceduresIn(evaluator: Evaluator, value: Value, before: string, depth: number): readonly Handler[] {
  if (depth > deepest) return [];
  if (value.kind === 'module') {
    return [...value.file.scopes.topLevel.keys()].flatMap((name) =>
      evaluator
        .exported(value.file, name)
        .flatMap((own) => proceduresIn(evaluator, own, `${before}${name}.`, depth + 1)),
    );
  }
  if (value.kind === 'api') {
    const made = lastCall(value, 'handler');
    if (made !== undefined) return [procedure(evaluator, value, made, before.slice(0, -1))];
    // `os.router({ … })`, also with middleware or a prefix in front.
    return argumentValues(evaluator, lastCall(value, 'router'), 0).flatMap((inner) =>
      proceduresIn(evaluator, inner, before, depth + 1),
    );
  }
  if (value.kind !== 'object') return [];
  return value.node.properties.flatMap((property) => {
    if (property.type === 'ObjectMethod') return [];
    const spread = property.type === 'SpreadElement';
    const name = spread ? undefined : keyName(property);
    if (!spread && name === undefined) return [];
    const inner = spread ? property.argument : property.value;
    return evaluator
      .evaluate(value.file, inner, value.environment)
      .flatMap((own) => proceduresIn(evaluator, own, spread ? before : `${before}${name}.`, depth + 1));
  });
}

/** The call of the member that made the value, if it has this name. */
function lastCall({ module, steps }: ApiValue, name: string): CallPlace | undefined {
  const last = steps.at(-1);
  const member = steps.at(-2);
  const isMade = module.startsWith('@orpc/') && member?.kind === 'member' && member.name === name;
  return isMade && last?.kind === 'call' ? last.at : undefined;
}

function procedure(evaluator: Evaluator, value: ApiValue, made: CallPlace, name: string): Handler {
  const { file, environment = noEnvironment } = made;
  const operands = operandsOf(evaluator, file, argumentsOf(made).slice(0, 1), environment);
  const target = operands[0] && targetOf(evaluator, operands[0]);
  const routes = [...stepsOf(value, 'route'), ...promised(evaluator, value)].flatMap((at) =>
    argumentValues(evaluator, at, 0),
  );
  const [method = 'POST'] = optionTexts(evaluator, routes, 'method') ?? [];
  const paths = optionTexts(evaluator, routes, 'path') ?? [name];
  const short = name.slice(name.lastIndexOf('.') + 1);
  return {
    framework: 'orpc',
    kind: 'procedure',
    method: method.toUpperCase(),
    paths: [...paths].sort(),
    location: locationOf(file, verbToken(made.node)),
    target: target?.name === 'anonymous' ? { ...target, name: short } : target,
    middlewares: stepsOf(value, 'use').flatMap((at) =>
      operandsOf(evaluator, at.file, argumentsOf(at).slice(0, 1), at.environment ?? noEnvironment).map(
        (operand) => middlewareOf(evaluator, operand),
      ),
    ),
    condition: undefined,
  };
}

/** The `route(…)` calls of the part of a contract that a procedure implements: `implement(contract).planets.find`. */
function promised(evaluator: Evaluator, value: ApiValue): readonly CallPlace[] {
  const { steps } = value;
  const index = steps.findIndex((step) => step.kind === 'member' && step.name === 'implement');
  const call = index < 0 ? undefined : steps[index + 1];
  if (call?.kind !== 'call') return [];
  let parts = argumentValues(evaluator, call.at, 0);
  for (let at = index + 2; at < steps.length; at++) {
    const step = steps[at];
    if (step?.kind !== 'member' || steps[at + 1]?.kind === 'call') continue;
    parts = parts.flatMap((part) => contractParts(evaluator, part, step.name));
  }
  return parts.flatMap((part) => (part.kind === 'api' ? stepsOf(part, 'route') : []));
}

/** A member of a contract: of an object, or of what `oc.router({ … })` was given. */
function contractParts(evaluator: Evaluator, contract: Value, name: string): readonly Value[] {
  const made = contract.kind === 'api' ? lastCall(contract, 'router') : undefined;
  const given = made === undefined ? [contract] : argumentValues(evaluator, made, 0);
  return given.flatMap((value) => evaluator.member(value, name));
}

/** The calls of one name in the chain that made a value, base procedures included. */
function stepsOf({ steps }: ApiValue, name: string): readonly CallPlace[] {
  return steps.flatMap((step, index) => {
    const member = steps[index - 1];
    const isMeant = step.kind === 'call' && member?.kind === 'member' && member.name === name;
    return isMeant && step.at !== undefined ? [step.at] : [];
  });
}

function verbToken(node: Node): Node {
  const callee = 'callee' in node ? unwrapped(node.callee as Node) : node;
  return callee.type === 'MemberExpression' ? callee.property : callee;
}
