import type { ApiValue } from '../../sources/index.ts';

/** Packages through which the host of a Nest application is reached. */
export const nestCore = /^@nestjs\/core$/;

/** What tells that Nest runs on Fastify. */
export const fastifyPlatform = /^@nestjs\/platform-fastify$/;

/**
 * The application of Express or Fastify that Nest runs on, as that framework would name it: what
 * `app.getHttpAdapter().getInstance()` and `adapterHost.httpAdapter.getInstance()` give.
 * @param host the framework that Nest runs on here
 * @returns the value as it is when it is anything else
 */
export function hosted(value: ApiValue, host: 'express' | 'fastify'): ApiValue {
  if (!nestCore.test(value.module)) return value;
  const index = value.steps.findIndex((step) => step.kind === 'member' && step.name === 'getInstance');
  const call = value.steps[index + 1];
  if (index < 1 || call?.kind !== 'call') return value;
  const steps = [call, ...value.steps.slice(index + 2)];
  return { ...value, module: host, steps };
}
