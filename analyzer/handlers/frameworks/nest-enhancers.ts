import type { Node } from '@babel/types';
import type { Environment, Evaluator, FunctionValue, SourceFile, Value } from '../../sources/index.ts';
import type { Middleware } from '../handler.ts';
import { functionLocation, locationOf, middlewareOf, referenceName } from '../routing/targets.ts';
import type { Reach } from './nest-middleware.ts';

/** The method that runs, by what a class is used as. */
const methods: readonly (readonly [RegExp, string])[] = [
  [/Guard/, 'canActivate'],
  [/Interceptor/, 'intercept'],
  [/Pipe/, 'transform'],
  [/[Mm]iddleware|apply/, 'use'],
];

/** Something that runs around a handler, and what it is used as. */
export interface Enhancer {
  /** The decorator or method that applies it: `UseGuards`, `useGlobalPipes`. */
  readonly use: string;
  readonly middleware: Middleware;
  /** Which handlers it runs for; all of its application or class when it is left out. */
  readonly reach?: Reach;
}

const kinds = [/apply/, /Guard/, /Interceptor/, /Pipe/];

/** Middleware runs first, then guards, interceptors, then pipes; within each, global ones before those of class and method. */
export function inOrder(enhancers: readonly Enhancer[]): readonly Middleware[] {
  return kinds.flatMap((kind) =>
    enhancers.filter(({ use }) => kind.test(use)).map(({ middleware }) => middleware),
  );
}

/** A guard, interceptor, pipe or middleware class as what runs before a handler. */
export function enhancer(
  evaluator: Evaluator,
  given: { readonly file: SourceFile; readonly node: Node; readonly environment: Environment },
  use: string,
): Enhancer {
  const values = evaluator.evaluate(given.file, given.node, given.environment);
  const name = methods.find(([pattern]) => pattern.test(use))?.[1] ?? 'use';
  for (const value of values) {
    const instance = instanceOf(value);
    if (instance === undefined) continue;
    const method = evaluator
      .member(instance, name)
      .find((own): own is FunctionValue => own.kind === 'function');
    const className = instance.of.node.id?.name ?? referenceName(given.node) ?? 'anonymous';
    const { file, node } = instance.of;
    const location = method === undefined ? locationOf(file, node) : functionLocation(method);
    return { use, middleware: { name: className, location, api: undefined, value: method } };
  }
  return { use, middleware: middlewareOf(evaluator, { ...given, values }) };
}

function instanceOf(value: Value): (Value & { kind: 'instance' }) | undefined {
  if (value.kind === 'instance') return value;
  return value.kind === 'class' ? { kind: 'instance', of: value } : undefined;
}
