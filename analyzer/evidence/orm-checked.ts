import type { Node } from '@babel/types';
import { isDerivedOperation, twins } from '@migrate-async/runtime/twins';
import { type Evaluator, memberName, type SourceFile, unwrapped, walk } from '../sources/index.ts';
import { TypeChecker, type TypeFact } from '../types/checker.ts';
import type { OrmFlow } from './orm-flow.ts';
import { modelOf } from './orm-models.ts';
import { chainRoot } from './orm-paths.ts';
import { instanceOfClass } from './orm-types.ts';
import { type Model, type OrmValue, unknownModel } from './orm-values.ts';

const checkers = new WeakMap<Evaluator, TypeChecker>();

/** The type checker of a run; it loads nothing before it is asked. */
export function typeChecker(evaluator: Evaluator): TypeChecker {
  let known = checkers.get(evaluator);
  if (known === undefined) {
    known = new TypeChecker(evaluator.sources);
    checkers.set(evaluator, known);
  }
  return known;
}

/** Names that an operation with a twin can have. */
const operationNames: ReadonlySet<string> = new Set(
  [twins.queryset, twins.instance, twins.related].flatMap((table) => Object.keys(table)),
);

function isOperationName(name: string): boolean {
  return operationNames.has(name) || isDerivedOperation(name);
}

/** Expressions that are known by their types only. */
const byType = new WeakSet<Node>();

export function isKnownByType(node: Node | undefined): boolean {
  return node !== undefined && byType.has(unwrapped(node));
}

const asked = new WeakSet<Node>();

/**
 * Asks the type checker about what operations under `root` are called on, where nothing else could tell, and teaches
 * the data flow the answers.
 */
export function proveByTypes(flow: OrmFlow, file: SourceFile, root: Node): void {
  if (asked.has(root)) return;
  asked.add(root);
  walk(root, (node) => {
    if (node.type === 'CallExpression' && node.callee.type !== 'Import')
      proveReceiver(flow, file, unwrapped(node.callee), root);
    return true;
  });
}

/** The same for one operation that is named and not called: `syncToAsync(post.save)`. */
export function proveReceiver(flow: OrmFlow, file: SourceFile, member: Node, scope: Node): void {
  if (member.type !== 'MemberExpression' || !isOperationName(memberName(member) ?? '')) return;
  if (isFromFramework(member.object)) return;
  if (flow.value(file, member) !== undefined || flow.value(file, member.object) !== undefined) return;
  const value = valueByType(flow.evaluator, file, unwrapped(member.object));
  if (value === undefined) return;
  for (const node of flow.teach(file, member.object, value, scope)) byType.add(node);
}

/** `req.params.get(…)`: what every web framework hands in is no row. */
function isFromFramework(node: Node): boolean {
  const root = chainRoot(node);
  return (
    root.type === 'Identifier' && /^(?:req|request|res|response|ctx|context|reply|console)$/.test(root.name)
  );
}

/** What an expression is by its type: the last of the proofs, for what neither spelling nor data flow could tell. */
export function valueByType(evaluator: Evaluator, file: SourceFile, node: Node): OrmValue | undefined {
  const fact = typeChecker(evaluator).fact(file, node);
  return fact && meant(evaluator, fact);
}

function meant(evaluator: Evaluator, fact: TypeFact): OrmValue | undefined {
  switch (fact.kind) {
    case 'instance': {
      const model = modelNamed(evaluator, fact);
      return model && { kind: 'instance', model };
    }
    case 'class': {
      const model = modelNamed(evaluator, fact);
      return model && { kind: 'model', model };
    }
    case 'list': {
      const of = fact.of && meant(evaluator, fact.of);
      return of && { kind: 'list', of };
    }
    default: {
      const row = fact.of && meant(evaluator, fact.of);
      const model = row?.kind === 'instance' ? row.model : unknownModel;
      return { kind: fact.kind, model, rows: row === undefined ? 'plain' : 'instances' };
    }
  }
}

/** The model a class is: by its declaration in the project, or because it has what rows of models have. */
function modelNamed(
  evaluator: Evaluator,
  { name, declared, isRow }: TypeFact & { readonly kind: 'instance' | 'class' },
): Model | undefined {
  const file = declared && evaluator.sources.file(declared.file);
  const node = file && classNamedAt(file, declared.start);
  if (file !== undefined && node !== undefined) {
    const definition = { kind: 'class', file, node, environment: new Map() } as const;
    if (instanceOfClass(evaluator, definition) !== undefined) return modelOf(definition);
  }
  return isRow ? { name, definition: undefined } : undefined;
}

function classNamedAt(file: SourceFile, start: number) {
  let found: (Node & { type: 'ClassDeclaration' | 'ClassExpression' }) | undefined;
  walk(file.ast.program, (node) => {
    if ((node.type === 'ClassDeclaration' || node.type === 'ClassExpression') && node.id?.start === start)
      found = node;
    return found === undefined;
  });
  return found;
}
