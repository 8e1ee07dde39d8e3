import type { ClassMethod } from '@babel/types';
import {
  type ClassValue,
  type Evaluator,
  type FunctionValue,
  type InstanceValue,
  keyName,
  superclasses,
} from '../../sources/index.ts';

/** A method of a class or of one it extends. */
export interface Method {
  readonly name: string;
  readonly owner: ClassValue;
  readonly node: ClassMethod;
  readonly value: FunctionValue;
}

/** The instance methods of a class, inherited ones last; one that is overridden is not listed. */
export function methodsOf(evaluator: Evaluator, owner: ClassValue): readonly Method[] {
  const self: InstanceValue = { kind: 'instance', of: owner };
  const found = new Map<string, Method>();
  let current: ClassValue | undefined = owner;
  for (let steps = 0; current !== undefined && steps < 20; steps++) {
    for (const node of current.node.body.body) {
      if (node.type !== 'ClassMethod' || node.kind !== 'method') continue;
      const name = keyName({ key: node.key, computed: node.computed });
      if (name === undefined || found.has(name)) continue;
      const { file, environment } = current;
      const value: FunctionValue = { kind: 'function', file, node, environment, self };
      found.set(name, { name, owner: current, node, value });
    }
    current = superclasses(evaluator, current).find((value) => value.kind === 'class');
  }
  return [...found.values()];
}
