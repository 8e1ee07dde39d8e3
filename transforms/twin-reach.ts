import type { Node } from '@babel/types';
import { moduleSpecifier } from '../analyzer/evidence/bridge-origins.ts';
import {
  type Evaluator,
  exportsOf,
  keyName,
  memberName,
  type SourceFile,
  unwrapped,
} from '../analyzer/sources/index.ts';
import { isTypedFor } from './declared-receivers.ts';
import { type FormMatch, leave } from './forms/form.ts';
import { isTwinFree } from './imports.ts';
import { barrelsOf } from './twin-barrels.ts';
import { type TwinPlan, twinPlan } from './twin-functions.ts';
import { declaredName, exportsAlong, homeOf, isWhole, type Target } from './twin-homes.ts';

type Refusal = FormMatch & { readonly kind: 'leave' };

/** The twin of a project function as `file` can reach it, by the expression that names the function there. */
export function reachableTwin(
  evaluator: Evaluator,
  file: SourceFile,
  callee: Node,
  target: Target,
): TwinPlan | Refusal {
  const plan = twinPlan(evaluator, target);
  if (plan.kind === 'leave') return plan;
  const named = unwrapped(callee);
  if (named.type === 'Identifier' && !isTwinFree(file, named, plan.name))
    return leave('MA122', `«${plan.name}» means something else where it would be called`);
  return isReachable(evaluator, file, unwrapped(callee), plan)
    ? plan
    : leave('MA122', `a twin of «${declaredName(target) ?? ''}» could not be reached from ${file.path}`);
}

function isReachable(evaluator: Evaluator, file: SourceFile, node: Node, plan: TwinPlan): boolean {
  const { target } = plan;
  const name = declaredName(target);
  if (node.type === 'MemberExpression') {
    if (!isTypedFor(evaluator, file, node.object, target)) return false;
    if (isMethod(target)) return true;
    return memberName(node) === name && holdsTwin(evaluator, file, node.object, plan);
  }
  if (node.type !== 'Identifier' || isMethod(target)) return false;
  const declaration = file.scopes.bindingOf(node)?.declaration;
  if (declaration === undefined) return false;
  if (declaration === target.node || declaration === file.parentOf(target.node)) return true;
  if (isWholeModule(evaluator, file, node, plan)) return true;
  if (declaration.type === 'ImportDefaultSpecifier') {
    const statement = file.parentOf(declaration);
    return (
      statement?.type === 'ImportDeclaration' &&
      !statement.specifiers.some(({ type }) => type === 'ImportNamespaceSpecifier') &&
      evaluator.sources.imported(file.path, statement.source.value) === target.file &&
      exportsAlong(target)
    );
  }
  if (declaration.type === 'ImportSpecifier') {
    const statement = file.parentOf(declaration);
    const { imported } = declaration;
    const original = imported.type === 'Identifier' ? imported.name : imported.value;
    return (
      statement?.type === 'ImportDeclaration' &&
      original === name &&
      exportsTwin(evaluator, file, statement.source.value, plan)
    );
  }
  if (declaration.type !== 'VariableDeclarator' || declaration.id.type !== 'ObjectPattern') return false;
  const identifier = file.scopes.bindingOf(node)?.identifier;
  const property = declaration.id.properties.find(
    (each) => each.type === 'ObjectProperty' && each.value === identifier,
  );
  const taken = property?.type === 'ObjectProperty' ? keyName(property) : undefined;
  return (
    taken === name &&
    declaration.init !== undefined &&
    declaration.init !== null &&
    holdsTwin(evaluator, file, declaration.init, plan)
  );
}

/** `const load = require('./load')`, where the module is the function: its twin is a member of it. */
export function isWholeModule(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node,
  { target }: TwinPlan,
): boolean {
  const specifier = moduleSpecifier(file, node);
  return (
    specifier !== undefined &&
    isWhole(target) &&
    evaluator.sources.imported(file.path, specifier) === target.file
  );
}

function isMethod({ node }: Target): boolean {
  return node.type === 'ClassMethod' || node.type === 'ClassPrivateMethod';
}

/** Whether an object is the module or the literal that the twin is, or will be, a member of. */
function holdsTwin(evaluator: Evaluator, file: SourceFile, object: Node, plan: TwinPlan): boolean {
  const home = homeOf(plan.target);
  const specifier = moduleSpecifier(file, object);
  if (specifier !== undefined && exportsTwin(evaluator, file, specifier, plan)) return true;
  if (home?.kind === 'object-member') {
    const [value, ...more] = evaluator.evaluate(file, unwrapped(object));
    const literal = plan.target.file.parentOf(home.node);
    return more.length === 0 && value?.kind === 'object' && value.node === literal;
  }
  if (file !== plan.target.file || !exportsAlong(plan.target)) return false;
  return /^(?:module\s*\.\s*)?exports$/.test(file.textOf(object));
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
  if (names.has(plan.name)) return plan.kind === 'existing';
  if (barrelsOf(evaluator, plan.target).some(({ file }) => file === module))
    return plan.kind === 'written' && evaluator.sources.isListed(module.path);
  return stars.some((star) => exportsTwin(evaluator, module, star, plan, depth + 1));
}

const deepestBarrel = 10;
