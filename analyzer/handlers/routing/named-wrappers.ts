import type { Node } from '@babel/types';
import { type ApiValue, type Evaluator, Frame, type FunctionValue, unwrapped } from '../../sources/index.ts';
import type { Operand } from './operands.ts';

/** A function that stands in front of a handler, where that cannot be told from its source. */
export interface WrapperPattern {
  /** Its name as it is called: `withAuth`, `guard.protect`. */
  readonly wrapper: string;
  /** Index of the argument that answers; the last function that is given when it is left out. */
  readonly handlerArg?: number;
  /** Whether what it waits for itself is in front of the handler; true when it is left out. */
  readonly middleware?: boolean;
}

/** The handler that a wrapper of the configuration was given. */
export interface Given {
  readonly operand: Operand;
  readonly wrapper: WrapperPattern;
  /** The function that the wrapper made, where its source is known. */
  readonly made: FunctionValue | undefined;
}

const named = new WeakMap<Evaluator, readonly WrapperPattern[]>();

/** Lets handlers be found behind wrappers that a project has named. */
export function nameWrappers(evaluator: Evaluator, patterns: readonly WrapperPattern[]): void {
  named.set(evaluator, patterns);
}

/** What a wrapper that the configuration names was given; `undefined` when the operand is no call of one. */
export function givenToNamed(evaluator: Evaluator, operand: Operand): Given | undefined {
  const patterns = named.get(evaluator) ?? [];
  if (patterns.length === 0) return undefined;
  for (const { file, node, environment, made } of callsBehind(operand)) {
    const written = file.textOf(node.callee);
    const wrapper = patterns.find((own) => written === own.wrapper || written.endsWith(`.${own.wrapper}`));
    if (wrapper === undefined) continue;
    const given = node.arguments.map((argument) => ({
      file,
      node: unwrapped(argument),
      environment,
      values: evaluator.evaluate(file, argument, environment),
    }));
    const chosen =
      wrapper.handlerArg === undefined
        ? given.findLast(({ values }) => values.some(({ kind }) => kind === 'function'))
        : given[wrapper.handlerArg];
    if (chosen !== undefined) return { operand: chosen, wrapper, made };
  }
  return undefined;
}

type Call = Node & { type: 'CallExpression' | 'OptionalCallExpression' };

interface Behind extends Pick<Operand, 'file' | 'environment'> {
  readonly node: Call;
  readonly made: FunctionValue | undefined;
}

/** The calls that an operand may be the result of: what is written, and what its values were made by. */
function callsBehind(operand: Operand): readonly Behind[] {
  const { file, environment, values } = operand;
  const node = unwrapped(operand.node);
  const functions = values.filter((value): value is FunctionValue => value.kind === 'function');
  const written: readonly Behind[] = isCall(node) ? [{ file, node, environment, made: functions[0] }] : [];
  const foreign = values.filter((value): value is ApiValue => value.kind === 'api');
  return [
    ...written,
    ...functions.flatMap((made): readonly Behind[] => {
      const site = made.environment instanceof Frame ? made.environment.site : undefined;
      return site && isCall(site.node) ? [{ ...site, node: site.node, made }] : [];
    }),
    ...foreign.flatMap((value): readonly Behind[] => {
      const step = value.steps.at(-1);
      const at = step?.kind === 'call' ? step.at : undefined;
      if (at === undefined || !isCall(at.node)) return [];
      return [{ file: at.file, node: at.node, environment: at.environment ?? environment, made: undefined }];
    }),
  ];
}

function isCall(node: Node): node is Call {
  return node.type === 'CallExpression' || node.type === 'OptionalCallExpression';
}
