import type { Node } from '@babel/types';
import { type Binding, type Environment, memberName, unwrapped } from '../sources/index.ts';
import { originOfInstance } from './loaded.ts';
import { ormFlow } from './orm.ts';
import { relationRead } from './orm-relations.ts';
import { nothing, type Step } from './step.ts';
import { place, type Walk } from './walk.ts';

type Member = Node & { type: 'MemberExpression' | 'OptionalMemberExpression' };

/** Reading the accessor of a single-object relation that its query did not load. */
export function relationStep(walk: Walk, node: Member): Step {
  const { evaluator } = walk.project;
  if (relationRead(evaluator, walk.file, node) === undefined || isCallee(walk, node)) return nothing;
  const { root, path } = relationPath(walk, node);
  const origin = originOfInstance(walk, root);
  if (origin?.loaded.some((loaded) => loaded === path || loaded.startsWith(`${path}__`))) {
    return nothing;
  }
  const binding = root.type === 'Identifier' ? walk.file.scopes.bindingOf(root) : undefined;
  if (binding !== undefined && !firstRead(walk, binding, path)) return nothing;
  const object = ormFlow(evaluator).value(walk.file, node.object);
  return {
    kind: 'lazy',
    what: walk.file.textOf(node).replace(/\s+/g, ''),
    model: object?.kind === 'instance' ? (object.model.name ?? 'model') : 'model',
    relation: path,
    origin: origin?.location,
    // The property: the links of a chain all begin at the same place.
    location: place(walk, node.property),
  };
}

/** A relation that was read is loaded: the instance keeps it. */
function firstRead(walk: Walk, binding: Binding, path: string): boolean {
  const runs = walk.memory.read.get(binding) ?? new Map<Environment, Set<string>>();
  walk.memory.read.set(binding, runs);
  const known = runs.get(walk.environment) ?? new Set<string>();
  runs.set(walk.environment, known);
  if (known.has(path)) return false;
  known.add(path);
  return true;
}

/** `account.subscription.plan`: the instance it starts from, and `subscription__plan`. */
function relationPath(walk: Walk, node: Member): { readonly root: Node; readonly path: string } {
  const names: string[] = [];
  let current: Node = node;
  while (
    (current.type === 'MemberExpression' || current.type === 'OptionalMemberExpression') &&
    relationRead(walk.project.evaluator, walk.file, current) !== undefined
  ) {
    names.unshift(memberName(current) ?? '');
    current = unwrapped(current.object);
  }
  return { root: current, path: names.join('__') };
}

function isCallee(walk: Walk, node: Node): boolean {
  const parent = walk.file.parentOf(node);
  return parent?.type === 'CallExpression' && parent.callee === node;
}
