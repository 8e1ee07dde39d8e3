import type { Node } from '@babel/types';
import { comparisonHolds, numberOf } from './arithmetic.ts';
import { identifierValues } from './bindings.ts';
import { calledValues } from './called-values.ts';
import { superMember, thisValues } from './classes.ts';
import type { CallSite, Evaluator } from './evaluator.ts';
import { exportsOf } from './exports.ts';
import { anyMember } from './members.ts';
import { directoryOf } from './node-paths.ts';
import type { SourceFile } from './source-file.ts';
import { isFunction, memberName, unwrapped } from './tree.ts';
import {
  type CallPlace,
  constantText,
  type Environment,
  extendApi,
  noEnvironment,
  type Value,
} from './values.ts';

const none: readonly Value[] = [];

/** What an expression stands for, by its form. */
export function expressionValues(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node,
  environment: Environment,
): readonly Value[] {
  const inner = (part: Node) => evaluator.evaluate(file, part, environment);
  switch (node.type) {
    case 'Identifier':
      if (node.name === '__dirname' && file.scopes.isGlobal(node)) return directoryOf(evaluator, file);
      return identifierValues(evaluator, file, node, environment);
    case 'ThisExpression':
      return thisValues(file, node, environment);
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      return memberExpression(evaluator, file, node, environment);
    case 'CallExpression':
    case 'OptionalCallExpression':
      return calledValues(evaluator, file, node, environment);
    case 'NewExpression':
      return inner(node.callee).flatMap((value) => constructed(value, { file, node, environment }));
    case 'ConditionalExpression': {
      const holds = comparisonHolds(evaluator, file, unwrapped(node.test), environment);
      if (holds !== undefined) return inner(holds ? node.consequent : node.alternate);
      return [...inner(node.consequent), ...inner(node.alternate)];
    }
    case 'LogicalExpression': {
      const left = inner(node.left);
      // In one run of the code, what is given leaves no room for the default.
      const isGiven = node.operator === '??' && environment !== noEnvironment && left.every(isPresent);
      return isGiven && left.length > 0 ? left : [...left, ...inner(node.right)];
    }
    case 'SequenceExpression': {
      const last = node.expressions.at(-1);
      return last ? inner(last) : none;
    }
    case 'AssignmentExpression':
      return inner(node.right);
    case 'AwaitExpression':
      return inner(node.argument);
    case 'ObjectExpression':
      return [{ kind: 'object', file, node, environment }];
    case 'ArrayExpression':
      return [{ kind: 'array', file, node, environment }];
    case 'StringLiteral':
    case 'NumericLiteral':
    case 'BooleanLiteral':
      return [{ kind: 'constant', value: node.value }];
    case 'NullLiteral':
      return [{ kind: 'constant', value: null }];
    case 'RegExpLiteral':
      return regularExpression(node.pattern, node.flags);
    case 'TemplateLiteral':
      return template(evaluator, file, node, environment);
    case 'BinaryExpression': {
      const number = numberOf(evaluator, file, node, environment);
      if (number !== undefined) return [{ kind: 'constant', value: number }];
      return concatenation(evaluator, file, node, environment);
    }
    case 'ClassDeclaration':
    case 'ClassExpression':
      return [{ kind: 'class', file, node, environment }];
  }
  if (isFunction(node)) return [{ kind: 'function', file, node, environment }];
  const bare = unwrapped(node);
  return bare === node ? none : inner(bare);
}

/** What calling a value gives; the arguments of `site` stand for the parameters. */
export function returnedValues(
  evaluator: Evaluator,
  value: Value,
  site: CallSite,
  environment: Environment,
): readonly Value[] {
  if (value.kind === 'api') {
    return [extendApi(value, { kind: 'call' }, { file: site.file, node: site.call, environment })];
  }
  if (value.kind !== 'function') return none;
  const inner = evaluator.environmentOf(value, site, environment);
  return evaluator
    .returnExpressions(value.node)
    .flatMap((node) => evaluator.evaluate(value.file, node, inner));
}

function isPresent(value: Value): boolean {
  return value.kind === 'constant' ? value.value !== null : value.kind !== 'api';
}

function constructed(value: Value, created: CallPlace): readonly Value[] {
  if (value.kind === 'api') return [extendApi(value, { kind: 'new' }, created)];
  return value.kind === 'class' ? [{ kind: 'instance', of: value, created }] : none;
}

function memberExpression(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node & { type: 'MemberExpression' | 'OptionalMemberExpression' },
  environment: Environment,
): readonly Value[] {
  if (node.object.type === 'Super') return superMember(evaluator, file, node, environment);
  if (node.object.type === 'MetaProperty' && memberName(node) === 'dirname')
    return directoryOf(evaluator, file);
  const objects = evaluator.evaluate(file, node.object, environment);
  const name = memberName(node) ?? constantText(evaluator.evaluate(file, node.property, environment));
  if (name === undefined) return objects.flatMap((value) => anyMember(evaluator, value));
  if (node.object.type === 'Identifier' && node.object.name === 'module' && name === 'exports') {
    if (file.scopes.isGlobal(node.object)) return moduleExports(evaluator, file);
  }
  return objects.flatMap((value) => evaluator.member(value, name));
}

function moduleExports(evaluator: Evaluator, file: SourceFile): readonly Value[] {
  const { whole } = exportsOf(file);
  return whole === undefined ? [{ kind: 'module', file }] : evaluator.evaluate(file, whole);
}

function template(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node & { type: 'TemplateLiteral' },
  environment: Environment,
): readonly Value[] {
  let text = node.quasis[0]?.value.cooked ?? '';
  for (let index = 0; index < node.expressions.length; index++) {
    const expression = node.expressions[index];
    const part = expression ? constantText(evaluator.evaluate(file, expression, environment)) : undefined;
    if (part === undefined) return none;
    text += part + (node.quasis[index + 1]?.value.cooked ?? '');
  }
  return [{ kind: 'constant', value: text }];
}

/** A sum of strings; written as a loop because generated sums are thousands of terms deep. */
function concatenation(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node & { type: 'BinaryExpression' },
  environment: Environment,
): readonly Value[] {
  let text = '';
  let term: Node = node;
  while (term.type === 'BinaryExpression') {
    if (term.operator !== '+') return none;
    const right = constantText(evaluator.evaluate(file, term.right, environment));
    if (right === undefined) return none;
    text = right + text;
    term = unwrapped(term.left);
  }
  const left = constantText(evaluator.evaluate(file, term, environment));
  return left === undefined ? none : [{ kind: 'constant', value: left + text }];
}

function regularExpression(pattern: string, flags: string): readonly Value[] {
  try {
    return [{ kind: 'constant', value: new RegExp(pattern, flags) }];
  } catch {
    return none;
  }
}
