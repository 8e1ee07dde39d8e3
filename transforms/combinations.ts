import type { Node } from '@babel/types';
import type { Bridge } from '../analyzer/evidence/bridge.ts';
import {
  contains,
  type Evaluator,
  type FunctionNode,
  isFunction,
  isTestFile,
  memberName,
  type SourceFile,
  unwrapped,
  walk,
} from '../analyzer/sources/index.ts';
import { outermost } from './expressions.ts';
import { overlapsAround } from './overlaps.ts';

/** What starts promises together: a `Promise.all` or the like that they go into, `map`, a promise that is kept. */
export interface Combination {
  readonly file: SourceFile;
  readonly call: Node & { type: 'CallExpression' };
  /** The element or argument by which the promise goes in: what goes in by the same one may well run in order. */
  readonly entry: Node;
  /** Whether the promise is made several times over for it. */
  readonly repeated: boolean;
}

interface Start {
  readonly evaluator: Evaluator;
  readonly file: SourceFile;
  readonly node: Node;
  /** Whether the node is a promise, and not yet the function that makes one. */
  readonly isStarted: boolean;
  /** Calls of the functions round the bridge that were followed to get here. */
  readonly depth: number;
}

/** How many functions round a bridge are followed to where they are called. */
const deepest = 2;

/**
 * The combinations that the bridge's promise goes into: right there, by way of a name, or by way of the async
 * functions round it.
 */
export function combinationsAround(evaluator: Evaluator, bridge: Bridge): readonly Combination[] {
  const { file } = bridge;
  const start = outermost(file, bridge.application ?? bridge.wrap);
  const kept = keptUnder(file, start);
  const isStarted = bridge.application !== undefined;
  const found = [
    ...overlapsAround(file, start),
    ...above({ evaluator, file, node: start, isStarted, depth: 0 }),
    ...(kept.push && kept.repeated ? [{ file, call: kept.push, entry: start, repeated: true }] : []),
    ...kept.references
      .flatMap((node) =>
        above({ evaluator, file, node, isStarted: isStarted || isCallee(file, node), depth: 0 }),
      )
      .map((each) => ({ ...each, repeated: each.repeated || kept.repeated })),
  ];
  // What goes into the same one twice runs twice beside itself.
  return found.map((each) => ({
    ...each,
    repeated:
      each.repeated ||
      new Set(found.filter(({ call }) => call === each.call).map(({ entry }) => entry)).size > 1,
  }));
}

/** Combinations that what a named function gives goes into, wherever it is called or handed on. */
function whereUsed(
  evaluator: Evaluator,
  file: SourceFile,
  node: FunctionNode,
  depth: number,
): readonly Combination[] {
  if (depth >= deepest) return [];
  if (node.type === 'ClassMethod' || node.type === 'ClassPrivateMethod' || node.type === 'ObjectMethod')
    return evaluator
      .callSites(file, node)
      .filter((site) => !isTestFile(site.file.path) && !contains(node, site.call))
      .flatMap((site) =>
        above({
          evaluator,
          file: site.file,
          node: outermost(site.file, site.call),
          isStarted: true,
          depth: depth + 1,
        }),
      );
  return evaluator
    .referencesTo(file, node)
    .filter((place) => !isTestFile(place.file.path) && !contains(node, place.node))
    .flatMap((place) => {
      const callee = outermost(place.file, place.node);
      const parent = place.file.parentOf(callee);
      const isCall = parent?.type === 'CallExpression' && parent.callee === callee;
      return above({
        evaluator,
        file: place.file,
        node: isCall ? outermost(place.file, parent) : callee,
        isStarted: isCall,
        depth: depth + 1,
      });
    });
}

interface Kept {
  readonly references: readonly Node[];
  readonly repeated: boolean;
  /** The call that puts the promise into a list. */
  readonly push?: Combination['call'];
}

