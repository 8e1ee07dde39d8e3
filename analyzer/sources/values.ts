import type {
  ArrayExpression,
  ClassDeclaration,
  ClassExpression,
  Node,
  ObjectExpression,
  TSInterfaceDeclaration,
  TSTypeLiteral,
} from '@babel/types';
import type { Binding } from './scopes.ts';
import type { SourceFile } from './source-file.ts';
import type { FunctionNode } from './tree.ts';

export type ClassNode = ClassDeclaration | ClassExpression;

/** One step from a package to a value: reading a member, calling, constructing, or being declared of a type. */
export type ApiStep =
  | { readonly kind: 'member'; readonly name: string }
  | { readonly kind: 'call'; readonly at?: CallPlace }
  | { readonly kind: 'new'; readonly at?: CallPlace }
  | { readonly kind: 'instance' };

/** What the names of an enclosing call stand for while its body is looked at. */
export type Environment = ReadonlyMap<Binding, readonly Value[]>;

/** A place in a parsed file. */
export interface Place {
  readonly file: SourceFile;
  readonly node: Node;
}

/** A call or `new`, and what the names around it stood for when it was looked at. */
export interface CallPlace extends Place {
  readonly environment?: Environment;
}

/**
 * Something from outside the project, named by how it was reached: `express().Router`, `global fetch`.
 *
 * The idea of naming a foreign value by its access path from an import is that of CodeQL's API graphs.
 */
export interface ApiValue {
  readonly kind: 'api';
  /** Package specifier as imported, name of a Node module, or `global`. */
  readonly module: string;
  readonly steps: readonly ApiStep[];
  /** The last call or `new` on the way: what tells two routers apart. */
  readonly created?: CallPlace;
}

export interface FunctionValue {
  readonly kind: 'function';
  readonly file: SourceFile;
  readonly node: FunctionNode;
  readonly environment: Environment;
  /** What `this` is inside, where that is known. */
  readonly self?: Value;
}

export interface ClassValue {
  readonly kind: 'class';
  readonly file: SourceFile;
  readonly node: ClassNode;
  readonly environment: Environment;
}

export interface InstanceValue {
  readonly kind: 'instance';
  readonly of: ClassValue;
  /** The `new` expression; absent when the value is known by its declared type only. */
  readonly created?: CallPlace;
}

/** A value of which only the shape is known: something of an interface or of an object type. */
export interface ShapeValue {
  readonly kind: 'shape';
  readonly file: SourceFile;
  readonly node: TSInterfaceDeclaration | TSTypeLiteral;
}

export type Value =
  | ApiValue
  | FunctionValue
  | ClassValue
  | InstanceValue
  | ShapeValue
  | {
      readonly kind: 'object';
      readonly file: SourceFile;
      readonly node: ObjectExpression;
      readonly environment: Environment;
    }
  | {
      readonly kind: 'array';
      readonly file: SourceFile;
      readonly node: ArrayExpression;
      readonly environment: Environment;
    }
  /** A list no single literal spells out: rest arguments, `Object.values(…)`, what `map` gives. */
  | { readonly kind: 'list'; readonly items: readonly ListItem[] }
  /** The namespace of a project module: its exports by name. */
  | { readonly kind: 'module'; readonly file: SourceFile }
  | { readonly kind: 'constant'; readonly value: string | number | boolean | null | RegExp };

/** One element of a list: where it is written and what it may be. */
export interface ListItem extends Place {
  readonly values: readonly Value[];
  readonly environment?: Environment;
  /** What a callback gets behind the element: the key of a `Map`, in `reduce` the element itself. */
  readonly further?: readonly Value[];
}

export const noEnvironment: Environment = new Map();

/** The access path as text, `import` form normalised: `express` `Router` `()` reads `express.Router()`. */
export function apiPath(value: ApiValue): string {
  const steps =
    value.steps[0]?.kind === 'member' && value.steps[0].name === 'default'
      ? value.steps.slice(1)
      : value.steps;
  let path = value.module;
  for (const step of steps) {
    if (step.kind === 'member') path += `.${step.name}`;
    else if (step.kind === 'call') path += '()';
    else if (step.kind === 'new') path += '.new()';
    else path += '.instance';
  }
  return path;
}

/** Extends an access path by one step. */
export function extendApi(value: ApiValue, step: ApiStep, created?: CallPlace): ApiValue {
  const place = created ?? value.created;
  const located = created && (step.kind === 'call' || step.kind === 'new') ? { ...step, at: created } : step;
  const steps = [...value.steps, located];
  const extended: ApiValue =
    place === undefined
      ? { kind: 'api', module: value.module, steps }
      : { kind: 'api', module: value.module, steps, created: place };
  shorter.set(extended, value);
  return extended;
}

const shorter = new WeakMap<ApiValue, ApiValue>();

/** The value that one was reached from by its last step, where that is known. */
export function reachedFrom(value: ApiValue): ApiValue | undefined {
  return shorter.get(value);
}

/** Text of a value that is a string known without running anything. */
export function constantText(values: readonly Value[]): string | undefined {
  const [only] = values;
  if (values.length !== 1 || only?.kind !== 'constant') return undefined;
  return typeof only.value === 'string' || typeof only.value === 'number' ? String(only.value) : undefined;
}
