import type { Node } from '@babel/types';
import { type Environment, Frame, isFunction, type SourceFile } from '../../sources/index.ts';

/** The text of the conditions under which the code at a place runs, in its function and in those that call it. */
export function conditionAt(file: SourceFile, node: Node, environment: Environment): string | undefined {
  const own = conditionsAround(file, node);
  for (let frame = environment, steps = 0; frame instanceof Frame && steps < 10; steps++) {
    own.unshift(...conditionsAround(frame.site.file, frame.site.node));
    frame = frame.site.environment;
  }
  const distinct = [...new Set(own)];
  return distinct.length === 0 ? undefined : distinct.join(' && ');
}

export function bothConditions(outer: string | undefined, inner: string | undefined): string | undefined {
  if (outer === undefined || outer === inner) return inner;
  return inner === undefined ? outer : `${outer} && ${inner}`;
}

/** A condition further out than this says little about one registration. */
const mostConditions = 8;

function conditionsAround(file: SourceFile, node: Node): string[] {
  const found: string[] = [];
  for (let inner = node, above = file.parentOf(inner); above !== undefined; above = file.parentOf(inner)) {
    if (isFunction(above) || found.length >= mostConditions) break;
    if (above.type === 'IfStatement' || above.type === 'ConditionalExpression') {
      const test = file.textOf(above.test).replace(/\s+/g, ' ');
      if (inner === above.consequent) found.unshift(test);
      else if (inner === above.alternate) found.unshift(`!(${test})`);
    } else if (above.type === 'LogicalExpression' && above.operator === '&&' && inner === above.right) {
      found.unshift(file.textOf(above.left).replace(/\s+/g, ' '));
    }
    inner = above;
  }
  return found;
}
