import type { Node } from '@babel/types';
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
  type SourceFile,
  span,
  unwrapped,
} from '../analyzer/sources/index.ts';
import { isTested, isUpdated, loopOver, ownContext } from './await-places.ts';
import { blockingCall } from './blocking-calls.ts';
import { connectionStateRefusal } from './connection-state.ts';
import { excerpt } from './excerpt.ts';
import { isCast, outermost } from './expressions.ts';
import { type FormMatch, leave } from './forms/form.ts';
import { keptQuery } from './handed-queries.ts';
import { hiddenQuery } from './hidden-queries.ts';
import { judgeCall } from './judge-call.ts';
import { commentsIn } from './layout.ts';
import { type Consumption, consumptionAt } from './query-consumption.ts';
import { type Taking, takingAt } from './taken-relations.ts';
import { blockOf, blockRefusal } from './transaction-blocks.ts';
import type { TwinPlan } from './twin-functions.ts';
import type { Target } from './twin-homes.ts';
import { reachableTwin } from './twin-reach.ts';
import { isUnreadRelation } from './unread-relations.ts';

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
  const declared = root.returnType;
  if (declared?.type === 'TSTypeAnnotation' && declared.typeAnnotation.type === 'TSTypePredicate') {
    const { start, end } = span(declared.typeAnnotation);
    if (commentsIn(file, start, end).length > 0)
      return leave(
        'MA112',
        'what the function says of its parameters holds a comment, and has no place in a promise',
      );
  }
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
    if (isUnreadRelation(this.evaluator, this.file, node))
      this.refuse('MA104', `«${this.text(node)}» may be a relation: its model cannot be read`);
    const kept = node.type === 'NewExpression' ? keptQuery(this.evaluator, this.file, node) : undefined;
    if (kept !== undefined)
      this.refuse('MA112', `«${this.text(kept)}» is handed to a constructor, and may be gone through later`);
    const relation = relationRead(this.evaluator, this.file, node);
    if (relation !== undefined) {
      if (node.type === 'OptionalMemberExpression') this.refuseOptional(node);
      if (isUpdated(this.file, node))
        this.refuse('MA112', `«${this.text(node)}» is read and set at once, where it cannot be awaited`);
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
    // What is gone through as something else has no `alist` by its type.
    if (consumption.kind !== 'loop' && isCast(consumption.query))
      this.refuse('MA114', `«${this.text(consumption.query)}» is cast to another type`);
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
    const block = judgement.kind === 'operation' ? blockOf(judgement.operation, node) : undefined;
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
