import {
  type ClassValue,
  callsOf,
  type Evaluator,
  isTestFile,
  noEnvironment,
  type SourceFile,
  type Sources,
} from '../../sources/index.ts';
import type { Discovery, Framework, Handler, Middleware } from '../handler.ts';
import { type Method, methodsOf } from '../routing/class-methods.ts';
import { type Applied, decoratedClasses, decoratorsOf } from '../routing/decorators.ts';
import { operandsOf } from '../routing/operands.ts';
import { option } from '../routing/options.ts';
import { joinPaths, optionTexts, pathList } from '../routing/paths.ts';
import { functionLocation, locationOf, middlewareOf, referenceName } from '../routing/targets.ts';

/** How the decorators of one package read: which mark a class, which a method, and where their path stands. */
interface Dialect {
  readonly packages: RegExp;
  readonly controller: RegExp;
  /** The first group is the HTTP method. */
  readonly method: RegExp;
  /** Names whose first argument is the HTTP method and whose second is the path. */
  readonly named?: RegExp;
  /** Options of a decorator that hold the path when it is given an object. */
  readonly options: readonly string[];
}

const verbs = 'get|post|put|delete|patch|options|head|all';

/** Adding a package of this kind is one line. */
const dialects: readonly Dialect[] = [
  { packages: /^routing-controllers$/, controller: /^(?:Json)?Controller$/, method: new RegExp(`^(${verbs})$`, 'i'), named: /^Method$/, options: ['route'] },
  { packages: /^(?:tsoa|@tsoa\/runtime)$/, controller: /^Route$/, method: new RegExp(`^(${verbs})$`, 'i'), options: [] },
  { packages: /^(?:inversify-express-utils|@inversifyjs\/.*)$/, controller: /^controller$/i, method: new RegExp(`^(?:http)?(${verbs})$`, 'i'), named: /^httpMethod$/, options: ['path'] },
  { packages: /^@overnightjs\/core$/, controller: /^(?:Class)?Controller$/, method: new RegExp(`^(${verbs})$`, 'i'), options: [] },
  { packages: /^fastify-decorators$/, controller: /^Controller$/, method: new RegExp(`^(${verbs})$`, 'i'), options: ['route', 'url'] },
  { packages: /^@tsed\//, controller: /^Controller$/, method: new RegExp(`^(${verbs})$`, 'i'), options: ['path'] },
  { packages: /^(?:koa-swagger-decorator|koa-ts-controllers|@koa-ts\/.*)$/, controller: /^(?:Controller|prefix)$/, method: new RegExp(`^(${verbs})$`, 'i'), options: ['path'] },
]; // biome-ignore format: a table

/** Frameworks whose routes are decorators on classes: routing-controllers, tsoa, InversifyJS, Overnight, Ts.ED. */
export const decorated: Framework = {
  name: 'decorators',
  packages:
    /^(?:routing-controllers|@?tsoa|inversify-express-utils|@inversifyjs|@overnightjs|fastify-decorators|@tsed|koa-swagger-decorator|koa-ts-controllers)(?:\/|$)/,
  discover(sources, evaluator) {
    const isUsed = evaluator.references.graph.usersOf(this.packages).size > 0;
    return isUsed ? discoverDecorated(sources, evaluator) : { handlers: [], dynamic: [] };
  },
};

function discoverDecorated(sources: Sources, evaluator: Evaluator): Discovery {
  const prefixes = routePrefixes(sources, evaluator);
  const files = sources
    .mentioning(['@'])
    .filter((file) => !isTestFile(file) && /\n\s*@\w+/.test(sources.text(file)));
  const handlers = files.flatMap((path) => {
    const file = sources.file(path);
    return (file ? decoratedClasses(file) : []).flatMap((node) => {
      const owner: ClassValue = { kind: 'class', file: file as SourceFile, node, environment: noEnvironment };
      return classHandlers(evaluator, owner, prefixes);
    });
  });
  return { handlers, dynamic: [] };
}

/** `createExpressServer({ routePrefix })` and its kin. */
function routePrefixes(sources: Sources, evaluator: Evaluator): readonly string[] {
  for (const path of sources.mentioning(['routePrefix'])) {
    const file = isTestFile(path) ? undefined : sources.file(path);
    for (const call of file ? callsOf(file).all : []) {
      if (
        file === undefined ||
        !/^(?:create|use)(?:Express|Koa)?Server$/.test(referenceName(call.callee) ?? '')
      )
        continue;
      for (const argument of call.arguments) {
        const texts = optionTexts(evaluator, evaluator.evaluate(file, argument), 'routePrefix');
        if (texts !== undefined) return texts;
      }
    }
  }
  return [''];
}

function classHandlers(
  evaluator: Evaluator,
  owner: ClassValue,
  prefixes: readonly string[],
): readonly Handler[] {
  const applied = decoratorsOf(evaluator, owner.file, owner.node, owner.environment);
  for (const controller of applied) {
    const dialect = dialects.find(
      (own) => own.packages.test(controller.module) && own.controller.test(controller.name),
    );
    if (dialect === undefined) continue;
    const bases = pathsIn(evaluator, controller, 0, dialect);
    const before = middlewaresIn(evaluator, applied, controller, 1);
    return methodsOf(evaluator, owner).flatMap((method) =>
      methodHandlers(
        evaluator,
        method,
        dialect,
        (path) => prefixes.flatMap((prefix) => bases.map((base) => joinPaths(prefix, base, path))),
        before,
      ),
    );
  }
  return [];
}

function methodHandlers(
  evaluator: Evaluator,
  method: Method,
  dialect: Dialect,
  full: (path: string) => readonly string[],
  before: readonly Middleware[],
): readonly Handler[] {
  const own = decoratorsOf(evaluator, method.owner.file, method.node, method.owner.environment);
  return own.flatMap((decorator): readonly Handler[] => {
    if (!dialect.packages.test(decorator.module)) return [];
    const isNamed = dialect.named?.test(decorator.name) === true;
    const verb = isNamed ? textIn(evaluator, decorator, 0) : dialect.method.exec(decorator.name)?.[1];
    if (verb === undefined) return [];
    const paths = pathsIn(evaluator, decorator, isNamed ? 1 : 0, dialect);
    return [
      {
        framework: 'decorators',
        kind: 'route',
        method: verb.toUpperCase(),
        paths: [...new Set(paths.flatMap(full))].sort(),
        location: locationOf(method.owner.file, decorator.node),
        target: {
          name: method.name,
          location: functionLocation(method.value),
          value: method.value,
          wrappers: [],
        },
        middlewares: [...before, ...middlewaresIn(evaluator, own, decorator, isNamed ? 2 : 1)],
        condition: undefined,
      },
    ];
  });
}

/** The paths a decorator is given, with `{id}` written `:id`; an empty one when it is given none. */
function pathsIn(
  evaluator: Evaluator,
  decorator: Applied,
  index: number,
  dialect: Dialect,
): readonly string[] {
  const node = decorator.nodes[index];
  if (node === undefined) return [''];
  const values = decorator.arguments[index] ?? [];
  const given = dialect.options
    .map((name) => option(evaluator, values, name))
    .find((own) => own !== undefined);
  const isObject = values.some(({ kind }) => kind === 'object');
  if (isObject && given === undefined) return [''];
  const { file, environment } = given ?? decorator;
  const paths = pathList(evaluator, file, given?.node ?? node, environment);
  return paths.map((path) => path.replace(/\{([^{}]+)\}/g, ':$1'));
}

function textIn(evaluator: Evaluator, decorator: Applied, index: number): string | undefined {
  const node = decorator.nodes[index];
  return node && pathList(evaluator, decorator.file, node, decorator.environment)[0];
}

/** What runs before: further arguments of the decorator itself, and what `UseBefore` and `Middleware` name. */
function middlewaresIn(
  evaluator: Evaluator,
  applied: readonly Applied[],
  registering: Applied,
  from: number,
): readonly Middleware[] {
  const using = applied.filter(({ name }) =>
    /^(?:UseBefore|Middleware|ClassMiddleware|Middlewares|UseAuth|Security)$/.test(name),
  );
  const given = [
    ...using.map((own) => ({ own, nodes: own.nodes })),
    { own: registering, nodes: registering.nodes.slice(from) },
  ];
  return given.flatMap(({ own, nodes }) =>
    operandsOf(evaluator, own.file, nodes, own.environment).map((operand) =>
      middlewareOf(evaluator, operand),
    ),
  );
}
