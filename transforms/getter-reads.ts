import type { Node } from '@babel/types';
import { ormFlow } from '../analyzer/evidence/orm.ts';
import { takenApart } from '../analyzer/evidence/orm-relations.ts';
import {
  type Evaluator,
  keyName,
  memberName,
  type SourceFile,
  unwrapped,
  type Value,
} from '../analyzer/sources/index.ts';

/** Getters of a value that a node reads without naming a member. */
export interface GetterRead {
  readonly value: Value;
  /** Names of what is read; everything that the value has of its own when it is left out. */
  readonly names?: readonly string[];
}

/** `const { total } = report`, `{ ...report }`, `Object.values(report)`: reads that run getters as `report.total` does. */
export function getterReads(evaluator: Evaluator, file: SourceFile, node: Node): readonly GetterRead[] {
  switch (node.type) {
    case 'ObjectPattern':
      return byPattern(evaluator, file, node);
    case 'SpreadElement':
      return file.parentOf(node)?.type === 'ObjectExpression' ? copied(evaluator, file, node.argument) : [];
    case 'CallExpression': {
      const callee = unwrapped(node.callee);
      return copies(file, callee)
        ? node.arguments.flatMap((argument) => copied(evaluator, file, argument))
        : [];
    }
    default:
      return [];
  }
}

function byPattern(
  evaluator: Evaluator,
  file: SourceFile,
  pattern: Node & { type: 'ObjectPattern' },
): readonly GetterRead[] {
  const { source } = takenApart(ormFlow(evaluator), file, pattern);
  const parent = file.parentOf(pattern);
  const isWhole = parent?.type === 'VariableDeclarator' || parent?.type === 'AssignmentExpression';
  if (source === undefined || !isWhole) return [];
  const names = pattern.properties.flatMap((property) =>
    property.type === 'RestElement' ? [] : (keyName(property) ?? []),
  );
  const takesRest = pattern.properties.some(({ type }) => type === 'RestElement');
  return evaluator
    .evaluate(file, unwrapped(source))
    .map((value) => (takesRest ? { value } : { value, names }));
}

function copied(evaluator: Evaluator, file: SourceFile, argument: Node): readonly GetterRead[] {
  return evaluator
    .evaluate(file, unwrapped(argument))
    .flatMap((value) => (value.kind === 'object' ? [{ value }] : []));
}

/** Functions of the language that read every property of what they are given. */
function copies(file: SourceFile, callee: Node): boolean {
  if (callee.type === 'Identifier') return callee.name === 'structuredClone' && file.scopes.isGlobal(callee);
  if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return false;
  if (!file.scopes.isGlobal(callee.object)) return false;
  const name = memberName(callee) ?? '';
  return callee.object.name === 'Object'
    ? /^(?:values|entries|assign)$/.test(name)
    : callee.object.name === 'JSON' && name === 'stringify';
}
