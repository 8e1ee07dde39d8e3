import type { Identifier, Node } from '@babel/types';
import { moduleSpecifier } from '../analyzer/evidence/bridge-origins.ts';
import {
  type Binding,
  type Evaluator,
  memberName,
  type SourceFile,
  span,
  walk,
} from '../analyzer/sources/index.ts';
import { becomingAsync, isTail, stepEdits } from './async-edits.ts';
import { applyEdits, type Edit, orderedEdits } from './edit.ts';
import type { NamedFunction, Rewrite } from './forms/form.ts';
import { commentKey, commentsIn, lineEnd } from './layout.ts';
import { barrelsOf } from './twin-barrels.ts';
import { type TwinPlan, twinPlan } from './twin-functions.ts';
import {
  declaredName,
  exportEdits,
  exportsAlong,
  homeOf,
  isDefault,
  type Target,
  type TwinHome,
} from './twin-homes.ts';

type Written = TwinPlan & { readonly kind: 'written' };

/** What the async twins of project functions change in one file. */
export interface TwinsOfFile {
  readonly edits: readonly Edit[];
  readonly functions: readonly NamedFunction[];
  /** Imported names whose twins must be imported beside them. */
  readonly imports: readonly { readonly binding: Binding; readonly twin: string }[];
  /** Comments that stand twice, because what they are in does. */
  readonly copied: readonly string[];
  readonly names: readonly string[];
}

export interface TwinFunctions {
  /** Whether the named function was made async itself, so that its name stays. */
  isConverted(named: NamedFunction): boolean;
  inFile(file: SourceFile): TwinsOfFile;
  /** Names of the twins, and of what they await: the bridge they are written for may be in another file. */
  readonly names: readonly string[];
}

/** The project functions whose twins must be written for these rewrites, with those that they call in turn. */
export function twinFunctions(evaluator: Evaluator, rewrites: readonly Rewrite[]): readonly Written[] {
  const found = new Map<Node, Written>();
  const queue = rewrites.flatMap(({ twins = [] }) => twins);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    // The plan of a function that calls itself was not finished when its own body was read.
    const plan = twinPlan(evaluator, next.target);
    if (plan.kind !== 'written' || found.has(plan.target.node)) continue;
    found.set(plan.target.node, plan);
    for (const step of plan.body.steps) if (step.kind === 'twin') queue.push(step.plan);
  }
  return [...found.values()];
}

/** Decides which functions become async themselves and which get a twin beside them. */
export function writtenTwins(evaluator: Evaluator, rewrites: readonly Rewrite[]): TwinFunctions {
  const written = twinFunctions(evaluator, rewrites);
  const bodies = new Map(written.map((plan) => [plan.target.node as Node, bodyRewrite(plan)]));
  const converted = convertedFunctions(evaluator, written, rewrites, bodies);
  const isConverted = ({ plan }: NamedFunction): boolean =>
    plan !== undefined && converted.has(plan.target.node);
  return {
    isConverted,
    names: written.flatMap((plan) => [bare(plan.name), ...awaitedIn(plan)]),
    inFile: (file) =>
      merged([
        ...written
          .filter(({ target }) => !converted.has(target.node))
          .map((plan) => passedOn(evaluator, file, plan)),
        ...written
          .filter(({ target }) => target.file === file)
          .map((plan) => {
            const body = bodies.get(plan.target.node) ?? { edits: [], functions: [] };
            const named = body.functions.filter((each) => !isConverted(each));
            return converted.has(plan.target.node) ? inPlace(plan, body, named) : beside(plan, body, named);
          }),
      ]),
  };
}

/** The native names of what the body of a twin asks the ORM for, which a model may have given. */
function awaitedIn({ body }: Written): readonly string[] {
  return body.steps.flatMap((step) => {
    if (step.kind === 'taking') return step.taking.taken.flatMap(({ operation }) => operation.twin ?? []);
    return 'operation' in step ? (step.operation.twin ?? []) : [];
  });
}

