import type { ApiStep, ApiValue, Evaluator, SourceFile } from '../../sources/index.ts';
import type { Handler } from '../handler.ts';
import { joinPaths } from '../routing/paths.ts';
import { callsOn, follow } from '../routing/receivers.ts';
import { Registrations } from '../routing/registrations.ts';
import type { Dialect } from '../routing/tree.ts';

const verbs = new Set(['get', 'post', 'put', 'delete', 'patch', 'head', 'options', 'all']);

const dialect: Dialect = {
  framework: 'next',
  join: joinPaths,
  standsAlone: true,
  covers: () => true,
  kindOf: () => undefined,
};

/** Handlers of one pages API file that are registered on a router of next-connect. */
export function connectedHandlers(evaluator: Evaluator, file: SourceFile, path: string): readonly Handler[] {
  const registrations = new Registrations(dialect, evaluator);
  const isReceiver = (value: ApiValue) => routerAt(value) !== undefined;
  for (const call of callsOn(registrations, [file.path], new Set([...verbs, 'use']), isReceiver)) {
    for (const value of evaluator.evaluate(call.file, call.object, call.environment)) {
      const at = value.kind === 'api' ? routerAt(value) : undefined;
      if (at === undefined || call.name === undefined) continue;
      const router = registrations.router(at, { file, node: call.call }, true);
      const operands = registrations.operands(call, call.call.arguments);
      if (call.name === 'use') registrations.guard(call, router, undefined, operands);
      else registrations.add(call, router, [call.name.toUpperCase()], [path], operands);
    }
  }
  return registrations.discovery().handlers;
}

interface State {
  readonly at: ApiValue['created'];
  readonly member: string | undefined;
}

function routerAt(value: ApiValue): ApiValue['created'] {
  if (value.module !== 'next-connect') return undefined;
  const found = follow<State>(value, { at: undefined, member: undefined }, after);
  return found?.member === undefined ? found?.at : undefined;
}

function after(state: State, step: ApiStep): State | undefined {
  if (step.kind === 'member') return { ...state, member: step.name };
  if (step.kind !== 'call') return undefined;
  if (state.at === undefined) return { at: step.at, member: undefined };
  const chains = state.member !== undefined && (verbs.has(state.member) || state.member === 'use');
  return chains ? { ...state, member: undefined } : undefined;
}
