import type { Node } from '@babel/types';
import { moduleSpecifier } from '../analyzer/evidence/bridge-origins.ts';
import {
  type ClassNode,
  type Evaluator,
  exportsOf,
  type FunctionNode,
  keyName,
  memberName,
  type SourceFile,
  unwrapped,
  walk,
} from '../analyzer/sources/index.ts';
import { type AsyncBody, asyncBody } from './asyncify.ts';
import { type FormMatch, leave } from './forms/form.ts';

type Refusal = FormMatch & { readonly kind: 'leave' };

/** A sync function of the project that queries. */
export interface Target {
  readonly file: SourceFile;
  readonly node: FunctionNode;
}

/** How a sync project function gets its async counterpart. */
export type TwinPlan =
  /** It stands beside it already. */
  | { readonly kind: 'existing'; readonly name: string; readonly target: Target }
  /** It is written beside it. */
  | { readonly kind: 'written'; readonly name: string; readonly target: Target; readonly body: AsyncBody };

const plans = new WeakMap<FunctionNode, TwinPlan | Refusal>();

/** Plans the async twin of a project function, and of every project function it calls that queries. */
export function twinPlan(evaluator: Evaluator, target: Target): TwinPlan | Refusal {
  const known = plans.get(target.node);
  if (known !== undefined) return known;
  const name = declaredName(target);
  if (name === undefined)
    return leave('MA122', 'the function that queries has no name of its own to give a twin');
  const twin = `a${name}`;
  // Set first: a function may call itself, and its twin then calls the twin.
  plans.set(target.node, { kind: 'written', name: twin, target, body: emptyBody });
  const plan = planned(evaluator, target, name, twin);
  plans.set(target.node, plan);
  return plan;
}

const emptyBody: AsyncBody = { kind: 'async', steps: [], functions: [] };

function planned(evaluator: Evaluator, target: Target, name: string, twin: string): TwinPlan | Refusal {
  const sibling = siblingNamed(target, twin);
  if (sibling === 'function') return { kind: 'existing', name: twin, target };
  if (sibling === 'other') return leave('MA122', `«${twin}» means something else beside «${name}»`);
  const blocking = blockingCall(evaluator, target);
  if (blocking !== undefined)
    return leave('MA119', `«${name}» also calls «${blocking}», which would block the event loop`);
  return shapeRefusal(evaluator, target, name) ?? bodyPlan(evaluator, target, twin);
}

function bodyPlan(evaluator: Evaluator, target: Target, twin: string): TwinPlan | Refusal {
  const body = asyncBody(evaluator, target.file, target.node);
  return body.kind === 'leave' ? body : { kind: 'written', name: twin, target, body };
}

function shapeRefusal(evaluator: Evaluator, target: Target, name: string): Refusal | undefined {
  const { file, node } = target;
  if (!evaluator.sources.isListed(file.path))
    return leave('MA122', `«${name}» is not part of what is rewritten`);
  if (node.generator) return leave('MA112', `«${name}» is a generator`);
  if (
    node.returnType?.type === 'TSTypeAnnotation' &&
    node.returnType.typeAnnotation.type === 'TSTypePredicate'
  )
    return leave('MA122', `«${name}» narrows a type by what it returns`);
  if (isOverloaded(target, name)) return leave('MA122', `«${name}» is overloaded`);
  const method = methodRefusal(evaluator, target, name);
  if (method !== undefined) return method;
  return homeOf(target) === undefined
    ? leave('MA122', `a twin of «${name}» has nowhere to stand`)
    : undefined;
}

function isOverloaded({ file, node }: Target, name: string): boolean {
  const siblings = siblingsOf(file, node);
  return siblings.some((each) => {
    const inner = each.type === 'ExportNamedDeclaration' ? each.declaration : each;
    if (inner?.type === 'TSDeclareFunction') return inner.id?.name === name;
    return inner?.type === 'TSDeclareMethod' && keyName(inner) === name;
  });
}

function siblingsOf(file: SourceFile, node: FunctionNode): readonly Node[] {
  const parent = file.parentOf(node);
  if (parent?.type === 'ClassBody') return parent.body;
  return file.ast.program.body;
}

