import type { Node } from '@babel/types';
import {
  type FunctionNode,
  memberName,
  type SourceFile,
  span,
  unwrapped,
} from '../analyzer/sources/index.ts';
import type { AsyncBody } from './asyncify.ts';
import type { Edit } from './edit.ts';
import type { Rewrite } from './forms/form.ts';
import { removal } from './layout.ts';
import type { Consumption } from './query-consumption.ts';
import { needsSemicolon } from './semicolons.ts';
import { takingEdits } from './taken-relations.ts';
import type { TwinPlan } from './twin-functions.ts';
import { isWhole } from './twin-homes.ts';
import { renaming } from './unwrap.ts';

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
        if (step.kind === 'block') edits.push(...becomingAsync(file, step.block));
        break;
      }
      case 'rows': {
        const keyword = span(step.loop).start + 'for'.length;
        edits.push({ start: keyword, end: keyword, text: ' await' });
        edits.push(
          ...renaming(step.operation.node, step.operation.name, step.operation.twin ?? step.operation.name),
        );
        break;
      }
      case 'twin': {
        const named = namingFunction(file, step.node.callee, step.plan);
        edits.push(...named.edits, ...waiting(step.node));
        functions.push(...named.functions);
        twins.push(step.plan);
        break;
      }
      case 'relation':
        edits.push(...renaming(step.node, step.operation.name, step.operation.twin ?? step.operation.name));
        edits.push(...waiting(step.node));
        break;
      case 'taking':
        edits.push(...takingEdits(file, step.taking));
        break;
      case 'consumption':
        edits.push(...consumptionEdits(file, step.consumption, waiting));
        break;
    }
  }
  return { edits, functions, twins };
}

/** Names the twin of a project function where the function is named. */
export function namingFunction(file: SourceFile, callee: Node, plan: TwinPlan): Omit<Rewrite, 'twins'> {
  const node = unwrapped(callee);
  const { name } = plan;
  if (node.type === 'Identifier' && isWhole(plan.target) && file !== plan.target.file) {
    const { end } = span(node);
    return { edits: [{ start: end, end, text: `.${name}` }], functions: [] };
  }
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

/** `posts` to `posts.alist()`. */
export function listEdits(query: Node): readonly Edit[] {
  const { start, end } = span(query);
  const [open, close] = isChain(query) ? ['', ''] : ['(', ')'];
  return [
    ...(open === '' ? [] : [{ start, end: start, text: open }]),
    { start: end, end, text: `${close}.alist()` },
  ];
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
export function becomingAsync(file: SourceFile, node: FunctionNode): Edit[] {
  const start = keywordStart(file, node);
  const edits: Edit[] = [{ start, end: start, text: 'async ' }];
  const declared = node.returnType?.type === 'TSTypeAnnotation' ? node.returnType.typeAnnotation : undefined;
  if (declared?.type === 'TSTypePredicate') {
    // A promise says nothing of what its function was given.
    const kept = declared.asserts ? 'void' : 'boolean';
    edits.push({ ...span(declared), text: `Promise<${kept}>` });
  } else if (declared !== undefined) {
    const type = span(declared);
    edits.push(
      { start: type.start, end: type.start, text: 'Promise<' },
      { start: type.end, end: type.end, text: '>' },
    );
  }
  return edits;
}

/** Where `async` goes: in front of a function, behind what says who may use a method, `private static`. */
function keywordStart({ text }: SourceFile, node: FunctionNode): number {
  const { start } = span(node);
  if (node.type !== 'ClassMethod' && node.type !== 'ClassPrivateMethod') return start;
  const key = span(node.key).start;
  return node.type === 'ClassMethod' && node.computed ? text.lastIndexOf('[', key) : key;
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
