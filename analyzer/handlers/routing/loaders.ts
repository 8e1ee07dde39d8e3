import type { Node } from '@babel/types';
import {
  type ApiValue,
  callsOf,
  constantText,
  type Evaluator,
  isTestFile,
  type SourceFile,
  unwrapped,
} from '../../sources/index.ts';

/**
 * The calls that load a module only run time knows and hand it a router: `require(file)(app)`.
 * @param isReceiver whether routes may be registered on a value
 */
export function* unknownLoaders(
  evaluator: Evaluator,
  files: Iterable<string>,
  isReceiver: (value: ApiValue) => boolean,
): Generator<{ readonly file: SourceFile; readonly call: Node }> {
  for (const path of files) {
    const file = isTestFile(path) ? undefined : evaluator.sources.file(path);
    for (const call of file === undefined ? [] : callsOf(file).all) {
      if (file === undefined || !isUnknownModule(evaluator, file, call.callee)) continue;
      const isGiven = call.arguments.some((argument) =>
        evaluator
          .evaluate(file, unwrapped(argument))
          .some((value) => value.kind === 'api' && isReceiver(value)),
      );
      if (isGiven) yield { file, call };
    }
  }
}

/** `require(expression)`, `(await import(expression)).default`, or a member of one. */
function isUnknownModule(evaluator: Evaluator, file: SourceFile, callee: Node): boolean {
  let node = unwrapped(callee);
  while (node.type === 'MemberExpression' || node.type === 'AwaitExpression') {
    node = unwrapped(node.type === 'AwaitExpression' ? node.argument : node.object);
  }
  if (node.type === 'Identifier') {
    const declaration = file.scopes.bindingOf(node)?.declaration;
    if (declaration?.type !== 'VariableDeclarator' || !declaration.init) return false;
    const init = unwrapped(declaration.init);
    return init.type !== 'Identifier' && isUnknownModule(evaluator, file, init);
  }
  if (node.type !== 'CallExpression') return false;
  const loads =
    node.callee.type === 'Import' || (node.callee.type === 'Identifier' && node.callee.name === 'require');
  const [specifier] = node.arguments;
  return loads && specifier !== undefined && constantText(evaluator.evaluate(file, specifier)) === undefined;
}