/** Barrels of this file that name the function name the twin after it. */
function passedOn(evaluator: Evaluator, file: SourceFile, { target, name }: Written): TwinsOfFile {
  const edits = barrelsOf(evaluator, target)
    .filter((barrel) => barrel.file === file)
    .map(({ specifier }) => ({ start: span(specifier).end, end: span(specifier).end, text: `, ${name}` }));
  return { edits, functions: [], imports: [], copied: [], names: [] };
}

function bodyRewrite({ target, body }: Written): Rewrite {
  const { file, node } = target;
  return stepEdits(file, body, (step) => isTail(file, step, node));
}

/** Functions that nobody but rewritten code calls: they become async where they stand. */
function convertedFunctions(
  evaluator: Evaluator,
  written: readonly Written[],
  rewrites: readonly Rewrite[],
  bodies: ReadonlyMap<Node, Rewrite>,
): ReadonlySet<Node> {
  const converted = new Set<Node>();
  for (let grown = true; grown; ) {
    grown = false;
    const inside = [...converted].flatMap((node) => bodies.get(node)?.functions ?? []);
    const rewritten = new Set<Node>(
      [...rewrites.flatMap(({ functions }) => functions), ...inside].map(({ identifier }) => identifier),
    );
    for (const plan of written) {
      const own = (bodies.get(plan.target.node)?.functions ?? []).map(({ identifier }) => identifier);
      if (
        converted.has(plan.target.node) ||
        !isOnlyCalledBy(evaluator, plan, new Set([...rewritten, ...own]))
      )
        continue;
      converted.add(plan.target.node);
      grown = true;
    }
  }
  return converted;
}

function isOnlyCalledBy(evaluator: Evaluator, { target }: Written, callers: ReadonlySet<Node>): boolean {
  const { file, node } = target;
  const name = declaredName(target);
  if (name === undefined || homeOf(target)?.kind !== 'statement') return false;
  if (!evaluator.sources.isComplete && exportsAlong(target)) return false;
  const places = evaluator.referencesTo(file, node);
  if (places.length === 0 || !places.every((place) => callers.has(place.node))) return false;
  if (isNamedElsewhere(target, name) || isHandedOnWhole(evaluator, file)) return false;
  const known = new Set([file.path, ...places.map((place) => place.file.path)]);
  // A file that mentions the name without a use that was followed may reach it some other way.
  return evaluator.sources.mentioning([name]).every((path) => known.has(path));
}

/** `exports.load` may be called as such in its own file, where no name leads to it. */
function isNamedElsewhere({ file, node }: Target, name: string): boolean {
  if (file.parentOf(node)?.type !== 'AssignmentExpression') return false;
  let count = 0;
  walk(file.ast.program, (each) => {
    if (memberName(each) === name) count++;
    return true;
  });
  return count > 1;
}

/** Whether somebody takes the module's exports as one thing, and not only to read names off it. */
function isHandedOnWhole(evaluator: Evaluator, file: SourceFile): boolean {
  return evaluator.importersOf(file).some((importer) => {
    let found = false;
    walk(importer.ast.program, (node) => {
      if (found || (node.type !== 'Identifier' && node.type !== 'CallExpression')) return !found;
      const parent = importer.parentOf(node);
      if (parent === undefined || isNamespaceUse(parent, node)) return true;
      const specifier = moduleSpecifier(importer, node);
      found = specifier !== undefined && evaluator.sources.imported(importer.path, specifier) === file;
      return !found;
    });
    return found;
  });
}

function isNamespaceUse(parent: Node, node: Node): boolean {
  switch (parent.type) {
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      return parent.object !== node || memberName(parent) !== undefined;
    case 'VariableDeclarator':
      return (
        parent.id === node ||
        parent.id.type !== 'ObjectPattern' ||
        parent.id.properties.every(({ type }) => type !== 'RestElement')
      );
    case 'AwaitExpression':
    case 'ExpressionStatement':
      return true;
    default:
      return /^(?:Import|Export)\w*Specifier$|^Import/.test(parent.type);
  }
}

