import type { Node } from '@babel/types';
import type { OrmOperation } from '../analyzer/evidence/bridge.ts';
import { relationRead } from '../analyzer/evidence/orm.ts';
import {
  type Evaluator,
  type FunctionNode,
  isFunction,
  memberName,
  type SourceFile,
  span,
  unwrapped,
  walk,
} from '../analyzer/sources/index.ts';
import type { Edit } from './edit.ts';
import { type FormMatch, leave, type Rewrite } from './forms/form.ts';
import { hiddenQuery } from './hidden-queries.ts';
import { type CallJudgement, judgeCall } from './judge-call.ts';
import { removal } from './layout.ts';
import { type Consumption, consumptionAt } from './query-consumption.ts';
import { needsSemicolon } from './semicolons.ts';
import { reachableTwin, type Target, type TwinPlan } from './twin-functions.ts';
import { renaming } from './unwrap.ts';

type Call = Node & { type: 'CallExpression' | 'OptionalCallExpression' };
type Refusal = FormMatch & { readonly kind: 'leave' };

/** One place inside a function that must wait once the function is async. */
export type AsyncStep =
  | { readonly kind: 'call'; readonly node: Call; readonly operation: OrmOperation }
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
  return { kind: 'async', steps: finder.steps, functions: finder.functions };
}

class StepFinder {
  readonly steps: AsyncStep[] = [];
  readonly functions: FunctionNode[];
  refusal: Refusal | undefined;
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
    const hidden = hiddenQuery(this.evaluator, this.file, node);
    if (hidden !== undefined) this.refuse('MA112', hidden);
    const relation = relationRead(this.evaluator, this.file, node);
    if (relation !== undefined) {
      if (node.type === 'OptionalMemberExpression') this.refuseOptional(node);
      this.steps.push({ kind: 'relation', node, operation: relation });
    }
    const consumption = consumptionAt(this.evaluator, this.file, node);
    if (consumption !== undefined) this.steps.push({ kind: 'consumption', node, consumption });
    this.children(node);
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
    const judgement = judgeCall(this.evaluator, this.file, node);
    if (judgement.kind === 'leave') {
      this.refusal = judgement;
      return;
    }
    const block = judgement.kind === 'operation' ? blockOf(judgement, node) : undefined;
    if (judgement.kind === 'operation') this.operation(node, judgement.operation, block);
    if (judgement.kind === 'function') this.twin(node, judgement);
    const consumption =
      judgement.kind === 'harmless' ? consumptionAt(this.evaluator, this.file, node) : undefined;
    if (consumption !== undefined) this.steps.push({ kind: 'consumption', node, consumption });
    this.visit(node.callee);
    for (const argument of node.arguments) {
      if (block !== undefined && unwrapped(argument) === block) this.block(block);
      else this.visit(argument);
    }
  }

  private twin(node: Call, target: Target): void {
    const plan = reachableTwin(this.evaluator, this.file, node.callee, target);
    if (plan.kind === 'leave') this.refusal ??= plan;
    else if (node.type === 'OptionalCallExpression') this.refuseOptional(node);
    else this.steps.push({ kind: 'twin', node, plan });
  }

  private operation(node: Call, operation: OrmOperation, block: FunctionNode | undefined): void {
    if (node.type === 'OptionalCallExpression') this.refuseOptional(node);
    if (operation.name === 'atomic' && block === undefined)
      this.refuse('MA110', 'the block of the transaction is not written in place');
    this.steps.push(
      block === undefined ? { kind: 'call', node, operation } : { kind: 'block', node, operation, block },
    );
  }

  private block(block: FunctionNode): void {
    if (block.async || block.generator) this.refuse('MA110', 'the block of the transaction is async already');
    this.functions.push(block);
    for (const parameter of block.params) this.forbid(parameter, 'a default parameter');
    this.visit(block.body);
  }

  private children(node: Node): void {
    for (const child of childrenOf(node)) this.visit(child);
  }

  private refuseOptional(node: Node): void {
    this.refuse('MA113', `«${this.text(node)}» may stop at \`?.\`, where nothing is awaited`);
  }

  private refuse(code: string, reason: string): void {
    this.refusal ??= leave(code, reason);
  }

  private text(node: Node): string {
    return this.file.textOf(node).replace(/\s+/g, ' ').slice(0, 60);
  }
}

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

/** Edits that make every step of a body wait; a step in `bare` keeps its promise instead. */
export function stepEdits(file: SourceFile, body: AsyncBody, bare: (node: Node) => boolean): Rewrite {
  const edits: Edit[] = [];
  const functions: Rewrite['functions'][number][] = [];
  const twins: TwinPlan[] = [];
  const begun = new Set<number>();
  const waiting = (node: Node): Edit[] => {
    if (bare(node)) return [];
    const { start } = span(node);
    // What waits further out begins at the same place and comes first.
    const isFirst = !begun.has(start);
    begun.add(start);
    return awaiting(file, node, isFirst);
  };
  for (const step of body.steps) {
    switch (step.kind) {
      case 'call':
      case 'block': {
        const { node, twin, name } = step.operation;
        if (twin === undefined) continue;
        if (node.type === 'Identifier') functions.push({ identifier: node, twin });
        else edits.push(...renaming(node, name, twin));
        edits.push(...waiting(step.node));
        if (step.kind === 'block') edits.push(...becomingAsync(step.block));
        break;
      }
      case 'twin': {
        const named = namingFunction(step.node.callee, step.plan);
        edits.push(...named.edits, ...waiting(step.node));
        functions.push(...named.functions);
        twins.push(step.plan);
        break;
      }
      case 'relation':
        edits.push(...renaming(step.node, step.operation.name, step.operation.twin ?? step.operation.name));
        edits.push(...waiting(step.node));
        break;
      case 'consumption':
        edits.push(...consumptionEdits(file, step.consumption, waiting));
        break;
    }
  }
  return { edits, functions, twins };
}

