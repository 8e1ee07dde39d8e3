import type { Node } from '@babel/types';
import { constructorFrame, constructorOf, instanceFrame } from './classes.ts';
import type { CallSite, Evaluator } from './evaluator.ts';
import { visibleAt } from './frames.ts';
import { loopItems } from './lists.ts';
import { bindPattern, elementFrame, iteratedItems } from './parameters.ts';
import type { SourceFile } from './source-file.ts';
import { type FunctionNode, isFunction } from './tree.ts';
import {
  type ClassNode,
  type ClassValue,
  type Environment,
  type FunctionValue,
  type InstanceValue,
  type ListItem,
  noEnvironment,
} from './values.ts';

/** More runs of one place than this are summed up as one that knows nothing of its parameters. */
const mostContexts = 2_000;

/** Calls further up than this are not told apart. */
const deepestContext = 12;

type Loop = Node & { type: 'ForOfStatement' | 'ForInStatement' };

/** The runs of one function that are known already: looking further out stops there. */
export interface Within {
  readonly owner: Node;
  readonly environments: readonly Environment[];
}

/**
 * The runs of the code at a place that can be told apart: one per call of the function around it and per element of
 * the loop around it, from the outside in.
 */
export function contextsOf(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node,
  within?: Within,
  path: readonly Node[] = [],
): readonly Environment[] {
  const around = enclosing(file, node);
  if (within !== undefined && around === within.owner) return within.environments;
  if (around === undefined) return [noEnvironment];
  const state = stateOf(evaluator);
  const known = within === undefined ? state.known.get(around) : undefined;
  if (known !== undefined) return known;
  if (path.includes(around) || path.length > deepestContext || state.steps > mostSteps) {
    state.cuts++;
    return [noEnvironment];
  }
  state.steps++;
  const { cuts } = state;
  const below = [...path, around];
  const found = isFunction(around)
    ? functionContexts(evaluator, file, around, within, below)
    : loopContexts(evaluator, file, around, within, below);
  const kept = found.length > mostContexts ? contextsOf(evaluator, file, around, within, below) : found;
  // What a cycle cut short is not the whole answer for one who asks from elsewhere.
  if (within === undefined && (state.cuts === cuts || path.length === 0)) state.known.set(around, kept);
  return kept;
}

interface State {
  readonly known: Map<Node, readonly Environment[]>;
  cuts: number;
  steps: number;
}

/** Functions and loops looked at in one run beyond this are not told apart by their calls any more. */
const mostSteps = 200_000;

const states = new WeakMap<Evaluator, State>();

function stateOf(evaluator: Evaluator): State {
  let state = states.get(evaluator);
  if (state === undefined) {
    state = { known: new Map(), cuts: 0, steps: 0 };
    states.set(evaluator, state);
  }
  return state;
}

/** Lets go of the runs that were found. */
export function forgetContexts(evaluator: Evaluator): void {
  states.get(evaluator)?.known.clear();
}

function enclosing(file: SourceFile, node: Node): FunctionNode | Loop | undefined {
  for (let inner = node, above = file.parentOf(inner); above !== undefined; above = file.parentOf(inner)) {
    if (isFunction(above)) return above;
    if ((above.type === 'ForOfStatement' || above.type === 'ForInStatement') && above.body === inner)
      return above;
    inner = above;
  }
  return undefined;
}

function loopContexts(
  evaluator: Evaluator,
  file: SourceFile,
  loop: Loop,
  within: Within | undefined,
  path: readonly Node[],
): readonly Environment[] {
  const declared = loop.left.type === 'VariableDeclaration' ? loop.left.declarations[0] : undefined;
  return contextsOf(evaluator, file, loop, within, path).flatMap((outer): readonly Environment[] => {
    const items = loopItems(evaluator, file, loop, outer);
    if (items === undefined || declared === undefined) return [outer];
    return items.map((item) => loopFrame(evaluator, file, loop, outer, item));
  });
}

function loopFrame(
  evaluator: Evaluator,
  file: SourceFile,
  loop: Loop,
  outer: Environment,
  item: ListItem,
): Environment {
  const pattern = loop.left.type === 'VariableDeclaration' ? loop.left.declarations[0]?.id : undefined;
  const site = { file: item.file, node: item.node, environment: item.environment ?? outer };
  return evaluator.frames.enter({ file, owner: loop }, outer, site, undefined, (frame) => {
    if (pattern !== undefined) bindPattern(evaluator, frame, pattern, item.values);
  });
}

