import type { Node } from '@babel/types';
import { answersLater } from './answers.ts';
import { isOrdinaryExit, leaves, throws } from './exits.ts';
import { walkExpression } from './expressions.ts';
import { forLoop, forOfLoop, whileLoop } from './loops.ts';
import { noteOverlaps } from './overlaps.ts';
import { type BranchArm, isNothing, nothing, partsOf, type Step, sequence } from './step.ts';
import { caseLeaves, switched } from './switches.ts';
import { awaited, begin, branched, holds, place, settled, type Walk, type Walked } from './walk.ts';

/** What a list of statements does. */
export function walkStatements(walk: Walk, statements: readonly Node[]): Step {
  const steps: Step[] = [];
  for (let index = 0; index < statements.length; index++) {
    const statement = statements[index];
    if (statement === undefined) continue;
    const rest = statements.slice(index + 1);
    const turned = turning(walk, statement, rest);
    if (turned !== undefined) {
      steps.push(turned);
      noteOverlaps(walk, statements.slice(0, index), steps);
      return sequence(steps);
    }
    steps.push(walkStatement(walk, statement));
    if (leaves(statement)) break;
  }
  noteOverlaps(walk, statements, steps);
  return sequence(steps);
}

/** A statement after which only some ways go on, with what comes after it; `undefined` for any other. */
function turning(walk: Walk, statement: Node, rest: readonly Node[]): Step | undefined {
  if (statement.type === 'IfStatement' && !leaves(statement)) {
    if (leaves(statement.consequent)) {
      const others = statement.alternate ? [statement.alternate, ...rest] : rest;
      return branched(walk, statement, () => guarded(walk, statement, others));
    }
    if (statement.alternate && leaves(statement.alternate) && rest.length > 0)
      return branched(walk, statement, () => conditional(walk, statement, rest));
  }
  if (statement.type === 'SwitchStatement' && rest.length > 0 && statement.cases.some(caseLeaves))
    return switched(walk, statement, rest);
  // `try { return await first(); } catch { note(); } return await second();`: what follows is what happens after an error.
  if (statement.type === 'TryStatement' && rest.length > 0 && statement.handler && leaves(statement.block))
    return attempted(walk, statement, rest);
  return undefined;
}

export function walkStatement(walk: Walk, statement: Node): Step {
  switch (statement.type) {
    case 'BlockStatement':
    case 'StaticBlock':
      return walkStatements(walk, statement.body);
    case 'ExpressionStatement':
      return leftAlone(walk, walkExpression(walk, statement.expression), statement.expression);
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

/** A promise that nobody waits for goes on by itself, unless it is kept under a name or answers the request. */
function leftAlone(walk: Walk, walked: Walked, at: Node): Step {
  const { step, promise } = walked;
  if (promise === undefined || isNothing(promise) || at.type === 'AssignmentExpression') return step;
  if (answersLater(walk, at)) return awaited(walked);
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
  const hit = isOrdinaryExit(walk, statement, taken) ? 0.5 : 0;
  if (isNothing(taken) && hit === 0) return sequence([test, after]);
  const when = textOf(walk, statement.test);
  const arms: readonly BranchArm[] = [
    { probability: hit, spread: hit, when, step: taken },
    { probability: 1 - hit, spread: 0, when: `not ${when}`, step: after },
  ];
  return sequence([test, { kind: 'branch', arms, location: place(walk, statement) }]);
}

/** @param rest what comes after it, where only the consequent goes on */
function conditional(
  walk: Walk,
  statement: Node & { type: 'IfStatement' },
  rest: readonly Node[] = [],
): Step {
  const test = settled(walkExpression(walk, statement.test));
  const yes = walkStatements(walk, [statement.consequent, ...rest]);
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

/** @param rest what comes after it, where only an error leads there */
function attempted(walk: Walk, statement: Node & { type: 'TryStatement' }, rest: readonly Node[] = []): Step {
  const body = walkStatement(walk, statement.block);
  const handler = statement.handler ? walkStatements(walk, [statement.handler.body, ...rest]) : undefined;
  const finalizer = statement.finalizer ? walkStatement(walk, statement.finalizer) : undefined;
  const idle = [handler, finalizer].every((part) => part === undefined || isNothing(part));
  return idle ? body : { kind: 'try', body, handler, finalizer };
}

export function textOf(walk: Walk, node: Node): string {
  const text = walk.file.textOf(node).replace(/\s+/g, ' ');
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
