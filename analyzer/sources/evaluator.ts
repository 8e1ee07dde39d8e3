import type { Node } from '@babel/types';
import { forgetContexts } from './contexts.ts';
import { exportedValues } from './exported-values.ts';
import { expressionValues, returnedValues } from './expressions.ts';
import { Frame, Frames, visibleAt } from './frames.ts';
import { memberValues } from './members.ts';
import { environmentOf, listItems } from './parameters.ts';
import { References } from './references.ts';
import type { SourceFile } from './source-file.ts';
import type { Sources } from './sources.ts';
import { type FunctionNode, isFunction, walk } from './tree.ts';
import { typeValues } from './types.ts';
import {
  type ClassNode,
  type Environment,
  type FunctionValue,
  noEnvironment,
  type Place,
  type Value,
} from './values.ts';

const none: readonly Value[] = [];

/** Values beyond this many steps of resolution are left unknown: real code is shallow, cycles are not. */
const deepest = 80;

/** Steps one question may take before the rest is left unknown; the second figure holds once many ran out. */
const budget = { usual: 20_000, tight: 1_000, tightAfter: 40 };

/** How often one expression may be under way at once, each time for another run of the code around it. */
const mostActive = 4;

/** Where a function is called: the call, and what its enclosing names stood for. */
export interface CallSite {
  readonly file: SourceFile;
  readonly call: Node & { type: 'CallExpression' | 'OptionalCallExpression' | 'NewExpression' };
}

/**
 * Says what an expression stands for, without a type checker and without running anything.
 *
 * Resolution is on demand and backwards: from a use to its declaration, across files, through constants, fields,
 * parameters (by their call sites) and returns. Several answers mean that any of them is possible; none means unknown.
 */
export class Evaluator {
  readonly sources: Sources;
  readonly frames = new Frames();
  readonly references: References;
  private readonly memo = new Map<Node, readonly Value[]>();
  private readonly frameMemo = new WeakMap<Environment, Map<Node, readonly Value[]>>();
  private readonly returns = new WeakMap<FunctionNode, readonly Node[]>();
  /** Expressions under way, each with the depths and environments it is under way at. */
  private readonly active = new Map<Node, { readonly environment: Environment; readonly depth: number }[]>();
  private depth = 0;
  private steps = 0;
  private exhausted = 0;
  /** Depth of the outermost expression whose being under way cut a result short: that result is not final. */
  private cut = Number.POSITIVE_INFINITY;

  constructor(sources: Sources) {
    this.sources = sources;
    this.references = new References(this);
  }

  /** @returns what `node` may stand for in `file`; empty when unknown */
  evaluate(file: SourceFile, node: Node, environment: Environment = noEnvironment): readonly Value[] {
    const visible = environment === noEnvironment ? environment : visibleAt(environment, file, node);
    const memo = this.memoFor(visible);
    const known = memo?.get(node);
    if (known !== undefined) return known;
    if (this.depth === 0) this.steps = 0;
    if (this.isCut(node, visible)) return none;
    return this.resolve(file, node, visible, memo);
  }

  private resolve(
    file: SourceFile,
    node: Node,
    environment: Environment,
    memo: Map<Node, readonly Value[]> | undefined,
  ): readonly Value[] {
    const depth = ++this.depth;
    const before = this.cut;
    this.cut = Number.POSITIVE_INFINITY;
    const underWay = this.active.get(node) ?? [];
    if (underWay.length === 0) this.active.set(node, underWay);
    underWay.push({ environment, depth });
    try {
      const values = distinct(expressionValues(this, file, node, environment));
      if (this.cut >= depth || depth === 1) memo?.set(node, values);
      return values;
    } finally {
      underWay.pop();
      if (underWay.length === 0) this.active.delete(node);
      this.cut = Math.min(before, this.cut < depth ? this.cut : Number.POSITIVE_INFINITY);
      this.depth--;
    }
  }

  /** Whether to give up: a cycle, too deep, or too long. */
  private isCut(node: Node, environment: Environment): boolean {
    const underWay = this.active.get(node);
    const same = underWay?.find((entry) => entry.environment === environment) ?? underWay?.[mostActive - 1];
    if (same !== undefined) {
      this.cut = Math.min(this.cut, same.depth);
      return true;
    }
    return this.isSpent();
  }

