import type { CallExpression, NewExpression, OptionalCallExpression } from '@babel/types';
import type { SourceFile } from './source-file.ts';
import { memberName, unwrapped, walk } from './tree.ts';

export type Call = CallExpression | OptionalCallExpression | NewExpression;

/** The calls of one file, looked up by what their callee ends with. */
export interface Calls {
  /** In source order. */
  readonly all: readonly Call[];
  /** Calls of `….name(…)`, in source order. */
  readonly byMember: ReadonlyMap<string, readonly Call[]>;
  /** Calls of `…[expression](…)` whose name only run time or a constant knows. */
  readonly computed: readonly Call[];
  /** `require('x')` and `import('x')`, with the specifier. */
  readonly modules: readonly { readonly call: Call; readonly specifier: string }[];
}

const tables = new WeakMap<SourceFile, Calls>();

/** Every call of a file; found once per parsed file. */
export function callsOf(file: SourceFile): Calls {
  let known = tables.get(file);
  if (known === undefined) {
    known = readCalls(file);
    tables.set(file, known);
  }
  return known;
}

function readCalls(file: SourceFile): Calls {
  const all: Call[] = [];
  const byMember = new Map<string, Call[]>();
  const computed: Call[] = [];
  const modules: { call: Call; specifier: string }[] = [];
  walk(file.ast.program, (node) => {
    if (
      node.type !== 'CallExpression' &&
      node.type !== 'OptionalCallExpression' &&
      node.type !== 'NewExpression'
    )
      return true;
    all.push(node);
    const callee = unwrapped(node.callee);
    if (callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression') {
      const name = memberName(callee);
      if (name === undefined) computed.push(node);
      else byMember.set(name, [...(byMember.get(name) ?? []), node]);
    }
    const [first] = node.arguments;
    const loads = callee.type === 'Import' || (callee.type === 'Identifier' && callee.name === 'require');
    if (loads && first?.type === 'StringLiteral') modules.push({ call: node, specifier: first.value });
    return true;
  });
  return { all, byMember, computed, modules };
}
