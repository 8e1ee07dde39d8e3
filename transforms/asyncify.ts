import type { Node } from '@babel/types';
import { twins } from '@migrate-async/runtime/twins';
import type { OrmOperation } from '../analyzer/evidence/bridge.ts';
import {
  anyRelation,
  isPossibleRelation,
  relationRead,
  takenRelation,
} from '../analyzer/evidence/orm-relations.ts';
import {
  type Evaluator,
  type FunctionNode,
  isFunction,
  memberName,
  type SourceFile,
  unwrapped,
  walk,
} from '../analyzer/sources/index.ts';
import { blockingCall } from './blocking-calls.ts';
import { isCombinator } from './combinations.ts';
import { connectionStateRefusal } from './connection-state.ts';
import { excerpt } from './excerpt.ts';
import { outermost } from './expressions.ts';
import { type FormMatch, leave } from './forms/form.ts';
import { keptQuery } from './handed-queries.ts';
import { hiddenQuery } from './hidden-queries.ts';
import { type CallJudgement, judgeCall } from './judge-call.ts';
import { type Consumption, consumptionAt } from './query-consumption.ts';
import { type Taking, takingAt } from './taken-relations.ts';
import type { TwinPlan } from './twin-functions.ts';
import type { Target } from './twin-homes.ts';
import { reachableTwin } from './twin-reach.ts';

type Call = Node & { type: 'CallExpression' | 'OptionalCallExpression' };
type Refusal = FormMatch & { readonly kind: 'leave' };

/** One place inside a function that must wait once the function is async. */
export type AsyncStep =
  | { readonly kind: 'call'; readonly node: Call; readonly operation: OrmOperation }
  /** `for (const post of posts.iterator())`: rows that come one by one. */
  | {
      readonly kind: 'rows';
      readonly node: Call;
      readonly operation: OrmOperation;
      readonly loop: Node & { readonly type: 'ForOfStatement' };
    }
  /** `transaction.atomic(() => …)`: the block becomes async too. */
  | {
      readonly kind: 'block';
      readonly node: Call;
      readonly operation: OrmOperation;
      readonly block: FunctionNode;
    }
  /** A call of a project function that queries: its twin is called. */
  | { readonly kind: 'twin'; readonly node: Call; readonly plan: TwinPlan }
  | { readonly kind: 'relation'; readonly node: Node; readonly operation: OrmOperation }
  /** `const { author } = post`: the relation is awaited on its own. */
  | { readonly kind: 'taking'; readonly node: Node; readonly taking: Taking }
  | { readonly kind: 'consumption'; readonly node: Node; readonly consumption: Consumption };

export interface AsyncBody {
  readonly kind: 'async';
  readonly steps: readonly AsyncStep[];
  /** The functions that become async: the one asked for, and transaction blocks in it. */
  readonly functions: readonly FunctionNode[];
}

/**
 * Finds what must wait when a sync function becomes async, or why it cannot.
 * @param root the function, whose own parameters must not query
 */
export function asyncBody(evaluator: Evaluator, file: SourceFile, root: FunctionNode): AsyncBody | Refusal {
  const own = ownContext(file, root);
  if (own !== undefined)
    return leave('MA111', `the wrapped function uses \`${file.textOf(own)}\` of its own`);
  const finder = new StepFinder(evaluator, file, root);
  for (const parameter of root.params) finder.forbid(parameter, 'a default parameter');
  finder.visit(root.body);
  if (finder.refusal !== undefined) return finder.refusal;
  const blocking = finder.steps.length === 0 ? undefined : blockingCall(evaluator, file, root);
  if (blocking !== undefined) return leave('MA119', `«${blocking}» would block the event loop`);
  return { kind: 'async', steps: finder.steps, functions: finder.functions };
}

class StepFinder {
  readonly steps: AsyncStep[] = [];
  readonly functions: FunctionNode[];
  refusal: Refusal | undefined;
  /** Relations that are taken out of rows where they can be awaited. */
  private readonly takenApart = new Set<Node>();
  private readonly evaluator: Evaluator;
  private readonly file: SourceFile;
  private readonly root: FunctionNode;

  constructor(evaluator: Evaluator, file: SourceFile, root: FunctionNode) {
    this.evaluator = evaluator;
    this.file = file;
    this.root = root;
    this.functions = [root];
  }

  visit(node: Node): void {
    if (this.refusal !== undefined) return;
    if (isFunction(node)) this.forbid(node, 'a callback that runs synchronously');
    else if (node.type === 'ClassBody') this.forbid(node, 'a class');
    else if (node.type === 'CallExpression' || node.type === 'OptionalCallExpression') this.call(node);
    else this.other(node);
  }

