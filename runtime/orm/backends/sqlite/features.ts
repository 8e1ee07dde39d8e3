import type { Features } from '../../connections/backend.ts';

export const sqliteFeatures: Features = {
  // Reads and writes block whoever asks for them.
  nativeAsync: false,
  defersForeignKeys: true,
  // One writer at a time: there is nothing a row could be locked against.
  supportsLocking: false,
  serverSideCursors: false,
  // SQLITE_MAX_VARIABLE_NUMBER as it is compiled in by default.
  maxParameters: 32_766,
};
