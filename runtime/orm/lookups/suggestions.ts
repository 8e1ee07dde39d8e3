import { FieldError } from '../errors.ts';
import type { Field } from '../fields/field.ts';

/** Names that look like `name`, best first, as Python's difflib finds them. */
export function closeMatches(name: string, candidates: Iterable<string>, atLeast = 0.6): string[] {
  return [...candidates]
    .map((candidate) => ({ candidate, score: similarity(name, candidate) }))
    .filter(({ score }) => score >= atLeast)
    .sort((a, b) => b.score - a.score)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Twice the matching characters over all characters (Ratcliff and Obershelp). */
function similarity(a: string, b: string): number {
  return (2 * matching(a.toLowerCase(), b.toLowerCase())) / (a.length + b.length);
}

function matching(a: string, b: string): number {
  let [best, atA, atB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      let length = 0;
      while (i + length < a.length && j + length < b.length && a[i + length] === b[j + length]) length++;
      if (length > best) [best, atA, atB] = [length, i, j];
    }
  }
  if (best === 0) return 0;
  const before = matching(a.slice(0, atA), b.slice(0, atB));
  return best + before + matching(a.slice(atA + best), b.slice(atB + best));
}

export function unsupportedLookup(
  field: Field | undefined,
  names: readonly string[],
  known: Iterable<string>,
): FieldError {
  const close = closeMatches(names[0] ?? '', known);
  const hint = close.length === 0 ? '.' : `, perhaps you meant ${close.join(' or ')}?`;
  return new FieldError(
    `Unsupported lookup '${names.join('__')}' for ${field?.typeName ?? 'expression'} or join on the field not permitted${hint}`,
  );
}
