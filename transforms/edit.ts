import MagicString from 'magic-string';

/** A splice of the original text. Offsets in UTF-16 units; `start === end` inserts. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export class OverlappingEditsError extends Error {
  override readonly name = 'OverlappingEditsError';
}

/**
 * Sorts edits and joins those that touch, so that each part of the text is spliced at most once.
 * @throws OverlappingEditsError when two edits claim the same text: a bug of the forms that made them
 */
export function orderedEdits(edits: readonly Edit[]): readonly Edit[] {
  const sorted = edits
    .map((edit, index) => ({ edit, index }))
    .filter(({ edit }) => edit.start !== edit.end || edit.text !== '')
    .sort((a, b) => a.edit.start - b.edit.start || a.edit.end - b.edit.end || a.index - b.index);
  const joined: Edit[] = [];
  for (const { edit } of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && edit.start < last.end) {
      throw new OverlappingEditsError(
        `Edits ${last.start}-${last.end} and ${edit.start}-${edit.end} claim the same text.`,
      );
    }
    if (last !== undefined && edit.start === last.end)
      joined[joined.length - 1] = { start: last.start, end: edit.end, text: last.text + edit.text };
    else joined.push(edit);
  }
  return joined;
}

/** Applies edits that `orderedEdits` returned. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const result = new MagicString(text);
  for (const { start, end, text: replacement } of edits) {
    if (start === end) result.appendLeft(start, replacement);
    else if (replacement === '') result.remove(start, end);
    else result.overwrite(start, end, replacement);
  }
  return result.toString();
}