/** Uses of the name a promise is kept under, or of the array it is put into. */
function keptUnder(file: SourceFile, node: Node): Kept {
  const parent = file.parentOf(node);
  if (parent?.type === 'VariableDeclarator' && parent.init === node && parent.id.type === 'Identifier')
    return { references: file.scopes.bindingOf(parent.id)?.references ?? [], repeated: false };
  if (parent?.type === 'ClassProperty' || parent?.type === 'ClassPrivateProperty')
    return { references: parent.value === node ? usesOfField(file, parent) : [], repeated: false };
  if (parent?.type !== 'CallExpression' || !parent.arguments.includes(node as never))
    return { references: [], repeated: false };
  const callee = unwrapped(parent.callee);
  if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier')
    return { references: [], repeated: false };
  if (memberName(callee) !== 'push') return { references: [], repeated: false };
  const list = file.scopes.bindingOf(callee.object);
  return {
    references: list?.references ?? [],
    repeated: isInLoop(file, parent, list?.declaration),
    push: parent,
  };
}

/** `this.save` and `this.#save` in the class that has the field. */
function usesOfField(
  file: SourceFile,
  field: Node & { type: 'ClassProperty' | 'ClassPrivateProperty' },
): readonly Node[] {
  const name = file.textOf(field.key);
  const found: Node[] = [];
  const owner = file.parentOf(field);
  if (owner !== undefined)
    walk(owner, (node) => {
      if (node.type === 'MemberExpression' && file.textOf(node.property) === name) found.push(node);
      return true;
    });
  return found;
}

/** Whether a loop runs the node several times within one life of what `declaration` declares. */
function isInLoop(file: SourceFile, node: Node, declaration: Node | undefined): boolean {
  for (let outer = file.parentOf(node); outer !== undefined; outer = file.parentOf(outer)) {
    if (declaration !== undefined && contains(outer, declaration)) return false;
    if (/^(?:For|While|DoWhile)/.test(outer.type) || isFunction(outer)) return true;
  }
  return false;
}

function isCallee(file: SourceFile, node: Node): boolean {
  const parent = file.parentOf(node);
  return parent?.type === 'CallExpression' && parent.callee === node;
}

function above({ evaluator, file, node, isStarted, depth }: Start): readonly Combination[] {
  const found: Combination[] = [];
  let repeated = false;
  let entry = node;
  let inner = node;
  for (let outer = file.parentOf(inner); outer !== undefined; outer = file.parentOf(inner)) {
    const isHandedOn = outer.type === 'CallExpression' && outer.arguments.includes(inner as never);
    if (outer.type === 'CallExpression' && isHandedOn && isCombinator(file, outer.callee))
      found.push({ file, call: outer, entry, repeated });
    // An array of promises is the argument; one of its elements is how a promise gets in.
    entry = outer.type === 'ArrayExpression' ? inner : outer;
    if (outer.type === 'CallExpression' && isHandedOn && (isFunction(inner) || inner === node)) {
      if (/^(?:map|flatMap|from)$/.test(memberName(unwrapped(outer.callee)) ?? '')) {
        repeated = true;
        if (isStarted || inner === node) found.push({ file, call: outer, entry: node, repeated });
      }
    } else if (isFunction(inner) && !isCalled(file, inner))
      return [...found, ...whereUsed(evaluator, file, inner, depth)];
    // Statements end an expression, but a function in one may itself be handed on.
    inner = outer;
  }
  return found;
}

function isCalled(file: SourceFile, node: Node): boolean {
  const parent = file.parentOf(outermost(file, node));
  return parent?.type === 'CallExpression' && unwrapped(parent.callee) === node;
}

/** `Promise.all` and what else takes many promises. */
export function isCombinator(file: SourceFile, callee: Node): boolean {
  const node = unwrapped(callee);
  if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier') return false;
  if (node.object.name !== 'Promise' || !file.scopes.isGlobal(node.object)) return false;
  return /^(?:all|allSettled|race|any)$/.test(memberName(node) ?? '');
}
