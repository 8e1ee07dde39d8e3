import type { Node } from '@babel/types';
import {
  type ClassNode,
  type ClassValue,
  type Evaluator,
  type FunctionNode,
  keyName,
  type SourceFile,
  span,
  unwrapped,
} from '../analyzer/sources/index.ts';
import { type AsyncBody, asyncBody } from './asyncify.ts';
import { blockingCall } from './blocking-calls.ts';
import { excerpt } from './excerpt.ts';
import { type FormMatch, leave } from './forms/form.ts';
import { lineage } from './implicit-calls.ts';
import { stateRefusal } from './shared-state.ts';
import { declaredName, homeOf, siblingNamed, type Target } from './twin-homes.ts';

type Refusal = FormMatch & { readonly kind: 'leave' };

/** How a sync project function gets its async counterpart. */
export type TwinPlan =
  /** It stands beside it already. */
  | { readonly kind: 'existing'; readonly name: string; readonly target: Target }
  /** It is written beside it. */
  | { readonly kind: 'written'; readonly name: string; readonly target: Target; readonly body: AsyncBody };

const plans = new WeakMap<FunctionNode, TwinPlan | Refusal>();

/** Plans the async twin of a project function, and of every project function it calls that queries. */
export function twinPlan(evaluator: Evaluator, target: Target): TwinPlan | Refusal {
  const known = plans.get(target.node);
  if (known !== undefined) return known;
  const name = declaredName(target);
  if (name === undefined)
    return leave('MA122', 'the function that queries has no name of its own to give a twin');
  const twin = twinName(name);
  if (reservedWords.has(twin))
    return leave('MA122', `«${twin}» is a word of the language, not a name for a twin`);
  // Set first: a function may call itself, and its twin then calls the twin.
  plans.set(target.node, { kind: 'written', name: twin, target, body: emptyBody });
  const plan = planned(evaluator, target, name, twin);
  plans.set(target.node, plan);
  return plan;
}

/** `load` to `aload`, `#load` to `#aload`. */
function twinName(name: string): string {
  return name.startsWith('#') ? `#a${name.slice(1)}` : `a${name}`;
}

/** What `sync` and `wait` would become. */
const reservedWords: ReadonlySet<string> = new Set(['async', 'await']);

const emptyBody: AsyncBody = { kind: 'async', steps: [], functions: [] };

function planned(evaluator: Evaluator, target: Target, name: string, twin: string): TwinPlan | Refusal {
  const sibling = siblingNamed(target, twin);
  if (sibling === 'function') return { kind: 'existing', name: twin, target };
  if (sibling === 'other') return leave('MA122', `«${twin}» means something else beside «${name}»`);
  const blocking = blockingCall(evaluator, target.file, target.node);
  if (blocking !== undefined)
    return leave('MA119', `«${name}» also calls «${blocking}», which would block the event loop`);
  return shapeRefusal(evaluator, target, name) ?? bodyPlan(evaluator, target, twin);
}

function bodyPlan(evaluator: Evaluator, target: Target, twin: string): TwinPlan | Refusal {
  const body = asyncBody(evaluator, target.file, target.node);
  if (body.kind === 'leave') return body;
  const shared = stateRefusal({ evaluator, file: target.file, root: target.node, owner: 'none' }, body);
  if (shared !== undefined) return shared;
  const own = body.steps.find((step) => step.kind === 'twin' && isDeclaredInside(target, step.node.callee));
  return own === undefined
    ? { kind: 'written', name: twin, target, body }
    : leave('MA122', `«${excerpt(target.file.textOf(own.node))}» is loaded inside the function itself`);
}

/** Whether a name is declared in the function: the copy of a pattern would have to name the twin as well. */
function isDeclaredInside({ file, node }: Target, callee: Node): boolean {
  const name = unwrapped(callee);
  const binding = name.type === 'Identifier' ? file.scopes.bindingOf(name) : undefined;
  if (binding === undefined) return false;
  const { start } = span(binding.declaration);
  return binding.declaration !== node && start >= span(node.body).start && start < span(node.body).end;
}

function shapeRefusal(evaluator: Evaluator, target: Target, name: string): Refusal | undefined {
  const { file, node } = target;
  if (!evaluator.sources.isListed(file.path))
    return leave('MA122', `«${name}» is not part of what is rewritten`);
  if (node.generator) return leave('MA112', `«${name}» is a generator`);
  if (
    node.returnType?.type === 'TSTypeAnnotation' &&
    node.returnType.typeAnnotation.type === 'TSTypePredicate'
  )
    return leave('MA122', `«${name}» narrows a type by what it returns`);
  if (isOverloaded(target, name)) return leave('MA122', `«${name}» is overloaded`);
  const method = methodRefusal(evaluator, target, name);
  if (method !== undefined) return method;
  return homeOf(target) === undefined
    ? leave('MA122', `a twin of «${name}» has nowhere to stand`)
    : undefined;
}

function isOverloaded({ file, node }: Target, name: string): boolean {
  const siblings = siblingsOf(file, node);
  return siblings.some((each) => {
    const inner = each.type === 'ExportNamedDeclaration' ? each.declaration : each;
    if (inner?.type === 'TSDeclareFunction') return inner.id?.name === name;
    return inner?.type === 'TSDeclareMethod' && keyName(inner) === name;
  });
}

function siblingsOf(file: SourceFile, node: FunctionNode): readonly Node[] {
  const parent = file.parentOf(node);
  if (parent?.type === 'ClassBody') return parent.body;
  return file.ast.program.body;
}

/** A method that a subclass overrides would need a twin there too. */
function methodRefusal(evaluator: Evaluator, { file, node }: Target, name: string): Refusal | undefined {
  if (node.type !== 'ClassMethod' && node.type !== 'ClassPrivateMethod') return undefined;
  if (node.kind !== 'method' || (node.type === 'ClassMethod' && node.computed))
    return leave('MA122', `«${name}» is not a plain method`);
  if (node.type === 'ClassMethod' && node.override === true)
    return leave('MA122', `«${name}» overrides a method whose class would need the twin too`);
  if ((node.decorators ?? []).length > 0) return leave('MA122', `«${name}» is decorated`);
  const around = file.classAround(node);
  if (around === undefined) return undefined;
  const below = subclassesOf(evaluator, file, around);
  if (below.some((subclass) => declares(subclass, name)))
    return leave('MA122', `a subclass overrides «${name}»`);
  const twin = twinName(name);
  const own: ClassValue = { kind: 'class', file, node: around, environment: new Map() };
  const related = [
    ...below,
    ...lineage(evaluator, own)
      .slice(1)
      .map((above) => above.node),
  ];
  return related.some((other) => declares(other, twin))
    ? leave(
        'MA122',
        `«${twin}» means something else in a class that inherits from this one, or that it inherits from`,
      )
    : undefined;
}

function declares({ body }: ClassNode, name: string): boolean {
  return body.body.some((member) => 'key' in member && keyName(member as never) === name);
}

function subclassesOf(evaluator: Evaluator, file: SourceFile, around: ClassNode): readonly ClassNode[] {
  return evaluator.referencesTo(file, around).flatMap((place) => {
    const parent = place.file.parentOf(place.node);
    const extendsIt =
      (parent?.type === 'ClassDeclaration' || parent?.type === 'ClassExpression') &&
      parent.superClass === place.node;
    return extendsIt ? [parent] : [];
  });
}