/** A method that a subclass overrides would need a twin there too. */
function methodRefusal(evaluator: Evaluator, { file, node }: Target, name: string): Refusal | undefined {
  if (node.type === 'ObjectMethod') return leave('MA122', `«${name}» is a member of an object literal`);
  if (node.type !== 'ClassMethod' && node.type !== 'ClassPrivateMethod') return undefined;
  if (node.type === 'ClassPrivateMethod' || node.kind !== 'method' || node.computed)
    return leave('MA122', `«${name}» is not a plain method`);
  if ((node.decorators ?? []).length > 0) return leave('MA122', `«${name}» is decorated`);
  const around = file.classAround(node);
  if (around === undefined) return undefined;
  const overridden = subclassesOf(evaluator, file, around).some((subclass) =>
    subclass.body.body.some(
      (member) => 'key' in member && member !== node && keyName(member as never) === name,
    ),
  );
  return overridden ? leave('MA122', `a subclass overrides «${name}»`) : undefined;
}

function subclassesOf(evaluator: Evaluator, file: SourceFile, around: ClassNode): readonly ClassNode[] {
  return evaluator.referencesTo(file, around).flatMap((place) => {
    const parent = place.file.parentOf(place.node);
    const extendsIt =
      (parent?.type === 'ClassDeclaration' || parent?.type === 'ClassExpression') &&
      parent.superClass === place.node;
    return extendsIt ? [parent] : [];
  });
}

/** The name a function is called by; `undefined` when it has none that a twin could be named after. */
export function declaredName({ file, node }: Target): string | undefined {
  switch (node.type) {
    case 'FunctionDeclaration':
      return node.id?.name;
    case 'ClassMethod':
    case 'ObjectMethod':
      return keyName(node);
    case 'ClassPrivateMethod':
      return node.key.id.name;
    default: {
      const parent = file.parentOf(node);
      return parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier'
        ? parent.id.name
        : undefined;
    }
  }
}

/** What a twin is written after: the statement or class member that declares the function. */
export function homeOf({ file, node }: Target): Node | undefined {
  if (node.type === 'ClassMethod') return node;
  const parent = file.parentOf(node);
  if (node.type === 'FunctionDeclaration') return topLevel(file, node);
  if (parent?.type !== 'VariableDeclarator' || parent.id.type !== 'Identifier') return undefined;
  // A declared type would be that of a sync function.
  if (parent.id.typeAnnotation) return undefined;
  const declaration = file.parentOf(parent);
  if (declaration?.type !== 'VariableDeclaration' || declaration.declarations.length !== 1) return undefined;
  return declaration.kind === 'const' ? topLevel(file, declaration) : undefined;
}

function topLevel(file: SourceFile, node: Node): Node | undefined {
  const parent = file.parentOf(node);
  if (parent?.type === 'Program') return node;
  return parent?.type === 'ExportNamedDeclaration' ? parent : undefined;
}

function siblingNamed({ file, node }: Target, twin: string): 'function' | 'other' | undefined {
  if (node.type === 'ClassMethod') {
    const body = file.parentOf(node);
    const members = body?.type === 'ClassBody' ? body.body : [];
    const found = members.find((member) => 'key' in member && keyName(member as never) === twin);
    return found === undefined ? undefined : found.type === 'ClassMethod' ? 'function' : 'other';
  }
  const binding = file.scopes.topLevel.get(twin);
  if (binding === undefined) return undefined;
  if (binding.declaration.type === 'FunctionDeclaration') return 'function';
  const init = binding.declaration.type === 'VariableDeclarator' ? binding.declaration.init : undefined;
  return init && /Function/.test(unwrapped(init).type) ? 'function' : 'other';
}

/** A call of a blocking function of Node in the body: `readFileSync`, `execSync`, `pbkdf2Sync`. */
function blockingCall(evaluator: Evaluator, { file, node }: Target): string | undefined {
  let found: string | undefined;
  walk(node.body, (inner) => {
    if (inner.type !== 'CallExpression' || inner.callee.type === 'Import') return found === undefined;
    const callee = unwrapped(inner.callee);
    const name = callee.type === 'Identifier' ? callee.name : memberName(callee);
    if (name !== undefined && /[a-z]Sync$/.test(name)) {
      const isForeign = evaluator.evaluate(file, callee).some(({ kind }) => kind === 'api');
      if (isForeign) found ??= file.textOf(callee);
    }
    return found === undefined;
  });
  return found;
}

