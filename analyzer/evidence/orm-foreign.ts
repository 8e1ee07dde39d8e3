import type { ApiValue, InstanceValue, Value } from '../sources/index.ts';
import type { OrmFlow } from './orm-flow.ts';
import { memberValue, returnedValue } from './orm-members.ts';
import { isModelClass, modelOf } from './orm-models.ts';
import { instanceOfClass, isModelModule } from './orm-types.ts';
import { nothing, type OrmValue, other } from './orm-values.ts';

/** What the evaluator says a value is, in terms of the ORM. */
export function fromValue(flow: OrmFlow, value: Value): OrmValue | undefined {
  switch (value.kind) {
    case 'api':
      return fromApi(flow, value);
    case 'class':
      return isModelClass(flow.evaluator, value)
        ? { kind: 'model', model: modelOf(value) }
        : shape(flow, value);
    case 'instance':
      return instanceOfClass(flow.evaluator, value.of) ?? managerClass(flow, value) ?? shape(flow, value);
    case 'function':
      return { kind: 'closure', file: value.file, node: value.node };
    case 'object':
      return flow.value(value.file, value.node);
    case 'module':
      return { kind: 'shape', property: (name) => flow.foreign(flow.evaluator.exported(value.file, name)) };
    case 'array':
      return flow.value(value.file, value.node);
    case 'constant':
      return value.value === null ? nothing : other;
  }
}

/** A value of the project whose members the evaluator knows. */
function shape(flow: OrmFlow, value: Value): OrmValue {
  return { kind: 'shape', property: (name) => flow.foreign(flow.evaluator.member(value, name)) };
}

/** An instance of the project's own `class PostManager extends Manager`. */
function managerClass(flow: OrmFlow, value: InstanceValue): OrmValue | undefined {
  const heritage = value.of.node.superClass;
  if (!heritage) return undefined;
  const base = flow.evaluator.evaluate(value.of.file, heritage, value.of.environment);
  return base
    .map((above): OrmValue | undefined => {
      if (above.kind === 'class') return managerClass(flow, { kind: 'instance', of: above });
      const last = above.kind === 'api' ? above.steps.at(-1) : undefined;
      if (last?.kind !== 'member' || (last.name !== 'Manager' && last.name !== 'QuerySet')) return undefined;
      return {
        kind: last.name === 'Manager' ? 'manager' : 'queryset',
        model: { name: undefined, definition: undefined },
        rows: 'instances',
        custom: value,
      };
    })
    .find((found) => found !== undefined);
}

function fromApi(flow: OrmFlow, value: ApiValue): OrmValue | undefined {
  let current: OrmValue | undefined = { kind: 'foreign', value: { ...value, steps: [] } };
  for (const step of value.steps) {
    if (current === undefined) return undefined;
    switch (step.kind) {
      case 'member':
        current = memberValue(flow, current, step.name);
        break;
      case 'call':
        current = returnedValue(flow, current);
        break;
      case 'new':
        current = foreignNew(current);
        break;
      case 'instance':
        current = foreignNew(current);
        break;
    }
  }
  return current;
}

function foreignNew(value: OrmValue): OrmValue | undefined {
  if (value.kind === 'model') return { kind: 'instance', model: value.model };
  if (value.kind !== 'foreign') return undefined;
  const last = value.value.steps.at(-1);
  if (last?.kind === 'member' && last.name === 'Manager')
    return { kind: 'manager', model: { name: undefined, definition: undefined }, rows: 'instances' };
  // A module of models that cannot be read: what is made of its classes is a row.
  if (last?.kind === 'member' && /^[A-Z]/.test(last.name) && isModelModule(value.value.module))
    return { kind: 'instance', model: { name: last.name, definition: undefined } };
  return { kind: 'foreign', value: { ...value.value, steps: [...value.value.steps, { kind: 'new' }] } };
}
