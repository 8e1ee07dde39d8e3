import type { Node } from '@babel/types';
import {
  type Binding,
  type Evaluator,
  Frame,
  type FunctionNode,
  type FunctionValue,
  isFunction,
  memberName,
  type SourceFile,
  unwrapped,
  type Value,
  walk,
} from '../../sources/index.ts';

export interface Wrapped {
  readonly values: readonly Value[];
  /** Name of the wrapper; `undefined` for a function that only passes its arguments on. */
  readonly wrapper: string | undefined;
}

/**
 * What a function stands in front of, inferred from its body instead of from a list of known names:
 * the function a wrapper was given and calls with its own parameters (`catchAsync(fn)`), or the one method an arrow
 * passes all its parameters on to (`(req, res) => controller.list(req, res)`, also with `.catch(next)`).
 */
export function wrappedIn(evaluator: Evaluator, value: FunctionValue): Wrapped | undefined {
  return givenFunction(value) ?? delegate(evaluator, value) ?? onlyGiven(evaluator, value);
}

/** Whether a function calls what a function around it was given, and what that is cannot be told. */
export function wrapsUnknown(value: FunctionValue): boolean {
  return outerCalls(value.file, value.node).length > 0 && givenFunction(value) === undefined;
}

function givenFunction(value: FunctionValue): Wrapped | undefined {
  const { file, node, environment } = value;
  const calls = [...outerCalls(file, node)].reverse();
  // What is called with the request and the response answers, not what is only told of an error.
  const most = Math.max(0, ...calls.map(({ handed }) => handed));
  for (const { called, direct } of calls.filter(({ handed }) => handed === most)) {
    const values = environment
      .get(called)
      ?.filter(({ kind }) => kind === 'function' || (kind === 'api' && direct));
    if (values !== undefined && values.length > 0) return { values, wrapper: ownerName(file, called) };
  }
  return undefined;
}

/**
 * The one function that the maker of `value` was given, where how it is called cannot be followed (a container builds
 * it) and `value` does not answer itself. A function that makes the handler stands for what it makes.
 */
function onlyGiven(evaluator: Evaluator, value: FunctionValue): Wrapped | undefined {
  const { file, node, environment } = value;
  if (!(environment instanceof Frame) || !isFunction(environment.owner) || environment.file !== file)
    return undefined;
  const bindings = [...parameterBindings(file, environment.owner)];
  const given = bindings.flatMap((binding) =>
    (environment.get(binding) ?? []).flatMap((own) => (own.kind === 'function' ? [{ binding, own }] : [])),
  );
  const [only] = given;
  if (only === undefined || given.length > 1 || answersItself(file, node)) return undefined;
  if (outerCalls(file, node).length > 0) return undefined;
  const made = evaluator
    .returnExpressions(only.own.node)
    .flatMap((inner) => evaluator.evaluate(only.own.file, inner, only.own.environment))
    .filter((inner) => inner.kind === 'function');
  const values = [...made, only.own].filter(
    (inner) => inner.kind === 'function' && inner.node.params.length >= 2,
  );
  const wrapper = ownerName(file, only.binding);
  return values.length === 0 ? undefined : { values, wrapper };
}

/** Whether a function calls something on its parameters, as `res.json(…)` or `ctx.set(…)` do. */
function answersItself(file: SourceFile, node: FunctionNode): boolean {
  const own = [...parameterBindings(file, node)].slice(0, 2);
  let found = false;
  walk(node.body, (inner) => {
    if (inner.type !== 'CallExpression' || found) return !found;
    const callee = unwrapped(inner.callee);
    if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return true;
    const binding = file.scopes.bindingOf(callee.object);
    if (binding !== undefined && own.includes(binding)) found = true;
    return !found;
  });
  return found;
}

interface OuterCall {
  /** The parameter of a function further out that is called. */
  readonly called: Binding;
  /** Whether it is the callee itself, not something the callee is made from. */
  readonly direct: boolean;
  /** How many of the function's own parameters it is given. */
  readonly handed: number;
}

const outerCallsOf = new WeakMap<FunctionNode, readonly OuterCall[]>();

/** The calls in a function of what functions around it were given, with something of its own parameters. */
function outerCalls(file: SourceFile, node: FunctionNode): readonly OuterCall[] {
  const known = outerCallsOf.get(node);
  if (known !== undefined) return known;
  const own = parameterBindings(file, node);
  const found: OuterCall[] = [];
  if (own.size > 0) {
    walk(node.body, (inner) => {
      if (inner.type !== 'CallExpression' && inner.type !== 'OptionalCallExpression') return true;
      const callee = unwrapped(inner.callee);
      const called = outerParameter(file, node, callee);
      const handed = inner.arguments.filter((argument) => mentions(file, argument, own)).length;
      if (handed === 0) return true;
      if (called !== undefined) found.push({ called, direct: callee.type === 'Identifier', handed });
      else if (callee.type === 'Identifier') found.push(...handedOn(file, node, inner.arguments));
      return true;
    });
  }
  outerCallsOf.set(node, found);
  return found;
}

