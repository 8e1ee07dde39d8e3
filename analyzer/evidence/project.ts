import type { Node } from '@babel/types';
import type { Location } from '../analysis.ts';
import type { Catalogue } from '../catalogue/index.ts';
import {
  columnOf,
  type Environment,
  type Evaluator,
  type FunctionNode,
  lineOf,
  type SourceFile,
} from '../sources/index.ts';
import type { Bridge } from './bridge.ts';
import type { Step } from './step.ts';
import type { Overlap } from './walk.ts';

/** What the walk of handlers needs to know of the project. */
export interface Project {
  readonly evaluator: Evaluator;
  readonly catalogue: Catalogue;
  readonly bridges: BridgeTable;
  /** Text of a template by its name and the file that renders it; `undefined` when it cannot be read. */
  readonly template: (view: string, from: string) => string | undefined;
  /** Functions that were walked before, by any handler. */
  readonly summaries: SummaryTable;
}

/** What a function was found to do, for one run of the code around it. */
export interface Summary {
  readonly environment: Environment;
  readonly inBridge: boolean;
  readonly step: Step;
  readonly overlaps: readonly Overlap[];
  readonly streamed: readonly string[];
}

export type SummaryTable = Map<FunctionNode, Summary[]>;

/** The bridges of the project's files, looked up by the nodes they consist of. */
export class BridgeTable {
  private readonly find: (file: SourceFile) => readonly Bridge[];
  private readonly files = new Map<SourceFile, ReadonlyMap<Node, Bridge>>();

  constructor(find: (file: SourceFile) => readonly Bridge[]) {
    this.find = find;
  }

  /** The bridge that a call crosses: `node` is the call of what the wrapper gave. */
  crossedBy(file: SourceFile, node: Node): Bridge | undefined {
    const bridge = this.of(file).get(node);
    return bridge?.application === node ? bridge : undefined;
  }

  /** The bridge that the call of the wrapper makes. */
  madeBy(file: SourceFile, node: Node): Bridge | undefined {
    const bridge = this.of(file).get(node);
    return bridge?.wrap === node ? bridge : undefined;
  }

  /** The bridge that a function is wrapped in, where it stands. */
  around(file: SourceFile, node: Node): Bridge | undefined {
    return this.of(file).get(node);
  }

  private of(file: SourceFile): ReadonlyMap<Node, Bridge> {
    const known = this.files.get(file);
    if (known !== undefined) return known;
    const table = new Map<Node, Bridge>();
    for (const bridge of this.find(file)) {
      table.set(bridge.wrap, bridge);
      if (bridge.application) table.set(bridge.application, bridge);
      if (bridge.closure) table.set(bridge.closure, bridge);
    }
    this.files.set(file, table);
    return table;
  }
}

export function locationOf(file: SourceFile, node: Node): Location {
  return { file: file.path, line: lineOf(node), column: columnOf(node) };
}
