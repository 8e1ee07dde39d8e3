import type { Node } from '@babel/types';
import { type Binding, isFunction, unwrapped, walk as walkTree } from '../sources/index.ts';
import { textOf } from './statements.ts';
import { partsOf, type Step } from './step.ts';
import { holds, place, type Walk } from './walk.ts';

/**
 * Notes awaited external calls of one block that follow each other although none needs what the ones before gave: they
 * could wait at the same time. Only `const x = await f(…)` counts; a call made for its effect may have to come after.
 * @param steps what each of the statements does, as far as they were walked
 */
export function noteOverlaps(walk: Walk, statements: readonly Node[], steps: readonly Step[]): void {
  const waiting = statements.map((statement, index) => isExternalWait(statement, steps[index]));
  // Few blocks have two such waits; only those are worth looking at name by name.
  if (waiting.filter(Boolean).length < 2) return;
  let group: { readonly statement: Node; readonly gives: Set<Binding> }[] = [];
  let given = new Set<Binding>();
  const close = () => {
    if (group.length > 1) {
      const calls = group.map(({ statement }) => ({
        what: calledIn(walk, statement),
        location: place(walk, statement),
      }));
      walk.memory.overlaps.push({ calls });
    }
    group = [];
    given = new Set();
  };
  statements.forEach((statement, index) => {
    const step = steps[index];
    const waits = waiting[index] === true;
    const needs = bindingsUsed(walk, statement);
    const depends = [...needs].some((binding) => given.has(binding));
    if (waits) {
      if (depends) close();
      const gives = bindingsDeclared(walk, statement);
      group.push({ statement, gives });
      for (const binding of gives) given.add(binding);
      return;
    }
    // What stands between may pass a result on under another name, or leave because of it.
    if (depends && mayLeave(statement)) close();
    else if (depends) for (const binding of bindingsDeclared(walk, statement)) given.add(binding);
    else if (step !== undefined && holds(step, isWrite, onPath)) close();
  });
  close();
}

function isExternalWait(statement: Node, step: Step | undefined): boolean {
  return step !== undefined && isAwaitedDeclaration(statement) && holds(step, isExternal, onPath);
}

function isExternal(step: Step): boolean {
  return step.kind === 'io' && step.call.weight === 'external';
}

function isWrite(step: Step): boolean {
  return step.kind === 'orm' && step.writes;
}

function onPath(step: Step): readonly Step[] {
  return step.kind === 'detached' ? [] : partsOf(step);
}

function isAwaitedDeclaration(statement: Node): boolean {
  if (statement.type !== 'VariableDeclaration') return false;
  return statement.declarations.some(
    ({ init }) => init != null && unwrapped(init).type === 'AwaitExpression',
  );
}

function mayLeave(statement: Node): boolean {
  return statement.type !== 'VariableDeclaration' && statement.type !== 'ExpressionStatement';
}

function bindingsUsed(walk: Walk, statement: Node): ReadonlySet<Binding> {
  const used = new Set<Binding>();
  walkTree(statement, (node) => {
    const binding = node.type === 'Identifier' ? walk.file.scopes.bindingOf(node) : undefined;
    if (binding && binding.identifier !== node) used.add(binding);
    return true;
  });
  return used;
}

function bindingsDeclared(walk: Walk, statement: Node): Set<Binding> {
  const declared = new Set<Binding>();
  walkTree(statement, (node) => {
    const binding = node.type === 'Identifier' ? walk.file.scopes.bindingOf(node) : undefined;
    if (binding?.identifier === node) declared.add(binding);
    return !isFunction(node);
  });
  return declared;
}

function calledIn(walk: Walk, statement: Node): string {
  if (statement.type !== 'VariableDeclaration') return textOf(walk, statement);
  const init = statement.declarations[0]?.init;
  const awaited = init && unwrapped(init);
  const call = awaited?.type === 'AwaitExpression' ? unwrapped(awaited.argument) : awaited;
  return call?.type === 'CallExpression' ? textOf(walk, call.callee) : textOf(walk, statement);
}
