import type { Node } from '@babel/types';
import {
  type Call,
  callsOf,
  constantText,
  type Evaluator,
  isTestFile,
  keyName,
  memberName,
  noEnvironment,
  type SourceFile,
  type Sources,
  unwrapped,
  type Value,
} from '../../sources/index.ts';
import type { Discovery, Framework, Handler } from '../handler.ts';
import { methodsOf } from '../routing/class-methods.ts';
import { operandsOf } from '../routing/operands.ts';
import { option } from '../routing/options.ts';
import { functionLocation, locationOf, referenceName, targetOf } from '../routing/targets.ts';

/** ConnectRPC: `router.service(Service, { say })`, one handler for each function of the service. */
export const connect: Framework = {
  name: 'connect',
  packages: /^@connectrpc\/connect|^@bufbuild\/connect/,
  discover(sources, evaluator) {
    const users = evaluator.references.graph.usersOf(this.packages);
    return { handlers: servicesIn(sources, evaluator, users), dynamic: [] } satisfies Discovery;
  },
};

function servicesIn(sources: Sources, evaluator: Evaluator, users: ReadonlySet<string>): readonly Handler[] {
  const files = [...users]
    .filter((path) => !isTestFile(path) && sources.mentions(path, ['.service(', '.rpc(']))
    .flatMap((path) => sources.file(path) ?? []);
  const single = files.flatMap((file) =>
    (callsOf(file).byMember.get('rpc') ?? []).flatMap((call) => rpcAt(evaluator, file, call)),
  );
  return [
    ...single,
    ...files.flatMap((file) =>
      (callsOf(file).byMember.get('service') ?? []).flatMap((call) => {
        const [description, implementation] = call.arguments;
        if (description === undefined || implementation === undefined) return [];
        const name = serviceName(evaluator, file, description);
        return evaluator
          .evaluate(file, implementation)
          .flatMap((value) => functionsOf(evaluator, value))
          .map(({ name: own, ...handler }) => ({ ...handler, paths: [`/${name}/${own}`] }));
      }),
    ),
  ];
}

/** `router.rpc(Service.method.say, fn)`, and as it was before version 2: `router.rpc(Service, Service.methods.say, fn)`. */
function rpcAt(evaluator: Evaluator, file: SourceFile, call: Call): readonly Handler[] {
  const [first, second, third] = call.arguments;
  if (first === undefined || second === undefined) return [];
  const isOld = third !== undefined && memberName(unwrapped(second)) !== undefined;
  const method = unwrapped(isOld ? second : first);
  const name = memberName(method);
  if (name === undefined || method.type !== 'MemberExpression') return [];
  const table = unwrapped(method.object);
  const service = isOld ? first : table.type === 'MemberExpression' ? table.object : table;
  const [operand] = operandsOf(evaluator, file, [isOld ? third : second], noEnvironment);
  const token = unwrapped(call.callee);
  const location = locationOf(file, token.type === 'MemberExpression' ? token.property : token);
  const path = `/${serviceName(evaluator, file, service)}/${capitalised(name)}`;
  return [{ ...shared, paths: [path], location, target: operand && targetOf(evaluator, operand) }];
}

const shared = {
  framework: 'connect',
  kind: 'procedure',
  method: 'POST',
  middlewares: [],
  condition: undefined,
} as const;

/** The full name where the description can be read, else what it is called here: generated files are not read. */
function serviceName(evaluator: Evaluator, file: SourceFile, description: Node): string {
  const typeName = option(evaluator, evaluator.evaluate(file, description), 'typeName');
  return (typeName && constantText(typeName.values)) ?? referenceName(description) ?? 'unknown';
}

type ServiceFunction = Omit<Handler, 'paths'> & { readonly name: string };

function functionsOf(evaluator: Evaluator, value: Value): readonly ServiceFunction[] {
  if (value.kind === 'instance') {
    return methodsOf(evaluator, value.of).map((method) => {
      const location = functionLocation(method.value);
      const target = { name: method.name, location, value: method.value, wrappers: [] };
      return { ...shared, name: capitalised(method.name), location, target };
    });
  }
  if (value.kind !== 'object') return [];
  return value.node.properties.flatMap((property): readonly ServiceFunction[] => {
    if (property.type === 'SpreadElement') {
      return evaluator
        .evaluate(value.file, property.argument, value.environment ?? noEnvironment)
        .flatMap((inner) => functionsOf(evaluator, inner));
    }
    const name = keyName(property);
    const operand = name === undefined ? undefined : option(evaluator, [value], name);
    if (name === undefined || operand === undefined) return [];
    const location = locationOf(value.file, property.key);
    return [{ ...shared, name: capitalised(name), location, target: targetOf(evaluator, operand) }];
  });
}

/** `say` implements `Say`. */
function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
