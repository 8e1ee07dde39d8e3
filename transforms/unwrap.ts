import type { Node } from '@babel/types';
import type { Bridge } from '../analyzer/evidence/bridge.ts';
import { type SourceFile, span } from '../analyzer/sources/index.ts';
import type { Edit } from './edit.ts';
import { nextSignificant, removal } from './layout.ts';
import { continuesExpression, needsSemicolon } from './semicolons.ts';

/** Start of a bridge: where the application or else the wrapper's call begins. */
export function bridgeStart({ application, wrap }: Bridge): number {
  return span(application ?? wrap).start;
}

export function bridgeEnd({ application, wrap }: Bridge): number {
  return span(application ?? wrap).end;
}

/** Where the arguments of the applied function begin: its type arguments, or its `(`. */
export function argumentsStart(file: SourceFile, bridge: Bridge): number {
  const { application, wrap } = bridge;
  if (application === undefined) return span(wrap).end;
  if (application.typeParameters) return span(application.typeParameters).start;
  // Between the wrapper's `)` and this `(` stand only comments, parentheses, `!` and `?.`.
  let at = nextSignificant(file, span(wrap).end);
  while (file.text[at] !== '(') at = nextSignificant(file, at + 1);
  return at;
}

/** Takes the wrapper off: what stays is the part of its argument from `core.start` to `core.end`, and the arguments. */
export function unwrapping(
  file: SourceFile,
  bridge: Bridge,
  core: { readonly start: number; readonly end: number },
): readonly Edit[] {
  return [
    ...removal(file, bridgeStart(bridge), core.start, { kept: 'after', anchor: bridgeStart(bridge) }),
    ...separating(file, bridge, core.start),
    ...removal(file, core.end, argumentsStart(file, bridge), { kept: 'before', anchor: bridgeStart(bridge) }),
  ];
}

/** A `;` where what is left of the bridge starts so that it would go on the line above. */
export function separating(file: SourceFile, bridge: Bridge, start: number): readonly Edit[] {
  const outer = bridge.application ?? bridge.wrap;
  // A closure gets parentheses of its own.
  if (bridge.closure !== undefined && span(bridge.closure).start === start) return [];
  if (!continuesExpression(file.text[start]) || !needsSemicolon(file, outer)) return [];
  return [{ start, end: start, text: ';' }];
}

/** Writes the twin's name where an operation is named: `get` to `aget`, `['get']` to `['aget']`. */
export function renaming(operation: Node, name: string, twin: string): readonly Edit[] {
  const key =
    operation.type === 'MemberExpression' || operation.type === 'OptionalMemberExpression'
      ? operation.property
      : operation;
  const { start, end } = span(key);
  const quote = key.type === 'StringLiteral' || key.type === 'TemplateLiteral' ? 1 : 0;
  if (twin.endsWith(name))
    return [{ start: start + quote, end: start + quote, text: twin.slice(0, twin.length - name.length) }];
  return [{ start: start + quote, end: end - quote, text: twin }];
}

/** Takes away everything of the bridge but the expression, the arguments of its call included. */
export function takingOut(file: SourceFile, bridge: Bridge, expression: Node): readonly Edit[] {
  const { application } = bridge;
  const core = span(expression);
  const whole = application ?? bridge.wrap;
  const anchor = bridgeStart(bridge);
  return [
    ...removal(file, bridgeStart(bridge), core.start, { kept: 'after', anchor }),
    ...separating(file, bridge, core.start),
    ...removal(file, core.end, span(whole).end, { kept: 'before', anchor }),
  ];
}