function functionContexts(
  evaluator: Evaluator,
  file: SourceFile,
  node: FunctionNode,
  within: Within | undefined,
  path: readonly Node[],
): readonly Environment[] {
  const outers = contextsOf(evaluator, file, node, within, path);
  const iterated = outers.map((outer) => iteratedItems(evaluator, file, node, outer));
  if (iterated.some((items) => items !== undefined)) {
    return outers.flatMap((outer, index): readonly Environment[] => {
      const items = iterated[index] ?? [];
      if (items.length === 0) return [outer];
      return items.map((item) => elementFrame(evaluator, { file, node }, outer, item));
    });
  }
  const around = classOfMember(file, node);
  if (around !== undefined && constructorOf(around) === node) {
    const made = instancesOf(evaluator, file, around, within, path);
    const owner: ClassValue = { kind: 'class', file, node: around, environment: noEnvironment };
    return made.length === 0 ? outers : made.map((self) => constructorFrame(evaluator, owner, node, self));
  }
  const sites = evaluator.callSites(file, node);
  const entered = sites.flatMap((site) => enteredFrom(evaluator, file, node, outers, site, within, path));
  if (entered.length > 0) return [...new Set(entered)];
  if (around === undefined || ('static' in node && node.static)) return outers;
  // A method nobody calls by name: one run per instance of its class that is made somewhere.
  const owner: ClassValue = { kind: 'class', file, node: around, environment: noEnvironment };
  const made = instancesOf(evaluator, file, around, within, path);
  return made.length === 0 ? outers : made.map((self) => instanceFrame(evaluator, owner, self));
}

function classOfMember(file: SourceFile, node: FunctionNode): ClassNode | undefined {
  if (node.type !== 'ClassMethod' && node.type !== 'ClassPrivateMethod') return undefined;
  return file.classAround(node);
}

/** The instances of a class, and of classes that extend it, that are made somewhere by name. */
function instancesOf(
  evaluator: Evaluator,
  file: SourceFile,
  node: ClassNode,
  within: Within | undefined,
  path: readonly Node[],
): readonly InstanceValue[] {
  if (path.includes(node)) return [];
  const below = [...path, node];
  const of: ClassValue = { kind: 'class', file, node, environment: noEnvironment };
  const own = evaluator.callSites(file, node).flatMap((site) => {
    if (site.call.type !== 'NewExpression') return [];
    return contextsOf(evaluator, site.file, site.call, within, below).map((environment): InstanceValue => {
      return { kind: 'instance', of, created: { file: site.file, node: site.call, environment } };
    });
  });
  const extending = evaluator.referencesTo(file, node).flatMap((place) => {
    const parent = place.file.parentOf(place.node);
    if (parent?.type !== 'ClassDeclaration' && parent?.type !== 'ClassExpression') return [];
    return parent.superClass === place.node ? instancesOf(evaluator, place.file, parent, within, below) : [];
  });
  return [...own, ...extending];
}

/** The frames a call enters: one per run of the call in which its callee may be this function. */
function enteredFrom(
  evaluator: Evaluator,
  file: SourceFile,
  node: FunctionNode,
  outers: readonly Environment[],
  site: CallSite,
  within: Within | undefined,
  path: readonly Node[],
): readonly Environment[] {
  return contextsOf(evaluator, site.file, site.call, within, path).flatMap((caller) => {
    const callees = evaluator.evaluate(site.file, site.call.callee, caller);
    const meant = callees.filter(
      (value): value is FunctionValue => value.kind === 'function' && value.node === node,
    );
    if (meant.length > 0) return meant.map((callee) => evaluator.environmentOf(callee, site, caller));
    // In this run the callee is another function: the call belongs to a run of its own.
    if (callees.length > 0) return [];
    const closure = visibleAt(caller, file, node);
    const environment = closure === noEnvironment ? (outers[0] ?? noEnvironment) : closure;
    return [evaluator.environmentOf({ kind: 'function', file, node, environment }, site, caller)];
  });
}
