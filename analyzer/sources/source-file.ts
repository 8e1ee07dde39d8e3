import type { File, Node } from '@babel/types';
import { resolveScopes, type Scopes } from './scopes.ts';
import { type FunctionNode, isFunction } from './tree.ts';

/** One parsed file: its raw text, its tree and what its names mean. */
export class SourceFile {
  /** Relative to the root of the sources, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly ast: File;
  private resolved: Scopes | undefined;

  constructor(path: string, text: string, ast: File) {
    this.path = path;
    this.text = text;
    this.ast = ast;
  }

  get scopes(): Scopes {
    this.resolved ??= resolveScopes(this.ast, this.text);
    return this.resolved;
  }

  parentOf(node: Node): Node | undefined {
    return this.scopes.parentOf(node);
  }

  /** The innermost function that contains `node`, not counting `node` itself. */
  functionAround(node: Node): FunctionNode | undefined {
    for (let above = this.parentOf(node); above !== undefined; above = this.parentOf(above)) {
      if (isFunction(above)) return above;
    }
    return undefined;
  }

  /** The innermost class that contains `node`, not counting `node` itself. */
  classAround(node: Node): (Node & { type: 'ClassDeclaration' | 'ClassExpression' }) | undefined {
    for (let above = this.parentOf(node); above !== undefined; above = this.parentOf(above)) {
      if (above.type === 'ClassDeclaration' || above.type === 'ClassExpression') return above;
    }
    return undefined;
  }

  textOf(node: Node): string {
    return this.text.slice(node.start ?? 0, node.end ?? 0);
  }
}
