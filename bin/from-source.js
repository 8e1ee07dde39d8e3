// Lets Node load this repository's TypeScript: compiles on load and resolves the workspaces to their sources.
import { register } from 'node:module';
import { register as registerTsx } from 'tsx/esm/api';

registerTsx();
const hook = `export const resolve = (specifier, context, next) =>
  next(specifier, { ...context, conditions: ['source', ...context.conditions] });`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
