import { apiPath, type Evaluator, listItems, type Value } from '../../sources/index.ts';
import { option } from '../routing/options.ts';
import { type Enhancer, enhancer } from './nest-enhancers.ts';

/** Tokens under which a module provides what runs around every handler, and what it is then used as. */
const tokens: Readonly<Record<string, string>> = {
  APP_GUARD: 'useGlobalGuards',
  APP_INTERCEPTOR: 'useGlobalInterceptors',
  APP_PIPE: 'useGlobalPipes',
};

/** `providers: [{ provide: APP_GUARD, useClass: TokenGuard }]`: what a module puts round every handler. */
export function providedEnhancers(evaluator: Evaluator, module: readonly Value[]): readonly Enhancer[] {
  const providers = option(evaluator, module, 'providers')?.values ?? [];
  return providers
    .flatMap((list) => listItems(evaluator, list) ?? [])
    .flatMap(({ values }): readonly Enhancer[] => {
      const token = option(evaluator, values, 'provide')?.values.find((value) => value.kind === 'api');
      const use = token?.kind === 'api' ? tokens[apiPath(token).replace('@nestjs/core.', '')] : undefined;
      const given = ['useClass', 'useExisting', 'useValue']
        .map((name) => option(evaluator, values, name))
        .find((found) => found !== undefined);
      if (use === undefined) return [];
      const made = given === undefined ? madeByFactory(evaluator, values) : [given];
      return made.map((own) => enhancer(evaluator, own, use));
    });
}

/** `useFactory: (clock) => new Timer(clock)` provides what it returns. */
function madeByFactory(evaluator: Evaluator, provider: readonly Value[]) {
  return (option(evaluator, provider, 'useFactory')?.values ?? []).flatMap((value) => {
    if (value.kind !== 'function') return [];
    const { file, environment } = value;
    return evaluator
      .returnExpressions(value.node)
      .slice(0, 1)
      .map((node) => ({ file, node, environment }));
  });
}
