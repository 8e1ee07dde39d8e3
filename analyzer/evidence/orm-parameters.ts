import type { Node } from '@babel/types';
import { type FunctionNode, isFunction, memberName, type SourceFile, unwrapped } from '../sources/index.ts';
import type { OrmFlow } from './orm-flow.ts';
import { contains, patternPart } from './orm-patterns.ts';
import { valueOfType } from './orm-types.ts';
import { elementOf, joined, type OrmValue } from './orm-values.ts';

/** What `part`, a name or a pattern in a parameter, stands for. */
export function parameter(
  flow: OrmFlow,
  file: SourceFile,
  node: FunctionNode,
  part: Node,
): OrmValue | undefined {
  const index = node.params.findIndex((parameter) => contains(parameter, part));
  const parameter = node.params[index];
  if (parameter === undefined) return undefined;
  const pattern = parameter.type === 'TSParameterProperty' ? parameter.parameter : parameter;
  const target = pattern.type === 'AssignmentPattern' ? pattern.left : pattern;
  const annotation = 'typeAnnotation' in target ? target.typeAnnotation : undefined;
  const typed =
    annotation?.type === 'TSTypeAnnotation'
      ? valueOfType(flow.evaluator, file, annotation.typeAnnotation)
      : undefined;
  return patternPart(flow, file, target, part, typed ?? received(flow, file, node, index));
}

/** What a parameter is given: elements when the function is a callback of a list, else the arguments of all calls. */
function received(flow: OrmFlow, file: SourceFile, node: FunctionNode, index: number): OrmValue | undefined {
  const callback = callbackArgument(flow, file, node, index);
  if (callback !== undefined) return callback;
  const sites = flow.evaluator.callSites(file, node);
  const crossings = crossingsOf(flow, file, node).map((call) => ({ file, call }));
  const all = [...sites, ...crossings];
  if (all.length === 0) return undefined;
  return joined(
    all.map(({ file: caller, call }) => {
      const argument = call.arguments[index];
      return argument && argument.type !== 'SpreadElement' ? flow.value(caller, argument) : undefined;
    }),
  );
}

function callbackArgument(
  flow: OrmFlow,
  file: SourceFile,
  node: FunctionNode,
  index: number,
): OrmValue | undefined {
  const call = file.parentOf(node);
  if (call?.type !== 'CallExpression' && call?.type !== 'OptionalCallExpression') return undefined;
  const callee = unwrapped(call.callee);
  if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return undefined;
  const name = memberName(callee) ?? '';
  // `Object.groupBy(posts, (post) => …)`, and `_.sortBy` and its like.
  const [first] = call.arguments;
  if (call.arguments[1] === node && index === 0 && first && !isFunction(first))
    return name === 'reduce' ? undefined : elementOf(flow.value(file, first));
  if (first !== node) return undefined;
  if (name === 'then' && index === 0) return flow.value(file, callee.object);
  const object = flow.value(file, callee.object);
  if (object?.kind === 'map') return name === 'forEach' && index === 0 ? object.of : undefined;
  const element = () => elementOf(object);
  if (/^(?:reduce|reduceRight)$/.test(name)) return index === 1 ? element() : undefined;
  if (/^(?:sort|toSorted)$/.test(name)) return index < 2 ? element() : undefined;
  const iterates = /^(?:forEach|map|flatMap|filter|some|every|find|findIndex|findLast)$/.test(name);
  return iterates && index === 0 ? element() : undefined;
}

/** What the calls of its function give a parameter. */
export function givenTo(flow: OrmFlow, file: SourceFile, node: Node): readonly (OrmValue | undefined)[] {
  const binding = node.type === 'Identifier' ? file.scopes.bindingOf(node) : undefined;
  const { declaration } = binding ?? {};
  if (binding?.kind !== 'parameter' || declaration === undefined || !isFunction(declaration)) return [];
  const index = declaration.params.indexOf(binding.identifier);
  return flow.evaluator.callSites(file, declaration).map(({ file: caller, call }) => {
    const argument = call.arguments[index];
    return argument && argument.type !== 'SpreadElement' ? flow.value(caller, argument) : undefined;
  });
}

type Call = Node & { type: 'CallExpression' | 'OptionalCallExpression' };

/** Calls of what the wrapper made of a closure: on the spot, or of the constant it is kept under and only called by. */
function crossingsOf(flow: OrmFlow, file: SourceFile, node: FunctionNode): readonly Call[] {
  const wrap = outerParent(file, node);
  if (!isCall(wrap) || unwrapped(wrap.arguments[0] ?? wrap) !== node) return [];
  if (flow.wrappers.of(file, wrap.callee) === undefined) return [];
  const user = outerParent(file, wrap);
  if (isCall(user)) return unwrapped(user.callee) === wrap ? [user] : [];
  if (user?.type !== 'VariableDeclarator' || user.id.type !== 'Identifier') return [];
  const binding = file.scopes.bindingOf(user.id);
  const calls = (binding?.references ?? []).map((reference) => {
    const call = file.parentOf(reference);
    return isCall(call) && call.callee === reference ? call : undefined;
  });
  const isOnlyCalled = binding?.assignments.length === 0 && calls.every((call) => call !== undefined);
  return isOnlyCalled && !isExported(file, user) ? calls.filter((call) => call !== undefined) : [];
}

/** What stands round an expression, casts and parentheses aside. */
function outerParent(file: SourceFile, node: Node): Node | undefined {
  let parent = file.parentOf(node);
  while (parent !== undefined && parent !== node && unwrapped(parent) === node)
    parent = file.parentOf(parent);
  return parent;
}

function isCall(node: Node | undefined): node is Call {
  return node?.type === 'CallExpression' || node?.type === 'OptionalCallExpression';
}

function isExported(file: SourceFile, declarator: Node): boolean {
  const declaration = file.parentOf(declarator);
  return declaration !== undefined && file.parentOf(declaration)?.type === 'ExportNamedDeclaration';
}