  private other(node: Node): void {
    if (node.type === 'WithStatement')
      this.refuse('MA108', 'only run time knows what names mean inside `with`');
    this.hidden(node);
    const member = anyRelation(this.evaluator, this.file, node);
    if (member !== undefined)
      this.refuse(
        'MA108',
        `only run time knows which attribute «${this.text(node)}» is, and «${member}» would query`,
      );
    this.taking(node);
    if (isPossibleRelation(this.evaluator, this.file, node))
      this.refuse('MA104', `«${this.text(node)}» may be a relation: what it is read off is not always a row`);
    const kept = node.type === 'NewExpression' ? keptQuery(this.evaluator, this.file, node) : undefined;
    if (kept !== undefined)
      this.refuse('MA112', `«${this.text(kept)}» is handed to a constructor, and may be gone through later`);
    const relation = relationRead(this.evaluator, this.file, node);
    if (relation !== undefined) {
      if (node.type === 'OptionalMemberExpression') this.refuseOptional(node);
      this.steps.push({ kind: 'relation', node, operation: relation });
    }
    this.consumption(node);
    this.children(node);
  }

  private consumption(node: Node): void {
    const consumption = consumptionAt(this.evaluator, this.file, node);
    if (consumption === undefined) return;
    // `for await` goes through a list, too; a list has no `alist`.
    if (!consumption.isCertain && consumption.kind !== 'loop')
      this.refuse('MA112', `«${this.text(consumption.query)}» is not always a query set`);
    this.steps.push({ kind: 'consumption', node, consumption });
  }

  private taking(node: Node): void {
    const taking = takingAt(this.evaluator, this.file, node);
    if (taking !== undefined) {
      this.steps.push({ kind: 'taking', node, taking });
      for (const { operation } of taking.taken) this.takenApart.add(operation.node);
    }
    const taken = takenRelation(this.evaluator, this.file, node);
    if (taken !== undefined && !this.takenApart.has(node))
      this.refuse(
        'MA112',
        `«${taken.name}» is a relation that is taken out of a row by a pattern, where it cannot be awaited`,
      );
  }

  private hidden(node: Node): void {
    const hidden = hiddenQuery(this.evaluator, this.file, node);
    if (hidden !== undefined) this.refuse('MA112', hidden);
  }

  /** Anything that would have to wait here stands where `await` is not allowed. */
  forbid(node: Node, where: string): void {
    if (this.refusal !== undefined) return;
    const inner = new StepFinder(this.evaluator, this.file, this.root);
    if (isFunction(node)) {
      for (const parameter of node.params) inner.visit(parameter);
      inner.visit(node.body);
    } else inner.children(node);
    if (inner.refusal !== undefined) this.refusal = inner.refusal;
    const [step] = inner.steps;
    if (step !== undefined)
      this.refuse('MA112', `«${this.text(step.node)}» stands in ${where}, where nothing can be awaited`);
  }

  private call(node: Call): void {
    this.hidden(node);
    const judgement = judgeCall(this.evaluator, this.file, node);
    if (judgement.kind === 'leave') {
      this.refusal = judgement;
      return;
    }
    const block = judgement.kind === 'operation' ? blockOf(judgement, node) : undefined;
    if (judgement.kind === 'operation') this.operation(node, judgement.operation, block);
    if (judgement.kind === 'function') this.twin(node, judgement);
    if (judgement.kind === 'harmless') this.consumption(node);
    this.visit(node.callee);
    for (const argument of node.arguments) {
      if (block !== undefined && unwrapped(argument) === block) this.block(block);
      else this.visit(argument);
    }
  }

  private twin(node: Call, target: Target): void {
    const plan = reachableTwin(this.evaluator, this.file, node.callee, target);
    if (node.type === 'OptionalCallExpression') this.refuseOptional(node);
    if (plan.kind === 'leave') this.refusal ??= plan;
    else this.steps.push({ kind: 'twin', node, plan });
  }

  private operation(node: Call, operation: OrmOperation, block: FunctionNode | undefined): void {
    if (node.type === 'OptionalCallExpression') this.refuseOptional(node);
    this.refusal ??= connectionStateRefusal(this.evaluator, this.file, operation, node.arguments[0]);
    if (operation.name === 'iterator') {
      this.rows(node, operation);
      return;
    }
    if (operation.name === 'atomic' && block === undefined)
      this.refuse('MA110', 'the block of the transaction is not written in place');
    this.steps.push(
      block === undefined ? { kind: 'call', node, operation } : { kind: 'block', node, operation, block },
    );
  }

  private rows(node: Call, operation: OrmOperation): void {
    const loop = loopOver(this.file, node);
    if (loop !== undefined) this.steps.push({ kind: 'rows', node, operation, loop });
    else this.refuse('MA103', `only a loop can wait for the rows of «${this.text(node)}» one by one`);
  }

  private block(block: FunctionNode): void {
    this.refusal ??= blockRefusal(this.file, block);
    this.functions.push(block);
    for (const parameter of block.params) this.forbid(parameter, 'a default parameter');
    this.visit(block.body);
  }

