import type { Node } from '@babel/types';
import {
  type Call as CallNode,
  constantText,
  exportsOf,
  type FunctionValue,
  isFunction,
  keyName,
  memberName,
  type SourceFile,
  unwrapped,
} from '../sources/index.ts';
import type { Bridge } from './bridge.ts';
import { originOf } from './bridge-origins.ts';
import { cacheCall } from './cache.ts';
import { enter, enterAlternatives, functionBody } from './enter.ts';
import { walkExpression } from './expressions.ts';
import { ioCall } from './io.ts';
import { lateCall } from './late.ts';
import { referencedOperation } from './orm-access.ts';
import { isNothing, nothing, type Step, sequence } from './step.ts';
import { evaluated, place, promised, settled, type Walk, type Walked } from './walk.ts';

/** One passage through a bridge: what is evaluated before it, then what crosses. */
export function crossing(walk: Walk, bridge: Bridge, node: CallNode): Walked {
  const before: Step[] = [];
  const { argument } = bridge;
  const handed = argument && unwrapped(argument);
  const home: Walk = bridge.file === walk.file ? walk : { ...walk, file: bridge.file };
  // `syncToAsync(account.plan.save)` reads the plan before it crosses.
  if (bridge.wrap === unwrapped(node.callee) && handed?.type === 'MemberExpression') {
    before.push(settled(walkExpression(home, handed.object)));
  }
  for (const given of node.arguments) {
    if (!isFunction(unwrapped(given))) before.push(settled(walkExpression(walk, given)));
  }
  const inside: Walk = { ...walk, inBridge: true };
  const body = crossed(inside, bridge, node);
  const lane = ownLane(bridge, home) ? 'own' : 'shared';
  return promised(sequence(before), { kind: 'bridge', bridge, location: place(walk, node), lane, body });
}

/** What runs on the other side. */
function crossed(walk: Walk, bridge: Bridge, node: CallNode): Step {
  const { file, closure, target, operations, argument } = bridge;
  const visible = file === walk.file ? walk.environment : new Map();
  if (closure !== undefined)
    return inlined(walk, { kind: 'function', file, node: closure, environment: visible }, node);
  const home: Walk = { ...walk, file };
  const values = argument === undefined ? [] : evaluated(home, unwrapped(argument));
  const own = argument && cacheCall(home, argument, values);
  if (own !== undefined) return settled(own);
  if (target !== undefined) return called(walk, target, node);
  if (operations.length > 0) return sequence(operations.map(referencedOperation));
  if (argument === undefined) return nothing;
  const io = ioCall(home, argument, values) ?? lateCall(home, argument, node.arguments);
  if (io !== undefined) return settled(io);
  const entered = enterAlternatives(walk, node, values);
  return entered === undefined ? nothing : settled(entered);
}

function called(walk: Walk, target: FunctionValue, node: CallNode): Step {
  return settled(enter(walk, target, node, { provenance: 'direct', confidence: 0.95 }));
}

/** A closure crosses as it stands: its body is read in place. */
function inlined(walk: Walk, value: FunctionValue, node: CallNode): Step {
  const { evaluator } = walk.project;
  const environment = evaluator.environmentOf(value, { file: walk.file, call: node }, walk.environment);
  const inside: Walk = { ...walk, file: value.file, environment, stack: [...walk.stack, value.node] };
  const body = walk.stack.includes(value.node) ? nothing : functionBody(inside, value.node);
  return isNothing(body) ? nothing : body;
}

/** `{ threadSensitive: false }`: the crossing runs on any lane, beside others. */
function ownLane({ options, file }: Bridge, walk: Walk): boolean {
  const node = options && unwrapped(options);
  if (node?.type !== 'ObjectExpression') return false;
  return node.properties.some((property) => {
    if (property.type !== 'ObjectProperty' || keyName(property) !== 'threadSensitive') return false;
    const [only] = walk.project.evaluator.evaluate(file, property.value);
    return only?.kind === 'constant' && only.value === false;
  });
}

/** The bridge kept under the name that a call goes by: `const getPost = syncToAsync(Post.objects.get)`. */
export function keptBridge(walk: Walk, callee: Node): Bridge | undefined {
  const source = definition(walk, walk.file, unwrapped(callee));
  return source && walk.project.bridges.madeBy(source.file, source.node);
}

interface Source {
  readonly file: SourceFile;
  readonly node: Node;
}

/** Names a value may be passed on by before it is taken for a cycle. */
const longestTrail = 12;

/** The expression a name, an imported name or a member of an object literal or class is defined by. */
function definition(walk: Walk, file: SourceFile, given: Node, trail = 0): Source | undefined {
  const node = unwrapped(given);
  if (trail > longestTrail) return undefined;
  const follow = (from: SourceFile, to: Node) => definition(walk, from, to, trail + 1);
  if (node.type === 'Identifier') {
    const declaration = file.scopes.bindingOf(node)?.declaration;
    if (declaration === undefined) return undefined;
    if (declaration.type === 'VariableDeclarator') {
      return declaration.init && declaration.id.type === 'Identifier'
        ? follow(file, declaration.init)
        : undefined;
    }
    const origin = importOrigin(walk, file, declaration);
    return origin && follow(origin.file, origin.node);
  }
  if (node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression') {
    const member = memberDefinition(walk, file, node);
    return member && follow(member.file, member.node);
  }
  return { file, node };
}

function importOrigin(walk: Walk, file: SourceFile, declaration: Node): Source | undefined {
  const statement = file.parentOf(declaration);
  if (statement?.type !== 'ImportDeclaration') return undefined;
  const name =
    declaration.type === 'ImportDefaultSpecifier'
      ? 'default'
      : declaration.type === 'ImportSpecifier'
        ? declaration.imported.type === 'Identifier'
          ? declaration.imported.name
          : declaration.imported.value
        : undefined;
  if (name === undefined) return undefined;
  const origin = originOf(walk.project.evaluator, file, statement.source.value, name);
  return origin?.kind === 'local' ? origin : undefined;
}

function memberDefinition(
  walk: Walk,
  file: SourceFile,
  node: Node & { type: 'MemberExpression' | 'OptionalMemberExpression' },
): Source | undefined {
  const { evaluator } = walk.project;
  const name = memberName(node) ?? constantText(evaluator.evaluate(file, node.property));
  for (const value of evaluator.evaluate(file, node.object, walk.environment)) {
    if (value.kind === 'module' && name !== undefined) {
      const exported = exportsOf(value.file).names.get(name);
      if (exported?.kind === 'local') return { file: value.file, node: exported.node };
    }
    if (value.kind === 'object') {
      const property = value.node.properties.find(
        (each) => each.type === 'ObjectProperty' && keyName(each) === name,
      );
      if (property?.type === 'ObjectProperty') return { file: value.file, node: property.value };
    }
    const owner = value.kind === 'class' ? value : value.kind === 'instance' ? value.of : undefined;
    for (const member of owner?.node.body.body ?? []) {
      if (member.type === 'ClassProperty' && keyName(member) === name && member.value && owner) {
        return { file: owner.file, node: member.value };
      }
    }
  }
  return undefined;
}
