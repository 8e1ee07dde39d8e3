import type { CallExpression, Node, OptionalCallExpression } from '@babel/types';
import type { Site } from '../analysis.ts';
import type { FunctionNode, FunctionValue, SourceFile } from '../sources/index.ts';

/** A `syncToAsync(...)` expression in source. */
export interface Bridge {
  readonly file: SourceFile;
  /** The call of the wrapper: `syncToAsync(f)`; the wrapper itself where it is handed on to who knows where. */
  readonly wrap: Node;
  /** What is handed to the wrapper. */
  readonly argument: Node | undefined;
  /** Second argument of the wrapper. */
  readonly options: Node | undefined;
  /** The call of the wrapped function, `syncToAsync(f)(q)`, when it stands right there. */
  readonly application: CallExpression | OptionalCallExpression | undefined;
  /** Why the wrapper itself is not certain: its value depends on a condition, or it does more than wrap. */
  readonly doubt: { readonly code: string; readonly reason: string } | undefined;
  /** The closure handed over in place, if it is one. */
  readonly closure: FunctionNode | undefined;
  /** The project function handed over by name, if it is one. */
  readonly target: FunctionValue | undefined;
  /** ORM work that crosses: the referenced operation, or those inside the closure, in source order. */
  readonly operations: readonly OrmOperation[];
}

/** One ORM operation in source, and how it is known to be one. */
export interface OrmOperation {
  readonly file: SourceFile;
  /** The member expression that names the operation, or the identifier of a function such as getObjectOr404. */
  readonly node: Node;
  /** What it is called on; absent for a plain function. */
  readonly receiver: Node | undefined;
  readonly name: string;
  /** The native counterpart; absent for a lazy builder. */
  readonly twin: string | undefined;
  readonly kind: 'queryset' | 'instance' | 'related' | 'function' | 'transaction' | 'relation' | 'lazy';
  readonly writes: boolean;
  /** Name of the model class, where it is known. */
  readonly model: string | undefined;
  readonly proof: 'syntax' | 'flow' | 'type';
}

/** Decides what becomes of a bridge; the transforms provide it. */
export type SiteMatcher = (bridge: Bridge) => Site;