/** The twin of a project function as `file` can reach it, by the expression that names the function there. */
export function reachableTwin(
  evaluator: Evaluator,
  file: SourceFile,
  callee: Node,
  target: Target,
): TwinPlan | Refusal {
  const plan = twinPlan(evaluator, target);
  if (plan.kind === 'leave') return plan;
  const name = declaredName(target) ?? '';
  const out = leave('MA122', `a twin of «${name}» could not be reached from ${file.path}`);
  const node = unwrapped(callee);
  if (target.node.type === 'ClassMethod') return node.type === 'MemberExpression' ? plan : out;
  if (node.type !== 'Identifier') {
    const specifier = node.type === 'MemberExpression' ? moduleSpecifier(file, node.object) : undefined;
    return specifier !== undefined &&
      memberName(node) === name &&
      exportsTwin(evaluator, file, specifier, plan)
      ? plan
      : out;
  }
  const declaration = file.scopes.bindingOf(node)?.declaration;
  if (file === target.file)
    return declaration === target.node || declaration === file.parentOf(target.node) ? plan : out;
  const imported = declaration && importOf(file, declaration, node);
  return imported?.name === name && exportsTwin(evaluator, file, imported.specifier, plan) ? plan : out;
}

function importOf(
  file: SourceFile,
  declaration: Node,
  node: Node,
): { readonly specifier: string; readonly name: string } | undefined {
  if (declaration.type === 'ImportSpecifier') {
    const statement = file.parentOf(declaration);
    if (statement?.type !== 'ImportDeclaration') return undefined;
    const { imported } = declaration;
    return {
      specifier: statement.source.value,
      name: imported.type === 'Identifier' ? imported.name : imported.value,
    };
  }
  if (declaration.type !== 'VariableDeclarator' || declaration.id.type !== 'ObjectPattern') return undefined;
  const specifier = declaration.init ? moduleSpecifier(file, declaration.init) : undefined;
  const identifier = file.scopes.bindingOf(node)?.identifier;
  const property = declaration.id.properties.find(
    (each) => each.type === 'ObjectProperty' && each.value === identifier,
  );
  const name = property?.type === 'ObjectProperty' ? keyName(property) : undefined;
  return specifier === undefined || name === undefined ? undefined : { specifier, name };
}

/** Whether the module that `specifier` names exports the twin, or will when it is written. */
function exportsTwin(
  evaluator: Evaluator,
  from: SourceFile,
  specifier: string,
  plan: TwinPlan,
  depth = 0,
): boolean {
  const module = evaluator.sources.imported(from.path, specifier);
  if (module === undefined || depth > deepestBarrel) return false;
  const { names, stars } = exportsOf(module);
  if (module === plan.target.file) return names.has(plan.name) || exportsAlong(plan.target);
  // A barrel that names what it passes on would have to name the twin too.
  return stars.some((star) => exportsTwin(evaluator, module, star, plan, depth + 1));
}

const deepestBarrel = 10;

/** Whether whatever is written beside the function is exported like it: `export function`, `export { f }`. */
function exportsAlong(target: Target): boolean {
  const { file } = target;
  const home = homeOf(target);
  if (home?.type === 'ExportNamedDeclaration') return true;
  const binding = file.scopes.topLevel.get(declaredName(target) ?? '');
  return (binding?.references ?? []).some((reference) => {
    const parent = file.parentOf(reference);
    if (parent?.type === 'ExportSpecifier')
      return parent.exported.type === 'Identifier' && parent.exported.name === binding?.name;
    return parent?.type === 'ObjectProperty' && parent.shorthand && isExportsObject(file, parent);
  });
}

/** Whether the property stands in `module.exports = { … }`. */
export function isExportsObject(file: SourceFile, property: Node): boolean {
  const object = file.parentOf(property);
  const assignment = object && file.parentOf(object);
  if (assignment?.type !== 'AssignmentExpression' || unwrapped(assignment.right) !== object) return false;
  return /^module\s*\.\s*exports$/.test(file.textOf(assignment.left));
}
