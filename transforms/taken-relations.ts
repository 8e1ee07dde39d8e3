import type { Identifier, Node } from '@babel/types';
import type { OrmOperation } from '../analyzer/evidence/bridge.ts';
import { takenRelation } from '../analyzer/evidence/orm-relations.ts';
import { type Evaluator, type SourceFile, span } from '../analyzer/sources/index.ts';
import type { Edit } from './edit.ts';
import { isPath } from './expressions.ts';
import { commentsIn, lineEnd } from './layout.ts';

type Loop = Node & { readonly type: 'ForOfStatement' };

/**
 * `const { author, title } = post`, or a loop whose head takes its rows apart like that, where `author` is a relation:
 * it can be awaited in a declarator of its own.
 */
export interface Taking {
  readonly declarator: Node & { readonly type: 'VariableDeclarator' };
  /** The loop whose rows are taken apart, and what a row is called then. */
  readonly loop: { readonly node: Loop; readonly row: string } | undefined;
  readonly taken: readonly { readonly operation: OrmOperation; readonly local: Identifier }[];
  /** The properties that the pattern keeps. */
  readonly kept: readonly Node[];
}

/** What the rows of a loop are called when its head no longer takes them apart. */
export const rowNames = ['row', 'entry', 'taken'] as const;

/**
 * @returns how the relations that a declaration takes out of a row can be read on their own; `undefined` when it takes
 *   none, or when the row would have to be evaluated twice, or when more than names is made of them
 */
export function takingAt(evaluator: Evaluator, file: SourceFile, node: Node): Taking | undefined {
  if (node.type !== 'VariableDeclarator') return undefined;
  const { id } = node;
  if (id.type !== 'ObjectPattern' || id.typeAnnotation) return undefined;
  const loop = loopOf(file, node);
  if (loop === undefined && (!node.init || !isPath(node.init) || isHead(file, node))) return undefined;
  if (commentsIn(file, span(id).start, span(node).end).length > 0) return undefined;
  const taken: Taking['taken'][number][] = [];
  const kept: Node[] = [];
  for (const property of id.properties) {
    const operation = takenRelation(evaluator, file, property);
    if (operation === undefined) kept.push(property);
    else if (property.type !== 'ObjectProperty' || property.value.type !== 'Identifier') return undefined;
    else taken.push({ operation, local: property.value });
  }
  // What is left for `...rest` would be another set of properties.
  if (taken.length === 0 || kept.some(({ type }) => type === 'RestElement')) return undefined;
  return { declarator: node, loop, taken, kept };
}

/** The loop whose rows a declarator takes apart, when its body is a block that can declare more. */
function loopOf(file: SourceFile, declarator: Node): Taking['loop'] {
  const declaration = file.parentOf(declarator);
  const node = declaration && file.parentOf(declaration);
  if (node?.type !== 'ForOfStatement' || node.left !== declaration) return undefined;
  const row = rowNames.find((name) => !new RegExp(`\\b${name}\\b`).test(file.text));
  const isConst = declaration.type === 'VariableDeclaration' && declaration.kind !== 'var';
  return node.body.type === 'BlockStatement' && row !== undefined && isConst ? { node, row } : undefined;
}

/** Whether a declarator stands in the head of a loop. */
function isHead(file: SourceFile, declarator: Node): boolean {
  const declaration = file.parentOf(declarator);
  const parent = declaration && file.parentOf(declaration);
  return parent === undefined || /^For/.test(parent.type);
}

/** `const { title } = post, author = await post.aauthor`. */
export function takingEdits(file: SourceFile, { declarator, loop, taken, kept }: Taking): readonly Edit[] {
  const from = loop?.row ?? (declarator.init ? file.textOf(declarator.init) : '');
  const rest = kept.map((property) => file.textOf(property)).join(', ');
  const apart = taken.map(
    ({ operation, local }) => `${local.name} = await ${from}.${operation.twin ?? operation.name}`,
  );
  const { start, end } = span(declarator);
  if (loop !== undefined) {
    const all = (kept.length === 0 ? apart : [`{ ${rest} } = ${from}`, ...apart]).join(', ');
    return [{ start, end, text: from }, firstInBody(file, loop.node, `const ${all};`)];
  }
  if (kept.length === 0) return [{ start, end, text: apart.join(', ') }];
  return [
    { ...span(declarator.id), text: `{ ${rest} }` },
    { start: end, end, text: `, ${apart.join(', ')}` },
  ];
}

/** Puts a statement in front of the others of a loop's body, laid out as they are. */
function firstInBody(file: SourceFile, { body }: Loop, statement: string): Edit {
  const open = span(body).start + 1;
  const first = body.type === 'BlockStatement' ? body.body[0] : undefined;
  const gap = file.text.slice(open, first ? span(first).start : open);
  const indent = /^[ \t]*(?:\r\n|\n|\r)([ \t]*)/.exec(gap)?.[1];
  const text = indent === undefined ? ` ${statement}` : `${lineEnd(file.text)}${indent}${statement}`;
  return { start: open, end: open, text };
}
