import type { ClassValue, Evaluator } from '../../sources/index.ts';
import type { Handler } from '../handler.ts';
import { methodsOf } from '../routing/class-methods.ts';
import { type Applied, decoratorsOf } from '../routing/decorators.ts';
import { option } from '../routing/options.ts';
import { isUnknown, pathTexts } from '../routing/paths.ts';
import { functionLocation, locationOf } from '../routing/targets.ts';

/** What the decorators of resolvers, gateways and message handlers register, by their package. */
const methods: Readonly<Record<string, { readonly package: RegExp; readonly method: string }>> = {
  Query: { package: /graphql$/, method: 'QUERY' },
  Mutation: { package: /graphql$/, method: 'MUTATION' },
  ResolveField: { package: /graphql$/, method: 'FIELD' },
  Subscription: { package: /graphql$/, method: 'SUBSCRIPTION' },
  SubscribeMessage: { package: /websockets$/, method: 'MESSAGE' },
  MessagePattern: { package: /microservices$/, method: 'MESSAGE' },
  EventPattern: { package: /microservices$/, method: 'EVENT' },
  GrpcMethod: { package: /microservices$/, method: 'RPC' },
};

/** Handlers of a class that answer something other than an HTTP route. */
export function remoteHandlers(evaluator: Evaluator, owner: ClassValue): readonly Handler[] {
  return methodsOf(evaluator, owner).flatMap((method) => {
    const applied = decoratorsOf(evaluator, method.owner.file, method.node, method.owner.environment);
    return applied.flatMap((decorator): readonly Handler[] => {
      const known = Object.hasOwn(methods, decorator.name) ? methods[decorator.name] : undefined;
      if (known === undefined || !known.package.test(decorator.module)) return [];
      return [
        {
          framework: 'nestjs',
          kind: 'procedure',
          method: known.method,
          paths: [pathOf(evaluator, owner, decorator, method.name)],
          location: locationOf(method.owner.file, decorator.node),
          target: {
            name: method.name,
            location: functionLocation(method.value),
            value: method.value,
            wrappers: [],
          },
          middlewares: [],
          condition: undefined,
        },
      ];
    });
  });
}

/** The dotted name of a field among those of its type; what else answers goes by its own name. */
function pathOf(evaluator: Evaluator, owner: ClassValue, decorator: Applied, method: string): string {
  const name = nameIn(evaluator, decorator) ?? method;
  if (decorator.name !== 'ResolveField') return name;
  const resolvers = decoratorsOf(evaluator, owner.file, owner.node, owner.environment);
  const [type] = resolvers.find((own) => own.name === 'Resolver')?.nodes ?? [];
  const text = type === undefined ? '' : owner.file.textOf(type);
  const resolved = /^(?:\(\s*\w*\s*\)|\w+)\s*=>\s*(\w+)$|^(\w+)$|^['"](\w+)['"]$/
    .exec(text)
    ?.slice(1)
    .find(Boolean);
  return `${resolved ?? owner.node.id?.name.replace(/Resolver$/, '') ?? 'Query'}.${name}`;
}

/** The name or pattern that is subscribed to: a text, or `{ name }` among the arguments. */
function nameIn(evaluator: Evaluator, decorator: Applied): string | undefined {
  for (const [index, node] of decorator.nodes.entries()) {
    const values = decorator.arguments[index] ?? [];
    const named = option(evaluator, values, 'name') ?? option(evaluator, values, 'cmd');
    const { file, environment } = named ?? decorator;
    if (named === undefined && !values.some(({ kind }) => kind === 'constant')) continue;
    const [text] = pathTexts(evaluator, file, named?.node ?? node, environment);
    if (text !== undefined && !isUnknown(text)) return text;
  }
  return undefined;
}
