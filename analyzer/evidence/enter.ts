import {
  type Call as CallNode,
  type ClassValue,
  type Environment,
  Frame,
  type FunctionNode,
  type FunctionValue,
  isFunction,
  memberName,
  noEnvironment,
  type SourceFile,
  unwrapped,
  type Value,
} from '../sources/index.ts';
import { walkExpression } from './expressions.ts';
import { implementations } from './implementations.ts';
import { locationOf, type Summary } from './project.ts';
import { isWaiting } from './promises.ts';
import { repeated } from './recursion.ts';
import { returned, textOf, walkStatements } from './statements.ts';
import { type Call, isNothing, nothing, type Provenance, type Step } from './step.ts';
import { doesNothing, place, promised, settled, type Walk, type Walked, waited } from './walk.ts';

/** Functions entered for one handler at most, and how deep: what lies beyond is an unknown call. */
const most = { visits: 4000, depth: 40, alternatives: 8 };

/** How sure an edge of the call graph is, by how it was found. */
const confidences: Readonly<Record<Provenance, number>> = {
  direct: 0.95,
  method: 0.9,
  callback: 0.9,
  implementation: 0.6,
  event: 0.5,
};

/** The project functions a call may run; `undefined` when it runs none that can be found. */
export function enterAlternatives(walk: Walk, node: CallNode, values: readonly Value[]): Walked | undefined {
  const direct = values.flatMap((value) => functionsOf(value, node));
  const provenance = provenanceOf(node);
  if (direct.length > 0) return enterAny(walk, node, direct, provenance);
  if (values.some(({ kind }) => kind === 'api')) return undefined;
  const found = implementations(walk, node);
  return found.length === 0 ? undefined : enterAny(walk, node, found, 'implementation');
}

function enterAny(
  walk: Walk,
  node: CallNode,
  functions: readonly FunctionValue[],
  provenance: Provenance,
): Walked {
  const distinct = functions.filter(
    (value, index) => functions.findIndex((other) => other.node === value.node) === index,
  );
  if (distinct.length > most.alternatives) {
    const text = `${textOf(walk, node.callee)} (${distinct.length} candidates)`;
    return { step: nothing, unknown: { kind: 'unknown', text, location: place(walk, node) } };
  }
  const confidence = confidences[provenance] / distinct.length;
  const entered = distinct.map((value) => enter(walk, value, node, { provenance, confidence }));
  const [only] = entered;
  if (entered.length === 1) return only ?? doesNothing;
  const busy = entered.map(settled);
  if (busy.every(isNothing)) return doesNothing;
  return promised(nothing, {
    kind: 'branch',
    arms: busy.map((step, index) => ({
      probability: 1 / busy.length,
      spread: 1 / busy.length,
      when: `${textOf(walk, node.callee)} is ${nameOf(distinct[index])}`,
      step,
    })),
    location: place(walk, node),
  });
}

interface Edge {
  readonly provenance: Provenance;
  readonly confidence: number;
}

/** How sure it is that one of so many listeners hears an event of its name. */
export function listenerEdge(listeners: number): Edge {
  return { provenance: 'event', confidence: confidences.event / listeners };
}

/** What calling a project function does. */
export function enter(walk: Walk, value: FunctionValue, node: CallNode, edge: Edge): Walked {
  const environment = walk.project.evaluator.environmentOf(
    { ...value, environment: shallow(value.environment) },
    { file: walk.file, call: node },
    walk.environment,
  );
  return entered(walk, { ...value, environment }, textOf(walk, node.callee), place(walk, node), edge);
}

/**
 * What a function handed over as a value does each time it runs. Its parameters are not known one by one, but the call
 * it was handed to is: that is where its elements come from.
 */
export function enterCallback(
  walk: Walk,
  value: FunctionValue,
  node: CallNode,
  name: string,
  at: Call['location'],
  edge: Edge = { provenance: 'callback', confidence: confidences.callback },
): Walked {
  const environment = walk.project.evaluator.frames.enter(
    { file: value.file, owner: value.node },
    shallow(value.environment),
    { file: walk.file, node, environment: walk.environment },
    value.self,
    () => {},
  );
  return entered(walk, { ...value, environment }, name, at, edge);
}

function entered(
  walk: Walk,
  value: FunctionValue,
  name: string,
  location: Call['location'],
  edge: Edge,
): Walked {
  const { memory, stack } = walk;
  const target = locationOf(value.file, value.node);
  if (stack.includes(value.node) || walk.apart?.has(value.node)) {
    memory.gaps++;
    if (walk.apart?.has(value.node)) return doesNothing;
    const again: Call = { kind: 'call', name, location, target, ...edge, body: nothing };
    return value.node.async ? promised(nothing, again) : waited(again);
  }
  if (memory.visits > most.visits || stack.length > most.depth) {
    memory.gaps++;
    return { step: nothing, unknown: { kind: 'unknown', text: `${name} (too far to follow)`, location } };
  }
  const body = repeated(bodyOf(walk, value), target, name);
  if (isNothing(body)) return doesNothing;
  const call: Call = { kind: 'call', name, location, target, ...edge, body };
  return value.node.async || isWaiting(body) ? promised(nothing, call) : waited(call);
}

