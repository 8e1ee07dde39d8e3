import type { Node } from '@babel/types';
import {
  callsOf,
  type Evaluator,
  type FunctionNode,
  isTestFile,
  memberName,
  noEnvironment,
  type SourceFile,
  unwrapped,
} from '../../sources/index.ts';
import type { MemberCall } from './receivers.ts';

/** A call on something that a function is handed by code which cannot be found, such as a host that loads plugins. */
export interface HandedCall extends MemberCall {
  readonly name: string;
  /** The parameter that the receiver is, or is read from. */
  readonly parameter: Node;
  /** The name of the receiver as it is written. */
  readonly receiver: string;
}

/**
 * Registrations on parameters that nothing is known of, told by what they are given: a path, and last a function that
 * takes a request and a response.
 */
export function* handedCalls(
  evaluator: Evaluator,
  files: readonly string[],
  names: ReadonlySet<string>,
): Generator<HandedCall> {
  for (const path of files) {
    const file = isTestFile(path) ? undefined : evaluator.sources.file(path);
    if (file === undefined) continue;
    for (const [name, calls] of callsOf(file).byMember) {
      if (!names.has(name)) continue;
      for (const call of calls) {
        const callee = unwrapped(call.callee);
        if (callee.type !== 'MemberExpression' || callee.computed) continue;
        const { object, property: token } = callee;
        const receiver = nameOf(object);
        const parameter = receiver === undefined ? undefined : parameterOf(file, object);
        const last = call.arguments.at(-1);
        if (receiver === undefined || parameter === undefined || last === undefined) continue;
        if (call.arguments.length < 2 || !isPath(call.arguments[0])) continue;
        if (evaluator.evaluate(file, object).length > 0 || evaluator.references.isTested(file, call))
          continue;
        if (!answersRequests(evaluator, file, last)) continue;
        yield { file, call, name, token, object, environment: noEnvironment, parameter, receiver };
      }
    }
  }
}

function nameOf(object: Node): string | undefined {
  const bare = unwrapped(object);
  return bare.type === 'Identifier' ? bare.name : memberName(bare);
}

/** The parameter at the root of a receiver, through names that are declared for its members. */
function parameterOf(file: SourceFile, object: Node, depth = 0): Node | undefined {
  let root = unwrapped(object);
  while (root.type === 'MemberExpression') root = unwrapped(root.object);
  const binding = root.type === 'Identifier' ? file.scopes.bindingOf(root) : undefined;
  if (binding === undefined || depth > 3) return undefined;
  if (binding.kind === 'parameter') return binding.identifier;
  const { declaration } = binding;
  if (declaration.type !== 'VariableDeclarator' || !declaration.init) return undefined;
  const init = unwrapped(declaration.init);
  return init.type === 'MemberExpression' || init.type === 'Identifier'
    ? parameterOf(file, init, depth + 1)
    : undefined;
}

function isPath(node: Node | undefined): boolean {
  if (node?.type === 'StringLiteral') return /^[/*]/.test(node.value);
  if (node?.type === 'TemplateLiteral') return node.quasis.some(({ value }) => value.raw.startsWith('/'));
  if (node?.type === 'ArrayExpression') return node.elements.some((element) => element && isPath(element));
  if (node?.type === 'BinaryExpression') return isPath(node.left);
  return node?.type === 'RegExpLiteral';
}

function answersRequests(evaluator: Evaluator, file: SourceFile, last: Node): boolean {
  return evaluator
    .evaluate(file, last)
    .some((value) => value.kind === 'function' && takesRequest(value.node));
}

function takesRequest({ params }: FunctionNode): boolean {
  const [request, response] = params;
  return (
    request?.type === 'Identifier' &&
    response?.type === 'Identifier' &&
    /^_*(?:req|request)?$/.test(request.name) &&
    /^_*(?:res|response)$/.test(response.name)
  );
}