function inPlace({ target }: Written, body: Rewrite, functions: readonly NamedFunction[]): TwinsOfFile {
  return {
    edits: [...body.edits, ...becomingAsync(target.file, target.node)],
    functions,
    imports: [],
    copied: [],
    names: [],
  };
}

/** Writes the twin after the function: the same text, with the edits that make it async. */
function beside(plan: Written, body: Rewrite, functions: readonly NamedFunction[]): TwinsOfFile {
  const { file, node } = plan.target;
  const home = homeOf(plan.target);
  if (home === undefined) return { edits: [], functions: [], imports: [], copied: [], names: [] };
  const { start, end } = span(home.node);
  const edits = [
    ...body.edits,
    ...becomingAsync(file, node),
    ...home.names.map((name) => ({ ...span(name), text: twinKey(file, name, plan.name) })),
    ...functions.map(({ identifier, twin }) => ({
      ...span(identifier),
      text: shorthandSafe(file, identifier, twin),
    })),
  ];
  const moved = edits.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }));
  const copy = exported(
    plan.target,
    home,
    applyEdits(file.text.slice(start, end), orderedEdits(moved)),
    plan.name,
  );
  return {
    edits: [{ start: end, end, text: gapBefore(file, home) + copy }, ...exportEdits(plan.target, plan.name)],
    functions: [],
    imports: functions.flatMap(({ identifier, twin }) => {
      const binding = file.scopes.bindingOf(identifier);
      return binding?.kind === 'import' || isTakenApart(binding) ? [{ binding, twin }] : [];
    }),
    copied: commentsIn(file, start, end).map(commentKey),
    names: [bare(plan.name)],
  };
}

/** The copy, exported under the twin's name where the function itself is exported under none. */
function exported(target: Target, { kind, node }: TwinHome, copy: string, twin: string): string {
  if (kind === 'whole') return copy.replace(/^(module\s*\.\s*exports)/, `$1.${twin}`);
  if (!isDefault(target)) return copy;
  if (node.type === 'ExportDefaultDeclaration') return copy.replace(/^export\s+default\b/, 'export');
  return node.type === 'ExportNamedDeclaration' ? copy : `export ${copy}`;
}

/** `#load` is named `load` to whoever reads names. */
function bare(name: string): string {
  return name.replace(/^#/, '');
}

/** `const { load } = require('./load')`: what is taken out of a module is imported, too. */
function isTakenApart(binding: Binding | undefined): binding is Binding {
  return (
    binding?.declaration.type === 'VariableDeclarator' && binding.declaration.id.type === 'ObjectPattern'
  );
}

function twinKey(file: SourceFile, name: Node, twin: string): string {
  const quote = name.type === 'StringLiteral' ? (file.text[span(name).start] ?? '') : '';
  return quote + twin + quote;
}

/** What stands between a function and its twin: an empty line, or a comma in an object. */
function gapBefore(file: SourceFile, { kind, node }: TwinHome): string {
  const { start } = span(node);
  const lineStart =
    Math.max(file.text.lastIndexOf('\n', start - 1), file.text.lastIndexOf('\r', start - 1)) + 1;
  const before = file.text.slice(lineStart, start);
  const indent = /^[\t ]*/.exec(before)?.[0] ?? '';
  const gap = lineEnd(file.text);
  if (kind === 'object-member') return indent === before ? `,${gap}${indent}` : ', ';
  return gap + gap + indent;
}

function shorthandSafe(file: SourceFile, identifier: Identifier, twin: string): string {
  const property = file.parentOf(identifier);
  return property?.type === 'ObjectProperty' && property.shorthand ? `${identifier.name}: ${twin}` : twin;
}

function merged(parts: readonly TwinsOfFile[]): TwinsOfFile {
  return {
    edits: parts.flatMap(({ edits }) => edits),
    functions: parts.flatMap(({ functions }) => functions),
    imports: parts.flatMap(({ imports }) => imports),
    copied: parts.flatMap(({ copied }) => copied),
    names: parts.flatMap(({ names }) => names),
  };
}
