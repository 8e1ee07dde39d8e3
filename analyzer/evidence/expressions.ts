import type { Node } from '@babel/types';
import { eachChild, isFunction, unwrapped } from '../sources/index.ts';
import { walkCall, walkTagged } from './calls.ts';
import { relationStep } from './lazy.ts';
import { rowsRead } from './orm-access.ts';
import { kept, textOf } from './statements.ts';
import { isNothing, nothing, type Step, sequence } from './step.ts';
import {
  awaited,
  branched,
  doesNothing,
  place,
  preceded,
  promised,
  settled,
  type Walk,
  type Walked,
  waited,
} from './walk.ts';

/** What evaluating an expression does, in the order it does it. Functions inside only run when they are called. */
export function walkExpression(walk: Walk, given: Node): Walked {
  const node = unwrapped(given);
  if (isFunction(node)) return doesNothing;
  switch (node.type) {
    case 'AwaitExpression':
      return waited(awaited(walkExpression(walk, node.argument)));
    case 'YieldExpression':
      return node.argument ? waited(settled(walkExpression(walk, node.argument))) : doesNothing;
    case 'CallExpression':
    case 'OptionalCallExpression':
    case 'NewExpression':
      return walkCall(walk, node);
    case 'TaggedTemplateExpression':
      return walkTagged(walk, node);
    case 'Identifier':
      return named(walk, node);
    case 'MemberExpression':
    case 'OptionalMemberExpression': {
      const object = walkExpression(walk, node.object);
      const index = node.computed ? walkExpression(walk, node.property).step : nothing;
      return promised(sequence([object.step, index, relationStep(walk, node)]), object.promise ?? nothing);
    }
    case 'ConditionalExpression':
      return chosen(walk, node);
    case 'LogicalExpression':
      return shortened(walk, node);
    case 'ArrayExpression':
      return together(walk, node, node.elements);
    case 'SequenceExpression':
      return node.expressions.reduce<Walked>(
        (before, each) => preceded(settled(before), walkExpression(walk, each)),
        doesNothing,
      );
    case 'AssignmentExpression': {
      const target =
        node.left.type === 'MemberExpression' ? walkExpression(walk, node.left.object).step : nothing;
      const value = walkExpression(walk, node.right);
      return waited(sequence([target, kept(walk, node.left, value)]));
    }
    case 'SpreadElement': {
      const spread = walkExpression(walk, node.argument);
      return preceded(settled(spread), waited(rowsRead(walk, node.argument)));
    }
    case 'UnaryExpression':
      // `void save()`: nobody waits.
      if (node.operator === 'void') return detachedValue(walk, node);
      return walkExpression(walk, node.argument);
    case 'ClassExpression':
      return doesNothing;
  }
  return node.type.startsWith('TS') ? doesNothing : walkChildren(walk, node);
}

/** Parts evaluated one after the other; what they promise goes on together. */
function walkChildren(walk: Walk, node: Node): Walked {
  const children: Node[] = [];
  eachChild(node, (child) => children.push(child));
  return together(walk, node, children);
}

function together(walk: Walk, at: Node, nodes: readonly (Node | null)[]): Walked {
  const parts = nodes.flatMap((node) => (node === null ? [] : [walkExpression(walk, node)]));
  const steps = sequence(parts.map(({ step }) => step));
  return promised(
    steps,
    allOf(
      walk,
      at,
      parts.map(({ promise = nothing }) => promise),
    ),
  );
}

/** Waits for all of them at once. */
export function allOf(walk: Walk, at: Node, promises: readonly Step[]): Step {
  const busy = promises.filter((promise) => !isNothing(promise));
  const [only] = busy;
  if (busy.length <= 1) return only ?? nothing;
  return { kind: 'par', until: 'all', steps: busy, location: place(walk, at) };
}

/** A name for promises begun earlier. */
function named(walk: Walk, node: Node): Walked {
  const binding = walk.file.scopes.bindingOf(node);
  const started = binding && walk.memory.started.get(binding);
  if (started === undefined) return doesNothing;
  return promised(
    nothing,
    allOf(
      walk,
      node,
      started.map((id) => ({ kind: 'join', id })),
    ),
  );
}

function chosen(walk: Walk, node: Node & { type: 'ConditionalExpression' }): Walked {
  const test = settled(walkExpression(walk, node.test));
  return promised(
    test,
    branched(walk, node, () => alternatives(walk, node)),
  );
}

function alternatives(walk: Walk, node: Node & { type: 'ConditionalExpression' }): Step {
  const yes = settled(walkExpression(walk, node.consequent));
  const no = settled(walkExpression(walk, node.alternate));
  if (isNothing(yes) && isNothing(no)) return nothing;
  const when = textOf(walk, node.test);
  return {
    kind: 'branch',
    arms: [
      { probability: 0.5, spread: 0.5, when, step: yes },
      { probability: 0.5, spread: 0, when: `not ${when}`, step: no },
    ],
    location: place(walk, node),
  };
}

/** `a ?? b`: the right side runs on some requests. */
function shortened(walk: Walk, node: Node & { type: 'LogicalExpression' }): Walked {
  const left = walkExpression(walk, node.left);
  const right = settled(walkExpression(walk, node.right));
  if (isNothing(right)) return left;
  const branch: Step = {
    kind: 'branch',
    arms: [
      { probability: 0.5, spread: 0.5, when: `${node.operator} ${textOf(walk, node.right)}`, step: right },
      { probability: 0.5, spread: 0, when: textOf(walk, node.left), step: nothing },
    ],
    location: place(walk, node),
  };
  return promised(settled(left), branch);
}

function detachedValue(walk: Walk, node: Node & { type: 'UnaryExpression' }): Walked {
  const { step, promise } = walkExpression(walk, node.argument);
  if (promise === undefined) return waited(step);
  const why = 'the promise is thrown away with `void`';
  return waited(sequence([step, { kind: 'detached', body: promise, why, location: place(walk, node) }]));
}
