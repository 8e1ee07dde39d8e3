import type { Node } from '@babel/types';
import type { Location } from '../analysis.ts';
import type { Binding, Environment, FunctionNode, SourceFile, Value } from '../sources/index.ts';
import { locationOf, type Project } from './project.ts';
import { isNothing, nothing, type Step, sequence, type UnknownCall } from './step.ts';

/** Where a walk is: the code it looks at, what the names there stand for, and how it got there. */
export interface Walk {
  readonly project: Project;
  readonly file: SourceFile;
  readonly environment: Environment;
  /** Functions being walked, outermost first: one that is in it is not entered again. */
  readonly stack: readonly FunctionNode[];
  /** Functions that count for themselves elsewhere: what a wrapper stands in front of is not the wrapper's. */
  readonly apart?: ReadonlySet<FunctionNode>;
  /** Whether a bridge is being crossed. */
  readonly inBridge: boolean;
  /** The loop that goes through what a generator yields, where it is such a loop's generator that is being walked. */
  readonly turns?: Turns;
  readonly memory: Memory;
}

/** What a loop does with each value that a generator yields. */
export interface Turns {
  /** How many functions deep the generator is. */
  readonly depth: number;
  readonly body: Step;
  /** Places where the generator yields, so far. */
  readonly places: { count: number };
}

/** What one handler's walk remembers; it ends with the handler. */
export interface Memory {
  /** Promises begun and kept under a name, to be awaited later. */
  readonly started: Map<Binding, number[]>;
  /** Names that hold what a cache returned. */
  readonly cached: Set<Binding>;
  /** Relations read before, by the name of the instance and the run it is a name in: a second read finds them loaded. */
  readonly read: Map<Binding, Map<Environment, Set<string>>>;
  /** Calls, by place, whose answers are read piece by piece. */
  readonly streamed: Set<string>;
  readonly overlaps: Overlap[];
  nextId: number;
  /** Functions entered so far. */
  visits: number;
  /** Functions not entered because they were under way, or too far: what holds such a gap is not the whole. */
  gaps: number;
  /** Conditions whose branches are being walked, each inside the one before. */
  branches: number;
}

/** External calls in one block that follow each other although neither needs what the other gives. */
export interface Overlap {
  readonly calls: readonly { readonly what: string; readonly location: Location }[];
}

export function newMemory(): Memory {
  return {
    started: new Map(),
    cached: new Set(),
    read: new Map(),
    streamed: new Set(),
    overlaps: [],
    nextId: 1,
    visits: 0,
    gaps: 0,
    branches: 0,
  };
}

/** What evaluating an expression does. */
export interface Walked {
  /** Done before the expression has its value. */
  readonly step: Step;
  /** Under way when it has its value, which is a promise of the end. */
  readonly promise?: Step;
  /** A call that could not be followed: it matters once somebody waits for it. */
  readonly unknown?: UnknownCall;
}

export const doesNothing: Walked = { step: nothing };

/** Waits for the value and for what it promises. */
export function settled({ step, promise = nothing }: Walked): Step {
  return sequence([step, promise]);
}

/** As `settled`, where the source itself waits: a call that could not be followed may then be a wait of any length. */
export function awaited(walked: Walked): Step {
  const whole = settled(walked);
  return walked.unknown === undefined ? whole : sequence([whole, walked.unknown]);
}

export function waited(step: Step): Walked {
  return isNothing(step) ? doesNothing : { step };
}

export function promised(step: Step, promise: Step): Walked {
  return isNothing(promise) ? waited(step) : { step, promise };
}

/** Evaluates before `after`, which then promises what it promises. */
export function preceded(before: Step, after: Walked): Walked {
  return isNothing(before) ? after : { ...after, step: sequence([before, after.step]) };
}

/**
 * Conditions inside each other, over all functions on the way, beyond which nothing is told apart: nobody writes them,
 * and what is made of them would overflow the call stack.
 */
const deepestBranch = 400;

/** Walks a condition with its branches, unless it is too deep inside others: then what it does is not known. */
export function branched(walk: Walk, node: Node, step: () => Step): Step {
  const { memory } = walk;
  if (memory.branches >= deepestBranch) {
    memory.gaps++;
    return { kind: 'unknown', text: 'conditions nested too deeply', location: place(walk, node) };
  }
  memory.branches++;
  try {
    return step();
  } finally {
    memory.branches--;
  }
}

/** Begins `promise` and goes on without waiting. */
export function begin(walk: Walk, promise: Step): { readonly id: number; readonly step: Step } {
  const id = walk.memory.nextId++;
  return { id, step: { kind: 'start', id, body: promise } };
}

export function place(walk: Walk, node: Node): Location {
  return locationOf(walk.file, node);
}

export function evaluated(walk: Walk, node: Node): readonly Value[] {
  return walk.project.evaluator.evaluate(walk.file, node, walk.environment);
}

/** Whether a step, or one inside it, is what `test` looks for. Detached work counts only when asked for. */
export function holds(
  step: Step,
  test: (step: Step) => boolean,
  parts: (step: Step) => readonly Step[],
): boolean {
  return test(step) || parts(step).some((part) => holds(part, test, parts));
}
