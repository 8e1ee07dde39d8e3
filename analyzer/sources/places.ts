import type { Node, Program } from '@babel/types';

/**
 * The parent is kept on the node itself: a map of every node of every file costs more than the trees. So are not the
 * parser's positions, three objects for every node: they are two fifths of a tree, and few of them are ever asked for.
 */
const parentKey = Symbol('parent');
const textKey = Symbol('text');
type Linked = Node & { [parentKey]?: Node; [textKey]?: Lines };

/** The text of a file, and once somebody asked where its lines begin. */
interface Lines {
  readonly text: string;
  starts?: readonly number[];
}

/** Makes `program` the root that places below it are looked up from. */
export function rootAt(program: Program, text: string): void {
  (program as Linked)[textKey] = { text };
  program.loc = null;
}

/** Says what `node` stands in, and drops the positions that the parser gave it. */
export function linkParent(node: Node, parent: Node): void {
  (node as Linked)[parentKey] = parent;
  node.loc = null;
}

export function parentOf(node: Node): Node | undefined {
  return (node as Linked)[parentKey];
}

/** 1-based line of a parsed node; 0 for one that was not parsed. */
export function lineOf(node: Node): number {
  return node.loc?.start.line ?? placeAt(node, node.start).line;
}

/** 1-based column of a parsed node; 0 for one that was not parsed. */
export function columnOf(node: Node): number {
  return node.loc ? node.loc.start.column + 1 : placeAt(node, node.start).column;
}

/** 1-based line that a parsed node ends on; 0 for one that was not parsed. */
export function lastLineOf(node: Node): number {
  return node.loc?.end.line ?? placeAt(node, node.end).line;
}

const nowhere = { line: 0, column: 0 };

function placeAt(
  node: Node,
  offset: number | null | undefined,
): { readonly line: number; readonly column: number } {
  let root: Linked = node;
  for (let above = root[parentKey]; above !== undefined; above = root[parentKey]) root = above;
  const lines = root[textKey];
  if (lines === undefined || typeof offset !== 'number') return nowhere;
  lines.starts ??= lineStarts(lines.text);
  let low = 0;
  let high = lines.starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((lines.starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: offset - (lines.starts[low] ?? 0) + 1 };
}

/** Lines end where ECMAScript says they do, which is where the parser counts them. */
function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) starts.push(index + end.length);
  return starts;
}
