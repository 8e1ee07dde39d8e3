import type { Node } from '@babel/types';
import type { Location, Site } from '../analyzer/analysis.ts';
import type { Bridge } from '../analyzer/evidence/bridge.ts';
import {
  columnOf,
  type Evaluator,
  lineOf,
  memberName,
  type SourceFile,
  span,
  unwrapped,
  walk,
} from '../analyzer/sources/index.ts';
import { isAwaited, outermost } from './expressions.ts';
import { closureExpression } from './forms/closure.ts';
import { type Form, formContext } from './forms/form.ts';
import { notesOn } from './notes.ts';
import type { TransformOptions } from './rewrite.ts';
import { relationSites } from './select-related.ts';
import { decide, siteId } from './site.ts';

/** Something to look at round a rewritten site, which the rewrite itself does not change. */
export interface Hint {
  readonly code: string;
  readonly message: string;
  readonly location: Location;
  /** Id of the site it belongs to. */
  readonly site: string;
}

/** What a reviewer should know about the sites of a file that are rewritten. */
export function hintsOf(
  file: SourceFile,
  evaluator: Evaluator,
  options: TransformOptions = {},
): readonly Hint[] {
  const context = formContext(evaluator, options);
  const relations = new Relations(file, evaluator, options);
  return context.bridgesOf(file).flatMap((bridge) => {
    const decision = decide(bridge, context);
    if (decision.kind !== 'rewrite') return [];
    const hint = (code: string, message: string, node: Node = bridge.wrap): Hint => ({
      code,
      message,
      location: { file: file.path, line: lineOf(node), column: columnOf(node) },
      site: siteId(bridge),
    });
    return [
      ...(isInForEach(bridge) ? [hint('MA201', '`forEach` does not wait for its callback')] : []),
      ...(isFloating(bridge) ? [hint('MA202', 'nothing waits for this operation')] : []),
      ...(mayThrow(bridge, decision.form)
        ? [hint('MA205', 'evaluating this may throw where the wrapper would have rejected')]
        : []),
      ...notesOn(bridge, evaluator).map(({ code, message, node }) => hint(code, message, node)),
      ...relations.beside(bridge).map(({ what, line, column }) => ({
        code: 'MA204',
        message: `«${what}» is loaded when it is read; the transform select-related loads it with its query`,
        location: { file: file.path, line, column },
        site: siteId(bridge),
      })),
    ];
  });
}

/** Relations that are read outside any bridge, each told of once. */
class Relations {
  private readonly file: SourceFile;
  private readonly evaluator: Evaluator;
  private readonly options: TransformOptions;
  private left: readonly Site[] | undefined;

  constructor(file: SourceFile, evaluator: Evaluator, options: TransformOptions) {
    this.file = file;
    this.evaluator = evaluator;
    this.options = options;
  }

  /** Those in the function that the bridge stands in. */
  beside({ wrap }: Bridge): readonly Site[] {
    const around = this.file.functionAround(wrap);
    if (around === undefined) return [];
    const all = this.left ?? relationSites(this.file, this.evaluator, this.options);
    const { start, end } = span(around);
    const isBeside = (site: Site) => start <= site.start && site.end <= end;
    this.left = all.filter((site) => !isBeside(site));
    return all.filter(isBeside);
  }
}

function isInForEach({ file, wrap }: Bridge): boolean {
  const around = file.functionAround(wrap);
  const call = around && file.parentOf(around);
  return (
    call?.type === 'CallExpression' &&
    around?.async === true &&
    memberName(unwrapped(call.callee)) === 'forEach'
  );
}

function isFloating({ file, application }: Bridge): boolean {
  if (application === undefined) return false;
  const outer = outermost(file, application);
  const parent = file.parentOf(outer);
  if (parent?.type === 'UnaryExpression' && parent.operator === 'void')
    return file.parentOf(parent)?.type === 'ExpressionStatement';
  return parent?.type === 'ExpressionStatement';
}

/** What a closure evaluated is evaluated outside of any function now; it matters where `.catch` handled its failure. */
function mayThrow({ file, application }: Bridge, form: Form): boolean {
  if (application === undefined || form !== closureExpression || isAwaited(file, application)) return false;
  return file.parentOf(outermost(file, application))?.type === 'MemberExpression';
}

/** Tests that replace a sync operation or the wrapper: they go on passing a call that is no longer made. */
export function mockHints(file: SourceFile, operations: ReadonlySet<string>): readonly Omit<Hint, 'site'>[] {
  const found: Omit<Hint, 'site'>[] = [];
  walk(file.ast.program, (node) => {
    if (node.type !== 'CallExpression') return true;
    const callee = unwrapped(node.callee);
    const name = memberName(callee);
    const owner =
      callee.type === 'MemberExpression' && callee.object.type === 'Identifier' ? callee.object.name : '';
    if (!/^(?:jest|vi|sinon|mock|sandbox|td)$/.test(owner)) return true;
    const [target, method] = node.arguments;
    const replaced = method?.type === 'StringLiteral' ? method.value : undefined;
    const location = { file: file.path, line: lineOf(node), column: columnOf(node) };
    if (
      /^(?:spyOn|stub|replace|method)$/.test(name ?? '') &&
      replaced !== undefined &&
      operations.has(replaced) &&
      target
    )
      found.push({
        code: 'MA203',
        message: `the test replaces «${file.textOf(target)}.${replaced}», which is no longer called`,
        location,
      });
    if (/^(?:mock|doMock)$/.test(name ?? '') && file.textOf(node).includes('syncToAsync'))
      found.push({
        code: 'MA203',
        message: 'the test replaces the wrapper, which is no longer called',
        location,
      });
    return true;
  });
  return found;
}
