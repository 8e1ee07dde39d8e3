import type { Features } from '../../connections/backend.ts';

export const mysqlFeatures: Features = {
  // On bridge threads, until a native path passes the same suite.
  nativeAsync: false,
  defersForeignKeys: false,
  supportsLocking: true,
  serverSideCursors: false,
  // The protocol counts parameters of a prepared statement in 16 bits.
  maxParameters: 65_535,
};