/** Names the twin of a project function where the function is named. */
export function namingFunction(callee: Node, plan: TwinPlan): Omit<Rewrite, 'twins'> {
  const node = unwrapped(callee);
  const { name } = plan;
  if (node.type === 'Identifier') return { edits: [], functions: [{ identifier: node, twin: name, plan }] };
  const sync = memberName(node);
  return { edits: sync === undefined ? [] : renaming(node, sync, name), functions: [] };
}

function consumptionEdits(
  file: SourceFile,
  { kind, node, query }: Consumption,
  wait: (node: Node) => readonly Edit[],
): Edit[] {
  const { start, end } = span(query);
  const [open, close] = isChain(query) ? ['', ''] : ['(', ')'];
  const list: Edit = { start: end, end, text: `${close}.alist()` };
  switch (kind) {
    case 'loop': {
      const keyword = span(node).start + 'for'.length;
      return [{ start: keyword, end: keyword, text: ' await' }];
    }
    case 'whole': {
      // `[...query]` and `Array.from(query)` give way to the list itself.
      const outer = span(node);
      const waiting = wait(node);
      return [
        ...waiting.filter((edit) => edit.start === outer.start),
        ...removal(file, outer.start, start, { kept: 'after' }),
        { start, end: start, text: open },
        list,
        ...removal(file, end, outer.end, { kept: 'before' }),
        ...waiting.filter((edit) => edit.start === outer.end),
      ];
    }
    case 'operand':
      return [{ start, end: start, text: `await ${open}` }, list];
  }
}

/** Whether a member can be read off the expression without parentheses. */
function isChain(node: Node): boolean {
  return /^(?:Identifier|ThisExpression|MemberExpression|CallExpression)$/.test(node.type);
}

/** Inserts `await` before an expression, with parentheses where something binds tighter. */
export function awaiting(file: SourceFile, node: Node, isFirst = true): Edit[] {
  const { start, end } = span(node);
  if (!needsParentheses(file, node)) return [{ start, end: start, text: 'await ' }];
  const open = isFirst && needsSemicolon(file, node) ? ';(await ' : '(await ';
  return [
    { start, end: start, text: open },
    { start: end, end, text: ')' },
  ];
}

function needsParentheses(file: SourceFile, node: Node): boolean {
  if (node.extra?.parenthesized === true) return false;
  const parent = file.parentOf(node);
  switch (parent?.type) {
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      return parent.object === node;
    case 'CallExpression':
    case 'OptionalCallExpression':
    case 'NewExpression':
      return parent.callee === node;
    case 'TaggedTemplateExpression':
      return parent.tag === node;
    case 'BinaryExpression':
      return parent.operator === '**' && parent.left === node;
    case 'TSNonNullExpression':
    case 'TSInstantiationExpression':
      return true;
    default:
      return false;
  }
}

/** Makes a function async: the keyword, and `Promise<…>` round a declared return type. */
export function becomingAsync(node: FunctionNode): Edit[] {
  const { start } = span(node);
  const edits: Edit[] = [{ start, end: start, text: 'async ' }];
  const declared = node.returnType?.type === 'TSTypeAnnotation' ? node.returnType.typeAnnotation : undefined;
  if (declared !== undefined) {
    const type = span(declared);
    edits.push(
      { start: type.start, end: type.start, text: 'Promise<' },
      { start: type.end, end: type.end, text: '>' },
    );
  }
  return edits;
}

/** Whether the expression is what a function gives back, so that its promise can be handed on as it is. */
export function isTail(file: SourceFile, node: Node, root: FunctionNode): boolean {
  let inner = node;
  for (let outer = file.parentOf(inner); outer !== undefined; inner = outer, outer = file.parentOf(outer)) {
    switch (outer.type) {
      case 'ConditionalExpression':
        if (outer.test === inner) return false;
        continue;
      case 'LogicalExpression':
        if (outer.right !== inner) return false;
        continue;
      case 'SequenceExpression':
        if (outer.expressions.at(-1) !== inner) return false;
        continue;
      case 'ArrowFunctionExpression':
        return outer === root && outer.body === inner;
      case 'ReturnStatement':
        return file.functionAround(outer) === root && !isGuarded(file, outer, root);
      default:
        return false;
    }
  }
  return false;
}

/** Inside `try`, and beside `using`, a promise that is handed on settles too late. */
function isGuarded(file: SourceFile, node: Node, root: FunctionNode): boolean {
  for (let above = file.parentOf(node); above !== undefined && above !== root; above = file.parentOf(above)) {
    if (above.type === 'TryStatement') return true;
    if (above.type !== 'BlockStatement') continue;
    if (above.body.some((each) => each.type === 'VariableDeclaration' && /using/.test(each.kind)))
      return true;
  }
  return false;
}
