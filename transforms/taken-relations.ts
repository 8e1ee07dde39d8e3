import type { Identifier, Node } from '@babel/types';
import type { OrmOperation } from '../analyzer/evidence/bridge.ts';
import { takenRelation } from '../analyzer/evidence/orm.ts';
import { type Evaluator, type SourceFile, span } from '../analyzer/sources/index.ts';
import type { Edit } from './edit.ts';
import { isPath } from './expressions.ts';
import { commentsIn } from './layout.ts';

/** `const { author, title } = post`, where `author` is a relation: it can be awaited in a declarator of its own. */
export interface Taking {
  readonly declarator: Node & { readonly type: 'VariableDeclarator' };
  readonly source: Node;
  readonly taken: readonly { readonly operation: OrmOperation; readonly local: Identifier }[];
  /** The properties that the pattern keeps. */
  readonly kept: readonly Node[];
}

/**
 * @returns how the relations that a declaration takes out of a row can be read on their own; `undefined` when it takes
 *   none, or when the row would have to be evaluated twice, or when more than names is made of them
 */
export function takingAt(evaluator: Evaluator, file: SourceFile, node: Node): Taking | undefined {
  if (node.type !== 'VariableDeclarator' || !node.init || !isPath(node.init)) return undefined;
  const { id, init } = node;
  if (id.type !== 'ObjectPattern' || id.typeAnnotation || isHeadOfLoop(file, node)) return undefined;
  if (commentsIn(file, span(id).start, span(init).end).length > 0) return undefined;
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
  return { declarator: node, source: init, taken, kept };
}

function isHeadOfLoop(file: SourceFile, declarator: Node): boolean {
  const declaration = file.parentOf(declarator);
  const parent = declaration && file.parentOf(declaration);
  return parent === undefined || /^For/.test(parent.type);
}

/** `const { title } = post, author = await post.aauthor`. */
export function takingEdits(file: SourceFile, { declarator, source, taken, kept }: Taking): readonly Edit[] {
  const from = file.textOf(source);
  const apart = taken.map(
    ({ operation, local }) => `${local.name} = await ${from}.${operation.twin ?? operation.name}`,
  );
  const { start, end } = span(declarator);
  if (kept.length === 0) return [{ start, end, text: apart.join(', ') }];
  const pattern = span(declarator.id);
  const rest = kept.map((property) => file.textOf(property)).join(', ');
  return [
    { ...pattern, text: `{ ${rest} }` },
    { start: end, end, text: `, ${apart.join(', ')}` },
  ];
}
