import type { Node } from '@babel/types';
import {
  type ApiStep,
  type ApiValue,
  type Call as CallNode,
  callsOf,
  constantText,
  type Evaluator,
  extendApi,
  memberName,
  unwrapped,
  type Value,
} from '../sources/index.ts';
import type { Walk } from './walk.ts';

const tables = new WeakMap<Evaluator, Map<string, Value[]>>();

/**
 * What a framework's object was given under a name: `fastify.decorate('posts', repository)` makes `fastify.posts`
 * mean the repository everywhere. Reading it from an object known by its type only leads here.
 */
function decorations(evaluator: Evaluator): ReadonlyMap<string, readonly Value[]> {
  const known = tables.get(evaluator);
  if (known !== undefined) return known;
  const found = new Map<string, Value[]>();
  tables.set(evaluator, found);
  for (const path of evaluator.sources.mentioning(['.decorate('])) {
    const file = evaluator.sources.file(path);
    for (const call of (file && callsOf(file).byMember.get('decorate')) ?? []) {
      const [first, second] = call.arguments;
      const name = file && first && constantText(evaluator.evaluate(file, first));
      if (file === undefined || name === undefined || second === undefined) continue;
      found.set(name, [...(found.get(name) ?? []), ...evaluator.evaluate(file, second)]);
    }
  }
  return found;
}

/** What a callee means when it hangs off a decorated object, however deep: `fastify.knex('posts').where(q).first`. */
export function decoratedValues(walk: Walk, node: CallNode, named: readonly Value[]): readonly Value[] {
  const redirected = named.flatMap((value) => (value.kind === 'api' ? throughDecoration(walk, value) : []));
  if (redirected.length > 0 || named.length > 0) return redirected;
  const callee = unwrapped(node.callee);
  const method = memberName(callee);
  if (
    method === undefined ||
    (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression')
  ) {
    return [];
  }
  // A handler is called on the application it belongs to: `this.price(id)`.
  if (unwrapped(callee.object).type === 'ThisExpression')
    return decorations(walk.project.evaluator).get(method) ?? [];
  // Nothing is known of the object, as in JavaScript: the name alone has to do.
  const name = decoratedName(walk, unwrapped(callee.object));
  const { evaluator } = walk.project;
  const values = name === undefined ? [] : (decorations(evaluator).get(name) ?? []);
  return values.flatMap((value) => evaluator.member(value, method));
}

/** Replaces the way from a framework's object to a decoration by the decoration itself. */
function throughDecoration(walk: Walk, value: ApiValue): readonly Value[] {
  const { evaluator } = walk.project;
  for (const [index, step] of value.steps.entries()) {
    const before = value.steps[index - 1];
    if (step.kind !== 'member' || before === undefined || before.kind === 'member') continue;
    const own = decorations(evaluator).get(step.name);
    if (own !== undefined)
      return value.steps.slice(index + 1).reduce((values, next) => followed(walk, values, next), own);
  }
  return [];
}

function followed(walk: Walk, values: readonly Value[], step: ApiStep): readonly Value[] {
  const { evaluator } = walk.project;
  return values.flatMap((value): readonly Value[] => {
    if (step.kind === 'member') return evaluator.member(value, step.name);
    if (value.kind === 'api') return [extendApi(value, step)];
    if (step.kind !== 'call' || step.at === undefined) return [];
    const { file, node, environment } = step.at;
    if (node.type !== 'CallExpression' && node.type !== 'OptionalCallExpression') return [];
    return evaluator.returned(value, { file, call: node }, environment);
  });
}

/** `tasks` of `fastify.tasks` and of `const { tasks } = fastify`. */
function decoratedName(walk: Walk, object: Node): string | undefined {
  const own = memberName(object);
  return own ?? (object.type === 'Identifier' ? destructuredName(walk, object) : undefined);
}

/** `const { tasks } = fastify`, where nothing is known of `fastify`. */
function destructuredName(walk: Walk, identifier: Node & { type: 'Identifier' }): string | undefined {
  const declaration = walk.file.scopes.bindingOf(identifier)?.declaration;
  return declaration?.type === 'VariableDeclarator' && declaration.id.type === 'ObjectPattern'
    ? identifier.name
    : undefined;
}
