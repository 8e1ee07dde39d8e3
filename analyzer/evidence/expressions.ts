import type { Node } from '@babel/types';
import { eachChild, isFunction, unwrapped } from '../sources/index.ts';
import { answersLater } from './answers.ts';
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
      return yielded(walk, node);
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
    case 'AssignmentExpression':
      return assigned(walk, node);
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

/** Whoever goes through a generator gets its turn where the generator yields. */
function yielded(walk: Walk, node: Node & { type: 'YieldExpression' }): Walked {
  const { turns } = walk;
  const own = turns?.depth === walk.stack.length ? turns : undefined;
  const deeper = own && node.delegate ? { ...own, depth: own.depth + 1 } : turns;
  const inside = deeper === undefined ? walk : { ...walk, turns: deeper };
  const value = node.argument ? settled(walkExpression(inside, node.argument)) : nothing;
  if (own === undefined || node.delegate) return waited(value);
  own.places.count++;
  return waited(sequence([value, own.body]));
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

/** What is assigned is also the value: whoever awaits the assignment waits for what was kept. */
function assigned(walk: Walk, node: Node & { type: 'AssignmentExpression' }): Walked {
  const target =
    node.left.type === 'MemberExpression' ? walkExpression(walk, node.left.object).step : nothing;
  const value = walkExpression(walk, node.right);
  // `known ??= load()`: only where nothing was there.
  const given = /^(?:\?\?|\|\||&&)=$/.test(node.operator)
    ? either(walk, node, value, doesNothing, { yes: node.operator, no: textOf(walk, node.left) })
    : value;
  const step = sequence([target, kept(walk, node.left, given)]);
  return node.left.type === 'Identifier'
    ? promised(step, named(walk, node.left).promise ?? nothing)
    : waited(step);
}

function chosen(walk: Walk, node: Node & { type: 'ConditionalExpression' }): Walked {
  const test = settled(walkExpression(walk, node.test));
  const when = textOf(walk, node.test);
  let arms: Walked = doesNothing;
  const step = branched(walk, node, () => {
    const [yes, no] = [walkExpression(walk, node.consequent), walkExpression(walk, node.alternate)];
    arms = either(walk, node, yes, no, { yes: when, no: `not ${when}` });
    return arms.step;
  });
  return preceded(test, { ...arms, step });
}

/** `a ?? b`: the right side runs on some requests. */
function shortened(walk: Walk, node: Node & { type: 'LogicalExpression' }): Walked {
  const left = walkExpression(walk, node.left);
  const right = walkExpression(walk, node.right);
  const when = { yes: `${node.operator} ${textOf(walk, node.right)}`, no: textOf(walk, node.left) };
  const rest = either(walk, node, right, doesNothing, when);
  return isNothing(settled(rest)) ? left : preceded(settled(left), rest);
}

/** One of two: what each does before it has its value, and what each then promises. */
function either(
  walk: Walk,
  node: Node,
  yes: Walked,
  no: Walked,
  when: { readonly yes: string; readonly no: string },
): Walked {
  const arms = (first: Step, second: Step): Step =>
    isNothing(first) && isNothing(second)
      ? nothing
      : {
          kind: 'branch',
          arms: [
            { probability: 0.5, spread: 0.5, when: when.yes, step: first },
            { probability: 0.5, spread: 0, when: when.no, step: second },
          ],
          location: place(walk, node),
        };
  const walked = promised(arms(yes.step, no.step), arms(yes.promise ?? nothing, no.promise ?? nothing));
  const unknown = yes.unknown ?? no.unknown;
  return unknown === undefined ? walked : { ...walked, unknown };
}

function detachedValue(walk: Walk, node: Node & { type: 'UnaryExpression' }): Walked {
  const walked = walkExpression(walk, node.argument);
  const { step, promise } = walked;
  if (promise === undefined) return waited(step);
  if (answersLater(walk, node.argument)) return waited(awaited(walked));
  const why = 'the promise is thrown away with `void`';
  return waited(sequence([step, { kind: 'detached', body: promise, why, location: place(walk, node) }]));
}
