import type { DynamicRegistration } from '../../analysis.ts';
import { callsOf, isTestFile } from '../../sources/index.ts';
import type { Framework } from '../handler.ts';
import { locationOf, referenceName } from '../routing/targets.ts';

/** Calls of packages that make whole sets of routes by themselves: package, name of the call, what it makes. */
const generators: readonly (readonly [RegExp, RegExp, string])[] = [
  [/^(?:finale-rest|epilogue|epilogue-fixed)$/, /^resource$/, 'Routes of a resource are made from its model.'],
  [/^express-restify-mongoose$/, /^(?:serve|default)$/, 'Routes of a resource are made from its model.'],
  [/^json-server$/, /^router$/, 'Routes are made from a data file.'],
  [/^(?:express-openapi|express-openapi-validator|openapi-backend|swagger-routes-express)$/, /^(?:initialize|install|connector|register)$/, 'Routes are made from an API description.'],
  [/^(?:@adminjs\/express|admin-bro-expressjs)$/, /^build(?:Authenticated)?Router$/, 'Routes are made by an admin panel.'],
  [/^(?:consign|express-load|express-file-routing|express-enrouten)$/, /^(?:into|default|router|createRouter)$/, 'Routes are loaded from a folder.'],
  [/^@nestjsx\/crud$/, /^Crud$/, 'Routes of a resource are made from its model.'],
]; // biome-ignore format: a table

const packages =
  /^(?:finale-rest|epilogue|express-restify-mongoose|json-server|express-openapi|openapi-backend|swagger-routes-express|@?adminjs|admin-bro|@nestjsx|consign|express-load|express-file-routing|express-enrouten)/;

/** Registrations that packages make at run time: reported with their place, never guessed. */
export const generated: Framework = {
  name: 'generated',
  packages,
  discover(sources, evaluator) {
    const dynamic: DynamicRegistration[] = [];
    for (const path of evaluator.references.graph.usersOf(packages)) {
      const file = isTestFile(path) ? undefined : sources.file(path);
      for (const call of file ? callsOf(file).all : []) {
        if (file === undefined) continue;
        for (const value of evaluator.evaluate(file, call.callee)) {
          if (value.kind !== 'api') continue;
          const name = value.steps.findLast((step) => step.kind === 'member')?.name ?? '';
          const known = generators.find(([from, called]) => from.test(value.module) && called.test(name));
          if (known === undefined) continue;
          const location = locationOf(file, call);
          dynamic.push({
            framework: 'generated',
            location,
            reason: `${referenceName(call.callee)}: ${known[2]}`,
          });
        }
      }
    }
    return { handlers: [], dynamic };
  },
};
