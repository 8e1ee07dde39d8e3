import type { Node } from '@babel/types';
import { type Evaluator, exportsOf, type SourceFile, unwrapped } from '../sources/index.ts';

/** Where an imported name comes from. */
export type Origin =
  /** An expression or declaring identifier of a project file. */
  | { readonly kind: 'local'; readonly file: SourceFile; readonly node: Node }
  /** A name of a module outside the project, or of one that cannot be read. */
  | { readonly kind: 'foreign'; readonly module: string; readonly name: string };

/**
 * Follows an imported name through re-exports.
 * @param accept ends the search early: called with every name the import goes by on its way
 * @returns where it is declared; `undefined` when a project file does not export it
 */
export function originOf(
  evaluator: Evaluator,
  from: SourceFile,
  specifier: string,
  name: string,
  accept: (name: string) => boolean = () => false,
  seen: ReadonlySet<string> = new Set(),
): Origin | undefined {
  const target = evaluator.sources.modules.resolve(from.path, specifier);
  const foreign: Origin = { kind: 'foreign', module: specifier, name };
  if (target.kind === 'package' || accept(name)) return foreign;
  const file = evaluator.sources.file(target.path);
  const key = `${target.path}\0${name}`;
  if (file === undefined) return foreign;
  if (seen.has(key)) return undefined;
  const visited = new Set([...seen, key]);
  const { names, stars } = exportsOf(file);
  const exported = names.get(name);
  if (exported?.kind === 'local') return { kind: 'local', file, node: exported.node };
  if (exported?.kind === 'forwarded')
    return originOf(evaluator, file, exported.specifier, exported.name, accept, visited);
  if (exported?.kind === 'namespace') return { kind: 'foreign', module: exported.specifier, name: '*' };
  for (const star of name === 'default' ? [] : stars) {
    const found = originOf(evaluator, file, star, name, accept, visited);
    if (found?.kind === 'local') return found;
    // A package's `export *` may or may not hold the name: only the name itself can tell.
    if (found?.kind === 'foreign' && (accept(name) || stars.length === 1)) return found;
  }
  return undefined;
}

/** The module an expression is the namespace of: `require('x')`, `await import('x')`, `import * as x`, or a name for one. */
export function moduleSpecifier(file: SourceFile, expression: Node, depth = 0): string | undefined {
  const node = unwrapped(expression);
  if (depth > 10) return undefined;
  if (node.type === 'AwaitExpression') return moduleSpecifier(file, node.argument, depth + 1);
  if (node.type === 'CallExpression') return requiredModule(file, node);
  if (
    node.type === 'MemberExpression' &&
    node.property.type === 'Identifier' &&
    node.property.name === 'default'
  )
    return moduleSpecifier(file, node.object, depth + 1);
  if (node.type !== 'Identifier') return undefined;
  const binding = file.scopes.bindingOf(node);
  if (binding === undefined || binding.assignments.length > 0) return undefined;
  const { declaration } = binding;
  switch (declaration.type) {
    case 'ImportNamespaceSpecifier':
    case 'ImportDefaultSpecifier': {
      const statement = file.parentOf(declaration);
      return statement?.type === 'ImportDeclaration' ? statement.source.value : undefined;
    }
    case 'TSImportEqualsDeclaration':
      return declaration.moduleReference.type === 'TSExternalModuleReference'
        ? declaration.moduleReference.expression.value
        : undefined;
    case 'VariableDeclarator':
      return declaration.id.type === 'Identifier' && declaration.init
        ? moduleSpecifier(file, declaration.init, depth + 1)
        : undefined;
    default:
      return undefined;
  }
}

function requiredModule(file: SourceFile, call: Node & { type: 'CallExpression' }): string | undefined {
  const [specifier] = call.arguments;
  const { callee } = call;
  const loads =
    callee.type === 'Import' ||
    (callee.type === 'Identifier' && callee.name === 'require' && file.scopes.isGlobal(callee));
  if (!loads) return interopModule(file, call);
  if (specifier?.type === 'StringLiteral') return specifier.value;
  return specifier?.type === 'TemplateLiteral' && specifier.expressions.length === 0
    ? (specifier.quasis[0]?.value.cooked ?? undefined)
    : undefined;
}

/** What compilers and loaders put round a `require`: `__importStar(require('x'))`. */
function interopModule(file: SourceFile, call: Node & { type: 'CallExpression' }): string | undefined {
  const { callee } = call;
  const [inner] = call.arguments;
  if (callee.type !== 'Identifier' || !/^(?:__importStar|__importDefault|_interopRequire)/.test(callee.name))
    return undefined;
  return inner === undefined ? undefined : moduleSpecifier(file, inner, 1);
}
