import type { CallExpression, Node, OptionalCallExpression } from '@babel/types';
import type { Evaluator } from './evaluator.ts';
import { moduleValues } from './exported-values.ts';
import { listItems, listMethod, mapItems, objectItems } from './lists.ts';
import { nodePath } from './node-paths.ts';
import { elementFrame } from './parameters.ts';
import type { SourceFile } from './source-file.ts';
import { isFunction, memberName, unwrapped } from './tree.ts';
import { constantText, type Environment, type Value } from './values.ts';

/** Texts beyond this are not paths, and patterns that split them may take long. Characters. */
const longestText = 500;

const none: readonly Value[] = [];

type Call = CallExpression | OptionalCallExpression;

/** What a call gives: a module, what a built-in is known to return, else what the called function returns. */
export function calledValues(
  evaluator: Evaluator,
  file: SourceFile,
  node: Call,
  environment: Environment,
): readonly Value[] {
  const [first] = node.arguments;
  if (node.callee.type === 'Import' || isRequire(file, node.callee)) {
    const specifier = first && constantText(evaluator.evaluate(file, first, environment));
    return specifier === undefined ? none : moduleValues(evaluator, file, specifier);
  }
  const callee = unwrapped(node.callee);
  if (callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression') {
    const known =
      globalMethod(evaluator, file, node, callee, environment) ??
      valueMethod(evaluator, file, node, callee, environment);
    if (known !== undefined) return known;
  }
  const values = evaluator.evaluate(file, node.callee, environment);
  const located = nodePath(evaluator, file, node, values, environment);
  if (located !== undefined) return located;
  return values.flatMap((value) => {
    const provided = first && providedValues(evaluator, file, value, first, environment);
    return provided ?? evaluator.returned(value, { file, call: node }, environment);
  });
}

/** Containers that make what they are asked for by its class. */
const containers = /^(?:tsyringe|typedi|inversify|awilix|@nestjs\/core|@ioc:.*|injection-js)$/;

/** `container.resolve(Service)`: an instance of the class that is asked for. */
function providedValues(
  evaluator: Evaluator,
  file: SourceFile,
  callee: Value,
  token: Node,
  environment: Environment,
): readonly Value[] | undefined {
  const last = callee.kind === 'api' && containers.test(callee.module) ? callee.steps.at(-1) : undefined;
  if (last?.kind !== 'member' || !/^(?:resolve|get|build)$/.test(last.name)) return undefined;
  const classes = evaluator.evaluate(file, token, environment).filter((value) => value.kind === 'class');
  return classes.length === 0 ? undefined : classes.map((of) => ({ kind: 'instance', of }));
}

export function isRequire(file: SourceFile, callee: Node): boolean {
  return callee.type === 'Identifier' && callee.name === 'require' && file.scopes.isGlobal(callee);
}

type Member = Node & { type: 'MemberExpression' | 'OptionalMemberExpression' };

/** Functions of `Object`, `Array` and `Promise` that pass on what they are given. */
function globalMethod(
  evaluator: Evaluator,
  file: SourceFile,
  node: Call,
  callee: Member,
  environment: Environment,
): readonly Value[] | undefined {
  const [first] = node.arguments;
  if (first === undefined || callee.object.type !== 'Identifier' || !file.scopes.isGlobal(callee.object))
    return undefined;
  const given = () => evaluator.evaluate(file, first, environment);
  switch (`${callee.object.name}.${memberName(callee)}`) {
    case 'Object.freeze':
    case 'Object.seal':
    case 'Array.from':
    case 'Promise.all':
    case 'Promise.resolve':
      return given();
    case 'Object.assign':
      return node.arguments.flatMap((argument) => evaluator.evaluate(file, argument, environment));
    case 'Object.values':
    case 'Object.keys':
    case 'Object.entries': {
      const method = memberName(callee) ?? '';
      return given().flatMap((value) => {
        const items = objectItems(evaluator, method, value);
        return items === undefined ? none : [{ kind: 'list', items } as const];
      });
    }
    default:
      return undefined;
  }
}