  private children(node: Node): void {
    for (const child of childrenOf(node)) this.visit(child);
  }

  /** `post?.save()` can be awaited as a whole; what goes on behind it would no longer be skipped with it. */
  private refuseOptional(node: Node): void {
    const outer = outermost(this.file, node);
    const next = this.file.parentOf(outer);
    // What `if (post?.comments.exists())` says of `post` would not be seen through `await`.
    if (isTested(this.file, outer))
      this.refuse('MA113', `«${this.text(node)}» also tells whether there is a receiver`);
    const goesOn =
      (next?.type === 'OptionalMemberExpression' && next.object === outer) ||
      (next?.type === 'OptionalCallExpression' && next.callee === outer);
    if (!goesOn && next?.type !== 'MemberExpression') return;
    if (goesOn && next.optional && outer === node) return;
    this.refuse('MA113', `«${this.text(node)}» may stop at \`?.\`, where nothing is awaited`);
  }

  private refuse(code: string, reason: string): void {
    this.refusal ??= leave(code, reason);
  }

  private text(node: Node): string {
    return excerpt(this.file.textOf(node));
  }
}

/** Whether it is asked of an expression only if it is true. */
function isTested(file: SourceFile, node: Node): boolean {
  const parent = file.parentOf(node);
  switch (parent?.type) {
    case 'IfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ForStatement':
    case 'ConditionalExpression':
      return parent.test === node;
    case 'UnaryExpression':
      return parent.operator === '!';
    case 'LogicalExpression':
      return parent.operator !== '??' && parent.left === node;
    case 'BinaryExpression':
      return /^(?:[!=]==?|[<>]=?)$/.test(parent.operator);
    default:
      return false;
  }
}

/** The loop that goes through what an expression gives, and waits for nothing yet. */
function loopOver(file: SourceFile, node: Node): (Node & { readonly type: 'ForOfStatement' }) | undefined {
  const outer = outermost(file, node);
  const parent = file.parentOf(outer);
  return parent?.type === 'ForOfStatement' && parent.right === outer && !parent.await ? parent : undefined;
}

/** Why the block of a transaction cannot become the block of a native one. */
export function blockRefusal(file: SourceFile, block: FunctionNode): Refusal | undefined {
  if (block.async || block.generator) return leave('MA110', 'the block of the transaction is async already');
  let started: Node | undefined;
  walk(block.body, (node) => {
    if (node.type === 'CallExpression' && startsPromises(file, node.callee)) started ??= node.callee;
    return started === undefined;
  });
  return started === undefined
    ? undefined
    : leave(
        'MA110',
        `«${excerpt(file.textOf(started))}» in the block was not waited for by the transaction, and would be`,
      );
}

/** `Promise.all` and its kin, and operations that are native already. */
function startsPromises(file: SourceFile, callee: Node): boolean {
  if (isCombinator(file, callee)) return true;
  const name = memberName(unwrapped(callee));
  return name !== undefined && nativeNames.has(name);
}

const nativeNames: ReadonlySet<string> = new Set(
  [twins.queryset, twins.instance, twins.related].flatMap((table) => Object.values(table)),
);

/** `this`, `arguments` or `new.target` that a `function` handed over in place has of its own. */
function ownContext(file: SourceFile, root: FunctionNode): Node | undefined {
  if (root.type !== 'FunctionExpression') return undefined;
  let found: Node | undefined;
  walk(root.body, (node) => {
    const isOwn =
      node.type === 'ThisExpression' ||
      (node.type === 'Identifier' && node.name === 'arguments' && file.scopes.isGlobal(node)) ||
      (node.type === 'MetaProperty' && node.meta.name === 'new');
    if (isOwn) found ??= node;
    return !isFunction(node) || node.type === 'ArrowFunctionExpression';
  });
  return found;
}

/** The function handed to `atomic` and `onCommit`, which runs inside the transaction and may query. */
function blockOf(
  judgement: CallJudgement & { readonly kind: 'operation' },
  node: Call,
): FunctionNode | undefined {
  const { kind, name } = judgement.operation;
  if (kind !== 'transaction' || (name !== 'atomic' && name !== 'onCommit')) return undefined;
  return node.arguments.map((argument) => unwrapped(argument)).find(isFunction);
}

function childrenOf(node: Node): Node[] {
  const found: Node[] = [];
  for (const key in node) {
    if (key === 'loc' || key === 'extra' || /Comments$/.test(key)) continue;
    const value: unknown = node[key as keyof Node];
    for (const item of Array.isArray(value) ? value : [value])
      if (typeof item === 'object' && item !== null && typeof item.type === 'string')
        found.push(item as Node);
  }
  return found.sort((left, right) => (left.start ?? 0) - (right.start ?? 0));
}
