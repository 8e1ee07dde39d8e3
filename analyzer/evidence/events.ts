import {
  apiPath,
  type Call as CallNode,
  callsOf,
  constantText,
  type Evaluator,
  type FunctionValue,
  memberName,
  noEnvironment,
  unwrapped,
  type Value,
  walk as walkTree,
} from '../sources/index.ts';
import { enterCallback, listenerEdge } from './enter.ts';
import { allOf } from './expressions.ts';
import { textOf } from './statements.ts';
import { isNothing, nothing } from './step.ts';
import { evaluated, place, promised, settled, type Walk, type Walked, waited } from './walk.ts';

const tables = new WeakMap<Evaluator, Map<string, FunctionValue[]>>();

const subscriptions = ['on', 'once', 'addListener', 'prependListener', 'onAny', 'subscribe'] as const;

/** Events of Node's own emitters: streams, sockets and processes share these names with nobody's domain. */
const builtin =
  /^(?:data|end|error|close|finish|drain|pipe|unpipe|readable|message|connect|connection|open|listening|request|response|upgrade|timeout|abort|aborted|exit|disconnect|warning|uncaughtException|unhandledRejection|SIG\w+)$/;

/** Functions of the project that listen, by the name of the event. */
function listeners(evaluator: Evaluator): ReadonlyMap<string, readonly FunctionValue[]> {
  const known = tables.get(evaluator);
  if (known !== undefined) return known;
  const found = new Map<string, FunctionValue[]>();
  tables.set(evaluator, found);
  const add = (name: string | undefined, values: readonly Value[]) => {
    if (name === undefined || builtin.test(name)) return;
    const functions = values.filter((value) => value.kind === 'function');
    if (functions.length > 0) found.set(name, [...(found.get(name) ?? []), ...functions]);
  };
  for (const path of evaluator.sources.mentioning([
    ...subscriptions.map((name) => `.${name}(`),
    'OnEvent(',
  ])) {
    const file = evaluator.sources.file(path);
    if (file === undefined) continue;
    for (const name of subscriptions) {
      for (const call of callsOf(file).byMember.get(name) ?? []) {
        const [event, listener] = call.arguments;
        if (event === undefined || listener === undefined) continue;
        add(constantText(evaluator.evaluate(file, event)), evaluator.evaluate(file, listener));
      }
    }
    walkTree(file.ast.program, (node) => {
      if (node.type !== 'ClassMethod') return true;
      for (const { expression } of node.decorators ?? []) {
        if (expression.type !== 'CallExpression' || expression.callee.type !== 'Identifier') continue;
        const [event] = expression.arguments;
        if (expression.callee.name !== 'OnEvent' || event === undefined) continue;
        const owner = file.classAround(node);
        const self: Value | undefined = owner && {
          kind: 'instance',
          of: { kind: 'class', file, node: owner, environment: noEnvironment },
        };
        const method: FunctionValue = {
          kind: 'function',
          file,
          node,
          environment: noEnvironment,
          ...(self === undefined ? {} : { self }),
        };
        add(constantText(evaluator.evaluate(file, event)), [method]);
      }
      return false;
    });
  }
  return found;
}

/**
 * `bus.emit('order.paid', order)`: the listeners of that name run, and nobody waits for what they promise; with
 * `emitAsync`, and with emitters whose `emit` gives a promise, the caller may.
 */
export function emittedEvent(walk: Walk, node: CallNode, values: readonly Value[]): Walked | undefined {
  const name = memberName(unwrapped(node.callee));
  const [event] = node.arguments;
  if (event === undefined || (name !== 'emit' && name !== 'emitAsync' && name !== 'emitSerial'))
    return undefined;
  const text = constantText(evaluated(walk, unwrapped(event)));
  const functions = text === undefined ? [] : (listeners(walk.project.evaluator).get(text) ?? []);
  if (functions.length === 0) return undefined;
  const label = `${textOf(walk, node.callee)} ${text}`;
  const at = place(walk, node);
  const ran = functions.map((value) =>
    settled(enterCallback(walk, value, node, label, at, listenerEdge(functions.length))),
  );
  const body = allOf(walk, node, ran);
  if (isNothing(body)) return undefined;
  const answers =
    name !== 'emit' || values.some((value) => value.kind === 'api' && /^emittery/.test(apiPath(value)));
  if (answers) return promised(nothing, body);
  const why = `nobody waits for the listeners of ${text}`;
  return waited({ kind: 'detached', body, why, location: at });
}
