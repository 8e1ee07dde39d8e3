import type { Node } from '@babel/types';
import { leaves } from './exits.ts';
import { walkExpression } from './expressions.ts';
import { textOf, walkStatements } from './statements.ts';
import { type BranchArm, isNothing, type Step, sequence } from './step.ts';
import { place, settled, type Walk } from './walk.ts';

type Switch = Node & { type: 'SwitchStatement' };
type Case = Switch['cases'][number];

/**
 * `switch`: one way per case that does something of its own; labels above each other share one, and a case without an
 * end goes on into the next.
 * @param rest what comes after it, where a case leaves the function
 */
export function switched(walk: Walk, statement: Switch, rest: readonly Node[] = []): Step {
  const test = settled(walkExpression(walk, statement.discriminant));
  const groups = groupsOf(statement.cases);
  const steps = groups.map(({ body }) => walkStatements(walk, runsTo(body) ? body : [...body, ...rest]));
  const whens = groups.map(({ labels }) => conditionOf(walk, statement, labels));
  if (!statement.cases.some((each) => !each.test)) {
    steps.push(walkStatements(walk, rest));
    whens.push('none of these');
  }
  if (steps.every(isNothing)) return test;
  const share = 1 / steps.length;
  const arms = steps.map((step, index): BranchArm => {
    return { probability: share, spread: share, when: whens[index] ?? 'default', step };
  });
  return sequence([test, { kind: 'branch', arms, location: place(walk, statement) }]);
}

interface Group {
  readonly labels: readonly (Node | null | undefined)[];
  readonly body: readonly Node[];
}

function groupsOf(cases: readonly Case[]): readonly Group[] {
  const groups: Group[] = [];
  let labels: (Node | null | undefined)[] = [];
  for (const [index, { test, consequent }] of cases.entries()) {
    labels.push(test);
    if (consequent.length === 0 && index < cases.length - 1) continue;
    groups.push({ labels, body: bodyFrom(cases, index) });
    labels = [];
  }
  return groups;
}

/** The statements of a case up to its end, those of the cases it falls into included. */
function bodyFrom(cases: readonly Case[], first: number): readonly Node[] {
  const body: Node[] = [];
  for (const { consequent } of cases.slice(first)) {
    for (const statement of statementsIn(consequent)) {
      if (statement.type === 'BreakStatement' && !statement.label) return body;
      body.push(statement);
      if (leaves(statement)) return body;
    }
  }
  return body;
}

/** `case 'a': { …; break; }` */
function statementsIn(consequent: readonly Node[]): readonly Node[] {
  const [only] = consequent;
  return consequent.length === 1 && only?.type === 'BlockStatement' ? only.body : consequent;
}

export function caseLeaves({ consequent }: Case): boolean {
  return runsTo(statementsIn(consequent));
}

/** Whether the function ends with these statements. */
function runsTo(body: readonly Node[]): boolean {
  const last = body.at(-1);
  return last !== undefined && leaves(last);
}

function conditionOf(walk: Walk, statement: Switch, labels: Group['labels']): string {
  const named = labels.flatMap((label) => (label ? [textOf(walk, label)] : []));
  if (named.length < labels.length) return named.length === 0 ? 'default' : `${named.join(', ')} or default`;
  return `${textOf(walk, statement.discriminant)} is ${named.join(' or ')}`;
}
