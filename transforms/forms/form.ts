import type { Identifier } from '@babel/types';
import type { Bridge } from '../../analyzer/evidence/bridge.ts';
import { type BridgeOptions, findBridges } from '../../analyzer/evidence/bridges.ts';
import type { Evaluator, SourceFile } from '../../analyzer/sources/index.ts';
import type { Edit } from '../edit.ts';
import type { TwinPlan } from '../twin-functions.ts';

/** What a form is told beside the bridge itself. */
export interface FormContext {
  readonly evaluator: Evaluator;
  /** Every bridge of a file, in source order. */
  bridgesOf(file: SourceFile): readonly Bridge[];
}

export function formContext(evaluator: Evaluator, options: BridgeOptions): FormContext {
  return { evaluator, bridgesOf: (file) => findBridges(file, evaluator, options) };
}

export type FormMatch =
  | { readonly kind: 'rewrite' }
  /** The shape is this form's, but rewriting it would not be right. */
  | { readonly kind: 'leave'; readonly code: string; readonly reason: string };

/** A place where a function is named that must be its twin afterwards. */
export interface NamedFunction {
  readonly identifier: Identifier;
  readonly twin: string;
  /** How the twin of a project function comes to be. */
  readonly plan?: TwinPlan;
}

export interface Rewrite {
  readonly edits: readonly Edit[];
  /** Names of imported functions that must mean the twin afterwards: `getObjectOr404`. */
  readonly functions: readonly NamedFunction[];
  /** Project functions whose async twins it calls. */
  readonly twins?: readonly TwinPlan[];
}

/** One spelling of a bridge: how to recognise it, and how to write its native counterpart. */
export interface Form {
  readonly name: string;
  /** @returns `undefined` when the bridge is not spelt this way */
  match(bridge: Bridge, context: FormContext): FormMatch | undefined;
  /** Called only for bridges that `match` said to rewrite. */
  rewrite(bridge: Bridge, context: FormContext): Rewrite;
}

export const rewritable: FormMatch = { kind: 'rewrite' };

export function leave(code: string, reason: string): FormMatch & { readonly kind: 'leave' } {
  return { kind: 'leave', code, reason };
}
