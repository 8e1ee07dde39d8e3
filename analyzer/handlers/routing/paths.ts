import type { Node } from '@babel/types';
import {
  type Environment,
  type Evaluator,
  listItems,
  type SourceFile,
  unwrapped,
  type Value,
} from '../../sources/index.ts';
import { option } from './options.ts';
import { originOf } from './origins.ts';
import { settingDefault } from './settings.ts';

/** More alternatives than this for one path are summed up as unknown. */
const mostAlternatives = 50;

/**
 * The texts an expression may give, for use in a path: every constant alternative, with `«expression»` for what only
 * run time knows. A setting read from the environment counts as its default, where it has one.
 */
export function pathTexts(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node,
  environment: Environment,
): readonly string[] {
  const found = [...new Set(texts(evaluator, file, node, environment, 0))];
  return found.length > mostAlternatives ? [unknown(file, node)] : found;
}

/** Like `pathTexts`, and a list gives the texts of its elements: `app.get(['/a', '/b'], …)`. */
export function pathList(
  evaluator: Evaluator,
  file: SourceFile,
  node: Node,
  environment: Environment,
): readonly string[] {
  const values = evaluator.evaluate(file, node, environment);
  const lists = values.map((value) => listItems(evaluator, value));
  if (values.length === 0 || lists.includes(undefined)) return pathTexts(evaluator, file, node, environment);
  return lists.flatMap((items) =>
    (items ?? []).flatMap((item) =>
      pathTexts(evaluator, item.file, item.node, item.environment ?? environment),
    ),
  );
}

/** The texts of an option, with `«…»` for what only run time knows; `undefined` when it is not given. */
export function optionTexts(
  evaluator: Evaluator,
  values: readonly Value[],
  name: string,
): readonly string[] | undefined {
  const found = option(evaluator, values, name);
  return found && pathList(evaluator, found.file, found.node, found.environment);
}

export function isUnknown(text: string): boolean {
  return text.includes('«');
}

/** The part of an unknown path that stands for an expression. */
export function unknown(file: SourceFile, node: Node): string {
  const text = file.textOf(node).replace(/\s+/g, ' ').replace(/[«»]/g, '');
  return `«${text.length > 80 ? `${text.slice(0, 79)}…` : text}»`;
}

/** The constants among alternatives; a value read from the environment yields to its default. */
export function constantTexts(values: readonly Value[]): readonly string[] | undefined {
  const rest = values.filter(
    (value) => !isSetting(value) && !(value.kind === 'constant' && value.value === null),
  );
  if (rest.length === 0) return undefined;
  const found: string[] = [];
  for (const value of rest) {
    if (value.kind !== 'constant') return undefined;
    if (value.value instanceof RegExp) found.push(String(value.value));
    else if (typeof value.value === 'string' || typeof value.value === 'number')
      found.push(String(value.value));
    else return undefined;
  }
  return found;
}

function isSetting(value: Value): boolean {
  return settingName(value) !== undefined;
}

/** The NAME of `process.env.NAME`. */
function settingName(value: Value): string | undefined {
  if (value.kind !== 'api' || value.module !== 'global') return undefined;
  const [first, second, third] = value.steps.map((step) => (step.kind === 'member' ? step.name : undefined));
  return first === 'process' && second === 'env' ? third : undefined;
}

function texts(
  evaluator: Evaluator,
  file: SourceFile,
  given: Node,
  environment: Environment,
  depth: number,
): readonly string[] {
  const node = unwrapped(given);
  const values = evaluator.evaluate(file, node, environment);
  const constants = constantTexts(values);
  if (constants !== undefined) return constants;
  const [setting, ...others] = values.map(settingName);
  const standard =
    others.length === 0 && setting !== undefined ? settingDefault(evaluator.sources, setting) : undefined;
  if (standard !== undefined) return [standard];
  const inner = (part: Node) => texts(evaluator, file, part, environment, depth + 1);
  if (depth > 20) return [unknown(file, node)];
  if (node.type === 'TemplateLiteral') {
    return node.quasis.reduce<readonly string[]>(
      (before, quasi, index) => {
        const expression = node.expressions[index - 1];
        const parts = expression ? inner(expression) : [''];
        return combined(before, parts, quasi.value.cooked ?? '');
      },
      [''],
    );
  }
  if (node.type === 'BinaryExpression' && node.operator === '+') {
    return combined(inner(node.left), inner(node.right), '');
  }
  if (node.type === 'ConditionalExpression') return [...inner(node.consequent), ...inner(node.alternate)];
  const origin = values.length === 0 ? originOf(evaluator, { file, node, environment }) : undefined;
  if (origin !== undefined && isPutTogether(unwrapped(origin.node)))
    return texts(evaluator, origin.file, origin.node, origin.environment, depth + 1);
  if (node.type === 'Identifier') {
    const declaration = file.scopes.bindingOf(node)?.declaration;
    if (
      declaration?.type === 'VariableDeclarator' &&
      declaration.id.type === 'Identifier' &&
      declaration.init
    ) {
      const init = unwrapped(declaration.init);
      if (isPutTogether(init)) return inner(init);
    }
  }
  return [unknown(file, node)];
}

/** A text of parts, some of which may be known: naming them says more than the name of the whole. */
function isPutTogether({ type }: Node): boolean {
  return type === 'TemplateLiteral' || type === 'BinaryExpression';
}

function combined(before: readonly string[], parts: readonly string[], after: string): readonly string[] {
  const all = before.flatMap((text) => parts.map((part) => text + part + after));
  return all.slice(0, mostAlternatives + 1);
}

/** Joins parts the way a mounted router sees them: one slash between, none at the end, `*` as it is. */
export function joinPaths(...parts: readonly string[]): string {
  let path = '';
  for (const part of parts) {
    if (part === '' || part === '/') continue;
    if (path === '' && part === '*') path = part;
    else path = `${path.replace(/\/+$/, '')}/${part.replace(/^\/+/, '')}`;
  }
  const clean = path.replace(/(?<!:)\/{2,}/g, '/');
  return clean.length > 1 ? clean.replace(/\/+$/, '') : clean === '' ? '/' : clean;
}