/** Methods of functions, lists, texts and promises. */
function valueMethod(
  evaluator: Evaluator,
  file: SourceFile,
  node: Call,
  callee: Member,
  environment: Environment,
): readonly Value[] | undefined {
  const name = memberName(callee);
  switch (name) {
    case 'bind': {
      const bound = evaluator.evaluate(file, callee.object, environment);
      const functions = bound.filter(({ kind }) => kind === 'function');
      return functions.length > 0 ? functions : undefined;
    }
    case 'then':
      return chained(evaluator, file, node, callee, environment);
    case 'toLowerCase':
    case 'toUpperCase':
    case 'trim': {
      const text = constantText(evaluator.evaluate(file, callee.object, environment));
      return text === undefined ? undefined : [{ kind: 'constant', value: text[name]() }];
    }
    case 'split':
      return split(evaluator, file, node, callee, environment);
    case 'join':
      return joined(evaluator, file, node, callee, environment);
    case 'concat': {
      const text = concatenatedText(evaluator, file, node, callee, environment);
      return text ?? listsMethod(evaluator, file, node, callee, name, environment);
    }
    case 'reduce':
    case 'reduceRight': {
      // An application that is handed from turn to turn stays what it was made as.
      const [, initial] = node.arguments;
      const first = initial === undefined ? none : evaluator.evaluate(file, initial, environment);
      return first.some(({ kind }) => kind === 'api') ? first : undefined;
    }
    case 'entries':
    case 'keys': {
      const [own, ...more] = evaluator.evaluate(file, callee.object, environment);
      const items = own === undefined || more.length > 0 ? undefined : mapItems(evaluator, name, own);
      return items && [{ kind: 'list', items }];
    }
    case 'filter':
    case 'slice':
    case 'reverse':
    case 'sort':
    case 'toSorted':
    case 'values':
    case 'flat':
    case 'map':
    case 'flatMap':
      return listsMethod(evaluator, file, node, callee, name, environment);
    default:
      return undefined;
  }
}

function listsMethod(
  evaluator: Evaluator,
  file: SourceFile,
  node: Call,
  callee: Member,
  name: string,
  environment: Environment,
): readonly Value[] | undefined {
  const lists = evaluator.evaluate(file, callee.object, environment);
  const [map] = lists;
  const values = name === 'values' && map && lists.length === 1 ? mapItems(evaluator, name, map) : undefined;
  if (values !== undefined) return [{ kind: 'list', items: values }];
  if (lists.some(({ kind }) => kind !== 'array' && kind !== 'list')) return undefined;
  return listMethod(evaluator, file, node, name, lists, environment);
}

/** `'/items'.concat('/', ':id')`; `undefined` for lists, and where a part is not known. */
function concatenatedText(
  evaluator: Evaluator,
  file: SourceFile,
  node: Call,
  callee: Member,
  environment: Environment,
): readonly Value[] | undefined {
  const parts = [callee.object, ...node.arguments].map((part) =>
    constantText(evaluator.evaluate(file, part, environment)),
  );
  const text = parts.includes(undefined) ? undefined : parts.join('');
  return text === undefined ? undefined : [{ kind: 'constant', value: text.slice(0, longestText) }];
}

/** `import('./x').then((module) => module.default)`. */
function chained(
  evaluator: Evaluator,
  file: SourceFile,
  node: Call,
  callee: Member,
  environment: Environment,
): readonly Value[] | undefined {
  const [callback] = node.arguments;
  if (callback === undefined || !isFunction(callback)) return undefined;
  const values = evaluator.evaluate(file, callee.object, environment);
  if (values.length === 0) return none;
  const item = { file, node: callee.object, environment, values };
  const frame = elementFrame(evaluator, { file, node: callback }, environment, item);
  return evaluator.returnExpressions(callback).flatMap((part) => evaluator.evaluate(file, part, frame));
}

/** `'GET /carts'.split(' ')`: the parts of a text that is known, by a separator that is. */
function split(
  evaluator: Evaluator,
  file: SourceFile,
  node: Call,
  callee: Member,
  environment: Environment,
): readonly Value[] | undefined {
  const [first] = node.arguments;
  const separator = first && evaluator.evaluate(file, first, environment)[0];
  if (first === undefined || separator?.kind !== 'constant') return undefined;
  const texts = evaluator.evaluate(file, callee.object, environment);
  const by = separator.value instanceof RegExp ? separator.value : String(separator.value);
  const lists = texts.flatMap((text): readonly Value[] => {
    if (text.kind !== 'constant' || typeof text.value !== 'string' || text.value.length > longestText)
      return none;
    const items = text.value.split(by).map((part) => {
      return { file, node: first, environment, values: [{ kind: 'constant', value: part } as const] };
    });
    return [{ kind: 'list', items }];
  });
  return lists.length > 0 && lists.length === texts.length ? lists : undefined;
}

function joined(
  evaluator: Evaluator,
  file: SourceFile,
  node: Call,
  callee: Member,
  environment: Environment,
): readonly Value[] | undefined {
  const lists = evaluator.evaluate(file, callee.object, environment);
  const items = lists.length === 1 && lists[0] ? listItems(evaluator, lists[0]) : undefined;
  if (items === undefined) return undefined;
  const [first] = node.arguments;
  const separator = first ? constantText(evaluator.evaluate(file, first, environment)) : ',';
  const parts = items.map(({ values }) => constantText(values));
  if (separator === undefined || parts.includes(undefined)) return none;
  return [{ kind: 'constant', value: parts.join(separator) }];
}
