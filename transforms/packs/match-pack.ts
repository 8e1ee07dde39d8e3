import type { CallExpression, Node } from '@babel/types';
import type { Site } from '../../analyzer/analysis.ts';
import {
  type Evaluator,
  memberName,
  type SourceFile,
  unwrapped,
  type Value,
  walk,
} from '../../analyzer/sources/index.ts';
import { isPath } from '../expressions.ts';
import type { Pack } from './pack.ts';

/** A call of a pack's wrapper. */
export interface PackBridge {
  readonly file: SourceFile;
  readonly wrap: CallExpression;
  readonly outcome: Site['outcome'];
  /** What is handed over, when it is one of the pack's functions. */
  readonly handed: { readonly node: Node; readonly module: string; readonly name: string } | undefined;
}

/** Every call of a pack's wrapper in a file, in source order. */
export function packBridges(file: SourceFile, evaluator: Evaluator, pack: Pack): readonly PackBridge[] {
  const wrapperNames = Object.values(pack.wrappers).flat();
  if (!wrapperNames.some((name) => file.text.includes(name))) return [];
  const found: PackBridge[] = [];
  walk(file.ast.program, (node) => {
    if (node.type !== 'CallExpression' || node.callee.type === 'Import') return true;
    const wrapper = modulePath(evaluator.evaluate(file, node.callee));
    if (wrapper === undefined || !pack.wrappers[wrapper.module]?.includes(wrapper.path.join('.')))
      return true;
    found.push(bridgeAt(file, evaluator, pack, node));
    return true;
  });
  return found.sort((left, right) => (left.wrap.start ?? 0) - (right.wrap.start ?? 0));
}

function bridgeAt(file: SourceFile, evaluator: Evaluator, pack: Pack, wrap: CallExpression): PackBridge {
  const leave = (code: string, reason: string): PackBridge => ({
    file,
    wrap,
    outcome: { kind: 'leave', code, reason },
    handed: undefined,
  });
  const [argument, ...more] = wrap.arguments;
  if (argument === undefined || argument.type === 'SpreadElement' || more.length > 0)
    return leave('MA115', 'what is wrapped cannot be seen');
  const node = unwrapped(argument);
  const text = file.textOf(node);
  if (node !== argument) return leave('MA114', `«${text}» is cast`);
  const values = evaluator.evaluate(file, node);
  const path = modulePath(values);
  if (path === undefined)
    return values.length === 0
      ? leave('MA104', `nothing proves what «${text}» is`)
      : leave('MA101', `«${text}» is not a function of this pack`);
  const [name = ''] = path.path;
  if (path.path.length !== 1 || !pack.functions[path.module]?.includes(name))
    return leave('MA103', `«${path.module}.${path.path.join('.')}» has no counterpart with the same result`);
  if (!isNamedDirectly(file, node, name))
    return leave('MA109', `«${text}» is reached by way of another name`);
  return {
    file,
    wrap,
    outcome: { kind: 'rewrite', form: pack.name },
    handed: { node, module: path.module, name },
  };
}

/** A member of the module, or a name taken out of it where it is loaded. */
function isNamedDirectly(file: SourceFile, node: Node, name: string): boolean {
  if (node.type === 'MemberExpression')
    return isPath(node.object) && !node.computed && memberName(node) === name && node.object.type !== 'Super';
  if (node.type !== 'Identifier') return false;
  const binding = file.scopes.bindingOf(node);
  if (binding === undefined || binding.assignments.length > 0) return false;
  if (binding.declaration.type === 'ImportSpecifier') return true;
  return binding.declaration.type === 'VariableDeclarator' && binding.declaration.id.type === 'ObjectPattern';
}

/** The one module path that all of the values are. */
function modulePath(
  values: readonly Value[],
): { readonly module: string; readonly path: readonly string[] } | undefined {
  const [only, ...more] = values;
  if (only?.kind !== 'api' || more.length > 0 || only.module === 'global') return undefined;
  const path: string[] = [];
  for (const step of only.steps) {
    if (step.kind !== 'member') return undefined;
    path.push(step.name);
  }
  return { module: only.module, path: path[0] === 'default' ? path.slice(1) : path };
}
