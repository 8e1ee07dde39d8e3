import type { Node } from '@babel/types';
import { isFunction, unwrapped, walk as walkTree } from '../sources/index.ts';
import { walkExpression } from './expressions.ts';
import { forLoop, forOfLoop, whileLoop } from './loops.ts';
import { noteOverlaps } from './overlaps.ts';
import { type BranchArm, isNothing, nothing, partsOf, type Step, sequence } from './step.ts';
import { awaited, begin, branched, holds, place, settled, type Walk, type Walked } from './walk.ts';

/** What a list of statements does. */
export function walkStatements(walk: Walk, statements: readonly Node[]): Step {
  const steps: Step[] = [];
  for (let index = 0; index < statements.length; index++) {
    const statement = statements[index];
    if (statement === undefined) continue;
    if (statement.type === 'IfStatement' && leaves(statement.consequent) && !statement.alternate) {
      steps.push(branched(walk, statement, () => guarded(walk, statement, statements.slice(index + 1))));
      noteOverlaps(walk, statements.slice(0, index), steps);
      return sequence(steps);
    }
    steps.push(walkStatement(walk, statement));
    if (isExit(statement)) break;
  }
  noteOverlaps(walk, statements, steps);
  return sequence(steps);
}

export function walkStatement(walk: Walk, statement: Node): Step {
  switch (statement.type) {
    case 'BlockStatement':
    case 'StaticBlock':
      return walkStatements(walk, statement.body);
    case 'ExpressionStatement':
      return leftAlone(walk, walkExpression(walk, statement.expression), statement);
    case 'VariableDeclaration':
      return sequence(statement.declarations.map((declarator) => declared(walk, declarator)));
    case 'ReturnStatement':
      return statement.argument ? returned(walk, walkExpression(walk, statement.argument)) : nothing;
    case 'ThrowStatement':
      return statement.argument ? settled(walkExpression(walk, statement.argument)) : nothing;
    case 'IfStatement':
      return branched(walk, statement, () => conditional(walk, statement));
    case 'ForOfStatement':
      return forOfLoop(walk, statement);
    case 'ForStatement':
    case 'ForInStatement':
      return forLoop(walk, statement);
    case 'WhileStatement':
    case 'DoWhileStatement':
      return whileLoop(walk, statement);
    case 'TryStatement':
      return attempted(walk, statement);
    case 'SwitchStatement':
      return switched(walk, statement);
    case 'LabeledStatement':
      return walkStatement(walk, statement.body);
    case 'ExportNamedDeclaration':
      return statement.declaration ? walkStatement(walk, statement.declaration) : nothing;
    default:
      return nothing;
  }
}

/** An async function waits for what it returns. */
export function returned(walk: Walk, walked: Walked): Step {
  return walk.stack.at(-1)?.async ? awaited(walked) : settled(walked);
}

/** A promise that nobody waits for goes on by itself. */
function leftAlone(walk: Walk, { step, promise }: Walked, at: Node): Step {
  if (promise === undefined || isNothing(promise)) return step;
  const why = 'the promise is not awaited';
  return sequence([step, { kind: 'detached', body: promise, why, location: place(walk, at) }]);
}

function declared(walk: Walk, declarator: Node & { type: 'VariableDeclarator' }): Step {
  if (!declarator.init) return nothing;
  const walked = walkExpression(walk, declarator.init);
  rememberCached(walk, declarator, walked);
  return kept(walk, declarator.id, walked);
}

/** A promise kept under a name begins now; whoever awaits the name waits for its end. */
export function kept(walk: Walk, target: Node, { step, promise }: Walked): Step {
  if (promise === undefined || isNothing(promise)) return step;
  const binding = target.type === 'Identifier' ? walk.file.scopes.bindingOf(target) : undefined;
  if (binding === undefined) return sequence([step, promise]);
  const started = begin(walk, promise);
  walk.memory.started.set(binding, [started.id]);
  return sequence([step, started.step]);
}

function rememberCached(walk: Walk, declarator: Node & { type: 'VariableDeclarator' }, walked: Walked): void {
  const isCache = (step: Step) => step.kind === 'io' && step.call.category === 'cache';
  if (!holds(settled(walked), isCache, partsOf)) return;
  if (declarator.id.type !== 'Identifier') return;
  const binding = walk.file.scopes.bindingOf(declarator.id);
  if (binding) walk.memory.cached.add(binding);
}

