import type {
  ArrowFunctionExpression,
  ClassMethod,
  ClassPrivateMethod,
  FunctionDeclaration,
  FunctionExpression,
  Node,
  ObjectMethod,
} from '@babel/types';

/** Any node with a body of statements or an expression that runs when it is called. */
export type FunctionNode =
  | ArrowFunctionExpression
  | ClassMethod
  | ClassPrivateMethod
  | FunctionDeclaration
  | FunctionExpression
  | ObjectMethod;

const functionTypes = new Set([
  'ArrowFunctionExpression',
  'ClassMethod',
  'ClassPrivateMethod',
  'FunctionDeclaration',
  'FunctionExpression',
  'ObjectMethod',
]);

export function isFunction(node: Node): node is FunctionNode {
  return functionTypes.has(node.type);
}

// Fields of a node that hold positions, comments or parser notes, never children.
const notChildren = new Set([
  'type', 'start', 'end', 'loc', 'range', 'extra', 'errors', 'comments', 'tokens',
  'leadingComments', 'trailingComments', 'innerComments',
]); // biome-ignore format: one glance is enough

/** Calls `visit` for each direct child of `node`, in source order of the fields. */
export function eachChild(node: Node, visit: (child: Node) => void): void {
  for (const key in node) {
    if (notChildren.has(key)) continue;
    const value: unknown = node[key as keyof Node];
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) visit(item);
    } else if (isNode(value)) visit(value);
  }
}

/**
 * Visits `node` and everything below it, parents first.
 * @param visit returns `false` to leave out what is below the node it was given
 */
export function walk(node: Node, visit: (node: Node) => boolean | undefined): void {
  // An explicit stack: deeply nested input must not overflow the call stack.
  const stack: Node[] = [node];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (visit(next) === false) continue;
    const below: Node[] = [];
    eachChild(next, (child) => below.push(child));
    for (let index = below.length - 1; index >= 0; index--) stack.push(below[index] as Node);
  }
}

/** Offsets of a node that came from the parser, in UTF-16 units. */
export function span(node: Node): { readonly start: number; readonly end: number } {
  if (typeof node.start !== 'number' || typeof node.end !== 'number') {
    throw new TypeError(`A ${node.type} that was not parsed has no place in the source.`);
  }
  return { start: node.start, end: node.end };
}

/** Takes off what changes the type or the grouping of an expression but not its value. */
export function unwrapped(node: Node): Node {
  let inner = node;
  while (
    inner.type === 'ParenthesizedExpression' ||
    inner.type === 'TSAsExpression' ||
    inner.type === 'TSSatisfiesExpression' ||
    inner.type === 'TSNonNullExpression' ||
    inner.type === 'TSTypeAssertion' ||
    inner.type === 'TSInstantiationExpression'
  ) {
    inner = inner.expression;
  }
  return inner;
}

/** The name of a non-computed or literal-computed member, property or method; `undefined` when it is computed. */
export function keyName(owner: {
  readonly computed?: boolean | null;
  readonly key: Node;
}): string | undefined {
  return nameOfKey(owner.key, owner.computed === true);
}

/** The property name a member expression reads; `undefined` when only run time knows. */
export function memberName(node: Node): string | undefined {
  if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return undefined;
  return nameOfKey(node.property, node.computed);
}

function nameOfKey(key: Node, computed: boolean): string | undefined {
  if (key.type === 'Identifier' && !computed) return key.name;
  if (key.type === 'PrivateName') return `#${key.id.name}`;
  if (key.type === 'StringLiteral') return key.value;
  if (key.type === 'NumericLiteral') return String(key.value);
  if (key.type === 'TemplateLiteral' && key.expressions.length === 0)
    return key.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
  );
}
