import type { Node } from '@babel/types';
import { ormFlow } from '../analyzer/evidence/orm.ts';
import { elementOf } from '../analyzer/evidence/orm-values.ts';
import {
  type Evaluator,
  memberName,
  type SourceFile,
  unwrapped,
  type Value,
} from '../analyzer/sources/index.ts';

/** What turns a value into something else by a method of its own, and which values those may be. */
export interface Conversion {
  readonly values: readonly Value[];
  readonly methods: readonly string[];
}

const toText = ['toString', 'valueOf', 'Symbol.toPrimitive'];
const toJson = ['toJSON'];

/** `${post}`, `'by ' + author`, `String(post)`, `posts.join()`, `JSON.stringify({ post })`: calls nobody wrote. */
export function conversionsAt(evaluator: Evaluator, file: SourceFile, node: Node): readonly Conversion[] {
  const text = (nodes: readonly Node[]): readonly Conversion[] => [
    { values: nodes.flatMap((each) => objects(evaluator, file, each)), methods: toText },
  ];
  switch (node.type) {
    case 'TemplateLiteral':
      // A tag is handed the values as they are.
      return file.parentOf(node)?.type === 'TaggedTemplateExpression' ? [] : text(node.expressions);
    case 'BinaryExpression':
      return node.left.type !== 'PrivateName' && /^(?:\+|[<>]=?)$/.test(node.operator)
        ? text([node.left, node.right])
        : [];
    case 'CallExpression':
    case 'OptionalCallExpression':
      return ofCall(evaluator, file, node, text);
    default:
      return [];
  }
}

function ofCall(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node & { type: 'CallExpression' | 'OptionalCallExpression' },
  text: (nodes: readonly Node[]) => readonly Conversion[],
): readonly Conversion[] {
  const callee = unwrapped(node.callee);
  const [first] = node.arguments;
  if (callee.type === 'Identifier')
    return first && /^(?:String|Number)$/.test(callee.name) && file.scopes.isGlobal(callee)
      ? text([first])
      : [];
  if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return [];
  const name = memberName(callee) ?? '';
  if (name === 'join' || name === 'concat')
    return [...text(node.arguments), { values: elements(evaluator, file, callee.object), methods: toText }];
  // What answers a request writes it as JSON.
  if (!/^(?:stringify|json|send)$/.test(name)) return [];
  return [{ values: node.arguments.flatMap((each) => written(evaluator, file, each)), methods: toJson }];
}

/** What an expression may be, rows that queries give among it. */
export function objects(evaluator: Evaluator, file: SourceFile, node: Node): readonly Value[] {
  const row = ormFlow(evaluator).value(file, node);
  const definition = row?.kind === 'instance' ? row.model.definition : undefined;
  return definition === undefined
    ? evaluator.evaluate(file, unwrapped(node))
    : [{ kind: 'instance', of: definition }];
}

function elements(evaluator: Evaluator, file: SourceFile, list: Node): readonly Value[] {
  const row = elementOf(ormFlow(evaluator).value(file, list));
  const definition = row?.kind === 'instance' ? row.model.definition : undefined;
  return definition === undefined ? [] : [{ kind: 'instance', of: definition }];
}

/** Everything that is written out with a value: itself, the elements of a list, the parts of a literal. */
function written(evaluator: Evaluator, file: SourceFile, argument: Node): readonly Value[] {
  const node = unwrapped(argument.type === 'SpreadElement' ? argument.argument : argument);
  if (node.type === 'ObjectExpression')
    return node.properties.flatMap((property) =>
      property.type === 'ObjectProperty' ? written(evaluator, file, property.value) : [],
    );
  if (node.type === 'ArrayExpression')
    return node.elements.flatMap((each) => (each ? written(evaluator, file, each) : []));
  return [...objects(evaluator, file, node), ...elements(evaluator, file, node)];
}