/** `if (…) return …;`: an early exit. The rest of the block is the other way. */
function guarded(walk: Walk, statement: Node & { type: 'IfStatement' }, rest: readonly Node[]): Step {
  const test = settled(walkExpression(walk, statement.test));
  const taken = walkStatement(walk, statement.consequent);
  const after = walkStatements(walk, rest);
  // A hit of a cache is an ordinary way to answer; other early exits are refusals and repeats.
  const ordinary = mentionsCached(walk, statement.test) || answersByWork(statement, taken);
  const hit = ordinary ? 0.5 : 0;
  if (isNothing(taken) && hit === 0) return sequence([test, after]);
  const when = textOf(walk, statement.test);
  const arms: readonly BranchArm[] = [
    { probability: hit, spread: hit, when, step: taken },
    { probability: 1 - hit, spread: 0, when: `not ${when}`, step: after },
  ];
  return sequence([test, { kind: 'branch', arms, location: place(walk, statement) }]);
}

function conditional(walk: Walk, statement: Node & { type: 'IfStatement' }): Step {
  const test = settled(walkExpression(walk, statement.test));
  const yes = walkStatement(walk, statement.consequent);
  const no = statement.alternate ? walkStatement(walk, statement.alternate) : nothing;
  if (isNothing(yes) && isNothing(no)) return test;
  const when = textOf(walk, statement.test);
  const refused = throws(statement.consequent);
  const otherwiseRefused = statement.alternate ? throws(statement.alternate) : false;
  const share = refused ? 0 : otherwiseRefused ? 1 : 0.5;
  const spread = share === 0.5 ? 0.5 : 0;
  const arms: readonly BranchArm[] = [
    { probability: share, spread, when, step: yes },
    { probability: 1 - share, spread: 0, when: `not ${when}`, step: no },
  ];
  return sequence([test, { kind: 'branch', arms, location: place(walk, statement) }]);
}

function attempted(walk: Walk, statement: Node & { type: 'TryStatement' }): Step {
  const body = walkStatement(walk, statement.block);
  const handler = statement.handler ? walkStatement(walk, statement.handler.body) : undefined;
  const finalizer = statement.finalizer ? walkStatement(walk, statement.finalizer) : undefined;
  const idle = [handler, finalizer].every((part) => part === undefined || isNothing(part));
  return idle ? body : { kind: 'try', body, handler, finalizer };
}

function switched(walk: Walk, statement: Node & { type: 'SwitchStatement' }): Step {
  const test = settled(walkExpression(walk, statement.discriminant));
  const steps = statement.cases.map((each) => walkStatements(walk, each.consequent));
  if (steps.every(isNothing)) return test;
  const share = 1 / steps.length;
  const arms = steps.map((step, index): BranchArm => {
    const value = statement.cases[index]?.test;
    return { probability: share, spread: share, when: value ? textOf(walk, value) : 'default', step };
  });
  return sequence([test, { kind: 'branch', arms, location: place(walk, statement) }]);
}

export function textOf(walk: Walk, node: Node): string {
  const text = walk.file.textOf(node).replace(/\s+/g, ' ');
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/**
 * `if (plan === 'pro') return res.json(await summarise(order));` is a way of its own: it waits for something outside.
 * Refusals are not, whatever they write down before they refuse.
 */
function answersByWork({ test, consequent }: Node & { type: 'IfStatement' }, taken: Step): boolean {
  if (isLack(unwrapped(test))) return false;
  const waits = holds(
    taken,
    (step) => step.kind === 'io' && step.call.weight === 'external',
    (step) => (step.kind === 'detached' ? [] : partsOf(step)),
  );
  return waits && !throws(consequent) && !refuses(consequent);
}

/** `!user`, `user === undefined`, `user == null`. */
function isLack(test: Node): boolean {
  if (test.type === 'UnaryExpression') return test.operator === '!';
  if (test.type !== 'BinaryExpression' || !/^===?$/.test(test.operator)) return false;
  const right = unwrapped(test.right);
  return right.type === 'NullLiteral' || (right.type === 'Identifier' && right.name === 'undefined');
}

/** Whether a status of 400 or more is answered. */
function refuses(consequent: Node): boolean {
  let found = false;
  walkTree(consequent, (node) => {
    if (node.type === 'NumericLiteral' && node.value >= 400 && node.value < 600) found = true;
    return !isFunction(node);
  });
  return found;
}

function mentionsCached(walk: Walk, test: Node): boolean {
  let found = false;
  walkTree(test, (node) => {
    const binding = node.type === 'Identifier' ? walk.file.scopes.bindingOf(node) : undefined;
    if (binding && walk.memory.cached.has(binding)) found = true;
    return !isFunction(node);
  });
  return found;
}

/** Whether control does not go on after the statement. */
function leaves(statement: Node): boolean {
  if (isExit(statement)) return true;
  if (statement.type !== 'BlockStatement') return false;
  const last = statement.body.at(-1);
  return last !== undefined && leaves(last);
}

function isExit(statement: Node): boolean {
  return statement.type === 'ReturnStatement' || statement.type === 'ThrowStatement';
}

function throws(statement: Node): boolean {
  if (statement.type === 'ThrowStatement') return true;
  return statement.type === 'BlockStatement' && statement.body.at(-1)?.type === 'ThrowStatement';
}
