import type { Edit } from './edit.ts';

/**
 * What became of one file: plain data, versioned.
 *
 * `failed` means that the new text did not pass verification; the file is then left exactly as it was.
 */
export type FileResult =
  | { readonly schemaVersion: 1; readonly status: 'unchanged' }
  | {
      readonly schemaVersion: 1;
      readonly status: 'changed';
      readonly text: string;
      /** On the original text, in order, none touching another's range. */
      readonly edits: readonly Edit[];
      /** Ids of the sites that were rewritten. */
      readonly sites: readonly string[];
    }
  | {
      readonly schemaVersion: 1;
      readonly status: 'failed';
      readonly reason: FailureReason;
      readonly message: string;
    };

export type FailureReason =
  | 'parse'
  | 'overlapping-edits'
  | 'lost-comment'
  | 'changed-token'
  | 'unknown-twin'
  /** The file's bytes are not text, so writing the text back would lose some. */
  | 'not-utf8'
  /** Another file that it must be written with failed. */
  | 'unit';
