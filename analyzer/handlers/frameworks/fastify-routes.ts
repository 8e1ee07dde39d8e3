import type { Node } from '@babel/types';
import { constantText, noEnvironment, type Value } from '../../sources/index.ts';
import { type Operand, operandsOf } from '../routing/operands.ts';
import { option } from '../routing/options.ts';
import { isUnknown, optionTexts, pathList } from '../routing/paths.ts';
import type { MemberCall } from '../routing/receivers.ts';
import type { Registrations } from '../routing/registrations.ts';
import type { Router } from '../routing/router.ts';
import { fastifyVerbs, requestHooks } from './fastify-objects.ts';

/** `instance.get(url, options?, handler)`, where the handler may stand in the options. */
export function readVerb(registrations: Registrations, call: MemberCall, router: Router, verb: string): void {
  const { evaluator } = registrations;
  const [url, second, third] = call.call.arguments;
  if (url === undefined || second === undefined) return;
  if (!fastifyVerbs.has(verb)) return;
  const paths = pathList(evaluator, call.file, url, call.environment);
  const given = evaluator.evaluate(call.file, second, call.environment);
  const isOptions = third !== undefined || given.some(({ kind }) => kind === 'object');
  const options = isOptions ? given : [];
  const own = third ?? (isOptions ? undefined : second);
  const handler =
    own === undefined ? option(evaluator, options, 'handler') : operand(registrations, call, own);
  const operands = [...hooksIn(registrations, options), ...(handler ? [handler] : [])];
  if (handler === undefined) {
    registrations.report(call, 'The handler is only known at run time.');
    return;
  }
  registrations.add(call, router, [verb.toUpperCase()], paths, operands);
}

function operand(registrations: Registrations, call: MemberCall, node: Node): Operand {
  const { file, environment } = call;
  return { file, node, environment, values: registrations.evaluator.evaluate(file, node, environment) };
}

/** `instance.route({ method, url, handler, … })`. */
export function readRoute(registrations: Registrations, call: MemberCall, router: Router): void {
  const { evaluator } = registrations;
  const [given] = call.call.arguments;
  if (given === undefined) return;
  for (const value of evaluator.evaluate(call.file, given, call.environment)) {
    const options = [value];
    const methods = optionTexts(evaluator, options, 'method');
    const paths = optionTexts(evaluator, options, 'url') ?? optionTexts(evaluator, options, 'path');
    const handler = option(evaluator, options, 'handler');
    if (methods === undefined || paths === undefined || handler === undefined || methods.some(isUnknown)) {
      registrations.report(call, 'The route object is only known at run time.');
      continue;
    }
    const operands = [...hooksIn(registrations, options), handler];
    const verbs = methods.map((method) => method.toUpperCase());
    registrations.add(call, router, verbs, paths, operands);
  }
  if (evaluator.evaluate(call.file, given, call.environment).length === 0)
    registrations.report(call, 'The route object is only known at run time.');
}

function hooksIn(registrations: Registrations, options: readonly Value[]): readonly Operand[] {
  const { evaluator } = registrations;
  return requestHooks.flatMap((name) => {
    const hook = option(evaluator, options, name);
    return hook === undefined
      ? []
      : operandsOf(evaluator, hook.file, [hook.node], hook.environment ?? noEnvironment);
  });
}

/** `instance.addHook('preHandler', fn)` runs before every route of the instance and of those inside it. */
export function readHook(registrations: Registrations, call: MemberCall, router: Router): void {
  const [name, ...given] = call.call.arguments;
  const hook = name && constantText(registrations.evaluator.evaluate(call.file, name, call.environment));
  if (!requestHooks.some((known) => known === hook)) return;
  registrations.guard(call, router, undefined, registrations.operands(call, given));
}
