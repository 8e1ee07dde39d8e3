import type { Node } from '@babel/types';
import { type Evaluator, exportsOf, isTestFile, memberName, type SourceFile } from '../../sources/index.ts';
import type { Router } from './router.ts';

/**
 * What becomes of a router that was not seen being mounted: `none`, it is only registered on; `exported`, its file
 * offers it and no other file takes it; `taken`, something else gets it; `unknown`, it has no name to follow.
 */
export function useOf(evaluator: Evaluator, router: Router): 'none' | 'exported' | 'taken' | 'unknown' {
  const { file, node } = router;
  const declaration = declarationOf(file, node);
  if (declaration === undefined) return 'unknown';
  const binding = file.scopes.bindingOf(declaration);
  if (binding === undefined) return 'unknown';
  const others = binding.references.filter((reference) => !isReceiver(file, reference));
  if (others.length === 0 && !isExported(file, declaration)) return 'none';
  if (!others.every((reference) => isExport(file, reference))) return 'taken';
  const importers = evaluator.references.graph.importersOf(file.path).filter((path) => !isTestFile(path));
  return importers.length === 0 ? 'exported' : 'taken';
}

/** The name a router is declared under, through the calls that are chained to its making. */
function declarationOf(file: SourceFile, node: Node): Node | undefined {
  for (let inner = node, above = file.parentOf(node); above !== undefined; above = file.parentOf(above)) {
    if (above.type === 'VariableDeclarator') return above.id.type === 'Identifier' ? above.id : undefined;
    const chains =
      (above.type === 'MemberExpression' && above.object === inner) ||
      (above.type === 'CallExpression' && above.callee === inner) ||
      above.type === 'TSAsExpression';
    if (!chains) return undefined;
    inner = above;
  }
  return undefined;
}

/** `router.get(…)`: something is called on it, and what that gives goes nowhere. */
function isReceiver(file: SourceFile, reference: Node): boolean {
  let inner: Node = reference;
  for (let above = file.parentOf(inner); above !== undefined; above = file.parentOf(above)) {
    const chains =
      (above.type === 'MemberExpression' && above.object === inner && !isMounting(above)) ||
      (above.type === 'CallExpression' && above.callee === inner);
    if (!chains) return above.type === 'ExpressionStatement' && inner !== reference;
    inner = above;
  }
  return false;
}

/** `router.routes()` and the like give the router itself in another form. */
function isMounting(member: Node): boolean {
  return /^(?:routes|middleware|callback|handle|handler)$/.test(memberName(member) ?? '');
}

function isExported(file: SourceFile, declaration: Node): boolean {
  const binding = file.scopes.bindingOf(declaration);
  const { names, whole } = exportsOf(file);
  const exported = [...names.values()].flatMap((own) => (own.kind === 'local' ? [own.node] : []));
  return [...exported, ...(whole ? [whole] : [])].some(
    (own) => own === declaration || (binding !== undefined && file.scopes.bindingOf(own) === binding),
  );
}

function isExport(file: SourceFile, reference: Node): boolean {
  const parent = file.parentOf(reference);
  if (parent?.type === 'ExportSpecifier' || parent?.type === 'ExportDefaultDeclaration') return true;
  return parent?.type === 'AssignmentExpression' && /^(?:module\.)?exports\b/.test(file.textOf(parent.left));
}