/**
 * What a function does, walked once per run of the code around it: every handler behind the same middleware, and every
 * caller of the same helper with the same arguments, shares the result.
 */
export function bodyOf(walk: Walk, value: FunctionValue): Step {
  const { memory, project } = walk;
  const environment = shallow(value.environment);
  // What a generator does in the hands of one loop is not what it does in those of another.
  const turns = walk.turns?.depth === walk.stack.length + 1;
  const known = project.summaries
    .get(value.node)
    ?.find((each) => each.environment === environment && each.inBridge === walk.inBridge);
  if (known !== undefined && !turns) {
    memory.overlaps.push(...known.overlaps);
    for (const place of known.streamed) memory.streamed.add(place);
    return known.step;
  }
  memory.visits++;
  const before = { gaps: memory.gaps, overlaps: memory.overlaps.length, streamed: new Set(memory.streamed) };
  const step = wholeOrUnknown(
    { ...walk, file: value.file, environment, stack: [...walk.stack, value.node] },
    value,
  );
  // What was left out because it was under way here may be whole elsewhere.
  if (memory.gaps > before.gaps || turns) return step;
  const summary: Summary = {
    environment,
    inBridge: walk.inBridge,
    step,
    overlaps: memory.overlaps.slice(before.overlaps),
    streamed: [...memory.streamed].filter((place) => !before.streamed.has(place)),
  };
  project.summaries.set(value.node, [...(project.summaries.get(value.node) ?? []), summary]);
  return step;
}

/**
 * One function whose data flow goes round in circles must not cost the analysis of all the others: it is reported as
 * not followed, as any other call that could not be.
 */
function wholeOrUnknown(walk: Walk, value: FunctionValue): Step {
  try {
    return functionBody(walk, value.node);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    walk.memory.gaps++;
    const text = `${nameOfFunction(value.file, value.node)} (its data flow is circular)`;
    return { kind: 'unknown', text, location: locationOf(value.file, value.node) };
  }
}

/** Code that makes functions from functions can nest runs without end: beyond this depth they are not told apart. */
const deepestRun = 60;

/** The environment, or none when the runs it stands in are nested too deep to be looked through. */
export function shallow(environment: Environment): Environment {
  let depth = 0;
  for (let frame = environment; frame instanceof Frame; frame = frame.outer) {
    if (++depth > deepestRun) return noEnvironment;
  }
  return environment;
}

/** What the body of a function does, up to the end of what it returns. */
export function functionBody(walk: Walk, node: FunctionNode): Step {
  if (node.body.type === 'BlockStatement') return walkStatements(walk, node.body.body);
  return returned(walk, walkExpression(walk, node.body));
}

function functionsOf(value: Value, node: CallNode): readonly FunctionValue[] {
  if (value.kind === 'function') return node.type === 'NewExpression' ? [] : [value];
  if (value.kind !== 'class' || node.type !== 'NewExpression') return [];
  const construction = value.node.body.body.find(
    (member) => member.type === 'ClassMethod' && member.kind === 'constructor',
  );
  return construction && isFunction(construction) ? [constructed(value, construction)] : [];
}

function constructed(value: ClassValue, node: FunctionNode): FunctionValue {
  return {
    kind: 'function',
    file: value.file,
    node,
    environment: value.environment ?? noEnvironment,
    self: { kind: 'instance', of: value },
  };
}

function provenanceOf(node: CallNode): Provenance {
  const callee = unwrapped(node.callee);
  if (memberName(callee) === undefined) return 'direct';
  // `module.load()` reads an export, `service.load()` a method: the difference is in how sure the receiver is.
  return node.type === 'NewExpression' ? 'direct' : 'method';
}

function nameOf(value: FunctionValue | undefined): string {
  return value === undefined ? 'unknown' : nameOfFunction(value.file, value.node);
}

/** The name a function is known by. */
export function nameOfFunction(file: SourceFile, node: FunctionNode): string {
  if ('id' in node && node.id) return node.id.name;
  if ('key' in node) {
    const around = file.classAround(node);
    const own =
      node.key.type === 'Identifier' || node.key.type === 'PrivateName' ? file.textOf(node.key) : 'method';
    return around?.id ? `${around.id.name}.${own}` : own;
  }
  const parent = file.parentOf(node);
  if (parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier') return parent.id.name;
  if (parent?.type === 'ObjectProperty' && parent.key.type === 'Identifier') return parent.key.name;
  return 'anonymous function';
}
