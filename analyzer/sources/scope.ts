import type { Identifier, JSXIdentifier, Node } from '@babel/types';

export type BindingKind =
  | 'import'
  | 'const'
  | 'let'
  | 'var'
  | 'using'
  | 'function'
  | 'class'
  | 'parameter'
  | 'catch'
  | 'enum'
  | 'namespace'
  | 'type';

/** One declared name and everything in the file that means it. */
export interface Binding {
  readonly name: string;
  readonly kind: BindingKind;
  /** The identifier that declares the name. */
  readonly identifier: Identifier;
  /** Import specifier, variable declarator, function, class, catch clause or type that declares it. */
  readonly declaration: Node;
  /** Every use, in values and in types, in source order; the declaring identifier is not one. */
  readonly references: (Identifier | JSXIdentifier)[];
  /** Expressions that write to it after its declaration. */
  readonly assignments: Node[];
}

/** The names of one block, function or module, and the scope around it. */
export class Scope {
  readonly bindings = new Map<string, Binding>();
  readonly parent: Scope | undefined;
  readonly holdsVar: boolean;

  constructor(parent: Scope | undefined, holdsVar: boolean) {
    this.parent = parent;
    this.holdsVar = holdsVar;
  }

  find(name: string): Binding | undefined {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const binding = scope.bindings.get(name);
      if (binding !== undefined) return binding;
    }
    return undefined;
  }

  hoisting(): Scope {
    let scope: Scope = this;
    while (!scope.holdsVar && scope.parent !== undefined) scope = scope.parent;
    return scope;
  }
}