  /** Counts one step, and says whether it is one too many or too deep. */
  private isSpent(): boolean {
    const allowed = this.exhausted > budget.tightAfter ? budget.tight : budget.usual;
    if (++this.steps === allowed) this.exhausted++;
    if (this.depth < deepest && this.steps < allowed) return false;
    this.cut = 0;
    return true;
  }

  private memoFor(environment: Environment): Map<Node, readonly Value[]> | undefined {
    if (environment === noEnvironment) return this.memo;
    if (!(environment instanceof Frame)) return undefined;
    let memo = this.frameMemo.get(environment);
    if (memo === undefined) {
      memo = new Map();
      this.frameMemo.set(environment, memo);
    }
    return memo;
  }

  /**
   * Lets go of what was worked out for single runs of functions, once there are more of them than `most`. Between two
   * questions that have nothing to do with each other this costs some repeated work, and bounds memory: runs multiply
   * with every caller, and few are met again.
   */
  forgetRuns(most: number): boolean {
    if (this.frames.size <= most) return false;
    this.frames.clear();
    forgetContexts(this);
    return true;
  }

  /** What a file exports under `name`. */
  exported(file: SourceFile, name: string): readonly Value[] {
    return exportedValues(this, file, name);
  }

  /** What reading `name` of a value gives. */
  member(value: Value, name: string): readonly Value[] {
    // An object that spreads itself, through however many others, has members without end.
    if (this.depth === 0) this.steps = 0;
    if (this.isSpent()) return none;
    this.depth++;
    try {
      return distinct(memberValues(this, value, name));
    } finally {
      this.depth--;
    }
  }

  /**
   * What calling a value gives.
   * @param site the call, whose arguments stand for the parameters
   */
  returned(value: Value, site: CallSite, environment: Environment = noEnvironment): readonly Value[] {
    return returnedValues(this, value, site, environment);
  }

  /** The expressions a function may return, of itself and not of functions inside it. */
  returnExpressions(node: FunctionNode): readonly Node[] {
    if (node.type === 'ArrowFunctionExpression' && node.body.type !== 'BlockStatement') return [node.body];
    const known = this.returns.get(node);
    if (known !== undefined) return known;
    const found: Node[] = [];
    walk(node.body, (inner) => {
      if (isFunction(inner) || inner.type === 'ClassBody') return false;
      if (inner.type === 'ReturnStatement' && inner.argument) found.push(inner.argument);
      return true;
    });
    this.returns.set(node, found);
    return found;
  }

  /** The parameters of `callee` bound to the arguments of `site`. */
  environmentOf(callee: FunctionValue, site: CallSite, environment: Environment): Environment {
    return environmentOf(this, callee, site, environment);
  }

  /** The elements of an array value that the source lists; `undefined` when some are not known. */
  elements(value: Value): readonly { readonly node: Node; readonly values: readonly Value[] }[] | undefined {
    return listItems(this, value);
  }

  /** Every call of a function that can be found by following its name, in its file and where it is exported to. */
  callSites(file: SourceFile, node: FunctionNode | ClassNode): readonly CallSite[] {
    return this.references.callSites(file, node);
  }

  /** Every expression that means this declaration, across files. */
  referencesTo(file: SourceFile, node: Node): readonly Place[] {
    return this.references.to(file, node);
  }

  /** The listed files that import or require `file`. */
  importersOf(file: SourceFile): readonly SourceFile[] {
    return this.references.importersOf(file);
  }

  /** What a value of the type `node` is: an instance of the project class or of the foreign type it names. */
  typeValue(file: SourceFile, node: Node): readonly Value[] {
    return typeValues(this, file, node);
  }
}

/** Most alternatives one expression keeps; beyond that the answer tells nothing. */
const mostValues = 200;

/** From here on, values made anew for the same literal are worth telling from others. */
const manyValues = 8;

function distinct(values: readonly Value[]): readonly Value[] {
  if (values.length < 2) return values;
  const unique = values.length > manyValues ? byPlace(values) : [...new Set(values)];
  return unique.length > mostValues ? unique.slice(0, mostValues) : unique;
}

/** One value for each place and run of the code around it: what the same literal gives by two ways is the same. */
function byPlace(values: readonly Value[]): readonly Value[] {
  const seen = new Map<unknown, Environment[]>();
  return [...new Set(values)].filter((value) => {
    if (value.kind !== 'object' && value.kind !== 'array') return true;
    const environments = seen.get(value.node) ?? [];
    if (environments.includes(value.environment)) return false;
    seen.set(value.node, [...environments, value.environment]);
    return true;
  });
}
