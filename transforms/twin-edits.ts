import type { Identifier, Node } from '@babel/types';
import { type Binding, type Evaluator, type SourceFile, span } from '../analyzer/sources/index.ts';
import { becomingAsync, isTail, stepEdits } from './async-edits.ts';
import { applyEdits, type Edit, orderedEdits } from './edit.ts';
import type { NamedFunction, Rewrite } from './forms/form.ts';
import { commentKey, commentsIn, lineEnd } from './layout.ts';
import { declaredName, homeOf, isExportsObject, type TwinPlan, twinPlan } from './twin-functions.ts';

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
    names: written.map(({ name }) => name),
    inFile: (file) =>
      merged(
        written
          .filter(({ target }) => target.file === file)
          .map((plan) => {
            const body = bodies.get(plan.target.node) ?? { edits: [], functions: [] };
            const named = body.functions.filter((each) => !isConverted(each));
            return converted.has(plan.target.node) ? inPlace(plan, body, named) : beside(plan, body, named);
          }),
      ),
  };
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
  if (node.type === 'ClassMethod' || name === undefined) return false;
  const places = evaluator.referencesTo(file, node);
  if (places.length === 0 || !places.every((place) => callers.has(place.node))) return false;
  const known = new Set([file.path, ...places.map((place) => place.file.path)]);
  // A file that mentions the name without a use that was followed may reach it some other way.
  return evaluator.sources.mentioning([name]).every((path) => known.has(path));
}

function inPlace({ target }: Written, body: Rewrite, functions: readonly NamedFunction[]): TwinsOfFile {
  return {
    edits: [...body.edits, ...becomingAsync(target.node)],
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
  const declared = declaringName(file, node);
  if (home === undefined || declared === undefined)
    return { edits: [], functions: [], imports: [], copied: [], names: [] };
  const { start, end } = span(home);
  const edits = [
    ...body.edits,
    ...becomingAsync(node),
    { start: span(declared).start, end: span(declared).end, text: plan.name },
    ...functions.map(({ identifier, twin }) => ({
      ...span(identifier),
      text: shorthandSafe(file, identifier, twin),
    })),
  ];
  const moved = edits.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }));
  const copy = applyEdits(file.text.slice(start, end), orderedEdits(moved));
  const lineStart =
    Math.max(file.text.lastIndexOf('\n', start - 1), file.text.lastIndexOf('\r', start - 1)) + 1;
  const indent = /^[\t ]*/.exec(file.text.slice(lineStart, start))?.[0] ?? '';
  const gap = lineEnd(file.text);
  return {
    edits: [{ start: end, end, text: gap + gap + indent + copy }, ...exportEdits(file, declared, plan.name)],
    functions: [],
    imports: functions.flatMap(({ identifier, twin }) => {
      const binding = file.scopes.bindingOf(identifier);
      return binding?.kind === 'import' ? [{ binding, twin }] : [];
    }),
    copied: commentsIn(file, start, end).map(commentKey),
    names: [plan.name],
  };
}

function shorthandSafe(file: SourceFile, identifier: Identifier, twin: string): string {
  const property = file.parentOf(identifier);
  return property?.type === 'ObjectProperty' && property.shorthand ? `${identifier.name}: ${twin}` : twin;
}

function declaringName(file: SourceFile, node: Node): Node | undefined {
  if (node.type === 'FunctionDeclaration') return node.id ?? undefined;
  if (node.type === 'ClassMethod') return node.key;
  const parent = file.parentOf(node);
  return parent?.type === 'VariableDeclarator' ? parent.id : undefined;
}

/** Exports the twin the way its original is: `export { load }` gains `aload`, and so does `module.exports = { load }`. */
function exportEdits(file: SourceFile, declared: Node, twin: string): readonly Edit[] {
  const binding = file.scopes.bindingOf(declared);
  return (binding?.references ?? []).flatMap((reference) => {
    const parent = file.parentOf(reference);
    if (parent?.type === 'ExportSpecifier') {
      const { end } = span(parent);
      const exported = parent.exported.type === 'Identifier' ? parent.exported.name : '';
      return exported === binding?.name ? [{ start: end, end, text: `, ${twin}` }] : [];
    }
    if (parent?.type === 'ObjectProperty' && parent.shorthand && isExportsObject(file, parent)) {
      const { end } = span(parent);
      return [{ start: end, end, text: `, ${twin}` }];
    }
    return [];
  });
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
