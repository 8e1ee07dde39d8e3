import type { Node } from '@babel/types';
import { functionAround, whetherRun } from './branches.ts';
import type { Evaluator } from './evaluator.ts';
import type { Binding } from './scopes.ts';
import type { SourceFile } from './source-file.ts';
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
    const runs = whetherRun(evaluator, file, by, functionAround(file, binding.identifier), environment);
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
