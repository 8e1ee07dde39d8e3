import type { Node } from '@babel/types';
import type { Bridge, OrmOperation } from '../analyzer/evidence/bridge.ts';
import { ormFlow, ormOperation, receiverKnowledge } from '../analyzer/evidence/orm.ts';
import { typeChecker } from '../analyzer/evidence/orm-checked.ts';
import {
  type Evaluator,
  isFunction,
  keyName,
  memberName,
  type Place,
  type SourceFile,
  unwrapped,
  walk,
} from '../analyzer/sources/index.ts';
import { excerpt } from './excerpt.ts';
import { hasOptionalLink, isCast, outermost } from './expressions.ts';
import { type FormMatch, leave } from './forms/form.ts';

type Refusal = FormMatch & { readonly kind: 'leave' };

/** Reasons to leave a bridge that hold whatever form it has. */
export function refusal(bridge: Bridge, evaluator: Evaluator): Refusal | undefined {
  const { argument, doubt, file, wrap } = bridge;
  if (doubt !== undefined) return leave(doubt.code, doubt.reason);
  if (argument === undefined) return leave('MA115', 'nothing is handed to the wrapper');
  if (argument.type === 'SpreadElement') return leave('MA115', 'what is handed to the wrapper is spread');
  const handed = unwrapped(argument);
  if (handed.type === 'Identifier' && file.scopes.bindingOf(handed)?.kind === 'parameter')
    return leave('MA121', `«${handed.name}» is whatever the caller hands over`);
  return (
    optionsRefusal(bridge) ??
    castRefusal(bridge, evaluator) ??
    asyncToSyncRefusal(file, wrap) ??
    resourceRefusal(file, wrap) ??
    (bridge.closure === undefined && hasOptionalLink(argument)
      ? leave(
          'MA113',
          `«${excerpt(file.textOf(argument))}» may stop at \`?.\`, where the wrapper rejects and the twin would not`,
        )
      : undefined)
  );
}

function optionsRefusal({ file, options }: Bridge): Refusal | undefined {
  if (options === undefined) return undefined;
  const node = unwrapped(options);
  if (node.type === 'Identifier' && node.name === 'undefined') return undefined;
  if (node.type !== 'ObjectExpression')
    return leave('MA116', `the options «${excerpt(file.textOf(options))}» are not spelled out`);
  for (const property of node.properties) {
    if (property.type !== 'ObjectProperty' || keyName(property) !== 'threadSensitive')
      return leave('MA116', `the option «${excerpt(file.textOf(property))}» has no native counterpart`);
  }
  return undefined;
}

function castRefusal(
  { file, argument, application, wrap }: Bridge,
  evaluator: Evaluator,
): Refusal | undefined {
  if (argument !== undefined && isCast(argument))
    return leave('MA114', 'the wrapped function is cast to another type');
  if (wrap.type === 'CallExpression' && isCast(wrap.callee))
    return leave('MA114', 'the wrapper is cast to another type');
  if (application === undefined || application.callee === wrap) return undefined;
  if (!isCast(application.callee)) return undefined;
  // A cast that says less than is known anyway can go with the wrapper.
  return typeChecker(evaluator).onlyWidens(file, wrap, application.callee)
    ? undefined
    : leave('MA114', 'what the wrapper gives is cast to another type');
}

function asyncToSyncRefusal(file: SourceFile, wrap: Node): Refusal | undefined {
  const call = file.parentOf(outermost(file, wrap));
  if (call?.type !== 'CallExpression') return undefined;
  const callee = unwrapped(call.callee);
  const name = callee.type === 'Identifier' ? callee.name : memberName(callee);
  return name === 'asyncToSync'
    ? leave('MA107', 'the bridge is turned back into a sync function')
    : undefined;
}

/** Inside a transaction that a `using` declaration holds open, the bridge's connection is the transaction's. */
function resourceRefusal(file: SourceFile, wrap: Node): Refusal | undefined {
  let inner: Node = wrap;
  for (let above = file.parentOf(inner); above !== undefined; inner = above, above = file.parentOf(above)) {
    if (above.type !== 'BlockStatement' && above.type !== 'Program') continue;
    for (const statement of above.body) {
      if (statement === inner) break;
      if (statement.type !== 'VariableDeclaration' || !/using$/.test(statement.kind)) continue;
      if (/\b(?:transaction|atomic)\b/i.test(file.textOf(statement)))
        return leave('MA110', 'a transaction is held open by a `using` declaration round it');
    }
  }
  return undefined;
}

/** Why a function handed over by reference is not something to rewrite. */
export function referenceRefusal(bridge: Bridge, evaluator: Evaluator): Refusal {
  const { file } = bridge;
  const node = unwrapped(bridge.argument ?? bridge.wrap);
  const text = excerpt(file.textOf(node));
  const known = receiverKnowledge(evaluator, file, node);
  switch (known.kind) {
    case 'operation':
      if (node.type === 'Identifier' && known.operation.twin !== undefined)
        return leave('MA109', `«${text}» was taken off its receiver`);
      return onlyBuilt(file, known.operation);
    case 'custom':
      return leave('MA103', `«${known.name}» is the project’s own and has no twin`);
    case 'function':
      if (known.node.async) return leave('MA123', `«${text}» is async already`);
      return functionRefusal(bridge, evaluator, known, text);
    case 'other':
      return leave('MA101', `«${text}» is not an ORM operation`);
    case 'unknown':
      if (ormFlow(evaluator).value(file, node)?.kind === 'method' && /Member/.test(node.type))
        return leave('MA109', `«${text}» was taken off its receiver`);
      return unknownRefusal(file, node, text);
  }
}

function functionRefusal(bridge: Bridge, evaluator: Evaluator, { file, node }: Place, text: string): Refusal {
  if (bridge.operations.length > 0)
    return leave('MA122', `«${text}» is a function of the project without an async twin`);
  const built = isFunction(node) ? lazyQueryIn(evaluator, file, node.body) : undefined;
  return built === undefined
    ? leave('MA101', `«${text}» is a function of the project that does no ORM work`)
    : onlyBuilt(file, built);
}

/** What an operation that only builds a query is left for; `raw` has no twin, as it is gone through. */
export function onlyBuilt(file: SourceFile, { kind, name, node }: OrmOperation): Refusal {
  return kind === 'lazy' && name !== 'raw'
    ? leave('MA102', `«${excerpt(file.textOf(node))}» only builds a query`)
    : leave('MA103', `«${name}» has no twin`);
}

/** The first operation under a node that builds a query and does not run it. */
export function lazyQueryIn(evaluator: Evaluator, file: SourceFile, root: Node): OrmOperation | undefined {
  let found: OrmOperation | undefined;
  walk(root, (node) => {
    if (node.type !== 'CallExpression' || node.callee.type === 'Import') return found === undefined;
    const operation = ormOperation(evaluator, file, node.callee);
    if (operation?.kind === 'lazy') found ??= operation;
    return found === undefined;
  });
  return found;
}

function unknownRefusal(file: SourceFile, node: Node, text: string): Refusal {
  if (node.type === 'Identifier') {
    const binding = file.scopes.bindingOf(node);
    if (binding?.declaration.type === 'VariableDeclarator' && binding.declaration.id.type === 'ObjectPattern')
      return leave('MA109', `«${text}» was taken off its receiver`);
  }
  const isMember = node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression';
  if (isMember && memberName(node) === undefined)
    return leave('MA108', `only run time knows which operation «${text}» is`);
  return leave('MA104', `nothing proves what «${text}» is called on`);
}
