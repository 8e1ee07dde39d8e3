import type { Node } from '@babel/types';
import { isFunction, isRequire, memberName, type SourceFile, unwrapped } from '../sources/index.ts';
import type { OrmFlow } from './orm-flow.ts';
import { returnedValue } from './orm-members.ts';
import { looksLikeModel } from './orm-types.ts';
import { elementOf, holdsRows, type OrmValue } from './orm-values.ts';

/** A chain of calls is followed no further than this: real code is shallow, cycles are not. */
const deepest = 60;

type Call = Node & { type: 'CallExpression' | 'OptionalCallExpression' };

/** What a call gives. */
export function call(flow: OrmFlow, file: SourceFile, node: Call): OrmValue | undefined {
  const [first] = node.arguments;
  if (flow.wrappers.of(file, node.callee) !== undefined) return first && flow.value(file, first);
  const callee = unwrapped(node.callee);
  // A call that loads a module gives that module, whatever the function that loads it is.
  if (callee.type === 'Import' || isRequire(file, callee))
    return flow.foreign(flow.evaluator.evaluate(file, node));
  const method = memberName(callee);
  if (callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression') {
    const known = settled(flow, file, callee, method, node);
    if (known !== undefined) return known;
    if (method === 'bind' || method === 'call' || method === 'apply') {
      const target = flow.value(file, callee.object);
      if (target !== undefined) return method === 'bind' ? target : returnedValue(flow, target);
    }
  }
  const target = flow.value(file, node.callee);
  if (mayHoldRows(flow, file, node)) return undefined;
  const returned = target && returnedValue(flow, target, node, file);
  return returned ?? flow.foreign(flow.evaluator.evaluate(file, node));
}

/** Whether code from elsewhere is handed rows: it may give them back. */
function isGivenRows(
  flow: OrmFlow,
  file: SourceFile,
  { arguments: given }: Call | (Node & { type: 'NewExpression' }),
): boolean {
  return given.some((argument) => {
    const handed = argument.type === 'SpreadElement' ? argument.argument : argument;
    return holdsRows(flow.value(file, handed));
  });
}

/** Whether a chain goes through code from elsewhere that was handed rows: `head(posts).author`. */
export function mayHoldRows(flow: OrmFlow, file: SourceFile, expression: Node, depth = 0): boolean {
  const node = unwrapped(expression);
  if (depth > deepest) return false;
  const within = (inner: Node) => mayHoldRows(flow, file, inner, depth + 1);
  switch (node.type) {
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      return within(node.object);
    case 'AwaitExpression':
      return within(node.argument);
    case 'CallExpression':
    case 'OptionalCallExpression': {
      const isForeign = flow.value(file, node.callee)?.kind === 'foreign';
      return (isForeign && isGivenRows(flow, file, node)) || within(node.callee);
    }
    case 'NewExpression':
      return flow.value(file, node)?.kind !== 'instance' && isGivenRows(flow, file, node);
    case 'Identifier': {
      const declaration = file.scopes.bindingOf(node)?.declaration;
      return declaration?.type === 'VariableDeclarator' && declaration.init
        ? within(declaration.init)
        : false;
    }
    default:
      return false;
  }
}

/** `Promise.all([…])`, `p.then(f)`, `rows.map(f)`: what comes out follows from what goes in. */
function settled(
  flow: OrmFlow,
  file: SourceFile,
  callee: Node & { type: 'MemberExpression' | 'OptionalMemberExpression' },
  method: string | undefined,
  node: Call,
): OrmValue | undefined {
  const [first] = node.arguments;
  if (callee.object.type === 'Identifier' && file.scopes.isGlobal(callee.object)) {
    if (callee.object.name === 'Promise' && method === 'all') return first && flow.value(file, first);
    if (callee.object.name === 'Promise' && method === 'resolve') return first && flow.value(file, first);
    if (callee.object.name === 'Array' && method === 'from' && node.arguments.length === 1) {
      const of = first && elementOf(flow.value(file, first));
      return of && { kind: 'list', of };
    }
  }
  const isCallback = first !== undefined && isFunction(first);
  if (method === 'catch' || method === 'finally') return flow.value(file, callee.object);
  if (method === 'then' && isCallback) return flow.result(file, first);
  if (method === 'map' && isCallback) {
    const of = flow.result(file, first);
    return of && { kind: 'list', of };
  }
  return undefined;
}

/** What `new` gives. */
export function constructed(
  flow: OrmFlow,
  file: SourceFile,
  node: Node & { type: 'NewExpression' },
): OrmValue | undefined {
  const target = flow.value(file, node.callee);
  if (target?.kind === 'model') return { kind: 'instance', model: target.model };
  if (target?.kind === 'foreign' && node.callee.type === 'Identifier') {
    if (looksLikeModel(file, target.value.module, node.callee))
      return { kind: 'instance', model: { name: node.callee.name, definition: undefined } };
  }
  if (isGivenRows(flow, file, node)) return undefined;
  return flow.foreign(flow.evaluator.evaluate(file, node));
}
