import { ImproperlyConfigured } from '../errors.ts';
import type { TargetThunk } from '../fields/relations.ts';
import type { ModelMeta } from './meta.ts';

/** Key under which a model class carries its description. */
export const metaKey = Symbol('model');

interface Described {
  readonly [metaKey]?: ModelMeta;
}

const pending = new Set<ModelMeta>();

/** Adds a model whose relations are connected once every model they name is declared. */
export function register(meta: ModelMeta): void {
  pending.add(meta);
  named.set(meta.name, meta);
}

const named = new Map<string, ModelMeta>();
/** The model of that name; where several have it, the one declared last. */
export function modelNamed(name: string): ModelMeta | undefined {
  return named.get(name);
}

/** The description of a model class; undefined for anything else. */
export function metaOf(candidate: unknown): ModelMeta | undefined {
  return typeof candidate === 'function' ? (candidate as Described)[metaKey] : undefined;
}

/**
 * Connects the relations of models declared since the last call. Models name each other by functions, because a
 * class cannot be named before it is declared; a function that still fails is tried again next time.
 */
export function connectModels(): void {
  if (pending.size === 0) return;
  for (const meta of [...pending]) {
    try {
      if (!meta.relationSet.targetsDeclared()) continue;
      pending.delete(meta);
      meta.relationSet.connect();
    } catch (error) {
      // The fault of the model that says it: others can be used.
      if (!(error instanceof ImproperlyConfigured)) throw error;
      pending.delete(meta);
      meta.relationSet.problems.push(error);
    }
  }
}

const resolved = new WeakMap<TargetThunk, ModelMeta>();

/** The model a relation points at. */
export function resolveTarget(
  thunk: TargetThunk,
  relation: { readonly name: string; readonly model: ModelMeta },
): ModelMeta {
  const known = resolved.get(thunk);
  if (known !== undefined) return known;
  const model = thunk();
  const meta = metaOf(model);
  if (meta === undefined) {
    throw new ImproperlyConfigured(
      `${relation.model.label}.${relation.name} must name a model: a function that returns a class made with model().`,
    );
  }
  meta.useClass(model);
  resolved.set(thunk, meta);
  return meta;
}