/** `run(req, schema, answer)`: what was given to a function further out goes on beside the request. */
function handedOn(file: SourceFile, inside: FunctionNode, given: readonly Node[]): readonly OuterCall[] {
  return given.flatMap((argument) => {
    const called = argument.type === 'Identifier' ? outerParameter(file, inside, argument) : undefined;
    return called === undefined ? [] : [{ called, direct: false, handed: 0 }];
  });
}

/** The parameter of a function further out that a callee is: `fn`, `fn.call`, `other(fn)`. */
function outerParameter(file: SourceFile, inside: FunctionNode, callee: Node): Binding | undefined {
  if (callee.type === 'Identifier') {
    const binding = file.scopes.bindingOf(callee);
    const isOuter =
      binding?.kind === 'parameter' &&
      binding.declaration !== inside &&
      !isBelow(file, binding.declaration, inside);
    return isOuter ? binding : undefined;
  }
  if (callee.type === 'MemberExpression' && /^(?:call|apply)$/.test(memberName(callee) ?? ''))
    return outerParameter(file, inside, unwrapped(callee.object));
  if (callee.type === 'CallExpression') {
    for (const argument of callee.arguments) {
      const found = outerParameter(file, inside, unwrapped(argument));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function isBelow(file: SourceFile, node: Node, above: Node): boolean {
  for (let outer = file.parentOf(node); outer !== undefined; outer = file.parentOf(outer)) {
    if (outer === above) return true;
  }
  return false;
}

function ownerName(file: SourceFile, parameter: Binding): string | undefined {
  const owner = parameter.declaration;
  if ('id' in owner && owner.id && (owner.id as Node).type === 'Identifier')
    return (owner.id as { name: string }).name;
  if ('key' in owner) return (owner.key as { name?: string }).name;
  const parent = file.parentOf(owner);
  if (parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier') return parent.id.name;
  if (parent?.type === 'AssignmentExpression') return memberName(parent.left);
  return parent?.type === 'ExportDefaultDeclaration' ? 'default' : undefined;
}

/** An arrow or function whose body is one call that gets all its parameters, of a function in the project. */
function delegate(evaluator: Evaluator, value: FunctionValue): Wrapped | undefined {
  const { file, node, environment } = value;
  const own = parameterBindings(file, node);
  const call = onlyCall(node);
  if (call === undefined || own.size < 2 || !isFunctionLiteral(node)) return undefined;
  const given = new Set(
    call.arguments.map((argument) =>
      argument.type === 'Identifier' ? file.scopes.bindingOf(argument) : undefined,
    ),
  );
  const firstTwo = [...own].slice(0, 2);
  if (!firstTwo.every((binding) => given.has(binding))) return undefined;
  const values = evaluator
    .evaluate(file, call.callee, environment)
    .filter((callee) => callee.kind === 'function');
  return values.length === 0 ? undefined : { values, wrapper: undefined };
}

function isFunctionLiteral(node: FunctionNode): boolean {
  return node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression';
}

function onlyCall(node: FunctionNode): (Node & { type: 'CallExpression' }) | undefined {
  let body: Node | undefined = node.body;
  if (body.type === 'BlockStatement') {
    const [statement] = body.body;
    if (body.body.length !== 1) return undefined;
    if (statement?.type === 'ReturnStatement') body = statement.argument ?? undefined;
    else if (statement?.type === 'ExpressionStatement') body = statement.expression;
    else return undefined;
  }
  const bare = body && unwrapped(body.type === 'AwaitExpression' ? body.argument : body);
  return bare?.type === 'CallExpression' ? withoutCatch(bare) : undefined;
}

/** `book(req, res)` of `book(req, res).catch(next)`: the error path is no other handler. */
function withoutCatch(call: Node & { type: 'CallExpression' }): Node & { type: 'CallExpression' } {
  const callee = unwrapped(call.callee);
  if (callee.type !== 'MemberExpression' || memberName(callee) !== 'catch') return call;
  const caught = unwrapped(callee.object);
  return caught.type === 'CallExpression' ? withoutCatch(caught) : call;
}

/** Every name the parameters of a function declare, in order. */
export function parameterBindings(file: SourceFile, node: FunctionNode): ReadonlySet<Binding> {
  const found = new Set<Binding>();
  for (const parameter of node.params) {
    walk(parameter, (inner) => {
      const binding = inner.type === 'Identifier' ? file.scopes.bindingOf(inner) : undefined;
      if (binding?.declaration === node) found.add(binding);
      return !isFunction(inner);
    });
  }
  return found;
}

function mentions(file: SourceFile, node: Node, bindings: ReadonlySet<Binding>): boolean {
  let found = false;
  walk(node, (inner) => {
    const binding = inner.type === 'Identifier' ? file.scopes.bindingOf(inner) : undefined;
    if (binding !== undefined && bindings.has(binding)) found = true;
    return !found;
  });
  return found;
}
