import { ValidationError } from '../errors.ts';

// Checks of what a text looks like.

export interface PatternOptions {
  readonly message?: string;
  readonly code?: string;
  /** True refuses texts that look like the pattern. */
  readonly inverse?: boolean;
}

/**
 * Texts in which the pattern is found. It is searched for anew each time, whatever flags it has.
 *
 * @returns a check that throws ValidationError with the code of the options, `invalid` when absent
 */
export function regex(pattern: RegExp, options: PatternOptions = {}): (value: string) => void {
  const { message = 'Enter a valid value.', code = 'invalid', inverse = false } = options;
  const search = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  return (value) => {
    if (search.test(String(value)) !== inverse) return;
    throw new ValidationError(message, { code, params: { value } });
  };
}

/** Letters, digits, hyphens and underscores. */
export const slug = regex(/^[-a-zA-Z0-9_]+$/, {
  message: 'Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.',
});
/** As `slug`, with the letters and digits of every script. */
export const unicodeSlug = regex(/^[-\p{L}\p{N}_]+$/u, {
  message: 'Enter a valid “slug” consisting of Unicode letters, numbers, underscores, or hyphens.',
});
/** Whole numbers as text. */
export const integer = regex(/^-?\d+$/, { message: 'Enter a valid integer.' });
/** Whole numbers as text, with commas between them. */
export const integerList = regex(/^\d+(?:,\d+)*$/, { message: 'Enter only digits separated by commas.' });
/**
 * Texts without the character that PostgreSQL has no place for.
 *
 * @throws ValidationError with the code `null_characters_not_allowed`
 */
export function noNullCharacters(value: string): void {
  if (!value.includes('\0')) return;
  throw new ValidationError('Null characters are not allowed.', { code: 'null_characters_not_allowed' });
}

/**
 * Names of files that end in one of the extensions, given without their dot.
 *
 * @returns a check that throws ValidationError with the code `invalid_extension`
 */
export function fileExtension(allowed: readonly string[]): (name: string) => void {
  const known = allowed.map((each) => each.toLowerCase());
  return (name) => {
    const extension = /\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
    if (known.includes(extension)) return;
    throw new ValidationError(
      'File extension “%(extension)s” is not allowed. Allowed extensions are: %(allowed)s.',
      { code: 'invalid_extension', params: { extension, allowed: known.join(', ') } },
    );
  };
}
