import type { Site } from '../analyzer/analysis.ts';
import type { Evaluator, SourceFile } from '../analyzer/sources/index.ts';
import { packSites, packs, rewritePack } from './packs/index.ts';
import { parallelAwaitsIn } from './parallel-awaits.ts';
import type { FileResult } from './result.ts';
import { relationSites, selectRelatedIn } from './select-related.ts';

/** A transform that works on one file at a time and has no bridges to do with. */
export interface FileTransform {
  readonly name: string;
  /** Words of which a file must hold one to be looked at. */
  readonly words: readonly string[];
  /** What it would rewrite, and what it leaves with which code. */
  sites(file: SourceFile, evaluator: Evaluator): readonly Site[];
  rewrite(file: SourceFile, evaluator: Evaluator): FileResult;
}

/** The transforms that are asked for by name and work file by file. */
export const fileTransforms: readonly FileTransform[] = [
  { name: 'select-related', words: ['.'], sites: relationSites, rewrite: selectRelatedIn },
  { name: 'parallel-awaits', words: ['await'], sites: () => [], rewrite: parallelAwaitsIn },
  ...packs.map((pack) => ({
    name: pack.name,
    words: Object.values(pack.wrappers).flat(),
    sites: (file: SourceFile, evaluator: Evaluator) => packSites(file, evaluator, pack),
    rewrite: (file: SourceFile, evaluator: Evaluator) => rewritePack(file, evaluator, pack),
  })),
];
