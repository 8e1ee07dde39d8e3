import type { Node, Statement } from '@babel/types';
import { type SourceFile, span } from '../analyzer/sources/index.ts';

/**
 * Whether a `(` written before `node` would be taken for the arguments of the statement above, in code that leaves
 * semicolons out. Only a statement in a list has one above; the body of `if` or `for` does not.
 */
export function needsSemicolon(file: SourceFile, node: Node): boolean {
  const statement = startedStatement(file, node);
  const list = statement && file.parentOf(statement);
  if (statement === undefined || list === undefined) return false;
  const statements = statementsOf(list);
  const index = statements.indexOf(statement);
  const above = statements[index - 1];
  if (index === 0) return directiveIsOpen(file, list);
  return above !== undefined && isOpen(file, above);
}

/** The expression statement that `node` is the first thing of. */
function startedStatement(file: SourceFile, node: Node): Node | undefined {
  const { start } = span(node);
  for (let above = file.parentOf(node); above !== undefined; above = file.parentOf(above)) {
    if (span(above).start !== start) return undefined;
    if (above.type === 'ExpressionStatement') return above;
  }
  return undefined;
}

function statementsOf(list: Node): readonly Node[] {
  switch (list.type) {
    case 'Program':
    case 'BlockStatement':
    case 'StaticBlock':
    case 'TSModuleBlock':
      return list.body;
    case 'SwitchCase':
      return list.consequent;
    default:
      return [];
  }
}

/** Whether a statement ends without a `;` or the `}` of a block, so that an expression could go on. */
function isOpen(file: SourceFile, statement: Node): boolean {
  switch (statement.type) {
    case 'IfStatement':
      return isOpen(file, statement.alternate ?? statement.consequent);
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'WhileStatement':
    case 'LabeledStatement':
    case 'WithStatement':
      return isOpen(file, statement.body);
    case 'ExportNamedDeclaration':
      return statement.declaration ? isOpen(file, statement.declaration) : !endsClosed(file, statement);
    case 'ExportDefaultDeclaration':
      return isOpen(file, statement.declaration);
    case 'BlockStatement':
    case 'TryStatement':
    case 'SwitchStatement':
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
    case 'DoWhileStatement':
    case 'TSInterfaceDeclaration':
    case 'TSModuleDeclaration':
    case 'TSEnumDeclaration':
      return false;
    default:
      return !endsClosed(file, statement);
  }
}

function endsClosed(file: SourceFile, statement: Node | Statement): boolean {
  return file.text[span(statement).end - 1] === ';';
}

function directiveIsOpen(file: SourceFile, list: Node): boolean {
  const last = 'directives' in list ? list.directives?.at(-1) : undefined;
  return last !== undefined && !endsClosed(file, last);
}

/** Whether text that starts with this character would go on the expression of the line above. */
export function continuesExpression(character: string | undefined): boolean {
  return character !== undefined && '([`+-/'.includes(character);
}
