import type { Identifier, JSXIdentifier, Node } from '@babel/types';

/** Whether an identifier means a declared name, as against being a key, a label or a name of something else. */
export function isReference(
  node: Identifier | JSXIdentifier,
  parent: Node,
  parentOf: (node: Node) => Node | undefined,
): boolean {
  switch (parent.type) {
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      return parent.object === node || parent.computed;
    case 'ObjectProperty':
      return parent.value === node || parent.computed;
    case 'ObjectMethod':
    case 'ClassMethod':
    case 'ClassProperty':
    case 'ClassAccessorProperty':
      return parent.key !== node || parent.computed === true;
    case 'TSPropertySignature':
    case 'TSMethodSignature':
    case 'TSDeclareMethod':
      return parent.key !== node || parent.computed === true;
    case 'ClassPrivateProperty':
      return parent.value === node;
    case 'PrivateName':
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'MetaProperty':
    case 'ImportSpecifier':
    case 'ImportAttribute':
    case 'ExportNamespaceSpecifier':
    case 'ExportDefaultSpecifier':
    case 'TSEnumMember':
    case 'TSNamedTupleMember':
    case 'TSTypeParameter':
      return parent.type === 'TSEnumMember' ? parent.initializer === node : false;
    case 'ExportSpecifier':
      return parent.local === node && !isReexport(parent, parentOf);
    case 'TSQualifiedName':
      return parent.left === node;
    case 'TSTypePredicate':
      return false;
    case 'JSXOpeningElement':
    case 'JSXClosingElement':
      return /^[A-Z_$]/.test(node.name);
    case 'JSXMemberExpression':
      return parent.object === node;
    case 'JSXAttribute':
    case 'JSXNamespacedName':
      return false;
    default:
      return true;
  }
}

function isReexport(specifier: Node, parentOf: (node: Node) => Node | undefined): boolean {
  const declaration = parentOf(specifier);
  return declaration?.type === 'ExportNamedDeclaration' && declaration.source != null;
}
