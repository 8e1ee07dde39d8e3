import type { Node } from '@babel/types';
import type { Evaluator } from './evaluator.ts';
import type { Binding } from './scopes.ts';
import type { SourceFile } from './source-file.ts';
import { isFunction } from './tree.ts';
import type { Environment, Value } from './values.ts';

/** Texts that come out of conditions beyond this many say nothing. */
const mostTexts = 50;

type Assignment = Node & { type: 'AssignmentExpression' };

/** Whether something is put behind the text that a name holds: `path += '/:id'`. */
export function isAppendedTo(binding: Binding): boolean {
  return binding.assignments.some((by) => by.type === 'AssignmentExpression' && by.operator === '+=');
}

/**
 * What a name holds at `read`, when texts are put behind what it was declared with.
 *
 * Writes count in the order of the source, those in front of the read where both stand in one function.
 * @param declared what the name was declared with
 * @returns every text it may hold; `undefined` when it holds no text, or something that only run time knows
 */
export function appendedTexts(
  evaluator: Evaluator,
  file: SourceFile,
  binding: Binding,
  read: Node,
  declared: readonly Value[],
  environment: Environment,
): readonly Value[] | undefined {
  let texts = textsOf(declared);
  for (const by of binding.assignments) {
    if (by.type !== 'AssignmentExpression' || by.left.type !== 'Identifier') return undefined;
    if (isAfter(file, by, read)) continue;
    const runs = whetherRun(evaluator, file, by, binding, environment);
    if (runs === 'never') continue;
    const given = textsOf(evaluator.evaluate(file, by.right, environment));
    const written = writtenBy(by, texts, given);
    if (written !== undefined && runs === 'always') texts = written;
    else if (texts === undefined) texts = written;
    // What may be put behind and is not known leaves the text without it as the one that is known.
    else if (written !== undefined) texts = [...new Set([...texts, ...written])];
    else if (runs === 'always') return undefined;
    if (texts !== undefined && texts.length > mostTexts) return undefined;
  }
  return texts?.map((value) => ({ kind: 'constant', value }));
}

function writtenBy(
  by: Assignment,
  before: readonly string[] | undefined,
  given: readonly string[] | undefined,
): readonly string[] | undefined {
  if (by.operator === '=') return given;
  if (by.operator !== '+=' || before === undefined || given === undefined) return undefined;
  return before.flatMap((text) => given.map((more) => text + more));
}

function textsOf(values: readonly Value[]): readonly string[] | undefined {
  const texts = values.flatMap((value) =>
    value.kind === 'constant' && typeof value.value === 'string' ? [value.value] : [],
  );
  return texts.length === 0 || texts.length < values.length ? undefined : texts;
}

function isAfter(file: SourceFile, write: Node, read: Node): boolean {
  return (write.start ?? 0) > (read.start ?? 0) && functionAround(file, write) === functionAround(file, read);
}

function functionAround(file: SourceFile, node: Node): Node | undefined {
  for (let above = file.parentOf(node); above !== undefined; above = file.parentOf(above))
    if (isFunction(above)) return above;
  return undefined;
}

/** Whether a write happens, by the conditions between it and the function that declares the name. */
function whetherRun(
  evaluator: Evaluator,
  file: SourceFile,
  write: Node,
  binding: Binding,
  environment: Environment,
): 'always' | 'never' | 'perhaps' {
  let found: 'always' | 'perhaps' = 'always';
  for (let inner = write, above = file.parentOf(inner); above !== undefined; above = file.parentOf(inner)) {
    if (isFunction(above) && functionAround(file, binding.identifier) !== above) found = 'perhaps';
    if (isFunction(above)) break;
    if (/^(?:For|While|DoWhile|Try|Switch)/.test(above.type)) found = 'perhaps';
    const wanted = branchOf(above, inner);
    if (wanted !== undefined) {
      const holds = truth(evaluator.evaluate(file, wanted.test, environment));
      if (holds === undefined) found = 'perhaps';
      else if (holds !== wanted.truth) return 'never';
    }
    inner = above;
  }
  return found;
}

/** The test that decides whether `inner` runs, and what it has to be. */
function branchOf(above: Node, inner: Node): { readonly test: Node; readonly truth: boolean } | undefined {
  if (above.type === 'IfStatement' || above.type === 'ConditionalExpression') {
    if (inner === above.test) return undefined;
    return { test: above.test, truth: inner === above.consequent };
  }
  if (above.type !== 'LogicalExpression' || inner !== above.right) return undefined;
  return { test: above.left, truth: above.operator === '&&' };
}

/** Whether values are all true or all false in a condition; `undefined` when that is not known. */
function truth(values: readonly Value[]): boolean | undefined {
  const [first, ...others] = values.map((value) =>
    value.kind === 'constant' ? Boolean(value.value) : undefined,
  );
  return others.every((other) => other === first) ? first : undefined;
}
