import type { Decorator, Node } from '@babel/types';
import {
  type ApiValue,
  type ClassNode,
  type ClassValue,
  type Evaluator,
  noEnvironment,
  type SourceFile,
  unwrapped,
  type Value,
  walk,
} from '../../sources/index.ts';
import { argumentsOf } from './options.ts';

/** One decorator, composed ones taken apart. */
export interface Applied {
  /** The package it comes from. */
  readonly module: string;
  readonly name: string;
  /** The values of its arguments. */
  readonly arguments: readonly (readonly Value[])[];
  /** Where its arguments are written, for those whose text matters. */
  readonly nodes: readonly Node[];
  readonly file: SourceFile;
  readonly environment: ClassValue['environment'];
  /** The decorator in front of the class or method, which may compose the one meant here. */
  readonly node: Decorator;
}

/** Decorators composed of decorators beyond this are left. */
const deepest = 6;

/** The decorators of a class, method or parameter, in the order they are written. */
export function decoratorsOf(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node,
  environment: ClassValue['environment'] = noEnvironment,
): readonly Applied[] {
  const decorators = 'decorators' in node && node.decorators ? node.decorators : [];
  return decorators.flatMap((decorator) =>
    evaluator
      .evaluate(file, decorator.expression, environment)
      .flatMap((value) => applied(evaluator, decorator, value, 0)),
  );
}

function applied(
  evaluator: Evaluator,
  decorator: Decorator,
  value: Value,
  depth: number,
): readonly Applied[] {
  if (value.kind === 'function') return composedIn(evaluator, decorator, value, depth);
  if (value.kind !== 'api') return [];
  const at = callOf(value);
  const nodes = argumentsOf(at);
  const name = value.steps.findLast((step) => step.kind === 'member')?.name ?? value.module;
  const given = nodes.map((node) =>
    at === undefined ? [] : evaluator.evaluate(at.file, unwrapped(node), at.environment ?? noEnvironment),
  );
  if (name === 'applyDecorators' && depth < deepest) {
    return given.flatMap((values) =>
      values.flatMap((inner) => applied(evaluator, decorator, inner, depth + 1)),
    );
  }
  if (at === undefined) return [];
  const { file, environment = noEnvironment } = at;
  return [{ module: value.module, name, arguments: given, nodes, file, environment, node: decorator }];
}

/** A decorator written by hand that applies others to what it decorates: `return (...all) => Get(path)(...all)`. */
function composedIn(
  evaluator: Evaluator,
  decorator: Decorator,
  value: Value & { kind: 'function' },
  depth: number,
): readonly Applied[] {
  if (depth >= deepest) return [];
  const found: Applied[] = [];
  walk(value.node.body, (inner) => {
    if (inner.type !== 'CallExpression' || inner.callee.type !== 'CallExpression') return true;
    for (const own of evaluator.evaluate(value.file, inner.callee, value.environment))
      found.push(...applied(evaluator, decorator, own, depth + 1));
    return true;
  });
  return found;
}

function callOf(value: ApiValue): ApiValue['created'] {
  const last = value.steps.at(-1);
  return last?.kind === 'call' ? last.at : undefined;
}

const classes = new WeakMap<SourceFile, readonly ClassNode[]>();

/** Every class of a file that has a decorator. */
export function decoratedClasses(file: SourceFile): readonly ClassNode[] {
  let known = classes.get(file);
  if (known === undefined) {
    const found: ClassNode[] = [];
    walk(file.ast.program, (node) => {
      const isClass = node.type === 'ClassDeclaration' || node.type === 'ClassExpression';
      if (isClass && node.decorators && node.decorators.length > 0) found.push(node);
      return true;
    });
    known = found;
    classes.set(file, known);
  }
  return known;
}
