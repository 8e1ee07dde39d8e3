import type { Node } from '@babel/types';
import { type Environment, type Evaluator, type SourceFile, unwrapped } from '../../sources/index.ts';
import { pathTexts } from '../routing/paths.ts';

/** Versions as texts; the neutral version, which puts nothing in the path, is the empty text. */
export function versionTexts(
  evaluator: Evaluator,
  given: { readonly file: SourceFile; readonly node: Node; readonly environment: Environment },
): readonly string[] {
  const { file, environment } = given;
  const node = unwrapped(given.node);
  const parts: readonly Node[] =
    node.type === 'ArrayExpression' ? node.elements.filter((element) => element !== null) : [node];
  return parts.flatMap((part) => {
    if (/VERSION_NEUTRAL$/.test(file.textOf(part))) return [''];
    return pathTexts(evaluator, file, part, environment);
  });
}
